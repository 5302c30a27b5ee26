/**
 * Which branch of a union a JSON value means. The host has worked out beforehand what needs no look at the value
 * itself; where more is needed than its first character, or the only key of an object, the host decides. The twin of
 * src/avro/json-union.ts.
 */
import {
  lastHasEscape,
  numberFits,
  numberIsPlain,
  passColon,
  readNumber,
  sameUnits,
  skipSpace,
  skipValue,
  stringEnd,
  unitAt,
} from './avro-json-token';
import {
  AVRO_DATE,
  AVRO_INT,
  AVRO_LOCAL_TIMESTAMP_NANOS,
  AVRO_LONG,
  AVRO_NODE_COUNT,
  AVRO_TAGS,
  AVRO_TAG_STRIDE,
  AVRO_TIME_MILLIS,
  AVRO_UNION_ARRAY,
  AVRO_UNION_BOOLEAN,
  AVRO_UNION_BRANCHES,
  AVRO_UNION_BRANCH_COUNT,
  AVRO_UNION_FRACTION,
  AVRO_UNION_NULL,
  AVRO_UNION_OBJECT,
  AVRO_UNION_TEXT,
} from './avro-layout';

const QUOTE: u32 = 0x22;
const CLOSE_BRACE: u32 = 0x7d;

let isTagged: bool = false;

/** Whether the last value was {"type": value}. */
export function lastIsTagged(): bool {
  return isTagged;
}

/** Negative when there is none, or it is not decided here. */
export function branchOfJson(node: usize, at: usize, depth: u32): i32 {
  isTagged = false;
  const unit = unitAt(at);
  if (unit == 0x6e) return load<i32>(node, AVRO_UNION_NULL);
  if (unit == QUOTE) return load<i32>(node, AVRO_UNION_TEXT);
  if (unit == 0x7b) return branchOfObject(node, at, depth);
  if (unit == 0x5b) return load<i32>(node, AVRO_UNION_ARRAY);
  if (unit == 0x74 || unit == 0x66) return load<i32>(node, AVRO_UNION_BOOLEAN);
  return branchOfNumber(node, at);
}

/** The first whole-number branch that holds it, else the one for fractions. */
function branchOfNumber(node: usize, at: usize): i32 {
  if (readNumber(at) == 0) return -1;
  const count = load<u32>(node, AVRO_UNION_BRANCH_COUNT);
  const branches = load<u32>(node, AVRO_UNION_BRANCHES);
  for (let index: u32 = 0; index < count; index++) {
    const op = load<u32>(load<u32>(branches + (index << 2)));
    const isInt = op == AVRO_INT || op == AVRO_DATE || op == AVRO_TIME_MILLIS;
    if (!isInt && op != AVRO_LONG && !(op > AVRO_TIME_MILLIS && op <= AVRO_LOCAL_TIMESTAMP_NANOS)) continue;
    // 1e3 is whole too: the host finds out.
    if (!numberIsPlain()) return -1;
    if (numberFits(isInt ? 32 : 64)) return <i32>index;
  }
  return load<i32>(node, AVRO_UNION_FRACTION);
}

/** Tagged when the only key names a branch. */
function branchOfObject(node: usize, at: usize, depth: u32): i32 {
  const bare = load<i32>(node, AVRO_UNION_OBJECT);
  const key = skipSpace(at + 2);
  if (unitAt(key) != QUOTE) return bare;
  const end = stringEnd(key + 2);
  if (end == 0 || lastHasEscape()) return -1;
  const branch = branchOfTag(node, key + 2, <u32>(end - key - 2) >>> 1);
  if (branch < 0) return bare;
  if (bare != -1) {
    // A tag is no level of its own.
    const value = passColon(end + 2);
    const valueEnd: usize = value == 0 ? 0 : skipValue(value, depth);
    if (valueEnd == 0) return -1;
    if (unitAt(skipSpace(valueEnd)) != CLOSE_BRACE) return bare;
  }
  isTagged = true;
  return branch;
}

function branchOfTag(node: usize, name: usize, units: u32): i32 {
  const count = load<u32>(node, AVRO_NODE_COUNT);
  for (let index: u32 = 0; index < count; index++) {
    const tag = node + AVRO_TAGS + index * AVRO_TAG_STRIDE;
    if (load<u32>(tag, 4) == units && sameUnits(load<u32>(tag), name, units)) return load<i32>(tag, 8);
  }
  return -1;
}
