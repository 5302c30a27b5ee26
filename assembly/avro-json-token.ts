/**
 * Tokens of JSON text (RFC 8259) as UTF-16. A unit 0 stands behind the text, and no token goes on at one, so nothing
 * here looks at where the text ends. Whatever is not JSON, or not decided here, gives false or 0: the host then has the
 * TypeScript twin (src/avro/json-cursor.ts) do it all, and say what is wrong.
 */
import { AVRO_DEPTH_MAX } from './avro-layout';

const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
/** Digits that always fit 64 bits. */
const DIGITS_MAX: u32 = 19;
/** 10^22 is the greatest power of ten that a double holds exactly. */
const EXACT_POWER_MAX: i32 = 22;
const EXACT_MANTISSA_MAX: u64 = 1 << 53;
const EXPONENT_MAX: i32 = 10_000;

// prettier-ignore
const POWERS = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
]);

/** Of the last number token: digits as one integer, the power of ten behind it, its sign and form. */
let mantissa: u64 = 0;
let exponent: i32 = 0;
let isNegative: bool = false;
let isPlain: bool = false;
/** Of the last string token: whether there is a backslash in it. */
let hasEscape: bool = false;

// @ts-ignore: decorator
@inline
export function unitAt(at: usize): u32 {
  return load<u16>(at);
}

// @ts-ignore: decorator
@inline
export function skipSpace(at: usize): usize {
  // One comparison, mostly: few texts have any.
  return unitAt(at) > 0x20 ? at : skipSpaces(at);
}

function skipSpaces(at: usize): usize {
  let unit = unitAt(at);
  while (unit == 0x20 || unit == 0x0a || unit == 0x0d || unit == 0x09) {
    at += 2;
    unit = unitAt(at);
  }
  return at;
}

export function lastHasEscape(): bool {
  return hasEscape;
}

/** From behind the opening quote to the closing one, or 0. */
export function stringEnd(at: usize): usize {
  hasEscape = false;
  while (true) {
    const units = v128.load(at);
    const stops = v128.or(
      v128.or(i16x8.eq(units, i16x8.splat(<i16>QUOTE)), i16x8.eq(units, i16x8.splat(<i16>BACKSLASH))),
      i16x8.lt_u(units, i16x8.splat(0x20)),
    );
    const mask = i16x8.bitmask(stops);
    if (mask == 0) {
      at += 16;
      continue;
    }
    at += <usize>ctz<i32>(mask) << 1;
    const unit = unitAt(at);
    if (unit == QUOTE) return at;
    if (unit != BACKSLASH) return 0;
    hasEscape = true;
    const escaped = unitAt(at + 2);
    if (escaped == 0x75) {
      if (hexUnit(at + 4) < 0) return 0;
      at += 12;
    } else {
      if (simpleEscape(escaped) == 0) return 0;
      at += 4;
    }
  }
}

/** Takes the escapes out of a string that stringEnd has passed, in place; returns the new end. */
export function unescape(start: usize, end: usize): usize {
  let target = start;
  while (start < end) {
    let unit = unitAt(start);
    start += 2;
    if (unit == BACKSLASH) {
      const escaped = unitAt(start);
      if (escaped == 0x75) {
        unit = <u32>hexUnit(start + 2);
        start += 10;
      } else {
        unit = simpleEscape(escaped);
        start += 2;
      }
    }
    store<u16>(target, <u16>unit);
    target += 2;
  }
  return target;
}

function simpleEscape(unit: u32): u32 {
  if (unit == QUOTE || unit == BACKSLASH || unit == 0x2f) return unit;
  if (unit == 0x6e) return 0x0a;
  if (unit == 0x74) return 0x09;
  if (unit == 0x72) return 0x0d;
  if (unit == 0x62) return 0x08;
  return unit == 0x66 ? 0x0c : 0;
}

