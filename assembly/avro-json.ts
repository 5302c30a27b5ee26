/**
 * JSON text → Avro in one pass, along a program that the host has laid into memory: a node for each type, its operation
 * first, then what avro-layout.ts says. The twin of src/avro/json-encoder.ts.
 *
 *     record => its fields in order           union => int (index of the branch), the value
 *     array  => [long (count), items], 0      map   => [long (count), (string, value)…], 0
 *
 * Everything returns the place in the text behind what it took, or 0 for what is wrong or not decided here. A member is
 * encoded when it is met; a record whose members come in another order than its fields is put in order when it ends.
 */
import { putJsonScalar } from './avro-json-scalar';
import { branchOfJson, lastIsTagged } from './avro-json-union';
import {
  lastHasEscape,
  passColon,
  sameUnits,
  skipSpace,
  skipValue,
  stringEnd,
  unescape,
  unitAt,
} from './avro-json-token';
import {
  AVRO_ARRAY,
  AVRO_DEPTH_MAX,
  AVRO_FIELDS,
  AVRO_FIELD_STRIDE,
  AVRO_MAP,
  AVRO_NODE_COUNT,
  AVRO_NODE_ITEMS,
  AVRO_RECORD,
  AVRO_RECORD_STRICT,
  AVRO_UNION,
  AVRO_UNION_BRANCHES,
} from './avro-layout';
import { outAt, outHasRoom, outIs, outStart } from './avro-out';
import { putLong, putText } from './avro-primitives';
import { copyBytes } from './bytes';
import { putBytewise, sizeOfLength } from './varint';

const QUOTE: u32 = 0x22;
const OPEN_BRACE: u32 = 0x7b;
const CLOSE_BRACE: u32 = 0x7d;
const OPEN_BRACKET: u32 = 0x5b;
const CLOSE_BRACKET: u32 = 0x5d;
const COMMA: u32 = 0x2c;
/** Where a field has been written: two addresses, the first 0 as long as it has not. */
const SPAN_BYTES: u32 = 8;
/** Counts that take one byte, which is left free in front of a list. */
const SHORT_COUNT_MAX: u32 = 63;

let spans: usize = 0;
let spansEnd: usize = 0;
let jsonEnd: usize = 0;

/**
 * Encodes texts that lie end to end, a unit 0 behind each; their units are at `lengths`. Stores where each value ends,
 * counted from `base`, at `ends`, and returns how many it has done: it stops at the first that the host has to do.
 * avroJsonEnd says where the last one ended. The texts may be changed.
 */
export function avroEncodeJson(
  node: usize,
  text: usize,
  lengths: usize,
  count: u32,
  target: usize,
  targetEnd: usize,
  base: usize,
  ends: usize,
  spanArea: usize,
  spanAreaEnd: usize,
): u32 {
  outStart(target, targetEnd);
  spansEnd = spanAreaEnd;
  jsonEnd = target;
  for (let index: u32 = 0; index < count; index++) {
    spans = spanArea;
    const textEnd = text + (<usize>load<u32>(lengths + (index << 2)) << 1);
    const end = putValue(node, skipSpace(text), 0);
    if (end == 0 || skipSpace(end) != textEnd) return index;
    jsonEnd = outAt();
    store<u32>(ends + (index << 2), <u32>(jsonEnd - base));
    text = textEnd + 2;
  }
  return count;
}

/** The address behind the last value of avroEncodeJson. */
export function avroJsonEnd(): usize {
  return jsonEnd;
}

function putValue(node: usize, at: usize, depth: u32): usize {
  const op = load<u32>(node);
  if (op < AVRO_ARRAY) return putJsonScalar(node, op, at);
  if (op == AVRO_RECORD) return putRecord(node, at, depth);
  if (op == AVRO_UNION) return putUnion(node, at, depth);
  if (op == AVRO_ARRAY || op == AVRO_MAP) return putList(node, at, depth, op == AVRO_MAP);
  return putJsonScalar(node, op, at);
}

