/**
 * Values that the host has taken apart into columns: one block for each type in the schema, with the cells of all
 * values end to end. What is left to do is to check ranges and to write the cells in the order of the schema.
 *
 *     record => its fields in order           union => int (index of the branch), the value
 *     array  => [long (count), items], 0      map   => [long (count), (string, value)…], 0
 */
import {
  AVRO_COLUMN_BOOLEAN,
  AVRO_COLUMN_COUNT,
  AVRO_COLUMN_CURSOR,
  AVRO_COLUMN_DOUBLE,
  AVRO_COLUMN_FLOAT,
  AVRO_COLUMN_INDEX,
  AVRO_COLUMN_INT,
  AVRO_COLUMN_LINK,
  AVRO_COLUMN_LIST,
  AVRO_COLUMN_LONG,
  AVRO_COLUMN_RAW,
  AVRO_COLUMN_RECORD,
  AVRO_COLUMN_STRIDE,
  AVRO_COLUMN_TEXT,
  AVRO_COLUMN_UNION,
} from './avro-layout';
import { putDouble, putFloat, putLong, putText } from './avro-primitives';
import { copyBytes } from './bytes';
import { putLength, putUnsigned } from './varint';

/** The greatest whole number below which a double holds every other. */
const SAFE_MAX: i64 = 0x1f_ffff_ffff_ffff;

let isRefused: bool = false;

/**
 * Writes so many values of the column; returns the address behind the last one, and stores where each ends, counted
 * from `base`, at `ends`. Returns 0 when a number does not fit its type. The caller has made sure that all has room.
 */
export function avroWriteColumns(
  column: usize,
  values: u32,
  target: usize,
  base: usize,
  ends: usize,
): usize {
  isRefused = false;
  const first = innermost(column);
  const end = innermostEnd(column);
  for (let index: u32 = 0; index < values; index++) {
    target = putCells(first, end, target);
    store<u32>(ends + (index << 2), <u32>(target - base));
  }
  return isRefused ? 0 : target;
}

/** The next cell of each of these columns. */
function putCells(first: usize, end: usize, target: usize): usize {
  for (; first < end; first += AVRO_COLUMN_STRIDE) {
    let column = first;
    let kind = load<u32>(column);
    let cursor = <usize>load<u32>(column, AVRO_COLUMN_CURSOR);
    if (kind == AVRO_COLUMN_UNION) {
      const branch = load<u32>(cursor);
      store<u32>(column, <u32>cursor + 4, AVRO_COLUMN_CURSOR);
      target = putLength(target, branch);
      column = <usize>load<u32>(column, AVRO_COLUMN_LINK) + branch * AVRO_COLUMN_STRIDE;
      kind = load<u32>(column);
      cursor = <usize>load<u32>(column, AVRO_COLUMN_CURSOR);
    }
    switch (kind) {
      case AVRO_COLUMN_RAW:
        target = putRaw(column, cursor, target);
        break;
      case AVRO_COLUMN_INT: {
        const value = load<f64>(cursor);
        const whole = <i32>value;
        if (<f64>whole != value) isRefused = true;
        store<u32>(column, <u32>cursor + 8, AVRO_COLUMN_CURSOR);
        target = putUnsigned(target, <u32>((whole << 1) ^ (whole >> 31)));
        break;
      }
      case AVRO_COLUMN_LONG: {
        const value = load<f64>(cursor);
        const whole = <i64>value;
        if (<f64>whole != value || !isSafe(whole)) isRefused = true;
        store<u32>(column, <u32>cursor + 8, AVRO_COLUMN_CURSOR);
        target = putLong(target, whole);
        break;
      }
      case AVRO_COLUMN_FLOAT:
        target = putFloat(target, load<f64>(cursor));
        store<u32>(column, <u32>cursor + 8, AVRO_COLUMN_CURSOR);
        break;
      case AVRO_COLUMN_DOUBLE:
        target = putDouble(target, load<f64>(cursor));
        store<u32>(column, <u32>cursor + 8, AVRO_COLUMN_CURSOR);
        break;
      case AVRO_COLUMN_BOOLEAN:
        store<u8>(target++, load<u8>(cursor));
        store<u32>(column, <u32>cursor + 1, AVRO_COLUMN_CURSOR);
        break;
      case AVRO_COLUMN_TEXT: {
        const units = load<u32>(cursor);
        const text = <usize>load<u32>(column, AVRO_COLUMN_LINK);
        store<u32>(column, <u32>cursor + 4, AVRO_COLUMN_CURSOR);
        store<u32>(column, <u32>text + (units << 1), AVRO_COLUMN_LINK);
        target = putText(target, text, units);
        break;
      }
      case AVRO_COLUMN_INDEX:
        target = putLength(target, load<u32>(cursor));
        store<u32>(column, <u32>cursor + 4, AVRO_COLUMN_CURSOR);
        break;
      case AVRO_COLUMN_RECORD:
        target = putCells(childOf(column), childrenEnd(column), target);
        break;
      case AVRO_COLUMN_LIST:
        store<u32>(column, <u32>cursor + 4, AVRO_COLUMN_CURSOR);
        target = putList(column, load<u32>(cursor), target);
        break;
      default:
      // A null is written as nothing.
    }
  }
  return target;
}

