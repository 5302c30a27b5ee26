/**
 * Makes new batches out of a closed one that certainly is not in the log: halves of one that is too large (R13), or
 * what is left when the broker named the invalid records (R15). Rare, so it reads the batch and frames it again.
 */
import type { RecordInput } from '../engine/engine.ts';
import { readRecordBatches } from '../protocol/record-batch-reader.ts';
import { Batch } from './batch.ts';
import type { ProducerContext } from './context.ts';
import type { BatchFate } from './fates.ts';

type Rebatching = Pick<ProducerContext, 'engine' | 'fates'>;

function recordsOf(batch: Batch): RecordInput[] {
  return readRecordBatches(batch.bytes).flatMap((read) =>
    read.records.map((record) => ({
      key: record.key,
      value: record.value,
      headers: record.headers,
      timestamp: Number(record.timestamp),
    })),
  );
}

/**
 * Two batches: the records at the positions for which `wanted` holds, and the others; neither may be empty. Place,
 * deadline and spent retries stay; neither is numbered.
 */
export function divideBatch(
  { engine, fates }: Rebatching,
  batch: Batch,
  wanted: (position: number) => boolean,
): [Batch, Batch] {
  const records = recordsOf(batch);
  const part = (fate: BatchFate, isIn: (position: number) => boolean, queuedBytes: number): Batch => {
    const encoded = engine.encodeRecordBatch(records.filter((_, position) => isIn(position)));
    const made = new Batch({
      bytes: Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength),
      fate,
      queuedBytes,
      deadlineMs: batch.deadlineMs,
      ordinal: batch.ordinal + records.findIndex((_, position) => isIn(position)),
    });
    made.retries = batch.retries;
    return made;
  };
  const [fate, otherFate] = batch.fate.divide(fates, wanted);
  // An estimate is good enough for the queue limit, but the two must add up to what was counted.
  const wantedBytes = Math.floor((batch.queuedBytes * fate.count) / batch.recordCount);
  return [
    part(fate, wanted, wantedBytes),
    part(otherFate, (position) => !wanted(position), batch.queuedBytes - wantedBytes),
  ];
}

/** The two halves of a batch of at least two records. */
export function splitBatch(context: Rebatching, batch: Batch): [Batch, Batch] {
  const middle = batch.recordCount >> 1;
  return divideBatch(context, batch, (position) => position < middle);
}