/** Four hex digits, or −1. */
function hexUnit(at: usize): i32 {
  let value: u32 = 0;
  for (let index: usize = 0; index < 8; index += 2) {
    const digit = hexDigit(unitAt(at + index));
    if (digit > 15) return -1;
    value = (value << 4) | digit;
  }
  return <i32>value;
}

/** More than 15 for what is no hex digit. */
export function hexDigit(unit: u32): u32 {
  const digit = unit - 0x30;
  if (digit <= 9) return digit;
  const letter = (unit | 0x20) - 0x61;
  return letter < 6 ? letter + 10 : 16;
}

/** Passes over digits, and puts them behind those that mantissa has. */
// @ts-ignore: decorator
@inline
function readDigits(at: usize): usize {
  let value = mantissa;
  // Eight at a time when the eighth is one: sums of pairs, of those, and of those again.
  while (unitAt(at + 14) - 0x30 <= 9) {
    const digits = i16x8.sub(v128.load(at), i16x8.splat(0x30));
    if (v128.any_true(i16x8.gt_u(digits, i16x8.splat(9)))) break;
    const pairs = i32x4.dot_i16x8_s(digits, i16x8(10, 1, 10, 1, 10, 1, 10, 1));
    const fours = i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(pairs, pairs), i16x8(100, 1, 100, 1, 100, 1, 100, 1));
    value = value * 100_000_000 + <u64>(i32x4.extract_lane(fours, 0) * 10_000 + i32x4.extract_lane(fours, 1));
    at += 16;
  }
  let digit = unitAt(at) - 0x30;
  while (digit <= 9) {
    value = value * 10 + digit;
    at += 2;
    digit = unitAt(at) - 0x30;
  }
  mantissa = value;
  return at;
}

/** The end of a number token of digits alone, or 0; numberFits and numberAsLong tell of it. */
export function readWhole(at: usize): usize {
  isNegative = unitAt(at) == 0x2d;
  if (isNegative) at += 2;
  const first = at;
  mantissa = 0;
  at = readDigits(at);
  const count = <u32>(at - first) >>> 1;
  if (count == 0 || count > DIGITS_MAX || (count > 1 && unitAt(first) == 0x30)) return 0;
  const unit = unitAt(at);
  return unit == 0x2e || (unit | 0x20) == 0x65 ? 0 : at;
}

/** The end of the number token, or 0. */
export function readNumber(at: usize): usize {
  isNegative = unitAt(at) == 0x2d;
  if (isNegative) at += 2;
  const first = at;
  mantissa = 0;
  at = readDigits(at);
  const whole = <u32>(at - first) >>> 1;
  if (whole == 0 || (whole > 1 && unitAt(first) == 0x30)) return 0;
  let count = whole;
  let power: i32 = 0;
  isPlain = true;
  if (unitAt(at) == 0x2e) {
    isPlain = false;
    const fraction = at + 2;
    at = readDigits(fraction);
    const places = <u32>(at - fraction) >>> 1;
    if (places == 0) return 0;
    count += places;
    power = -<i32>places;
  }
  if ((unitAt(at) | 0x20) == 0x65) {
    isPlain = false;
    at = readExponent(at + 2);
    if (at == 0) return 0;
    power += exponent;
  }
  exponent = power;
  // More digits may have overflowed: not decided here.
  return count <= DIGITS_MAX ? at : 0;
}

function readExponent(at: usize): usize {
  const sign = unitAt(at);
  if (sign == 0x2b || sign == 0x2d) at += 2;
  const first = at;
  let value: i32 = 0;
  let digit = unitAt(at) - 0x30;
  while (digit <= 9) {
    if (value < EXPONENT_MAX) value = value * 10 + <i32>digit;
    at += 2;
    digit = unitAt(at) - 0x30;
  }
  exponent = sign == 0x2d ? -value : value;
  return at > first ? at : 0;
}

/** Whether the last number is written with digits alone. */
export function numberIsPlain(): bool {
  return isPlain;
}

