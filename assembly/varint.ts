/**
 * Kafka's variable-length integers: zigzag ((n << 1) ^ (n >> 63)), then seven bits a byte, least significant first,
 * the top bit set on all bytes but the last.
 *
 *     0 → 00   −1 → 01   1 → 02   63 → 7e   64 → 8001   −64 → 7f   300 → d804
 *
 * Lengths and counts are never negative here (null is written as the byte 01), so they skip the zigzag: n << 1.
 */

/** From here on a varint has more than eight bytes. */
const EIGHT_BYTES_LIMIT: u64 = 1 << 56;

/** Bytes of an unsigned varint: its significant bits divided by seven, rounded up, at least one. */
// @ts-ignore: decorator
@inline
export function sizeOfUnsigned(value: u32): u32 {
  // ceil(bits / 7) as a multiplication: (bits * 9 + 64) >> 6 agrees for all 0 ≤ bits ≤ 64, with 1 for bits = 0.
  return ((32 - clz<u32>(value)) * 9 + 64) >> 6;
}

// @ts-ignore: decorator
@inline
export function sizeOfUnsignedLong(value: u64): u32 {
  return ((64 - <u32>clz<u64>(value)) * 9 + 64) >> 6;
}

/** Bytes of a length or count. */
// @ts-ignore: decorator
@inline
export function sizeOfLength(length: u32): u32 {
  return sizeOfUnsigned(length << 1);
}

// @ts-ignore: decorator
@inline
export function zigzagLong(value: i64): u64 {
  return <u64>((value << 1) ^ (value >> 63));
}

/** Writes and returns the address behind. */
// @ts-ignore: decorator
@inline
export function putUnsigned(target: usize, value: u32): usize {
  if (value < 0x80) {
    store<u8>(target, <u8>value);
    return target + 1;
  }
  if (value < 0x4000) {
    store<u16>(target, <u16>((value & 0x7f) | 0x80 | ((value & 0x3f80) << 1)));
    return target + 2;
  }
  return putUnsignedLong(target, value);
}

/** Seven bits apart into eight bytes at once, which beats a loop from three bytes on; writes up to 8 bytes. */
// @ts-ignore: decorator
@inline
export function putUnsignedLong(target: usize, value: u64): usize {
  if (value >= EIGHT_BYTES_LIMIT) return putBytewise(target, value);
  const length = sizeOfUnsignedLong(value);
  let spread = (value & 0x0fff_ffff) | ((value & 0x00ff_ffff_f000_0000) << 4);
  spread = (spread & 0x0000_3fff_0000_3fff) | ((spread & 0x0fff_c000_0fff_c000) << 2);
  spread = (spread & 0x007f_007f_007f_007f) | ((spread & 0x3f80_3f80_3f80_3f80) << 1);
  store<u64>(target, spread | (0x0080_8080_8080_8080 & (((<u64>1) << ((length - 1) << 3)) - 1)));
  return target + length;
}

/** Writes nothing beyond its bytes. */
export function putBytewise(target: usize, value: u64): usize {
  while (value >= 0x80) {
    store<u8>(target++, <u8>(value | 0x80));
    value >>= 7;
  }
  store<u8>(target, <u8>value);
  return target + 1;
}

// @ts-ignore: decorator
@inline
export function putLength(target: usize, length: u32): usize {
  return putUnsigned(target, length << 1);
}