/** Members in the order of the fields are what nearly every text has: nothing is noted of them but their number. */
function putRecord(node: usize, at: usize, depth: u32): usize {
  if (unitAt(at) != OPEN_BRACE || depth == AVRO_DEPTH_MAX) return 0;
  const count = load<u32>(node, AVRO_NODE_COUNT);
  const start = outAt();
  at = skipSpace(at + 2);
  if (unitAt(at) == CLOSE_BRACE) return count == 0 || complete(node, count, 0, 0, start) ? at + 2 : 0;
  let field = node + AVRO_FIELDS;
  for (let index: u32 = 0; index < count; index++) {
    const value = passKey(field, at);
    if (value == 0) return putMembers(node, at, depth, index, start);
    at = putValue(load<u32>(field), skipSpace(value), depth + 1);
    if (at == 0) return 0;
    at = skipSpace(at);
    const unit = unitAt(at);
    at += 2;
    if (unit == CLOSE_BRACE) return index + 1 == count || complete(node, count, index + 1, 0, start) ? at : 0;
    if (unit != COMMA) return 0;
    at = skipSpace(at);
    field += AVRO_FIELD_STRIDE;
  }
  return putMembers(node, at, depth, count, start);
}

/** Behind the colon when the key of this field is here, with no white space in it; else 0. */
// @ts-ignore: decorator
@inline
function passKey(field: usize, at: usize): usize {
  // A name has one unit at least, so there are eight bytes.
  const key = <usize>load<u32>(field, 4) - 2;
  const last = (<usize>load<u32>(field, 8) << 1) - 2;
  for (let offset: usize = 0; offset < last; offset += 8) {
    if (load<u64>(key + offset) != load<u64>(at + offset)) return 0;
  }
  return load<u64>(key + last) == load<u64>(at + last) ? at + last + 8 : 0;
}

/** The members from here on, in any order, behind those of the first fields, which are written and stand in order. */
function putMembers(node: usize, at: usize, depth: u32, written: u32, start: usize): usize {
  const count = load<u32>(node, AVRO_NODE_COUNT);
  const base = spans;
  if (base + count * SPAN_BYTES > spansEnd) return 0;
  spans = base + count * SPAN_BYTES;
  memory.fill(base, 0, count * SPAN_BYTES);
  const writtenEnd = outAt();
  while (true) {
    if (unitAt(at) != QUOTE) return 0;
    const end = stringEnd(at + 2);
    // Keys with escapes are rare, and the host knows how.
    if (end == 0 || lastHasEscape()) return 0;
    const index = fieldOf(node, count, at + 2, <u32>(end - at - 2) >>> 1);
    at = passColon(end + 2);
    // So are keys that come twice, of which the last counts.
    if (at == 0 || index < written) return 0;
    if (index < count) {
      const from = outAt();
      at = putValue(load<u32>(node + AVRO_FIELDS + index * AVRO_FIELD_STRIDE), at, depth + 1);
      store<u32>(base + index * SPAN_BYTES, <u32>from);
      store<u32>(base + index * SPAN_BYTES, <u32>outAt(), 4);
    } else {
      if (load<u32>(node, AVRO_RECORD_STRICT) != 0) return 0;
      at = skipValue(at, depth + 1);
    }
    if (at == 0) return 0;
    at = skipSpace(at);
    const unit = unitAt(at);
    at += 2;
    if (unit == CLOSE_BRACE) break;
    if (unit != COMMA) return 0;
    at = skipSpace(at);
  }
  spans = base;
  return written == count || complete(node, count, written, base, writtenEnd) ? at : 0;
}

/** The field of that name; `count` when there is none. */
function fieldOf(node: usize, count: u32, name: usize, units: u32): u32 {
  for (let index: u32 = 0; index < count; index++) {
    const field = node + AVRO_FIELDS + index * AVRO_FIELD_STRIDE;
    if (load<u32>(field, 8) == units && sameUnits(load<u32>(field, 4), name, units)) return index;
  }
  return count;
}

