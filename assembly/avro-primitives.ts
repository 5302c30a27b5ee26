/**
 * Avro's binary encoding of primitives; all return the address behind. There must be room.
 *
 *     int, long => varint    zigzag, seven bits a byte, least significant first
 *     float     => 4 bytes, little-endian;  double => 8 bytes, little-endian
 *     string    => long (bytes of its UTF-8), the UTF-8
 */
import { narrow, notAscii, putUtf8, utf8Length } from './utf8';
import { putLength, putUnsigned, putUnsignedLong, zigzagLong } from './varint';

/** The one NaN that is written, whatever bits a NaN may have. */
const NAN_FLOAT: u32 = 0x7fc0_0000;
/** The length of as many bytes takes two. */
const SHORT_UNITS_LIMIT: u32 = 64;
const NAN_DOUBLE: u64 = 0x7ff8_0000_0000_0000;

// @ts-ignore: decorator
@inline
export function putLong(target: usize, value: i64): usize {
  const bits = zigzagLong(value);
  return bits < 0x4000 ? putUnsigned(target, <u32>bits) : putUnsignedLong(target, bits);
}

// @ts-ignore: decorator
@inline
export function putDouble(target: usize, value: f64): usize {
  if (value == value) store<f64>(target, value);
  else store<u64>(target, NAN_DOUBLE);
  return target + 8;
}

// @ts-ignore: decorator
@inline
export function putFloat(target: usize, value: f64): usize {
  if (value == value) store<f32>(target, <f32>value);
  else store<u32>(target, NAN_FLOAT);
  return target + 4;
}

/**
 * Texts are mostly ASCII and short: their length then takes one byte, and they are written before anything is known of
 * them. May read and write up to 31 bytes past the ends.
 */
// @ts-ignore: decorator
@inline
export function putText(target: usize, source: usize, units: u32): usize {
  if (units < SHORT_UNITS_LIMIT && !notAscii(narrow(target + 1, source, units))) {
    store<u8>(target, <u8>(units << 1));
    return target + units + 1;
  }
  return putLongText(target, source, units);
}

function putLongText(target: usize, source: usize, units: u32): usize {
  const length = utf8Length(source, units);
  return putUtf8(putLength(target, length), source, units, length);
}
