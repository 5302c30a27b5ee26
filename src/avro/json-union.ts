/** Which branch of a union a JSON value means, by its first character and no more of it than needed. */
import { type JsonCursor, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './json-cursor.ts';
import { isLatin1, isNumberStart, isNumberWord } from './json-scalar.ts';
import { type AvroNode, OP } from './schema.ts';
import { branchOfFraction, branchOfKeys, branchOfText, branchOfWhole, noBranch } from './union-walk.ts';

export interface JsonBranch {
  branch: number;
  isTagged: boolean;
}

/** The cursor stays before the value. */
export function branchOfJson(node: AvroNode, cursor: JsonCursor, depth: number): JsonBranch {
  const unit = cursor.peek();
  const start = cursor.at;
  if (unit === OPEN_BRACE) return branchOfObject(node, cursor, depth);
  const branch = bareBranch(node, unit, cursor);
  if (branch < 0) {
    cursor.skip(depth);
    throw noBranch(node, unit === QUOTE ? `a string of ${cursor.at - start - 2} characters` : shown(cursor, start));
  }
  cursor.at = start;
  return { branch, isTagged: false };
}

function shown(cursor: JsonCursor, start: number): string {
  const text = cursor.text.slice(start, cursor.at);
  if (text.startsWith('[')) return 'an array';
  return text.length <= 40 ? text : `a number of ${text.length} characters`;
}

function bareBranch(node: AvroNode, unit: number, cursor: JsonCursor): number {
  const start = cursor.at;
  if (unit === QUOTE) {
    const branch = branchOfString(node, cursor.string());
    cursor.at = start;
    return branch;
  }
  if (unit === OPEN_BRACKET) return node.branches.findIndex(({ op }) => op === OP.array);
  if (isNumberStart(unit)) {
    cursor.number();
    const whole = cursor.wholeNumber();
    const branch = whole === undefined ? -1 : branchOfWhole(node, whole);
    cursor.at = start;
    return branch >= 0 ? branch : branchOfFraction(node);
  }
  if (unit === 0x6e) return node.nullBranch;
  if (unit === 0x74 || unit === 0x66) return node.branches.findIndex(({ op }) => op === OP.boolean);
  throw cursor.malformed();
}

/** Text first; bytes as text, or a number that JSON has no token for, only where nothing else takes the string. */
function branchOfString(node: AvroNode, text: string): number {
  const branch = branchOfText(node, text);
  if (branch >= 0) return branch;
  const isBytes = isLatin1(text);
  const bytes = node.branches.findIndex(
    ({ op, size }) => isBytes && (op === OP.bytes || (op === OP.fixed && size === text.length)),
  );
  if (bytes >= 0 || !isNumberWord(text)) return bytes;
  return node.branches.findIndex(({ op }) => op === OP.double || op === OP.float);
}

/** An object whose only key names a branch is tagged; that it is the only one is seen by passing over its value. */
function branchOfObject(node: AvroNode, cursor: JsonCursor, depth: number): JsonBranch {
  const start = cursor.at;
  cursor.pass();
  if (cursor.firstMember()) {
    const tag = node.tags.get(cursor.string());
    cursor.colon();
    if (tag !== undefined) {
      // A tag is no level of its own.
      cursor.skip(depth);
      const isOnly = !cursor.nextMember();
      if (isOnly) {
        cursor.at = start;
        return { branch: tag, isTagged: true };
      }
    }
  }
  cursor.at = start;
  let known: Set<string> | undefined;
  const keys = (): Set<string> => (known ??= keysHere(cursor, depth));
  const branch = branchOfKeys(node, (name) => keys().has(name), keys);
  cursor.at = start;
  if (branch >= 0) return { branch, isTagged: false };
  throw noBranch(node, 'an object');
}

function keysHere(cursor: JsonCursor, depth: number): Set<string> {
  const keys = new Set<string>();
  cursor.pass();
  for (let more = cursor.firstMember(); more; more = cursor.nextMember()) {
    keys.add(cursor.string());
    cursor.colon();
    cursor.skip(depth + 1);
  }
  return keys;
}
