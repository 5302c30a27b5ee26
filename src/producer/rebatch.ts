/**
 * Makes new batches out of a closed one that certainly is not in the log: halves of one that is too large (R13), or
 * what is left when the broker named the invalid records (R15). Rare, so it reads the batch and frames it again.
 */
import type { Engine, RecordInput } from '../engine/engine.ts';
import { readRecordBatches } from '../protocol/record-batch-reader.ts';
import { Batch } from './batch.ts';

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

/** A batch of the records at the positions for which `wanted` holds; deadline and spent retries stay. */
export function pickRecords(engine: Engine, batch: Batch, wanted: (position: number) => boolean): Batch {
  const records = recordsOf(batch).filter((_, position) => wanted(position));
  const encoded = engine.encodeRecordBatch(records);
  const picked = new Batch({
    bytes: Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength),
    members: batch.members.pick(wanted),
    queuedBytes: Math.round((batch.queuedBytes * records.length) / batch.recordCount),
    deadlineMs: batch.deadlineMs,
  });
  picked.retries = batch.retries;
  return picked;
}

/** The two halves of a batch of at least two records, not numbered. */
export function splitBatch(engine: Engine, batch: Batch): [Batch, Batch] {
  const middle = batch.recordCount >> 1;
  return [
    pickRecords(engine, batch, (position) => position < middle),
    pickRecords(engine, batch, (position) => position >= middle),
  ];
}
