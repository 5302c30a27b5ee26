/**
 * The walk over a JavaScript value along its schema: checks everything and hands primitives to a sink in the order in
 * which Avro writes them.
 *
 *     record => its fields in order           union => int (index of the branch), the value
 *     array  => [long (count), items], 0      map   => [long (count), (string, value)…], 0
 *     enum   => int (index of the symbol)
 *
 * No code is generated from the schema. What makes it fast without: one shape of node for all types, and fields read by
 * for-in, which V8 turns into loads by index when the object has the fields in the order of the schema.
 */
import { walkLogical } from './logical-walk.ts';
import { fault, listed, tooDeep, within, wrongValue } from './fault.ts';
import { type AvroField, type AvroNode, NULL_LAST, OP, PLAIN_OP, VALUE_DEPTH_MAX } from './schema.ts';
import type { ByteWriter } from './byte-writer.ts';
import { putInt, putLong, putShortText, SHORT_UNITS_MAX } from './put.ts';
import { branchOf, taggedValue } from './union-walk.ts';

// Copies, because an imported constant is read from memory each time it is used.
const { null: NULL, boolean: BOOLEAN, int: INT, long: LONG, float: FLOAT, double: DOUBLE } = OP;
const { bytes: BYTES, string: STRING, fixed: FIXED, enum: ENUM, array: ARRAY, map: MAP } = OP;
const { union: UNION, record: RECORD, timestampMillis: TIMESTAMP_MILLIS } = OP;
/** Symbols that are compared one by one. */
const FEW_SYMBOLS = 3;
/** A branch and what is written in place: a count and a short text, the longest of them. */
const FIELD_BYTES_MAX = 2 + SHORT_UNITS_MAX;
const ITEMS_MAX = 2_147_483_647;
const DEPTH_MAX: number = VALUE_DEPTH_MAX;

type Row = Readonly<Record<string, unknown>>;

/** A field of a record: its default where there is no value. */
export function walkField(field: AvroField, value: unknown, writer: ByteWriter, depth: number): void {
  if (value === undefined) writeDefault(field, writer);
  else walkValue(field.node, value, writer, depth);
}

export function walkValue(node: AvroNode, value: unknown, writer: ByteWriter, depth: number): void {
  switch (node.op) {
    case STRING:
      if (typeof value !== 'string') throw wrongValue(value, 'a string');
      writer.text(value);
      return;
    case INT:
      if (typeof value === 'number' && (value | 0) === value) writer.int(value);
      else walkInt(value, writer);
      return;
    case LONG:
      if (typeof value === 'number' && Number.isSafeInteger(value)) writer.long(value);
      else walkLong(value, writer);
      return;
    case UNION:
      walkUnion(node, value, writer, depth);
      return;
    case RECORD:
      walkRecord(node, value, writer, depth);
      return;
    case DOUBLE:
      if (typeof value !== 'number') throw wrongValue(value, 'a number');
      writer.double(value);
      return;
    case BOOLEAN:
      if (typeof value !== 'boolean') throw wrongValue(value, 'true or false');
      writer.boolean(value);
      return;
    case ENUM:
      writer.int(symbolOf(node, value));
      return;
    case ARRAY:
      walkArray(node, value, writer, depth);
      return;
    case FLOAT:
      if (typeof value !== 'number') throw wrongValue(value, 'a number');
      writer.float(value);
      return;
    case TIMESTAMP_MILLIS:
      if (typeof value === 'number' && Number.isSafeInteger(value)) writer.long(value);
      else walkLogical(node, value, writer);
      return;
    default:
      walkOther(node, value, writer, depth);
  }
}

function walkOther(node: AvroNode, value: unknown, writer: ByteWriter, depth: number): void {
  switch (node.op) {
    case NULL:
      if (value !== null) throw wrongValue(value, 'null');
      return;
    case BYTES:
      writer.bytes(bytesOf(value));
      return;
    case FIXED: {
      const bytes = ArrayBuffer.isView(value) ? bytesOf(value) : undefined;
      if (bytes?.length !== node.size) throw wrongValue(value, `${node.size} bytes`);
      writer.raw(bytes);
      return;
    }
    case MAP:
      walkMap(node, value, writer, depth);
      return;
    default:
      walkLogical(node, value, writer);
  }
}

