/** Partition buffers in WebAssembly memory, one instance for each accumulator. */
import { KafkaHotpathError } from '../../errors.ts';
import type {
  Accumulator,
  AccumulatorOptions,
  AppendStop,
  BufferRun,
  Group,
  HeaderList,
  KeyHash,
  StagedField,
  Wreck,
} from '../engine.ts';
import { partitionOutOfRange, runNotReserved, slotIsEmpty } from '../faults.ts';
import { GROUP_RECORDS_MAX, RECORD_BATCH_OVERHEAD } from '../layout.ts';
import { NO_PRODUCER } from '../producer-fields.ts';
import { SlotRanges } from '../slot-ranges.ts';
import type { Abi } from './abi.ts';
import { copyBatch } from '../batch-memory.ts';
import { EngineMemory } from './memory.ts';
import {
  CONTROL_CHUNK_BYTES,
  CONTROL_NEED_BYTES,
  CONTROL_NEXT,
  HASH_CRC32,
  HASH_MURMUR2,
  OUTCOMES,
  PARTITIONS,
  SLOTS,
  SLOTS_MAX,
  SLOT_RECORD_COUNT,
  SLOT_STRIDE,
  SLOT_RECORDS_BYTES,
  STOP_DONE,
  STOP_FULL,
  STOP_MEMORY,
  TAPE,
  TAPE_PARTITION,
  TAPE_STRIDE,
} from './memory-map.ts';
import { Staging } from './staging.ts';
import { WasmWreck } from './wreck.ts';

export class WasmAccumulator implements Accumulator {
  readonly kind = 'wasm';
  /** Of its own, because views of WebAssembly memory die when it grows. */
  readonly group: Group = {
    partitions: new Int32Array(GROUP_RECORDS_MAX),
    outcomes: new Int32Array(GROUP_RECORDS_MAX),
  };
  next = 0;
  readonly #memory: EngineMemory;
  readonly #staging: Staging;
  readonly #ranges = new SlotRanges(SLOTS_MAX);
  #wreck: WasmWreck | undefined;

  /** Throws when the memory for these limits cannot be had. */
  constructor(abi: Abi, options: AccumulatorOptions) {
    this.#memory = new EngineMemory(abi, options);
    this.#staging = new Staging(this.#memory, options.recordBytesMax);
  }

  get wreck(): Wreck | undefined {
    return this.#wreck;
  }

  get stagedCount(): number {
    return this.#staging.count;
  }

  get memoryBytes(): number {
    return this.#memory.bytes.length;
  }

  reserve(partitionCount: number): BufferRun | undefined {
    return this.#ranges.reserve(partitionCount);
  }

  release(run: BufferRun): void {
    if (!this.#ranges.release(run)) throw runNotReserved(run);
    for (let partition = 0; partition < run.partitionCount; partition++) {
      if (this.recordCount(run, partition) === 0) continue;
      this.#enter((abi) => {
        abi.discard(run.base + partition);
      });
    }
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
    const memory = this.#memory;
    const { count } = this.#staging;
    const hashCode = hash === 'crc32' ? HASH_CRC32 : HASH_MURMUR2;
    this.next = from;
    if (!this.#staging.flush()) throw this.#abandon(new Error('staged text did not arrive in its memory'));
    for (;;) {
      const { next } = this;
      const stop = this.#enter((abi) => abi.append(run.base, run.partitionCount, hashCode, next, count));
      this.#readColumns(next, memory.load(CONTROL_NEXT));
      if (stop === STOP_DONE) return 'done';
      if (stop === STOP_FULL) return 'full';
      if (stop !== STOP_MEMORY) throw partitionOutOfRange(this.#stagedPartition(this.next), run.partitionCount);
      if (memory.growTo(memory.load(CONTROL_NEED_BYTES))) continue;
      if (memory.load(CONTROL_CHUNK_BYTES) > 0) return 'memory';
      // Closing buffers would not help: there is none. The memory plan has room for one batch, so this is a fault.
      throw this.#abandon(new Error('its empty memory has no room for one record'));
    }
  }

  clear(): void {
    this.#staging.clear();
    this.next = 0;
  }

  recordCount(run: BufferRun, partition: number): number {
    return this.#memory.load(slotAddress(run, partition) + SLOT_RECORD_COUNT);
  }

  batchBytes(run: BufferRun, partition: number): number {
    return RECORD_BATCH_OVERHEAD + this.#memory.load(slotAddress(run, partition) + SLOT_RECORDS_BYTES);
  }

  close(run: BufferRun, partition: number): Buffer {
    if (this.recordCount(run, partition) === 0) throw slotIsEmpty(partition);
    const bytes = this.batchBytes(run, partition);
    const { producerIdHigh, producerIdLow, producerEpoch, baseSequence } = NO_PRODUCER;
    const address = this.#enter((abi) =>
      abi.close(run.base + partition, producerIdHigh, producerIdLow, producerEpoch, baseSequence),
    );
    return copyBatch(this.#memory.bytes, address, bytes);
  }

  dispose(): void {
    this.#staging.clear();
  }

  /** Takes over what append found out about the records up to `next`, and the partition of the one it stopped at. */
  #readColumns(from: number, next: number): void {
    const { int32 } = this.#memory;
    const { partitions, outcomes } = this.group;
    const end = Math.min(next + 1, GROUP_RECORDS_MAX);
    partitions.set(int32.subarray((PARTITIONS >> 2) + from, (PARTITIONS >> 2) + end), from);
    outcomes.set(int32.subarray((OUTCOMES >> 2) + from, (OUTCOMES >> 2) + next), from);
    this.next = next;
  }

  #stagedPartition(index: number): number {
    return this.#memory.load(TAPE + index * TAPE_STRIDE + TAPE_PARTITION);
  }

  /** Calls the module. A trap leaves it in an unknown state, so it is never entered again. */
  #enter<Result>(call: (abi: Abi) => Result): Result {
    if (this.#wreck !== undefined) throw failedInside(this.#wreck.cause);
    try {
      return call(this.#memory.abi);
    } catch (cause) {
      throw this.#abandon(cause);
    }
  }

  #abandon(cause: unknown): KafkaHotpathError {
    this.#wreck ??= new WasmWreck(this.#memory, this.#staging, cause);
    return failedInside(cause);
  }
}

function slotAddress(run: BufferRun, partition: number): number {
  return SLOTS + (run.base + partition) * SLOT_STRIDE;
}

function failedInside(cause: unknown): KafkaHotpathError {
  const message = 'the WebAssembly engine failed inside and is not used any more; this is a fault of kafka-hotpath';
  return new KafkaHotpathError('ERR_ENGINE', message, { cause });
}
