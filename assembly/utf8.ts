/**
 * UTF-16 → UTF-8.
 *
 *     0000–007f   0xxxxxxx
 *     0080–07ff   110xxxxx 10xxxxxx
 *     0800–ffff   1110xxxx 10xxxxxx 10xxxxxx
 *     surrogate pair            11110xxx 10xxxxxx 10xxxxxx 10xxxxxx
 *     surrogate without partner ef bf bd (U+FFFD)
 *
 * Each string is read by itself, so halves that meet where two strings touch in the staging area never become a pair.
 */

/** In each 16-bit lane, the bits an ASCII unit does not have. */
const NOT_ASCII: u16 = 0xff80;
const REPLACEMENT: u32 = 0xfffd;

/** True when all units are ASCII. May read up to 31 bytes past the end. */
// @ts-ignore: decorator
@inline
export function isAscii(source: usize, units: u32): bool {
  let seen = i16x8.splat(0);
  const whole = source + (<usize>(units & ~7) << 1);
  for (; source < whole; source += 16) seen = v128.or(seen, v128.load(source));
  // The last lanes belong to whatever follows in memory: only those below the number of units left count.
  const lanes = i16x8(0, 1, 2, 3, 4, 5, 6, 7);
  const mine = i16x8.lt_s(lanes, i16x8.splat(<i16>(units & 7)));
  seen = v128.or(seen, v128.and(v128.load(source), mine));
  return !notAscii(seen);
}

/**
 * Writes the units as if they were ASCII and returns their bits, each in some lane, for notAscii to judge. May read and
 * write up to 31 bytes past the ends.
 */
// @ts-ignore: decorator
@inline
export function narrow(target: usize, source: usize, units: u32): v128 {
  if (units < 16) return narrowFew(target, source, units);
  let seen = i16x8.splat(0);
  // The last sixteen are done in any case, some of them twice, so that no unit is looked at that is not the text's.
  const last: usize = units - 16;
  for (let at: usize = 0; at < last; at += 16) seen = v128.or(seen, narrow16(target + at, source + (at << 1)));
  return v128.or(seen, narrow16(target + last, source + (last << 1)));
}

// @ts-ignore: decorator
@inline
function narrow16(target: usize, source: usize): v128 {
  const low = v128.load(source);
  const high = v128.load(source, 16);
  v128.store(target, i8x16.narrow_i16x8_u(low, high));
  return v128.or(low, high);
}

// @ts-ignore: decorator
@inline
function narrowFew(target: usize, source: usize, units: u32): v128 {
  const low = v128.load(source);
  const high = v128.load(source, 16);
  v128.store(target, i8x16.narrow_i16x8_u(low, high));
  // The last lanes belong to whatever follows in memory.
  const count = i16x8.splat(<i16>units);
  const lowMine = i16x8.lt_s(i16x8(0, 1, 2, 3, 4, 5, 6, 7), count);
  const highMine = i16x8.lt_s(i16x8(8, 9, 10, 11, 12, 13, 14, 15), count);
  return v128.or(v128.and(low, lowMine), v128.and(high, highMine));
}

/** True when any unit among the bits is not ASCII. */
// @ts-ignore: decorator
@inline
export function notAscii(seen: v128): bool {
  return v128.any_true(v128.and(seen, i16x8.splat(<i16>NOT_ASCII)));
}

/** Copies at least sixteen units of Latin-1 as if they were ASCII; false when they are not. */
// @ts-ignore: decorator
@inline
export function copyAscii(target: usize, source: usize, length: u32): bool {
  assert(length >= 16);
  let seen = i8x16.splat(0);
  const last: usize = length - 16;
  for (let at: usize = 0; at < last; at += 16) {
    const block = v128.load(source + at);
    v128.store(target + at, block);
    seen = v128.or(seen, block);
  }
  const block = v128.load(source + last);
  v128.store(target + last, block);
  return i8x16.bitmask(v128.or(seen, block)) == 0;
}

