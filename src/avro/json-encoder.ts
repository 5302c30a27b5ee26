/**
 * JSON text → Avro in one pass over the text, without building objects. Takes plain JSON and Avro's own JSON form
 * (values of unions tagged with their type; bytes as text with a character a byte).
 *
 * A member is encoded when it is met; a record whose members come in another order than its fields is put in order when
 * it ends. Of a key that comes twice, the last value counts, as with JSON.parse: a record writes only that one, a map
 * writes each, and readers keep the last.
 */
import { ByteWriter } from './byte-writer.ts';
import { AvroFault, fault, listed, tooDeep, within } from './fault.ts';
import { JsonCursor, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './json-cursor.ts';
import { putJsonScalar } from './json-scalar.ts';
import { branchOfJson } from './json-union.ts';
import { type AvroField, type AvroNode, OP, VALUE_DEPTH_MAX } from './schema.ts';
import { SpanStack } from './span-stack.ts';
import { refuseUnknown } from './value-walk.ts';

const MAP_OR_ARRAY_GAP = 1;
const DEPTH_MAX: number = VALUE_DEPTH_MAX;
const RECORD: number = OP.record;
const ARRAY: number = OP.array;
const MAP: number = OP.map;
const UNION: number = OP.union;

export class JsonEncoder {
  readonly writer: ByteWriter;
  readonly onMissing: (field: AvroField) => void;
  readonly #cursor = new JsonCursor();
  readonly #spans = new SpanStack();

  /** @param onMissing called before a default is asked for; while the schema is still being built it may set it */
  constructor(onMissing: (field: AvroField) => void = () => undefined, writer = new ByteWriter()) {
    this.onMissing = onMissing;
    this.writer = writer;
  }

  /** Throws an AvroFault. */
  encode(node: AvroNode, text: string): Buffer {
    this.writer.at = 0;
    this.append(node, text);
    return this.writer.copyFrom(0);
  }

  /** Writes behind what the writer has. Throws an AvroFault. */
  append(node: AvroNode, text: string): void {
    const cursor = this.#cursor;
    cursor.text = text;
    cursor.at = 0;
    this.#spans.clear();
    try {
      this.#value(node, 0);
      if (cursor.peek() !== 0 || cursor.at < text.length) throw cursor.malformed();
    } finally {
      // Nobody's text is kept alive longer than it takes.
      cursor.text = '';
    }
  }

  #value(node: AvroNode, depth: number): void {
    const { op } = node;
    if (op === RECORD) this.#record(node, depth);
    else if (op === UNION) this.#union(node, depth);
    else if (op === ARRAY) this.#array(node, depth);
    else if (op === MAP) this.#map(node, depth);
    else putJsonScalar(node, this.#cursor, this.writer, depth);
  }

  #record(node: AvroNode, depth: number): void {
    const cursor = this.#cursor;
    const { writer } = this;
    const spans = this.#spans;
    this.#open(OPEN_BRACE, depth, `an object with the fields of ${node.name}`);
    const { fields } = node;
    const base = spans.push(fields.length);
    const start = writer.at;
    let inOrder = 0;
    let isOrdered = true;
    let key: string | undefined;
    try {
      for (let more = cursor.firstMember(); more; more = cursor.nextMember()) {
        const expected = fields[inOrder];
        let index: number | undefined = inOrder;
        if (expected !== undefined && cursor.passKey(expected.name)) key = expected.name;
        else {
          key = cursor.string();
          index = node.fieldIndex.get(key);
        }
        cursor.colon();
        if (index === undefined) {
          this.#unknown(node, key, depth);
          continue;
        }
        const from = writer.at;
        this.#value((fields[index] as AvroField).node, depth + 1);
        spans.set(base, index, from, writer.at);
        if (index === inOrder && isOrdered) inOrder += 1;
        else isOrdered = false;
        key = undefined;
      }
    } catch (error) {
      throw key === undefined ? error : within(error, key);
    }
    if (inOrder < fields.length || !isOrdered) this.#complete(fields, base, start);
    spans.pop(base);
  }

  #unknown(node: AvroNode, key: string, depth: number): void {
    if (node.isStrict) {
      try {
        refuseUnknown(node, [key]);
      } catch (error) {
        // The caller adds the key once more.
        if (error instanceof AvroFault) error.path = '';
        throw error;
      }
    }
    this.#cursor.skip(depth + 1);
  }

  /** Adds the defaults and puts the fields in order. */
  #complete(fields: readonly AvroField[], base: number, start: number): void {
    const { writer } = this;
    const spans = this.#spans;
    const end = writer.at;
    for (const [index, field] of fields.entries()) {
      if (spans.isSet(base, index)) {
        const { from, to } = spans.get(base, index);
        writer.reserve(to - from);
        writer.buffer.copyWithin(writer.at, from, to);
        writer.at += to - from;
        continue;
      }
      this.onMissing(field);
      if (field.defaultBytes === undefined) {
        throw within(fault('nothing', 'a value, because the field has no default'), field.name);
      }
      writer.raw(field.defaultBytes);
    }
    writer.buffer.copyWithin(start, end, writer.at);
    writer.at -= end - start;
  }

  #array(node: AvroNode, depth: number): void {
    const cursor = this.#cursor;
    const { writer } = this;
    this.#open(OPEN_BRACKET, depth, 'an array');
    const start = writer.at;
    let count = 0;
    writer.reserve(MAP_OR_ARRAY_GAP);
    writer.at += MAP_OR_ARRAY_GAP;
    try {
      for (let more = cursor.firstItem(); more; more = cursor.nextItem()) {
        this.#value(node.items as AvroNode, depth + 1);
        count += 1;
      }
    } catch (error) {
      throw within(error, count);
    }
    this.#endBlock(start, count);
  }

  #map(node: AvroNode, depth: number): void {
    const cursor = this.#cursor;
    const { writer } = this;
    this.#open(OPEN_BRACE, depth, 'an object');
    const start = writer.at;
    let count = 0;
    writer.reserve(MAP_OR_ARRAY_GAP);
    writer.at += MAP_OR_ARRAY_GAP;
    for (let more = cursor.firstMember(); more; more = cursor.nextMember()) {
      const key = cursor.string();
      cursor.colon();
      writer.text(key);
      try {
        this.#value(node.items as AvroNode, depth + 1);
      } catch (error) {
        throw within(error, key);
      }
      count += 1;
    }
    this.#endBlock(start, count);
  }

  /** The count goes in front once it is known; an empty block is the 0 alone that ends every list. */
  #endBlock(start: number, count: number): void {
    if (count === 0) this.writer.at = start;
    else this.writer.insertCount(start, MAP_OR_ARRAY_GAP, count);
    this.writer.int(0);
  }

  #union(node: AvroNode, depth: number): void {
    const cursor = this.#cursor;
    const { branch, isTagged } = branchOfJson(node, cursor, depth);
    this.writer.int(branch);
    const branchNode = node.branches[branch] as AvroNode;
    if (!isTagged) {
      this.#value(branchNode, depth);
      return;
    }
    cursor.pass();
    cursor.peek();
    cursor.string();
    cursor.colon();
    this.#value(branchNode, depth);
    if (cursor.nextMember()) throw fault('more than one member beside the tag', listed([...node.tags.keys()]));
  }

  #open(unit: number, depth: number, allowed: string): void {
    const cursor = this.#cursor;
    const got = cursor.peek();
    if (got !== unit) {
      const start = cursor.at;
      cursor.skip(depth);
      throw fault(kindOf(got, cursor.at - start), allowed);
    }
    if (depth === DEPTH_MAX) throw tooDeep();
    cursor.pass();
  }
}

/** What a JSON value is, by its first character. */
function kindOf(unit: number, characters: number): string {
  if (unit === QUOTE) return `a string of ${characters - 2} characters`;
  if (unit === OPEN_BRACE) return 'an object';
  if (unit === OPEN_BRACKET) return 'an array';
  if (unit === 0x6e) return 'null';
  return unit === 0x74 || unit === 0x66 ? 'a boolean' : 'a number';
}
