/** A whole batch from a list of records, written straight into one working buffer and copied out once. */
import type { Field, HeaderList, ProducerState, RecordInput } from '../engine.ts';
import { copyBatch } from '../batch-memory.ts';
import { RECORD_BATCH_OVERHEAD } from '../layout.ts';
import { toProducerFields } from '../producer-fields.ts';
import { batchTooLarge, requireRecords, toField, toHeaderList, toTimestamp } from '../record-input.ts';
import { putHeader } from './record-batch.ts';
import { PREFIX_BYTES_MAX, putDeltas, putField, putHeaders, sizeOfDeltas, tailBytesMax } from './record.ts';
import { putLength, sizeOfLength } from './varint.ts';

/** The working buffer's size at first, and the size above which it is not kept for the next batch. */
const WORK_BYTES_MIN = 262_144;
const WORK_BYTES_KEPT_MAX = 4_194_304;

/** batchLength is an int32. */
const BATCH_BYTES_MAX = 0x7fff_ffff;

let idleWork: Buffer | undefined;

export function encodeRecordBatch(records: readonly RecordInput[], producer?: ProducerState): Uint8Array {
  requireRecords(records);
  const fields = toProducerFields(producer);
  let work = idleWork ?? Buffer.allocUnsafeSlow(WORK_BYTES_MIN);
  idleWork = undefined;
  let at = RECORD_BATCH_OVERHEAD;
  let baseTimestamp = 0;
  let maxTimestamp = 0;
  let index = 0;
  for (const record of records) {
    const key = toField(record.key, 'key', index);
    const value = toField(record.value, 'value', index);
    const headers = toHeaderList(record.headers, index);
    const timestamp = toTimestamp(record.timestamp, index);
    if (index === 0) {
      baseTimestamp = timestamp;
      maxTimestamp = timestamp;
    } else if (timestamp > maxTimestamp) maxTimestamp = timestamp;
    work = withRoom(work, at, PREFIX_BYTES_MAX + tailBytesMax(key, value, headers));
    at = putRecord(work, at, timestamp, baseTimestamp, index, key, value, headers);
    index += 1;
  }
  if (at > BATCH_BYTES_MAX) throw batchTooLarge(at);
  putHeader(work, { usedBytes: at, recordCount: index, baseTimestamp, maxTimestamp }, fields);
  const batch = copyBatch(work, 0, at);
  if (work.length <= WORK_BYTES_KEPT_MAX) idleWork = work;
  return batch;
}

/** The length comes first and is known only behind: room is left for that of ASCII text, which is the usual case. */
function putRecord(
  target: Buffer,
  at: number,
  timestamp: number,
  baseTimestamp: number,
  offsetDelta: number,
  key: Field,
  value: Field,
  headers: HeaderList | null,
): number {
  const contentGuess = (key === null ? 0 : key.length) + (value === null ? 0 : value.length);
  const fixed = sizeOfDeltas(timestamp, baseTimestamp, offsetDelta) + 3;
  const guess = sizeOfLength(fixed + contentGuess);
  const start = at + guess;
  let end = putDeltas(target, start, timestamp, baseTimestamp, offsetDelta);
  end = putField(target, end, key);
  end = putField(target, end, value);
  end = putHeaders(target, end, headers);
  const length = end - start;
  const size = sizeOfLength(length);
  if (size !== guess) target.copyWithin(at + size, start, end);
  putLength(target, at, length);
  return at + size + length;
}

/** The buffer itself, or one at least twice as large with the same content. */
function withRoom(work: Buffer, used: number, bytes: number): Buffer {
  if (used + bytes <= work.length) return work;
  const larger = Buffer.allocUnsafeSlow(Math.max(2 * work.length, used + bytes));
  work.copy(larger, 0, 0, used);
  return larger;
}
