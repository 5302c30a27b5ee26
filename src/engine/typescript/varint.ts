/**
 * Kafka's variable-length integers: zigzag ((n << 1) ^ (n >> 63)), then seven bits a byte, least significant first,
 * the top bit set on all bytes but the last.
 *
 *     0 → 00   −1 → 01   1 → 02   63 → 7e   64 → 8001   −64 → 7f   300 → d804
 *
 * Lengths and counts are never negative here (null is written as the byte 01), so they skip the zigzag: n << 1.
 */

/** Below this distance two timestamps are apart by a number whose zigzag fits 32 bits. */
const NEAR_MS = 0x4000_0000;

const TWO_32 = 0x1_0000_0000;

/** Bytes of an unsigned varint of up to 32 bits. */
export function sizeOfUnsigned(value: number): number {
  // ceil(bits / 7) as a multiplication: (bits * 9 + 64) >> 6 agrees for all 0 ≤ bits ≤ 64, with 1 for bits = 0.
  return ((32 - Math.clz32(value)) * 9 + 64) >> 6;
}

/** Bytes of a length or count below 2^31. */
export function sizeOfLength(length: number): number {
  return sizeOfUnsigned(length << 1);
}

/** Writes and returns the position behind. */
export function putUnsigned(target: Uint8Array, at: number, value: number): number {
  while (value > 0x7f) {
    target[at++] = value | 0x80;
    value >>>= 7;
  }
  target[at] = value;
  return at + 1;
}

/** Writes and returns the position behind. */
export function putLength(target: Uint8Array, at: number, length: number): number {
  return putUnsigned(target, at, (length << 1) >>> 0);
}

/**
 * Bytes of the varlong timestamp − base. The difference of two integers of up to 53 bits needs 54, one more than a
 * number holds, so distant timestamps are subtracted in two halves.
 */
export function sizeOfTimestampDelta(timestamp: number, base: number): number {
  const delta = timestamp - base;
  if (delta < NEAR_MS && delta >= -NEAR_MS) return sizeOfUnsigned((delta << 1) ^ (delta >> 31));
  const sign = zigzagSign(timestamp, base);
  const high = zigzagHigh(timestamp, base, sign);
  if (high === 0) return sizeOfUnsigned(zigzagLow(timestamp, base, sign));
  return ((64 - Math.clz32(high)) * 9 + 64) >> 6;
}

/** Writes and returns the position behind. */
export function putTimestampDelta(target: Uint8Array, at: number, timestamp: number, base: number): number {
  const delta = timestamp - base;
  if (delta < NEAR_MS && delta >= -NEAR_MS) return putUnsigned(target, at, ((delta << 1) ^ (delta >> 31)) >>> 0);
  const sign = zigzagSign(timestamp, base);
  let high = zigzagHigh(timestamp, base, sign);
  let low = zigzagLow(timestamp, base, sign);
  while (high !== 0) {
    target[at++] = low | 0x80;
    low = ((low >>> 7) | (high << 25)) >>> 0;
    high >>>= 7;
  }
  return putUnsigned(target, at, low);
}

/** Upper half of a two's complement 64-bit integer, signed. */
export function highHalf(integer: number): number {
  return Math.floor(integer / TWO_32);
}

/** Lower half, unsigned. */
export function lowHalf(integer: number): number {
  return integer - highHalf(integer) * TWO_32;
}

/** All ones when timestamp < base. */
function zigzagSign(timestamp: number, base: number): number {
  return timestamp < base ? -1 : 0;
}

function zigzagLow(timestamp: number, base: number, sign: number): number {
  const low = (lowHalf(timestamp) - lowHalf(base)) | 0;
  return ((low << 1) ^ sign) >>> 0;
}

function zigzagHigh(timestamp: number, base: number, sign: number): number {
  const lowDifference = lowHalf(timestamp) - lowHalf(base);
  const borrow = lowDifference < 0 ? 1 : 0;
  const high = highHalf(timestamp) - highHalf(base) - borrow;
  return (((high << 1) | (lowDifference >>> 31)) ^ sign) >>> 0;
}