/**
 * Adds the defaults and puts the fields in order, but for the first ones that are written; false when one has none, or
 * there is no room. Without spans (0) none of these has been written.
 */
function complete(node: usize, count: u32, written: u32, base: usize, start: usize): bool {
  const end = outAt();
  for (let index = written; index < count; index++) {
    const field = node + AVRO_FIELDS + index * AVRO_FIELD_STRIDE;
    let from: usize = base == 0 ? 0 : <usize>load<u32>(base + index * SPAN_BYTES);
    let length: u32 = 0;
    if (from != 0) length = load<u32>(base + index * SPAN_BYTES, 4) - <u32>from;
    else {
      from = load<u32>(field, 12);
      length = load<u32>(field, 16);
      if (from == 0) return false;
    }
    if (!outHasRoom(length)) return false;
    outIs(copyBytes(outAt(), from, length));
  }
  // What was written in another order lies before.
  if (base == 0) return true;
  const length = outAt() - end;
  memory.copy(start, end, length);
  outIs(start + length);
  return true;
}

/** An array, or a map, whose items have keys. */
function putList(node: usize, at: usize, depth: u32, isMap: bool): usize {
  if (unitAt(at) != (isMap ? OPEN_BRACE : OPEN_BRACKET) || depth == AVRO_DEPTH_MAX) return 0;
  const close = isMap ? CLOSE_BRACE : CLOSE_BRACKET;
  const items = load<u32>(node, AVRO_NODE_ITEMS);
  const start = outAt();
  if (!outHasRoom(2)) return 0;
  at = skipSpace(at + 2);
  if (unitAt(at) == close) {
    store<u8>(start, 0);
    outIs(start + 1);
    return at + 2;
  }
  outIs(start + 1);
  let count: u32 = 0;
  while (true) {
    if (isMap) {
      at = putKey(at);
      if (at == 0) return 0;
    }
    at = putValue(items, at, depth + 1);
    if (at == 0) return 0;
    count += 1;
    at = skipSpace(at);
    const unit = unitAt(at);
    at += 2;
    if (unit == close) break;
    if (unit != COMMA) return 0;
    at = skipSpace(at);
  }
  return endList(start, count) ? at : 0;
}

/** Puts the count in front and the 0 behind. */
function endList(start: usize, count: u32): bool {
  // A count of five bytes at most, in place of one, and the zero.
  if (!outHasRoom(6)) return false;
  let end = outAt();
  if (count > SHORT_COUNT_MAX) {
    const shift = sizeOfLength(count) - 1;
    memory.copy(start + 1 + shift, start + 1, end - start - 1);
    end += shift;
  }
  putBytewise(start, count << 1);
  store<u8>(end, 0);
  outIs(end + 1);
  return true;
}

/** From the opening quote of a map's key to the value behind it. */
function putKey(at: usize): usize {
  if (unitAt(at) != QUOTE) return 0;
  const end = stringEnd(at + 2);
  if (end == 0) return 0;
  const textEnd = lastHasEscape() ? unescape(at + 2, end) : end;
  const units = <u32>(textEnd - at - 2) >>> 1;
  if (!outHasRoom(units * 3)) return 0;
  outIs(putText(outAt(), at + 2, units));
  return passColon(end + 2);
}

function putUnion(node: usize, at: usize, depth: u32): usize {
  const branch = branchOfJson(node, at, depth);
  if (branch < 0 || !outHasRoom(0)) return 0;
  const isTagged = lastIsTagged();
  outIs(putLong(outAt(), branch));
  const branchNode = load<u32>(load<u32>(node, AVRO_UNION_BRANCHES) + (<u32>branch << 2));
  if (!isTagged) return putValue(branchNode, at, depth);
  at = stringEnd(skipSpace(at + 2) + 2);
  if (at == 0) return 0;
  at = passColon(at + 2);
  if (at == 0) return 0;
  at = putValue(branchNode, at, depth);
  if (at == 0) return 0;
  at = skipSpace(at);
  return unitAt(at) == CLOSE_BRACE ? at + 2 : 0;
}
