/** JSON values that are neither list, map, record nor union: what each type takes as text. */
import type { ByteWriter } from './byte-writer.ts';
import { describe, fault, listed } from './fault.ts';
import { type JsonCursor, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './json-cursor.ts';
import { walkLogical } from './logical-walk.ts';
import { type AvroNode, OP } from './schema.ts';

const { null: NULL, boolean: BOOLEAN, int: INT, long: LONG, float: FLOAT, double: DOUBLE } = OP;
const { bytes: BYTES, string: STRING, fixed: FIXED, enum: ENUM } = OP;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;
const LETTER_F = 0x66;
const LATIN1 = /^[\u0000-\u00ff]*$/;
const WORDS: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

export function putJsonScalar(node: AvroNode, cursor: JsonCursor, writer: ByteWriter, depth: number): void {
  const unit = cursor.peek();
  const start = cursor.at;
  switch (node.op) {
    case STRING:
      if (unit !== QUOTE) throw wrong(start, cursor, 'a string', depth);
      writer.text(cursor.string());
      return;
    case INT:
    case LONG:
      putWhole(node.op, unit, cursor, writer, depth);
      return;
    case FLOAT:
      writer.float(numberHere(unit, cursor, depth));
      return;
    case DOUBLE:
      writer.double(numberHere(unit, cursor, depth));
      return;
    case BOOLEAN:
      if (unit !== LETTER_T && unit !== LETTER_F) throw wrong(start, cursor, 'true or false', depth);
      cursor.literal(unit === LETTER_T ? 'true' : 'false');
      writer.boolean(unit === LETTER_T);
      return;
    case NULL:
      if (unit !== LETTER_N) throw wrong(start, cursor, 'null', depth);
      cursor.literal('null');
      return;
    case ENUM: {
      const index = unit === QUOTE ? node.symbolIndex.get(cursor.string()) : undefined;
      if (index === undefined) throw wrong(start, cursor, listed(node.symbols), depth);
      writer.int(index);
      return;
    }
    case BYTES:
    case FIXED:
      putBytes(node, unit, cursor, writer, depth);
      return;
    default:
      putLogical(node, unit, cursor, writer, depth);
  }
}

export function isNumberStart(unit: number): boolean {
  return (unit >= 0x30 && unit <= 0x39) || unit === 0x2d;
}

/** Whether a string stands for a number that JSON has no token for. */
export function isNumberWord(text: string): boolean {
  return WORDS.has(text);
}

/** Whether a string can be bytes, a character each. */
export function isLatin1(text: string): boolean {
  return LATIN1.test(text);
}

function putWhole(op: number, unit: number, cursor: JsonCursor, writer: ByteWriter, depth: number): void {
  const start = cursor.at;
  const allowed = op === INT ? 'a whole number of 32 bits' : 'a whole number of 64 bits';
  if (!isNumberStart(unit)) throw wrong(start, cursor, allowed, depth);
  cursor.number();
  const small = cursor.smallInteger;
  if ((small | 0) === small) {
    writer.int(small);
    return;
  }
  const value = Number.isNaN(small) ? cursor.wholeNumber() : BigInt(small);
  if (value === undefined || BigInt.asIntN(op === INT ? 32 : 64, value) !== value) {
    throw fault(shownNumber(cursor), allowed);
  }
  writer.bigLong(value);
}

function numberHere(unit: number, cursor: JsonCursor, depth: number): number {
  const start = cursor.at;
  if (isNumberStart(unit)) {
    cursor.number();
    const small = cursor.smallInteger;
    return Number.isNaN(small) ? Number(cursor.numberText()) : small;
  }
  const word = unit === QUOTE ? WORDS.get(cursor.string()) : undefined;
  if (word === undefined) throw wrong(start, cursor, 'a number, "NaN", "Infinity" or "-Infinity"', depth);
  return word;
}

function putBytes(node: AvroNode, unit: number, cursor: JsonCursor, writer: ByteWriter, depth: number): void {
  const start = cursor.at;
  const allowed = 'a string with a character from U+0000 to U+00FF for each byte';
  if (unit !== QUOTE) throw wrong(start, cursor, allowed, depth);
  const text = cursor.string();
  if (!isLatin1(text)) throw fault(`${describe(text)} with characters above U+00FF`, allowed);
  if (node.op === FIXED) {
    if (text.length !== node.size) throw fault(describe(text), `${node.size} characters, one for each byte`);
    writer.raw(Buffer.from(text, 'latin1'));
  } else writer.bytes(Buffer.from(text, 'latin1'));
}

/** Numbers keep all their digits; what else there is, is what JSON.parse makes of it. */
function putLogical(node: AvroNode, unit: number, cursor: JsonCursor, writer: ByteWriter, depth: number): void {
  if (isNumberStart(unit)) {
    cursor.number();
    const isDecimal = node.op === OP.decimalBytes || node.op === OP.decimalFixed;
    const value = isDecimal ? cursor.numberText() : (cursor.wholeNumber() ?? Number(cursor.numberText()));
    walkLogical(node, value, writer);
    return;
  }
  const start = cursor.at;
  cursor.skip(depth);
  walkLogical(node, JSON.parse(cursor.text.slice(start, cursor.at)), writer);
}

/** Passes over the value from its start, so that text that is no JSON is told as that. */
function wrong(start: number, cursor: JsonCursor, allowed: string, depth: number): Error {
  cursor.at = start;
  const unit = cursor.peek();
  cursor.skip(depth);
  if (isNumberStart(unit)) return fault(shownNumber(cursor), allowed);
  if (unit === OPEN_BRACE) return fault('an object', allowed);
  if (unit === OPEN_BRACKET) return fault('an array', allowed);
  if (unit === QUOTE) return fault(`a string of ${cursor.at - start - 2} characters`, allowed);
  return fault(cursor.text.slice(start, cursor.at), allowed);
}

function shownNumber(cursor: JsonCursor): string {
  const text = cursor.numberText();
  return text.length <= 40 ? `the number ${text}` : `a number of ${text.length} characters`;
}
