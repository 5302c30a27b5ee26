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
import { type AvroField, type AvroNode, OP, VALUE_DEPTH_MAX } from './schema.ts';
import type { AvroSink } from './sink.ts';
import { branchOf, taggedValue } from './union-walk.ts';

// Copies, because an imported constant is read from memory each time it is used.
const { null: NULL, boolean: BOOLEAN, int: INT, long: LONG, float: FLOAT, double: DOUBLE } = OP;
const { bytes: BYTES, string: STRING, fixed: FIXED, enum: ENUM, array: ARRAY, map: MAP } = OP;
const { union: UNION, record: RECORD, timestampMillis: TIMESTAMP_MILLIS } = OP;
const DEPTH_MAX: number = VALUE_DEPTH_MAX;

export function walkValue(node: AvroNode, value: unknown, sink: AvroSink, depth: number): void {
  switch (node.op) {
    case STRING:
      if (typeof value !== 'string') throw wrongValue(value, 'a string');
      sink.text(value);
      return;
    case INT:
      if (typeof value === 'number' && (value | 0) === value) sink.int(value);
      else walkInt(value, sink);
      return;
    case LONG:
      if (typeof value === 'number' && Number.isSafeInteger(value)) sink.long(value);
      else walkLong(value, sink);
      return;
    case UNION:
      walkUnion(node, value, sink, depth);
      return;
    case RECORD:
      walkRecord(node, value, sink, depth);
      return;
    case DOUBLE:
      if (typeof value !== 'number') throw wrongValue(value, 'a number');
      sink.double(value);
      return;
    case BOOLEAN:
      if (typeof value !== 'boolean') throw wrongValue(value, 'true or false');
      sink.boolean(value);
      return;
    case ENUM:
      sink.int(symbolOf(node, value));
      return;
    case ARRAY:
      walkArray(node, value, sink, depth);
      return;
    case FLOAT:
      if (typeof value !== 'number') throw wrongValue(value, 'a number');
      sink.float(value);
      return;
    case TIMESTAMP_MILLIS:
      if (typeof value === 'number' && Number.isSafeInteger(value)) sink.long(value);
      else walkLogical(node, value, sink);
      return;
    default:
      walkOther(node, value, sink, depth);
  }
}

function walkOther(node: AvroNode, value: unknown, sink: AvroSink, depth: number): void {
  switch (node.op) {
    case NULL:
      if (value !== null) throw wrongValue(value, 'null');
      return;
    case BYTES:
      sink.bytes(bytesOf(value));
      return;
    case FIXED: {
      const bytes = ArrayBuffer.isView(value) ? bytesOf(value) : undefined;
      if (bytes?.length !== node.size) throw wrongValue(value, `${node.size} bytes`);
      sink.raw(bytes);
      return;
    }
    case MAP:
      walkMap(node, value, sink, depth);
      return;
    default:
      walkLogical(node, value, sink);
  }
}

function walkInt(value: unknown, sink: AvroSink): void {
  if (typeof value === 'bigint' && BigInt.asIntN(32, value) === value) sink.int(Number(value));
  else throw wrongValue(value, 'a whole number from -2147483648 to 2147483647');
}

function walkLong(value: unknown, sink: AvroSink): void {
  if (typeof value === 'bigint' && BigInt.asIntN(64, value) === value) sink.bigLong(value);
  else throw wrongValue(value, 'a whole number up to 2^53 − 1, or a bigint of 64 bits');
}

/** Any view on memory, or the memory itself. */
function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw wrongValue(value, 'bytes (Buffer, Uint8Array or another view, ArrayBuffer)');
}

function symbolOf(node: AvroNode, value: unknown): number {
  const index = typeof value === 'string' ? node.symbolIndex.get(value) : undefined;
  if (index === undefined) throw wrongValue(value, listed(node.symbols));
  return index;
}

function walkRecord(node: AvroNode, value: unknown, sink: AvroSink, depth: number): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrongValue(value, `an object with the fields of ${node.name}`);
  }
  if (depth === DEPTH_MAX) throw tooDeep();
  const { fields } = node;
  const record = value as Readonly<Record<string, unknown>>;
  let index = 0;
  try {
    for (const key in record) {
      const field = fields[index];
      if (field?.name !== key || field.isInheritedName) break;
      const item = record[key];
      if (item === undefined) writeDefault(field, sink);
      else walkValue(field.node, item, sink, depth + 1);
      index += 1;
    }
    // What is left when the object has its keys in another order, or not all of them.
    for (; index < fields.length; index++) {
      const field = fields[index] as AvroField;
      const item = field.isInheritedName && !Object.hasOwn(record, field.name) ? undefined : record[field.name];
      if (item === undefined) writeDefault(field, sink);
      else walkValue(field.node, item, sink, depth + 1);
    }
  } catch (error) {
    throw within(error, (fields[index] as AvroField).name);
  }
  if (node.isStrict) refuseUnknown(node, Object.keys(record));
}

function writeDefault(field: AvroField, sink: AvroSink): void {
  if (field.defaultBytes === undefined) throw fault('nothing', 'a value, because the field has no default');
  sink.raw(field.defaultBytes);
}

export function refuseUnknown(node: AvroNode, keys: Iterable<string>): void {
  for (const key of keys) {
    if (!node.fieldIndex.has(key)) {
      throw within(fault(`a field that ${node.name} does not have`, listed([...node.fieldIndex.keys()])), key);
    }
  }
}

function walkArray(node: AvroNode, value: unknown, sink: AvroSink, depth: number): void {
  const isTyped = ArrayBuffer.isView(value) && !(value instanceof DataView);
  if (!Array.isArray(value) && !isTyped) throw wrongValue(value, 'an array');
  if (depth === DEPTH_MAX) throw tooDeep();
  const items = value as ArrayLike<unknown>;
  const itemNode = node.items as AvroNode;
  const { length } = items;
  if (length > 0) {
    sink.int(length);
    let index = 0;
    try {
      for (; index < length; index++) walkValue(itemNode, items[index], sink, depth + 1);
    } catch (error) {
      throw within(error, index);
    }
  }
  sink.int(0);
}

function walkMap(node: AvroNode, value: unknown, sink: AvroSink, depth: number): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    throw wrongValue(value, 'an object or a Map');
  }
  if (depth === DEPTH_MAX) throw tooDeep();
  const valueNode = node.items as AvroNode;
  const isMap = value instanceof Map;
  const keys: unknown[] = isMap ? [...(value as Map<unknown, unknown>).keys()] : Object.keys(value);
  if (keys.length > 0) {
    sink.int(keys.length);
    for (const key of keys) {
      if (typeof key !== 'string') throw fault(`a Map with ${typeof key} keys`, 'keys that are strings');
      sink.text(key);
      const item = isMap ? (value as Map<unknown, unknown>).get(key) : (value as Record<string, unknown>)[key];
      try {
        walkValue(valueNode, item, sink, depth + 1);
      } catch (error) {
        throw within(error, key);
      }
    }
  }
  sink.int(0);
}

function walkUnion(node: AvroNode, value: unknown, sink: AvroSink, depth: number): void {
  const tagged = taggedValue(node, value);
  if (tagged !== undefined) {
    sink.int(tagged.branch);
    walkValue(node.branches[tagged.branch] as AvroNode, tagged.value, sink, depth);
    return;
  }
  const index = branchOf(node, value);
  sink.int(index);
  walkValue(node.branches[index] as AvroNode, value, sink, depth);
}
