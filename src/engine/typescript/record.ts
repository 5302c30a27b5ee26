/**
 * One record:
 *
 *     Record => length attributes timestampDelta offsetDelta Tail
 *       length         => varint    bytes behind this field
 *       attributes     => int8      0
 *       timestampDelta => varlong   to the first record of the batch
 *       offsetDelta    => varint    position in the batch
 *     Tail => keyLength key valueLength value headerCount [Header]
 *       keyLength      => varint    −1: null
 *       valueLength    => varint    −1: null
 *       headerCount    => varint
 *     Header => nameLength name valueLength value
 *       nameLength     => varint
 *       valueLength    => varint    −1: null
 *
 * The tail does not depend on the batch, so it is encoded when the record is staged.
 */
import { ByteSlice } from '../byte-slice.ts';
import type { HeaderList, StagedField } from '../engine.ts';
import { writeUtf8 } from '../write-utf8.ts';
import { putLength, putTimestampDelta, putUnsigned, sizeOfLength, sizeOfTimestampDelta } from './varint.ts';

/** The varint of −1. */
const NULL_LENGTH = 0x01;

/** Up to here a loop over the units beats one call of the native writer, which costs about 90 ns on Node 20. */
const LOOP_UNITS_MAX = 14;

/** The longest varint of a length. */
const LENGTH_BYTES_MAX = 5;

/** The longest length, attributes, timestamp delta and offset delta: 5 + 1 + 10 + 5. */
export const PREFIX_BYTES_MAX = 21;

/** A bound of the field's bytes with its length: a UTF-16 unit becomes at most three bytes. */
export function fieldBytesMax(field: StagedField): number {
  if (field === null) return 1;
  return LENGTH_BYTES_MAX + (typeof field === 'string' ? field.length * 3 : field.length);
}

/** A bound of the tail's bytes. */
export function tailBytesMax(key: StagedField, value: StagedField, headers: HeaderList | null): number {
  let bytes = fieldBytesMax(key) + fieldBytesMax(value) + LENGTH_BYTES_MAX;
  if (headers !== null) for (const field of headers) bytes += fieldBytesMax(field);
  return bytes;
}

/** Bytes of attributes and deltas. */
export function sizeOfDeltas(timestamp: number, baseTimestamp: number, offsetDelta: number): number {
  return 1 + sizeOfTimestampDelta(timestamp, baseTimestamp) + sizeOfLength(offsetDelta);
}

/** Writes attributes and deltas, what stands between length and tail, and returns the position behind. */
export function putDeltas(
  target: Uint8Array,
  at: number,
  timestamp: number,
  baseTimestamp: number,
  offsetDelta: number,
): number {
  target[at] = 0;
  at = putTimestampDelta(target, at + 1, timestamp, baseTimestamp);
  return putLength(target, at, offsetDelta);
}

/** Writes a field with its length and returns the position behind; there must be room for fieldBytesMax. */
export function putField(target: Buffer, at: number, field: StagedField): number {
  if (field === null) {
    target[at] = NULL_LENGTH;
    return at + 1;
  }
  if (typeof field === 'string') return putTextField(target, at, field);
  at = putLength(target, at, field.length);
  if (field instanceof ByteSlice) return field.copyTo(target, at);
  target.set(field, at);
  return at + field.length;
}

/** Writes the header count and the headers, and returns the position behind. */
export function putHeaders(target: Buffer, at: number, headers: HeaderList | null): number {
  if (headers === null || headers.length === 0) {
    target[at] = 0;
    return at + 1;
  }
  at = putLength(target, at, headers.length >>> 1);
  for (const field of headers) at = putField(target, at, field);
  return at;
}

/** Content bytes of a field that takes `bytes` with its length; 0 for null. */
export function contentBytes(bytes: number): number {
  // The widest contents of lengths of 1, 2, 3 and 4 bytes are 2^6 − 1, 2^13 − 1, 2^20 − 1 and 2^27 − 1.
  if (bytes <= 64) return bytes - 1;
  if (bytes <= 8_193) return bytes - 2;
  if (bytes <= 1_048_578) return bytes - 3;
  return bytes - (bytes <= 134_217_731 ? 4 : 5);
}

/** The length comes first and is known only behind: room is left for that of ASCII text, which is the usual case. */
function putTextField(target: Buffer, at: number, text: string): number {
  const guess = sizeOfLength(text.length);
  const start = at + guess;
  const end = putText(target, start, text);
  const length = end - start;
  const size = sizeOfLength(length);
  if (size !== guess) target.copyWithin(at + size, start, end);
  putUnsigned(target, at, (length << 1) >>> 0);
  return at + size + length;
}

/** Writes UTF-8, surrogates without a partner as U+FFFD, and returns the position behind. */
function putText(target: Buffer, at: number, text: string): number {
  const units = text.length;
  if (units > LOOP_UNITS_MAX) return at + writeUtf8(target, text, at);
  for (let index = 0; index < units; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) return at + writeUtf8(target, text, at);
    target[at + index] = unit;
  }
  return at + units;
}
