/**
 * One record, written forward once:
 *
 *     Record => length attributes timestampDelta offsetDelta keyLength key valueLength value headerCount [Header]
 *       length         => varint    bytes behind this field
 *       attributes     => int8      0
 *       timestampDelta => varlong   to the first record of the batch
 *       offsetDelta    => varint    position in the batch
 *       keyLength      => varint    −1: null
 *       valueLength    => varint    −1: null
 *       headerCount    => varint
 *     Header => nameLength name valueLength value
 *       nameLength     => varint
 *       valueLength    => varint    −1: null
 */
import { copyBytes } from './bytes';
import {
  FIELD_BYTES,
  FIELD_NULL,
  FIELD_TEXT,
  HEADER_NAME,
  HEADER_NAME_BYTES,
  HEADER_STRIDE,
  HEADER_VALUE,
  HEADER_VALUE_BYTES,
} from './layout';
import { putUtf8, utf8Length } from './utf8';
import { putLength, putUnsigned, putUnsignedLong, sizeOfLength, sizeOfUnsignedLong } from './varint';

/** What librdkafka adds to key, value and headers when it checks message.max.bytes: its bound of all the varints. */
export const RECORD_OVERHEAD_MAX: u32 = 36;

/** The varint of −1. */
const NULL_LENGTH: u8 = 0x01;

/** Bytes the field takes in the text area. */
// @ts-ignore: decorator
@inline
export function textStep(field: u32): usize {
  return (field & 3) == FIELD_TEXT ? <usize>(field >>> 2) << 1 : 0;
}

/** Bytes the field takes in the byte staging. */
// @ts-ignore: decorator
@inline
export function bytesStep(field: u32): usize {
  return (field & 3) == FIELD_BYTES ? <usize>(field >>> 2) : 0;
}

/** Bytes of the field's content on the wire; 0 for null, whose length takes one byte as that of an empty field does. */
// @ts-ignore: decorator
@inline
export function fieldBytes(field: u32, text: usize): u32 {
  return (field & 3) == FIELD_TEXT ? utf8Length(text, field >>> 2) : field >>> 2;
}

/** Writes length and content; `length` is what fieldBytes said. */
// @ts-ignore: decorator
@inline
export function putField(target: usize, field: u32, text: usize, bytes: usize, length: u32): usize {
  if (field == FIELD_NULL) {
    store<u8>(target, NULL_LENGTH);
    return target + 1;
  }
  target = putLength(target, length);
  if ((field & 3) == FIELD_TEXT) return putUtf8(target, text, field >>> 2, length);
  return copyBytes(target, bytes, length);
}

/** Bytes of attributes and the two deltas; the timestamp delta is zigzagged already. */
// @ts-ignore: decorator
@inline
export function sizeOfPrefix(timestampDelta: u64, offsetDelta: u32): u32 {
  return 1 + sizeOfUnsignedLong(timestampDelta) + sizeOfLength(offsetDelta);
}

/** Writes what stands before the key. */
// @ts-ignore: decorator
@inline
export function putPrefix(target: usize, bodyLength: u32, timestampDelta: u64, offsetDelta: u32): usize {
  target = putLength(target, bodyLength);
  store<u8>(target, 0);
  target += 1;
  if (timestampDelta < 0x80) target = putUnsigned(target, <u32>timestampDelta);
  else target = putUnsignedLong(target, timestampDelta);
  return putLength(target, offsetDelta);
}

/** Bytes of the headers on the wire, without their count; notes the length of each name and value on the tape. */
export function measureHeaders(first: usize, count: u32, text: usize): u32 {
  let total: u32 = 0;
  const end = first + count * HEADER_STRIDE;
  for (let header = first; header < end; header += HEADER_STRIDE) {
    const name = load<u32>(header, HEADER_NAME);
    const nameBytes = fieldBytes(name, text);
    text += textStep(name);
    const value = load<u32>(header, HEADER_VALUE);
    const valueBytes = fieldBytes(value, text);
    text += textStep(value);
    store<u32>(header, nameBytes, HEADER_NAME_BYTES);
    store<u32>(header, valueBytes, HEADER_VALUE_BYTES);
    total += sizeOfLength(nameBytes) + nameBytes + sizeOfLength(valueBytes) + valueBytes;
  }
  return total;
}

/** Writes the headers that measureHeaders measured. */
export function putHeaders(target: usize, first: usize, count: u32, text: usize, bytes: usize): usize {
  const end = first + count * HEADER_STRIDE;
  for (let header = first; header < end; header += HEADER_STRIDE) {
    const name = load<u32>(header, HEADER_NAME);
    target = putField(target, name, text, bytes, load<u32>(header, HEADER_NAME_BYTES));
    text += textStep(name);
    bytes += bytesStep(name);
    const value = load<u32>(header, HEADER_VALUE);
    target = putField(target, value, text, bytes, load<u32>(header, HEADER_VALUE_BYTES));
    text += textStep(value);
    bytes += bytesStep(value);
  }
  return target;
}