/** How many bytes Latin-1 becomes: one more for each unit that is not ASCII. */
export function latin1Length(source: usize, length: u32): u32 {
  let total = length;
  const end = source + length;
  for (; source + 16 <= end; source += 16) total += popcnt<u32>(<u32>i8x16.bitmask(v128.load(source)));
  for (; source < end; source++) total += load<u8>(source) >>> 7;
  return total;
}

/** Writes Latin-1 as UTF-8 and returns the address behind. */
export function putLatin1(target: usize, source: usize, length: u32): usize {
  for (const end = source + length; source < end; source++) {
    const unit = <u32>load<u8>(source);
    if (unit < 0x80) {
      store<u8>(target++, <u8>unit);
    } else {
      store<u16>(target, <u16>(0x80c0 | (unit >>> 6) | ((unit & 0x3f) << 8)));
      target += 2;
    }
  }
  return target;
}

/** How many bytes the units become. */
// @ts-ignore: decorator
@inline
export function utf8Length(source: usize, units: u32): u32 {
  return isAscii(source, units) ? units : utf8LengthMixed(source, units);
}

function utf8LengthMixed(source: usize, units: u32): u32 {
  const end = source + (<usize>units << 1);
  let length: u32 = 0;
  while (source < end) {
    const unit = <u32>load<u16>(source);
    source += 2;
    if (unit < 0x80) length += 1;
    else if (unit < 0x800) length += 2;
    else if (isHighSurrogate(unit) && source < end && isLowSurrogate(load<u16>(source))) {
      length += 4;
      source += 2;
    } else length += 3;
  }
  return length;
}

/**
 * Writes the UTF-8 of `units`, which utf8Length found to be `length` bytes, and returns the address behind. May read
 * and write up to SLACK − 1 bytes past the ends.
 */
// @ts-ignore: decorator
@inline
export function putUtf8(target: usize, source: usize, units: u32, length: u32): usize {
  return units == length ? putAscii(target, source, units) : putMixed(target, source, units);
}

// @ts-ignore: decorator
@inline
function putAscii(target: usize, source: usize, units: u32): usize {
  for (let at: usize = 0; at < units; at += 16) {
    const from = source + (at << 1);
    v128.store(target + at, i8x16.narrow_i16x8_u(v128.load(from), v128.load(from, 16)));
  }
  return target + units;
}

function putMixed(target: usize, source: usize, units: u32): usize {
  const end = source + (<usize>units << 1);
  while (source < end) {
    let unit = <u32>load<u16>(source);
    source += 2;
    if (unit < 0x80) {
      store<u8>(target++, <u8>unit);
    } else if (unit < 0x800) {
      store<u16>(target, <u16>(0x80c0 | (unit >>> 6) | ((unit & 0x3f) << 8)));
      target += 2;
    } else if (isHighSurrogate(unit) && source < end && isLowSurrogate(load<u16>(source))) {
      // ((high − d800) << 10) + (low − dc00) + 10000, the constants gathered.
      const point = (unit << 10) + <u32>load<u16>(source) - 0x35fdc00;
      source += 2;
      const head = 0x808080f0 | (point >>> 18) | (((point >>> 12) & 0x3f) << 8);
      store<u32>(target, head | (((point >>> 6) & 0x3f) << 16) | ((point & 0x3f) << 24));
      target += 4;
    } else {
      if ((unit & 0xf800) == 0xd800) unit = REPLACEMENT;
      store<u16>(target, <u16>(0x80e0 | (unit >>> 12) | (((unit >>> 6) & 0x3f) << 8)));
      store<u8>(target, <u8>(0x80 | (unit & 0x3f)), 2);
      target += 3;
    }
  }
  return target;
}

// @ts-ignore: decorator
@inline
function isHighSurrogate(unit: u32): bool {
  return (unit & 0xfc00) == 0xd800;
}

// @ts-ignore: decorator
@inline
function isLowSurrogate(unit: u32): bool {
  return (unit & 0xfc00) == 0xdc00;
}
