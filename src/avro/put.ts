/**
 * Avro's varints and short texts, written at a position that the caller keeps in a local variable; all return the
 * position behind. The caller has made sure that there is room.
 *
 *     int    => varint   zigzag ((n << 1) ^ (n >> 31)), seven bits a byte, least significant first
 *     long   => varint   zigzag of 64 bits
 *     string => long (count), its UTF-8
 */

/** The longest varint of 64 bits. */
export const VARINT_BYTES_MAX = 10;
/** Up to here a loop over the units beats one call of the native writer, which costs about 90 ns on Node 20. */
export const SHORT_UNITS_MAX = 20;
/** In place of a position. */
export const NOT_WRITTEN = -1;
/** Four bytes of a varint are 28 bits, one of them the sign. */
const TWO_27 = 0x800_0000;
/** A product with it is exact, and takes a fifth of the time of a division. */
const ONE_BY_TWO_27 = 1 / TWO_27;

export function putUnsigned(target: Buffer, at: number, value: number): number {
  while (value > 0x7f) {
    target[at++] = value | 0x80;
    value >>>= 7;
  }
  target[at] = value;
  return at + 1;
}

export function putInt(target: Buffer, at: number, value: number): number {
  return putUnsigned(target, at, ((value << 1) ^ (value >> 31)) >>> 0);
}

/** A whole number that a double holds exactly. */
export function putLong(target: Buffer, at: number, value: number): number {
  if ((value | 0) === value) return putInt(target, at, value);
  // Zigzag maps −1 − n to one more than n, so the sign is the last bit, and what is in front of it is never negative.
  const isNegative = value < 0;
  const size = isNegative ? -1 - value : value;
  const upper = (size * ONE_BY_TWO_27) | 0;
  const lower = ((size - upper * TWO_27) << 1) | (isNegative ? 1 : 0);
  target[at] = lower | 0x80;
  target[at + 1] = (lower >>> 7) | 0x80;
  target[at + 2] = (lower >>> 14) | 0x80;
  target[at + 3] = (lower >>> 21) | 0x80;
  return putUnsigned(target, at + 4, upper);
}

/** Two signed halves of 64 bits. */
export function putHalves(target: Buffer, at: number, high: number, low: number): number {
  const sign = high >> 31;
  const upper = (((high << 1) | (low >>> 31)) ^ sign) >>> 0;
  const lower = ((low << 1) ^ sign) >>> 0;
  if (upper === 0) return putUnsigned(target, at, lower);
  target[at] = lower | 0x80;
  target[at + 1] = (lower >>> 7) | 0x80;
  target[at + 2] = (lower >>> 14) | 0x80;
  target[at + 3] = (lower >>> 21) | 0x80;
  // The four bits that are left of the lower half go in front of the upper one, whose own four last may go behind.
  const middle = ((upper << 4) | (lower >>> 28)) >>> 0;
  const last = upper >>> 28;
  if (last === 0) return putUnsigned(target, at + 4, middle);
  target[at + 4] = middle | 0x80;
  target[at + 5] = (middle >>> 7) | 0x80;
  target[at + 6] = (middle >>> 14) | 0x80;
  target[at + 7] = (middle >>> 21) | 0x80;
  return putUnsigned(target, at + 8, (last << 4) | (middle >>> 28));
}

/** At most so many units that their count is one byte; −1 when one of them is not ASCII. */
export function putShortText(target: Buffer, at: number, text: string): number {
  const units = text.length;
  target[at] = units << 1;
  for (let index = 0; index < units; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) return NOT_WRITTEN;
    target[at + 1 + index] = unit;
  }
  return at + 1 + units;
}
