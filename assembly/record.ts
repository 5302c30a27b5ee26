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
import { FIELD_LATIN1, FIELD_NULL, FIELD_TEXT, HEADER_FIELD_BYTES, HEADER_FIELD_STRIDE, HEADER_STRIDE } from './layout';
import { latin1Length, putLatin1, putUtf8, utf8Length } from './utf8';
import { putLength, putUnsigned, putUnsignedLong, sizeOfLength, sizeOfUnsignedLong } from './varint';

/** What librdkafka adds to key, value and headers when it checks message.max.bytes: its bound of all the varints. */
export const RECORD_OVERHEAD_MAX: u32 = 36;

/** The varint of −1. */
export const NULL_LENGTH: u8 = 0x01;

// @ts-ignore: decorator
@inline
export function isText(field: u32): bool {
  return (field & 3) == FIELD_TEXT;
}

// @ts-ignore: decorator
@inline
export function isLatin1(field: u32): bool {
  return (field & 3) == FIELD_LATIN1;
}

/** Units of text or bytes, as staged; 0 for null. */
// @ts-ignore: decorator
@inline
export function lengthOf(field: u32): u32 {
  return field >>> 2;
}

/** Bytes of a field's content on the wire. */
// @ts-ignore: decorator
@inline
export function bytesOf(field: u32, source: usize): u32 {
  const length = lengthOf(field);
  if (isText(field)) return utf8Length(source, length);
  return isLatin1(field) ? latin1Length(source, length) : length;
}

/** Writes a field of `length` bytes with its length; null, of length 0, takes one byte as an empty field does. */
// @ts-ignore: decorator
@inline
export function putField(target: usize, field: u32, source: usize, length: u32): usize {
  if (field == FIELD_NULL) {
    store<u8>(target, NULL_LENGTH);
    return target + 1;
  }
  target = putLength(target, length);
  if (isText(field)) return putUtf8(target, source, lengthOf(field), length);
  // As long as its units are many, it is ASCII.
  if (isLatin1(field) && length != lengthOf(field)) return putLatin1(target, source, lengthOf(field));
  return copyBytes(target, source, length);
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
  for (let field = first; field < end; field += HEADER_FIELD_STRIDE) {
    const staged = load<u32>(field);
    let length = lengthOf(staged);
    if (isText(staged)) {
      const source = text;
      text += <usize>length << 1;
      length = utf8Length(source, length);
    }
    store<u32>(field, length, HEADER_FIELD_BYTES);
    total += sizeOfLength(length) + length;
  }
  return total;
}

/** Writes the headers that measureHeaders measured. */
export function putHeaders(target: usize, first: usize, count: u32, text: usize, bytes: usize): usize {
  const end = first + count * HEADER_STRIDE;
  for (let field = first; field < end; field += HEADER_FIELD_STRIDE) {
    const staged = load<u32>(field);
    const length = load<u32>(field, HEADER_FIELD_BYTES);
    if (isText(staged)) {
      target = putField(target, staged, text, length);
      text += <usize>lengthOf(staged) << 1;
    } else {
      target = putField(target, staged, bytes, length);
      bytes += length;
    }
  }
  return target;
}