function walkInt(value: unknown, writer: ByteWriter): void {
  if (typeof value === 'bigint' && BigInt.asIntN(32, value) === value) writer.int(Number(value));
  else throw wrongValue(value, 'a whole number from -2147483648 to 2147483647');
}

function walkLong(value: unknown, writer: ByteWriter): void {
  if (typeof value === 'bigint' && BigInt.asIntN(64, value) === value) writer.bigLong(value);
  else throw wrongValue(value, 'a whole number up to 2^53 − 1, or a bigint of 64 bits');
}

/** Any view on memory, or the memory itself. */
function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw wrongValue(value, 'bytes (Buffer, Uint8Array or another view, ArrayBuffer)');
}

function isShortText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= SHORT_UNITS_MAX;
}

function symbolOf(node: AvroNode, value: unknown): number {
  if (typeof value === 'string') {
    // Of a few symbols the comparison of pointers that strings begin with is faster than a look-up.
    const { symbols } = node;
    for (let index = 0; index < symbols.length && index < FEW_SYMBOLS; index++) {
      if (symbols[index] === value) return index;
    }
    const found = node.symbolIndex.get(value);
    if (found !== undefined) return found;
  }
  throw wrongValue(value, listed(node.symbols));
}

function walkRecord(node: AvroNode, value: unknown, writer: ByteWriter, depth: number): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrongValue(value, `an object with the fields of ${node.name}`);
  }
  if (depth === DEPTH_MAX) throw tooDeep();
  const record = value as Row;
  const { fields } = node;
  let index = walkInOrder(node, record, writer, depth + 1);
  if (index < fields.length) {
    // What is left when the object has its keys in another order, or not all of them.
    try {
      for (; index < fields.length; index++) {
        const field = fields[index] as AvroField;
        const item = field.isInheritedName && !Object.hasOwn(record, field.name) ? undefined : record[field.name];
        walkField(field, item, writer, depth + 1);
      }
    } catch (error) {
      throw within(error, (fields[index] as AvroField).name);
    }
  }
  if (node.isStrict) refuseUnknown(node, Object.keys(record));
}

/**
 * The fields that stand in the record in the order of the schema; returns the index of the first that does not. The
 * most frequent types are written here, without a call and without a look at the field, at a position that V8 keeps in
 * a register; each goes on by itself, which took a tenth less than meeting again behind the switch. Whatever is not
 * what its type usually gets goes the long way.
 */
function walkInOrder(node: AvroNode, record: Row, writer: ByteWriter, depth: number): number {
  const { fields, ownNames, fieldOps } = node;
  const roomBytes = fields.length * FIELD_BYTES_MAX;
  writer.reserve(roomBytes);
  let { buffer, view, at } = writer;
  let index = 0;
  try {
    for (const key in record) {
      if (ownNames[index] !== key) break;
      const item = record[key];
      const op = fieldOps[index] as number;
      const start = at;
      if (op > PLAIN_OP) {
        // A union of null and a plain type: the branch, which stays if what follows is written here.
        buffer[at++] = (item === null) === op < NULL_LAST ? 0 : 2;
        if (item === null) {
          index += 1;
          continue;
        }
      }
      switch (op & PLAIN_OP) {
        case STRING: {
          const end = isShortText(item) ? putShortText(buffer, at, item) : -1;
          if (end < 0) break;
          at = end;
          index += 1;
          continue;
        }
        case INT:
          if (typeof item !== 'number' || (item | 0) !== item) break;
          at = putInt(buffer, at, item);
          index += 1;
          continue;
        case LONG:
          if (typeof item !== 'number' || !Number.isSafeInteger(item)) break;
          at = putLong(buffer, at, item);
          index += 1;
          continue;
        case DOUBLE:
          if (typeof item !== 'number' || Number.isNaN(item)) break;
          view.setFloat64(at, item, true);
          at += 8;
          index += 1;
          continue;
        case BOOLEAN:
          if (typeof item !== 'boolean') break;
          buffer[at++] = item ? 1 : 0;
          index += 1;
          continue;
        case ENUM:
          if (typeof item !== 'string') break;
          at = putInt(buffer, at, symbolOf((fields[index] as AvroField).node, item));
          index += 1;
          continue;
        default:
      }
      writer.at = start;
      walkField(fields[index] as AvroField, item, writer, depth);
      writer.reserve(roomBytes);
      ({ buffer, view, at } = writer);
      index += 1;
    }
    writer.at = at;
    return index;
  } catch (error) {
    throw within(error, (fields[index] as AvroField).name);
  }
}

