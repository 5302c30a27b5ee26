/**
 * Avro's binary encoding of primitives; all return the address behind. There must be room.
 *
 *     int, long => varint    zigzag, seven bits a byte, least significant first
 *     float     => 4 bytes, little-endian;  double => 8 bytes, little-endian
 *     string    => long (bytes of its UTF-8), the UTF-8
 */
import { putUtf8, utf8Length } from './utf8';
import { putLength, putUnsigned, putUnsignedLong, zigzagLong } from './varint';

/** The one NaN that is written, whatever bits a NaN may have. */
const NAN_FLOAT: u32 = 0x7fc0_0000;
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

// @ts-ignore: decorator
@inline
export function putText(target: usize, source: usize, units: u32): usize {
  const length = utf8Length(source, units);
  return putUtf8(putLength(target, length), source, units, length);
}
