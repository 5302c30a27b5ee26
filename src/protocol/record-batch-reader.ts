/**
 * Reads record batches (magic 2) and refuses whatever a broker or a consumer could trip over. It shares no code with
 * the engines that write them, so that tests, `inspect` and the embedded broker judge the bytes independently.
 *
 *   batch  = header (record-batch-header.ts), records, the latter compressed as a whole when attributes say so
 *   record = VARINT length of what follows, INT8 attributes (0), VARLONG timestamp − base timestamp,
 *            VARINT offset − base offset, VARINT key length (−1 null), key, VARINT value length (−1 null), value,
 *            VARINT header count, { VARINT key length, key, VARINT value length (−1 null), value }
 *   VARINT and VARLONG are zigzag, then little-endian groups of 7 bits.
 */
import { gunzipSync } from 'node:zlib';
import {
  BATCH_HEADER_BYTES,
  computeRecordBatchCrc,
  readRecordBatchHeader,
  type RecordBatchHeader,
  recordBatchBytes,
  recordBatchError,
} from './record-batch-header.ts';
import { RecordCursor } from './record-cursor.ts';

export type { CompressionName } from './record-batch-header.ts';

export interface RecordHeader {
  key: string;
  value: Uint8Array | null;
}

export interface BatchRecord {
  offsetDelta: number;
  timestampDelta: bigint;
  /** Milliseconds since 1970; the batch's max timestamp when the broker stamped it (log append time). */
  timestamp: bigint;
  /** A view of the bytes given, as is value. */
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: RecordHeader[];
}

/** One batch; the record count is records.length. */
export interface RecordBatch extends Omit<RecordBatchHeader, 'recordCount'> {
  records: BatchRecord[];
}

/** What a gzip batch may expand to: the largest request a broker accepts by default, socket.request.max.bytes. */
const UNCOMPRESSED_BYTES_MAX = 104_857_600;

/** The shortest record: length, attributes, two deltas, two lengths and the header count, a byte each. */
const RECORD_BYTES_MIN = 7;

/**
 * Every batch of bytes that are nothing but batches. Throws ERR_RECORD_BATCH with the position and the numbers that
 * disagree at the first fault: length, magic, CRC, reserved attributes, counts, offsets, timestamps, varints,
 * leftovers.
 */
export function readRecordBatches(bytes: Uint8Array): RecordBatch[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const batches: RecordBatch[] = [];
  let position = 0;
  while (position < buffer.length) {
    const header = readRecordBatchHeader(buffer, position);
    const computed = computeRecordBatchCrc(buffer, position, header);
    if (computed !== header.crc) {
      throw recordBatchError(position, `stored crc is ${header.crc}, computed crc is ${computed}`);
    }
    const batch = readCheckedBatch(buffer, position, header);
    checkMaxTimestamp(position, batch);
    batches.push(batch);
    position += recordBatchBytes(header);
  }
  return batches;
}

/**
 * The records of a batch whose header has been read and whose CRC has been compared. The max timestamp is not judged: a
 * broker computes it anew.
 */
export function readCheckedBatch(bytes: Buffer, position: number, header: RecordBatchHeader): RecordBatch {
  const { recordCount, ...fields } = header;
  if (recordCount < 1) throw recordBatchError(position, `record count is ${recordCount}, at least 1 is needed`);
  if (header.lastOffsetDelta !== recordCount - 1) {
    throw recordBatchError(position, `last offset delta is ${header.lastOffsetDelta} with ${recordCount} records`);
  }
  const cursor = openRecords(bytes, position, header);
  if (recordCount > cursor.remaining / RECORD_BYTES_MIN) {
    throw recordBatchError(position, `${recordCount} records do not fit in ${cursor.remaining} bytes`);
  }
  const records: BatchRecord[] = [];
  for (let index = 0; index < recordCount; index++) records.push(readRecord(cursor, header, index));
  if (cursor.remaining > 0) throw cursor.error(`${cursor.remaining} bytes follow the last record`);
  return { ...fields, records };
}

/** The latest timestamp, which is not always the last record's; −1 for no record. */
export function maxTimestamp(records: readonly BatchRecord[]): bigint {
  const [first, ...others] = records;
  if (first === undefined) return -1n;
  return others.reduce((latest, { timestamp }) => (timestamp > latest ? timestamp : latest), first.timestamp);
}

function openRecords(bytes: Buffer, position: number, header: RecordBatchHeader): RecordCursor {
  const start = position + BATCH_HEADER_BYTES;
  const end = position + recordBatchBytes(header);
  if (header.compression === 'none') return new RecordCursor(bytes, start, end);
  if (header.compression !== 'gzip') {
    throw recordBatchError(position, `${header.compression} records cannot be read here, only plain and gzip ones`);
  }
  const records = gunzip(bytes.subarray(start, end), position);
  return new RecordCursor(records, 0, records.length, start);
}

function gunzip(compressed: Buffer, position: number): Buffer {
  try {
    return gunzipSync(compressed, { maxOutputLength: UNCOMPRESSED_BYTES_MAX });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw recordBatchError(position, `the gzip records are damaged: ${reason}`);
  }
}

function readRecord(batch: RecordCursor, header: RecordBatchHeader, index: number): BatchRecord {
  const record = batch.slice(`record ${index}`, batch.varint(`length of record ${index}`));
  const attributes = record.byte('record attributes');
  if (attributes !== 0) throw record.error(`attributes of record ${index} are ${attributes}, only 0 is defined`);
  const timestampDelta = record.varlong('timestamp delta');
  const offsetDelta = record.varint('offset delta');
  if (offsetDelta !== index) throw record.error(`offset delta of record ${index} is ${offsetDelta}`);
  const key = record.nullableBytes('key');
  const value = record.nullableBytes('value');
  const headers = readHeaders(record);
  if (record.remaining > 0) throw record.error(`record ${index} has ${record.remaining} bytes too many`);
  const ownTimestamp = BigInt.asIntN(64, header.baseTimestamp + timestampDelta);
  const timestamp = header.timestampType === 'createTime' ? ownTimestamp : header.maxTimestamp;
  return { offsetDelta, timestampDelta, timestamp, key, value, headers };
}

function readHeaders(record: RecordCursor): RecordHeader[] {
  const count = record.varint('header count');
  if (count < 0 || count > record.remaining) {
    throw record.error(`header count is ${count}, ${record.remaining} bytes are left`);
  }
  const headers: RecordHeader[] = [];
  for (let index = 0; index < count; index++) {
    headers.push({ key: record.text('header key'), value: record.nullableBytes('header value') });
  }
  return headers;
}

function checkMaxTimestamp(position: number, batch: RecordBatch): void {
  const max = maxTimestamp(batch.records);
  if (batch.timestampType === 'createTime' && max !== batch.maxTimestamp) {
    throw recordBatchError(position, `max timestamp is ${String(batch.maxTimestamp)}, of its records ${String(max)}`);
  }
}