function writeDefault(field: AvroField, writer: ByteWriter): void {
  if (field.defaultBytes === undefined) throw fault('nothing', 'a value, because the field has no default');
  writer.raw(field.defaultBytes);
}

export function refuseUnknown(node: AvroNode, keys: Iterable<string>): void {
  for (const key of keys) {
    if (!node.fieldIndex.has(key)) {
      throw within(fault(`a field that ${node.name} does not have`, listed([...node.fieldIndex.keys()])), key);
    }
  }
}

function walkArray(node: AvroNode, value: unknown, writer: ByteWriter, depth: number): void {
  const isTyped = ArrayBuffer.isView(value) && !(value instanceof DataView);
  if (!Array.isArray(value) && !isTyped) throw wrongValue(value, 'an array');
  if (depth === DEPTH_MAX) throw tooDeep();
  const items = value as ArrayLike<unknown>;
  const itemNode = node.items as AvroNode;
  const { length } = items;
  // A proxy may say anything.
  if (!Number.isInteger(length) || length < 0 || length > ITEMS_MAX) {
    throw fault(`an array of ${String(length)}`, `at most ${ITEMS_MAX} items`);
  }
  if (length > 0) {
    writer.int(length);
    let index = 0;
    try {
      if (itemNode.op === RECORD) {
        for (; index < length; index++) walkRecord(itemNode, items[index], writer, depth + 1);
      } else for (; index < length; index++) walkValue(itemNode, items[index], writer, depth + 1);
    } catch (error) {
      throw within(error, index);
    }
  }
  writer.int(0);
}

function walkMap(node: AvroNode, value: unknown, writer: ByteWriter, depth: number): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    throw wrongValue(value, 'an object or a Map');
  }
  if (depth === DEPTH_MAX) throw tooDeep();
  const valueNode = node.items as AvroNode;
  const isMap = value instanceof Map;
  const keys: unknown[] = isMap ? [...(value as Map<unknown, unknown>).keys()] : Object.keys(value);
  if (keys.length > 0) {
    writer.int(keys.length);
    for (const key of keys) {
      if (typeof key !== 'string') throw fault(`a Map with ${typeof key} keys`, 'keys that are strings');
      writer.text(key);
      const item = isMap ? (value as Map<unknown, unknown>).get(key) : (value as Record<string, unknown>)[key];
      try {
        walkValue(valueNode, item, writer, depth + 1);
      } catch (error) {
        throw within(error, key);
      }
    }
  }
  writer.int(0);
}

function walkUnion(node: AvroNode, value: unknown, writer: ByteWriter, depth: number): void {
  if (value === null && node.nullBranch >= 0) {
    writer.int(node.nullBranch);
    return;
  }
  // A string can only be the string of null and string, and so on: the way of every nullable field.
  if (typeof value === node.soleType) {
    writer.int(node.soleBranch);
    walkValue(node.branches[node.soleBranch] as AvroNode, value, writer, depth);
    return;
  }
  const tagged = taggedValue(node, value);
  if (tagged !== undefined) {
    writer.int(tagged.branch);
    walkValue(node.branches[tagged.branch] as AvroNode, tagged.value, writer, depth);
    return;
  }
  const index = branchOf(node, value);
  writer.int(index);
  walkValue(node.branches[index] as AvroNode, value, writer, depth);
}
