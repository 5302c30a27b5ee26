/** JSON values that are neither list, map, record nor union. The twin of src/avro/json-scalar.ts. */
import {
  hexDigit,
  lastHasEscape,
  LETTER_E,
  numberAsDouble,
  numberAsLong,
  numberFits,
  numberIsExact,
  passWord,
  readNumber,
  readWhole,
  sameUnits,
  stringEnd,
  unescape,
  unitAt,
  WORD_FALS,
  WORD_NULL,
  WORD_TRUE,
} from './avro-json-token';
import {
  AVRO_BOOLEAN,
  AVRO_BYTES,
  AVRO_DATE,
  AVRO_DOUBLE,
  AVRO_ENUM,
  AVRO_FIXED,
  AVRO_FLOAT,
  AVRO_INT,
  AVRO_LOCAL_TIMESTAMP_MICROS,
  AVRO_LOCAL_TIMESTAMP_MILLIS,
  AVRO_LOCAL_TIMESTAMP_NANOS,
  AVRO_LONG,
  AVRO_NODE_COUNT,
  AVRO_NODE_SIZE,
  AVRO_NULL,
  AVRO_STRING,
  AVRO_SYMBOLS,
  AVRO_SYMBOL_STRIDE,
  AVRO_TIME_MICROS,
  AVRO_TIMESTAMP_MICROS,
  AVRO_TIMESTAMP_MILLIS,
  AVRO_TIMESTAMP_NANOS,
  AVRO_TIME_MILLIS,
  AVRO_UUID_STRING,
} from './avro-layout';
import { outAt, outHasRoom, outIs } from './avro-out';
import { putDouble, putFloat, putLong, putText } from './avro-primitives';
import { putLength } from './varint';

const QUOTE: u32 = 0x22;
const HYPHEN: u32 = 0x2d;
const UUID_UNITS: u32 = 36;
const DAY_MILLIS: i64 = 86_400_000;

export function putJsonScalar(node: usize, op: u32, at: usize): usize {
  if (!outHasRoom(0)) return 0;
  switch (op) {
    case AVRO_NULL:
      return passWord(at, WORD_NULL, 0);
    case AVRO_BOOLEAN:
      return putBoolean(at);
    case AVRO_INT:
    case AVRO_LONG:
    case AVRO_DATE:
    case AVRO_TIME_MILLIS:
    case AVRO_TIME_MICROS:
    case AVRO_TIMESTAMP_MILLIS:
    case AVRO_TIMESTAMP_MICROS:
    case AVRO_TIMESTAMP_NANOS:
    case AVRO_LOCAL_TIMESTAMP_MILLIS:
    case AVRO_LOCAL_TIMESTAMP_MICROS:
    case AVRO_LOCAL_TIMESTAMP_NANOS:
      return putWhole(op, at);
    case AVRO_FLOAT:
    case AVRO_DOUBLE:
      return putFraction(op, at);
    case AVRO_BYTES:
    case AVRO_STRING:
    case AVRO_FIXED:
    case AVRO_ENUM:
    case AVRO_UUID_STRING:
      return putString(node, op, at);
    default:
      return 0;
  }
}

function putBoolean(at: usize): usize {
  let end = passWord(at, WORD_TRUE, 0);
  store<u8>(outAt(), end != 0 ? 1 : 0);
  outIs(outAt() + 1);
  if (end == 0) end = passWord(at, WORD_FALS, LETTER_E);
  return end;
}

/** Numbers with a point or an exponent may be whole as well; the host finds out. */
function putWhole(op: u32, at: usize): usize {
  const end = readWhole(at);
  if (end == 0) return 0;
  const isInt = op == AVRO_INT || op == AVRO_DATE || op == AVRO_TIME_MILLIS;
  if (!numberFits(isInt ? 32 : 64)) return 0;
  const value = numberAsLong();
  if (op == AVRO_TIME_MILLIS && <u64>value >= <u64>DAY_MILLIS) return 0;
  if (op == AVRO_TIME_MICROS && <u64>value >= <u64>DAY_MILLIS * 1000) return 0;
  outIs(putLong(outAt(), value));
  return end;
}

function putFraction(op: u32, at: usize): usize {
  const end = readNumber(at);
  if (end == 0 || !numberIsExact()) return 0;
  const value = numberAsDouble();
  outIs(op == AVRO_DOUBLE ? putDouble(outAt(), value) : putFloat(outAt(), value));
  return end;
}

function putString(node: usize, op: u32, at: usize): usize {
  if (unitAt(at) != QUOTE) return 0;
  const start = at + 2;
  const end = stringEnd(start);
  if (end == 0) return 0;
  const textEnd = lastHasEscape() ? unescape(start, end) : end;
  const units = <u32>(textEnd - start) >>> 1;
  let isPut = true;
  if (op == AVRO_ENUM) isPut = putSymbol(node, start, units);
  else if (op == AVRO_BYTES) isPut = putLatin1(start, units, true);
  else if (op == AVRO_FIXED) isPut = units == load<u32>(node, AVRO_NODE_SIZE) && putLatin1(start, units, false);
  else {
    if (!outHasRoom(units * 3) || (op == AVRO_UUID_STRING && !isUuid(start, units))) return 0;
    outIs(putText(outAt(), start, units));
  }
  return isPut ? end + 2 : 0;
}

function putSymbol(node: usize, start: usize, units: u32): bool {
  const count = load<u32>(node, AVRO_NODE_COUNT);
  for (let index: u32 = 0; index < count; index++) {
    const symbol = node + AVRO_SYMBOLS + index * AVRO_SYMBOL_STRIDE;
    if (load<u32>(symbol, 4) != units || !sameUnits(load<u32>(symbol), start, units)) continue;
    outIs(putLong(outAt(), index));
    return true;
  }
  return false;
}

/** A byte for each unit, which must be one. */
function putLatin1(start: usize, units: u32, hasLength: bool): bool {
  if (!outHasRoom(units)) return false;
  let target = outAt();
  if (hasLength) target = putLength(target, units);
  for (let index: u32 = 0; index < units; index++) {
    const unit = unitAt(start + (index << 1));
    if (unit > 0xff) return false;
    store<u8>(target + index, <u8>unit);
  }
  outIs(target + units);
  return true;
}

/** Groups of 8, 4, 4, 4 and 12 hex digits. */
function isUuid(start: usize, units: u32): bool {
  if (units != UUID_UNITS) return false;
  for (let index: u32 = 0; index < UUID_UNITS; index++) {
    const unit = unitAt(start + (index << 1));
    const isHyphen = index == 8 || index == 13 || index == 18 || index == 23;
    if (isHyphen ? unit != HYPHEN : hexDigit(unit) > 15) return false;
  }
  return true;
}
