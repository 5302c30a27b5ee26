/** The log of one partition: whole record batches in memory, in offset order. */
import { computeRecordBatchCrc, type RecordBatchHeader } from '../protocol/record-batch-header.ts';
import { maxTimestamp, type RecordBatch, readRecordBatches } from '../protocol/record-batch-reader.ts';
import { ProducerStates } from './producer-states.ts';

export interface StoredBatch {
  baseOffset: number;
  lastOffset: number;
  maxTimestamp: bigint;
  bytes: Buffer;
}

export interface AppendOptions {
  leaderEpoch: number;
  /** Stamp the batch with this time; undefined keeps the producer's timestamps. */
  appendTimeMs: number | undefined;
}

const LEADER_EPOCH_AT = 12;
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;
const MAX_TIMESTAMP_AT = 35;
const APPEND_TIME_BIT = 0x08;

export class PartitionLog {
  readonly producers: ProducerStates = new ProducerStates();
  #batches: StoredBatch[] = [];
  #startOffset = 0;
  #endOffset = 0;

  get startOffset(): number {
    return this.#startOffset;
  }

  /** The offset the next record gets. */
  get endOffset(): number {
    return this.#endOffset;
  }

  get batches(): readonly StoredBatch[] {
    return this.#batches;
  }

  /** Stores a checked batch and returns the offset of its first record. */
  append(bytes: Uint8Array, batch: RecordBatch, options: AppendOptions): number {
    const baseOffset = this.#endOffset;
    const latest = options.appendTimeMs === undefined ? maxTimestamp(batch.records) : BigInt(options.appendTimeMs);
    const stored = Buffer.from(bytes);
    stored.writeBigInt64BE(BigInt(baseOffset), 0);
    stored.writeInt32BE(options.leaderEpoch, LEADER_EPOCH_AT);
    if (options.appendTimeMs !== undefined) stored.writeInt16BE(batch.attributes | APPEND_TIME_BIT, ATTRIBUTES_AT);
    // Kafka computes the max timestamp anew rather than believe the producer; kafkajs for one gets it wrong at times.
    if (latest !== batch.maxTimestamp || options.appendTimeMs !== undefined) {
      stored.writeBigInt64BE(latest, MAX_TIMESTAMP_AT);
      stored.writeUInt32BE(computeRecordBatchCrc(stored, 0, batch), CRC_AT);
    }
    this.#endOffset += batch.records.length;
    this.#batches.push({ baseOffset, lastOffset: this.#endOffset - 1, maxTimestamp: latest, bytes: stored });
    this.producers.remember(producerBatch(batch, batch.records.length), baseOffset);
    return baseOffset;
  }

  /** Whole batches from the one that holds the offset, at least one and then as many as fit. */
  read(offset: number, maxBytes: number): Buffer[] {
    const found: Buffer[] = [];
    let byteLength = 0;
    for (let index = this.#indexOf(offset); index < this.#batches.length; index++) {
      const batch = this.#batches[index];
      if (batch === undefined || (found.length > 0 && byteLength + batch.bytes.length > maxBytes)) break;
      found.push(batch.bytes);
      byteLength += batch.bytes.length;
    }
    return found;
  }

  /** The first record that is not older, or undefined. */
  findByTimestamp(timestamp: bigint): { offset: number; timestamp: bigint } | undefined {
    const stored = this.#batches.find((batch) => batch.maxTimestamp >= timestamp);
    if (stored === undefined) return undefined;
    const records = readRecordBatches(stored.bytes).flatMap((batch) => batch.records);
    const record = records.find((candidate) => candidate.timestamp >= timestamp);
    return record && { offset: stored.baseOffset + record.offsetDelta, timestamp: record.timestamp };
  }

  /** Loses the batches that reach to or beyond that offset, as an unclean leader election does. */
  truncateEnd(endOffset: number): void {
    this.#batches = this.#batches.filter((batch) => batch.lastOffset < endOffset);
    const last = this.#batches.at(-1);
    this.#endOffset = last === undefined ? this.#startOffset : last.lastOffset + 1;
    this.producers.truncate(this.#endOffset);
  }

  /** Drops the batches that end before that offset, as retention does. */
  truncateStart(startOffset: number): void {
    this.#startOffset = Math.min(Math.max(startOffset, this.#startOffset), this.#endOffset);
    this.#batches = this.#batches.filter((batch) => batch.lastOffset >= this.#startOffset);
  }

  /** The first batch whose last offset is not below, by bisection. */
  #indexOf(offset: number): number {
    let low = 0;
    let high = this.#batches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#batches[middle]?.lastOffset ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** What the sequence check needs of a batch. */
export function producerBatch(
  batch: Pick<RecordBatchHeader, 'producerId' | 'producerEpoch' | 'baseSequence'>,
  recordCount: number,
): { producerId: bigint; producerEpoch: number; baseSequence: number; recordCount: number } {
  const { producerId, producerEpoch, baseSequence } = batch;
  return { producerId, producerEpoch, baseSequence, recordCount };
}
