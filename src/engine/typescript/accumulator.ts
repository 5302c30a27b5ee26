/** Partition buffers in JavaScript memory; the twin of assembly/accumulator.ts. */
import type {
  Accumulator,
  AccumulatorOptions,
  AppendStop,
  BufferRun,
  Group,
  HeaderList,
  KeyHash,
  StagedField,
} from '../engine.ts';
import { partitionOutOfRange, runNotReserved, slotIsEmpty } from '../faults.ts';
import { GROUP_RECORDS_MAX, RECORD_BATCH_OVERHEAD } from '../layout.ts';
import { NO_PRODUCER } from '../producer-fields.ts';
import { hashToPartition } from '../record-size.ts';
import { SlotRanges } from '../slot-ranges.ts';
import { ChunkPool } from './chunk-pool.ts';
import { crc32Range } from './crc32.ts';
import { murmur2Range } from './murmur2.ts';
import { PartitionBuffer } from './partition-buffer.ts';
import { putDeltas, sizeOfDeltas } from './record.ts';
import { Staging } from './staging.ts';
import { putLength, sizeOfLength } from './varint.ts';

/** Buffers are made when first used, so a slot costs next to nothing; the limit only catches nonsense. */
const SLOTS_MAX = 1_048_576;

export class TypeScriptAccumulator implements Accumulator {
  readonly kind = 'typescript';
  /** Nothing here can fail half-way: each record is checked before the first byte of it is written. */
  readonly wreck = undefined;
  readonly group: Group = {
    partitions: new Int32Array(GROUP_RECORDS_MAX),
    outcomes: new Int32Array(GROUP_RECORDS_MAX),
  };
  next = 0;
  readonly #options: AccumulatorOptions;
  readonly #staging: Staging;
  readonly #ranges = new SlotRanges(SLOTS_MAX);
  readonly #buffers: (PartitionBuffer | undefined)[] = [];
  readonly #pool = new ChunkPool();

  constructor(options: AccumulatorOptions) {
    this.#options = options;
    this.#staging = new Staging(options.recordBytesMax);
  }

  get stagedCount(): number {
    return this.#staging.count;
  }

  get memoryBytes(): number {
    return this.#pool.totalBytes + this.#staging.tails.length;
  }

  reserve(partitionCount: number): BufferRun | undefined {
    return this.#ranges.reserve(partitionCount);
  }

  release(run: BufferRun): void {
    if (!this.#ranges.release(run)) throw runNotReserved(run);
    for (let slot = run.base; slot < run.base + run.partitionCount; slot++) this.#buffers[slot] = undefined;
  }

  stage(
    partition: number,
    timestampMs: number,
    key: StagedField,
    value: StagedField,
    headers: HeaderList | null,
  ): boolean {
    return this.#staging.stage(partition, timestampMs, key, value, headers);
  }

  append(run: BufferRun, hash: KeyHash, from: number): AppendStop {
    const count = this.#staging.count;
    for (let index = from; index < count; index++) {
      if (!this.#appendRecord(run, hash, index)) {
        this.next = index;
        return 'full';
      }
    }
    this.next = count;
    return 'done';
  }

  clear(): void {
    this.#staging.clear();
    this.next = 0;
  }

  recordCount(run: BufferRun, partition: number): number {
    return this.#buffers[run.base + partition]?.recordCount ?? 0;
  }

  batchBytes(run: BufferRun, partition: number): number {
    return this.#buffers[run.base + partition]?.usedBytes ?? RECORD_BATCH_OVERHEAD;
  }

  close(run: BufferRun, partition: number): Buffer {
    const buffer = this.#buffers[run.base + partition];
    if (buffer === undefined || buffer.recordCount === 0) throw slotIsEmpty(partition);
    return buffer.close(NO_PRODUCER, this.#pool);
  }

  dispose(): void {
    this.#staging.clear();
    this.#buffers.length = 0;
  }

  /** False when the buffer of the record's partition is full. */
  #appendRecord(run: BufferRun, hash: KeyHash, index: number): boolean {
    const staging = this.#staging;
    const partition = this.#partitionOf(run, hash, index);
    const { partitions, outcomes } = this.group;
    partitions[index] = partition;
    const ruleBytes = staging.ruleBytes[index] as number;
    if (ruleBytes === 0 || ruleBytes > this.#options.recordBytesMax) {
      outcomes[index] = -(staging.oversize.get(index)?.ruleBytes ?? ruleBytes) - 1;
      return true;
    }
    const buffer = (this.#buffers[run.base + partition] ??= new PartitionBuffer());
    const timestamp = staging.timestamps[index] as number;
    const offsetDelta = buffer.recordCount;
    const base = offsetDelta === 0 ? timestamp : buffer.baseTimestamp;
    const start = staging.tailStart(index);
    const tailBytes = (staging.tailEnds[index] as number) - start;
    const bodyLength = sizeOfDeltas(timestamp, base, offsetDelta) + tailBytes;
    const usedAfter = buffer.usedBytes + sizeOfLength(bodyLength) + bodyLength;
    if (offsetDelta > 0 && this.#isFull(offsetDelta, usedAfter)) return false;
    const chunk = buffer.chunkFor(usedAfter, this.#pool);
    const deltas = putLength(chunk, buffer.usedBytes, bodyLength);
    const at = putDeltas(chunk, deltas, timestamp, base, offsetDelta);
    buffer.copier.copy(staging.tails, start, start + tailBytes, chunk, at);
    buffer.commit(timestamp, usedAfter);
    outcomes[index] = ruleBytes;
    return true;
  }

  #isFull(recordCount: number, bytesAfter: number): boolean {
    return bytesAfter > this.#options.batchBytesMax || recordCount >= this.#options.batchRecordsMax;
  }

  #partitionOf(run: BufferRun, hash: KeyHash, index: number): number {
    const staging = this.#staging;
    const partition = staging.partitions[index] as number;
    if (partition >= run.partitionCount) throw partitionOutOfRange(partition, run.partitionCount);
    if (partition >= 0) return partition;
    const oversize = staging.oversize.get(index);
    if (oversize !== undefined) return hashToPartition(oversize[hash], hash, run.partitionCount);
    const end = staging.keyEnds[index] as number;
    const start = end - (staging.keyLengths[index] as number);
    const keyHash = hash === 'crc32' ? crc32Range(staging.tails, start, end) : murmur2Range(staging.tails, start, end);
    return hashToPartition(keyHash, hash, run.partitionCount);
  }
}
