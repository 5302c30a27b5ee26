/**
 * CRC-32C of long input without tables: "folding" with sparse multiples of the polynomial P.
 *
 * A message is a polynomial, its CRC the remainder modulo P, so adding any multiple of P changes nothing. If
 * x^D + … + 1 is a multiple of P with few terms, a bit at the front of the message can be cancelled by adding the
 * multiple there: the bit moves to the few places behind it where the other terms lie. Squaring a polynomial over
 * GF(2) doubles its exponents, so three squarings turn powers of bits into powers of bytes, and whole vectors of bytes
 * move at once. Pulled instead of pushed, with s[<0] = 0 and the CRC state XORed into the first four bytes:
 *
 *     far    x^5275 + x^4508 + x^2751 + 1:
 *            s[j] = d[j] ^ s[j−767] ^ s[j−2524] ^ s[j−5275]
 *     near   x^209 + x^144 + x^54 + x^39 + x^14 + 1:
 *            s[j] = d[j] ^ s[j−65] ^ s[j−155] ^ s[j−170] ^ s[j−195] ^ s[j−209]
 *
 * A lag is the greatest exponent less another. The bytes before the last 5275 (209) vanish; what they leave behind is
 * XORed into those last ones, whose CRC, from state 0, is the CRC of all. So the far multiple takes everything down to
 * 5275 bytes, the near one these down to 209, and the tables the rest. A test computes the remainders of the two sums.
 */
import { FOLD_CHUNK_BYTES, FOLD_FAR, FOLD_FAR_REST, FOLD_NEAR, FOLD_NEAR_BYTES_MAX, FOLD_NEAR_REST } from './layout';

export const FAR_LAG_1: u32 = 767;
export const FAR_LAG_2: u32 = 2524;
export const FAR_LAG_3: u32 = 5275;

export const NEAR_LAG_1: u32 = 65;
export const NEAR_LAG_2: u32 = 155;
export const NEAR_LAG_3: u32 = 170;
export const NEAR_LAG_4: u32 = 195;
export const NEAR_LAG_5: u32 = 209;

/** The greatest lags, rounded up to whole vectors: that much of s is kept in front of what is being computed. */
const FAR_HISTORY: u32 = 5280;
const NEAR_HISTORY: u32 = 224;

/** Bytes left by a fold: the greatest lag and what is missing to a whole vector. */
// @ts-ignore: decorator
@inline
export function restOfFar(length: u32): u32 {
  return length - ((length - FAR_LAG_3) & ~15);
}

// @ts-ignore: decorator
@inline
export function restOfNear(length: u32): u32 {
  return length - ((length - NEAR_LAG_5) & ~15);
}

// @ts-ignore: decorator
@inline
function farSum(at: usize): v128 {
  return v128.xor(v128.xor(v128.load(at - FAR_LAG_1), v128.load(at - FAR_LAG_2)), v128.load(at - FAR_LAG_3));
}

// @ts-ignore: decorator
@inline
function nearSum(at: usize): v128 {
  return v128.xor(
    v128.xor(v128.xor(v128.load(at - NEAR_LAG_1), v128.load(at - NEAR_LAG_2)), v128.load(at - NEAR_LAG_3)),
    v128.xor(v128.load(at - NEAR_LAG_4), v128.load(at - NEAR_LAG_5)),
  );
}

/**
 * Reduces `length` bytes to restOfFar(length) bytes at FOLD_FAR_REST that have the same CRC from state 0. Reads up to
 * 15 bytes past the end.
 */
export function foldFar(state: u32, source: usize, length: u32): void {
  assert(length >= FAR_LAG_3 + 16);
  const first: usize = FOLD_FAR + FAR_HISTORY;
  memory.fill(FOLD_FAR, 0, FAR_HISTORY);
  const rest = restOfFar(length);
  const foldEnd = source + length - rest;
  let injected = i32x4(state, 0, 0, 0);
  let at = first;
  for (;;) {
    const chunk = min<usize>(foldEnd - source, FOLD_CHUNK_BYTES);
    const end = first + chunk;
    v128.store(first, v128.xor(v128.xor(v128.load(source), injected), farSum(first)));
    injected = i32x4(0, 0, 0, 0);
    source += 16;
    for (at = first + 16; at < end; at += 16, source += 16) {
      v128.store(at, v128.xor(v128.load(source), farSum(at)));
    }
    if (source == foldEnd) break;
    memory.copy(FOLD_FAR, end - FAR_HISTORY, FAR_HISTORY);
  }
  // Nothing is folded from here on: zeros stand for it while the sums reach back.
  memory.fill(at, 0, FAR_HISTORY + 16);
  for (let offset: usize = 0; offset < rest; offset += 16) {
    v128.store(<usize>FOLD_FAR_REST + offset, v128.xor(v128.load(source + offset), farSum(at + offset)));
  }
}

/** Reduces `length` bytes to restOfNear(length) bytes at FOLD_NEAR_REST; as foldFar, in one chunk. */
export function foldNear(state: u32, source: usize, length: u32): void {
  assert(length >= NEAR_LAG_5 + 16);
  assert(length <= FOLD_NEAR_BYTES_MAX);
  let at: usize = FOLD_NEAR + NEAR_HISTORY;
  memory.fill(FOLD_NEAR, 0, NEAR_HISTORY);
  const rest = restOfNear(length);
  const foldEnd = source + length - rest;
  v128.store(at, v128.xor(v128.load(source), i32x4(state, 0, 0, 0)));
  at += 16;
  source += 16;
  for (; source < foldEnd; at += 16, source += 16) v128.store(at, v128.xor(v128.load(source), nearSum(at)));
  memory.fill(at, 0, NEAR_HISTORY + 16);
  for (let offset: usize = 0; offset < rest; offset += 16) {
    v128.store(<usize>FOLD_NEAR_REST + offset, v128.xor(v128.load(source + offset), nearSum(at + offset)));
  }
}