/** Whether a double would be this number and no other. */
// @ts-ignore: decorator
@inline
function isSafe(whole: i64): bool {
  return <u64>(whole + SAFE_MAX) <= <u64>(2 * SAFE_MAX);
}

// @ts-ignore: decorator
@inline
function childOf(column: usize): usize {
  return <usize>load<u32>(column, AVRO_COLUMN_LINK);
}

// @ts-ignore: decorator
@inline
function childrenEnd(column: usize): usize {
  return childOf(column) + <usize>load<u32>(column, AVRO_COLUMN_COUNT) * AVRO_COLUMN_STRIDE;
}

function putRaw(column: usize, cursor: usize, target: usize): usize {
  const length = load<u32>(cursor);
  const source = childOf(column);
  store<u32>(column, <u32>cursor + 4, AVRO_COLUMN_CURSOR);
  store<u32>(column, <u32>source + length, AVRO_COLUMN_LINK);
  return copyBytes(target, source, length);
}

/** A record stands for its fields, which saves a call for each value. */
function innermost(column: usize): usize {
  return load<u32>(column) == AVRO_COLUMN_RECORD ? childOf(column) : column;
}

function innermostEnd(column: usize): usize {
  return load<u32>(column) == AVRO_COLUMN_RECORD ? childrenEnd(column) : column + AVRO_COLUMN_STRIDE;
}

/** So many items, each with its key in a map, their count in front and a 0 behind. */
function putList(column: usize, items: u32, target: usize): usize {
  if (items > 0) {
    const inner = childOf(column);
    target = putLength(target, items);
    if (load<u32>(column, AVRO_COLUMN_COUNT) > 1) target = putEach(inner, childrenEnd(column), items, target);
    else if (load<u32>(inner) == AVRO_COLUMN_TEXT) target = putTexts(inner, items, target);
    else target = putEach(innermost(inner), innermostEnd(inner), items, target);
  }
  store<u8>(target, 0);
  return target + 1;
}

function putEach(first: usize, end: usize, items: u32, target: usize): usize {
  for (; items > 0; items--) target = putCells(first, end, target);
  return target;
}

function putTexts(column: usize, items: u32, target: usize): usize {
  let cursor = <usize>load<u32>(column, AVRO_COLUMN_CURSOR);
  let text = <usize>load<u32>(column, AVRO_COLUMN_LINK);
  for (; items > 0; items--) {
    const units = load<u32>(cursor);
    target = putText(target, text, units);
    text += units << 1;
    cursor += 4;
  }
  store<u32>(column, <u32>cursor, AVRO_COLUMN_CURSOR);
  store<u32>(column, <u32>text, AVRO_COLUMN_LINK);
  return target;
}
