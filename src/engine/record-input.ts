/** Checks what callers hand to encodeRecordBatch, which unlike a producer's records did not pass a binding before. */
import { KafkaHotpathError } from '../errors.ts';
import type { Field, HeaderList, RecordInput } from './engine.ts';

export function requireRecords(records: readonly RecordInput[]): void {
  if (records.length === 0) {
    throw new KafkaHotpathError('ERR_RECORD_BATCH', 'a record batch needs at least one record; the list is empty');
  }
}

/** The field, null for undefined. Throws ERR_RECORD_BATCH for what is neither string, bytes nor null. */
export function toField(field: unknown, name: string, index: number): Field {
  if (typeof field === 'string') return field;
  if (field === undefined || field === null) return null;
  if (field instanceof Uint8Array) return field;
  throw unusable(index, `${name} is of type ${typeof field}; it must be a string, a Uint8Array or null`);
}

export function toTimestamp(timestamp: number | undefined, index: number): number {
  if (timestamp === undefined) return 0;
  if (Number.isSafeInteger(timestamp)) return timestamp;
  throw unusable(index, `timestamp is ${timestamp}; it must be an integer of at most 2^53 - 1, in milliseconds`);
}

/** Names and values in turn, or null without headers. */
export function toHeaderList(headers: RecordInput['headers'], index: number): HeaderList | null {
  return headers === undefined || headers.length === 0 ? null : flatten(headers, index);
}

export function batchTooLarge(bytes: number): KafkaHotpathError {
  return new KafkaHotpathError('ERR_RECORD_BATCH', `the batch has ${bytes} bytes; its length field ends at 2^31 - 1`);
}

function flatten(headers: NonNullable<RecordInput['headers']>, index: number): HeaderList {
  const list: Field[] = [];
  for (const { key, value } of headers) {
    if (typeof key !== 'string') throw unusable(index, `a header key is of type ${typeof key}; it must be a string`);
    list.push(key, toField(value, 'a header value', index));
  }
  return list;
}

function unusable(index: number, problem: string): KafkaHotpathError {
  return new KafkaHotpathError('ERR_RECORD_BATCH', `record ${index}: ${problem}`);
}