/** Whether the last number, a plain one, fits so many bits. */
export function numberFits(bits: u32): bool {
  const limit: u64 = (<u64>1) << (bits - 1);
  return isNegative ? mantissa <= limit : mantissa < limit;
}

export function numberAsLong(): i64 {
  return isNegative ? <i64>(0 - mantissa) : <i64>mantissa;
}

/** Whether the last number is one multiplication or division away, which rounds once and so rightly (Clinger). */
export function numberIsExact(): bool {
  return mantissa <= EXACT_MANTISSA_MAX && exponent >= -EXACT_POWER_MAX && exponent <= EXACT_POWER_MAX;
}

export function numberAsDouble(): f64 {
  let value = <f64>mantissa;
  if (exponent < 0) value /= load<f64>(POWERS + (<usize>(-exponent) << 3));
  else value *= load<f64>(POWERS + (<usize>exponent << 3));
  return isNegative ? -value : value;
}

/** Behind the word when it is here, else 0. */
export function passWord(at: usize, first: u64, last: u32): usize {
  if (load<u64>(at) != first) return 0;
  if (last == 0) return at + 8;
  return unitAt(at + 8) == last ? at + 10 : 0;
}

/** The letters of null, true and fals, four units each. */
export const WORD_NULL: u64 = 0x006c_006c_0075_006e;
export const WORD_TRUE: u64 = 0x0065_0075_0072_0074;
export const WORD_FALS: u64 = 0x0073_006c_0061_0066;
export const LETTER_E: u32 = 0x65;

/** The end of any value, or 0. */
export function skipValue(at: usize, depth: u32): usize {
  const unit = unitAt(at);
  if (unit == QUOTE) {
    const end = stringEnd(at + 2);
    return end == 0 ? 0 : end + 2;
  }
  if (unit == 0x6e) return passWord(at, WORD_NULL, 0);
  if (unit == 0x74) return passWord(at, WORD_TRUE, 0);
  if (unit == 0x66) return passWord(at, WORD_FALS, LETTER_E);
  if (unit != 0x7b && unit != 0x5b) return readNumber(at);
  return skipList(at, depth, unit == 0x7b);
}

function skipList(at: usize, depth: u32, isObject: bool): usize {
  if (depth >= AVRO_DEPTH_MAX) return 0;
  const close: u32 = isObject ? 0x7d : 0x5d;
  at = skipSpace(at + 2);
  if (unitAt(at) == close) return at + 2;
  while (true) {
    if (isObject) {
      at = skipKey(at);
      if (at == 0) return 0;
    }
    at = skipValue(at, depth + 1);
    if (at == 0) return 0;
    at = skipSpace(at);
    const unit = unitAt(at);
    if (unit == close) return at + 2;
    if (unit != 0x2c) return 0;
    at = skipSpace(at + 2);
  }
}

/** From the quote that opens a key to the value behind its colon, or 0. */
function skipKey(at: usize): usize {
  if (unitAt(at) != QUOTE) return 0;
  const end = stringEnd(at + 2);
  return end == 0 ? 0 : passColon(end + 2);
}

/** From behind a key to its value, or 0. */
export function passColon(at: usize): usize {
  at = skipSpace(at);
  return unitAt(at) == 0x3a ? skipSpace(at + 2) : 0;
}

/** Whether the units at both places are the same. */
export function sameUnits(left: usize, right: usize, units: u32): bool {
  const bytes = <usize>units << 1;
  if (bytes >= 8) {
    const last = bytes - 8;
    for (let offset: usize = 0; offset < last; offset += 8) {
      if (load<u64>(left + offset) != load<u64>(right + offset)) return false;
    }
    return load<u64>(left + last) == load<u64>(right + last);
  }
  // The units behind are shifted out; there is room to read them.
  return ((load<u64>(left) ^ load<u64>(right)) << (64 - (bytes << 3))) == 0 || bytes == 0;
}
