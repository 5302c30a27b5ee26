/** Shared by the engine's tests: opening engines, and driving an accumulator as a producer does. */
import type {
  Accumulator,
  AccumulatorOptions,
  BufferRun,
  HeaderList,
  KeyHash,
  RecordInput,
} from '../../src/engine/engine.ts';

/** The limits a producer has by default. */
export const DEFAULT_LIMITS: AccumulatorOptions = {
  recordBytesMax: 1_000_000,
  batchBytesMax: 1_000_000,
  batchRecordsMax: 10_000,
};

export interface ClosedBatch {
  partition: number;
  bytes: Buffer;
}

export interface Appended {
  partitions: number[];
  outcomes: number[];
  /** Batches that were full on the way, in the order in which they were closed. */
  batches: ClosedBatch[];
}

export function toHeaderList(record: RecordInput): HeaderList | null {
  return record.headers === undefined ? null : record.headers.flatMap(({ key, value }) => [key, value]);
}

export function stageRecord(accumulator: Accumulator, record: RecordInput, partition: number): boolean {
  const { key = null, value = null, timestamp = 0 } = record;
  return accumulator.stage(partition, timestamp, key, value, toHeaderList(record));
}

/** Appends and clears the open group, closing what is full, and everything when memory is used up. */
export function appendGroup(accumulator: Accumulator, run: BufferRun, hash: KeyHash): Appended {
  const batches: ClosedBatch[] = [];
  const count = accumulator.stagedCount;
  let stop = accumulator.append(run, hash, 0);
  while (stop !== 'done') {
    if (stop === 'memory') batches.push(...closeAll(accumulator, run));
    else {
      const partition = accumulator.group.partitions[accumulator.next]!;
      batches.push({ partition, bytes: accumulator.close(run, partition) });
    }
    stop = accumulator.append(run, hash, accumulator.next);
  }
  const partitions = Array.from(accumulator.group.partitions.subarray(0, count));
  const outcomes = Array.from(accumulator.group.outcomes.subarray(0, count));
  accumulator.clear();
  return { partitions, outcomes, batches };
}

/** Closes every buffer that has records. */
export function closeAll(accumulator: Accumulator, run: BufferRun): ClosedBatch[] {
  const batches: ClosedBatch[] = [];
  for (let partition = 0; partition < run.partitionCount; partition++) {
    if (accumulator.recordCount(run, partition) === 0) continue;
    batches.push({ partition, bytes: accumulator.close(run, partition) });
  }
  return batches;
}

/** Puts all records through a fresh run of one partition and returns the batches. */
export function batchesOf(accumulator: Accumulator, records: readonly RecordInput[]): Buffer[] {
  const run = accumulator.reserve(1)!;
  const batches: ClosedBatch[] = [];
  for (const record of records) {
    if (stageRecord(accumulator, record, 0)) continue;
    batches.push(...appendGroup(accumulator, run, 'crc32').batches);
    if (!stageRecord(accumulator, record, 0)) throw new Error('an empty group refused a record');
  }
  batches.push(...appendGroup(accumulator, run, 'crc32').batches, ...closeAll(accumulator, run));
  accumulator.release(run);
  return batches.map(({ bytes }) => bytes);
}
