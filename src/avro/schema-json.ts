/** The JSON of a schema, with its long numbers kept exact, and the names in it. */
import { KafkaHotpathError } from '../errors.ts';
import { describe } from './fault.ts';
import { NAME_CHARACTERS_MAX, SCHEMA_CHARACTERS_MAX } from './schema.ts';

/** An object of the schema's JSON. */
export type Declared = Readonly<Record<string, unknown>>;

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const BARE_NAME = /^\s*(null|boolean|int|long|float|double|bytes|string)\s*$/;
/** Whole numbers of as many digits may be none that a double holds. */
const LONG_DIGITS_MIN = 16;
const HAS_LONG = /\d{16}/;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NUMBER_UNITS: ReadonlySet<string> = new Set('0123456789+-.eE');

/**
 * Whole numbers of 16 digits and more become marked strings before JSON.parse could round them: the default of a long
 * may be one. No other string of a schema begins with this character.
 */
export const LongText = {
  mark: (json: string): string => (HAS_LONG.test(json) ? markLongs(json) : json),
  /** A default as JSON text, its long numbers as they were. */
  of: (value: unknown): string => JSON.stringify(value).replace(/"\\u0001(-?\d+)"/g, '$1'),
};

/** Token by token, because a pattern that finds strings and numbers begins anew at every quote and digit. */
function markLongs(json: string): string {
  const parts: string[] = [];
  let done = 0;
  for (let at = 0; at < json.length; ) {
    if (json.charCodeAt(at) === QUOTE) {
      at = stringEnd(json, at);
      continue;
    }
    const start = at;
    while (NUMBER_UNITS.has(json.charAt(at))) at += 1;
    const token = json.slice(start, at);
    const digits = token.startsWith('-') ? token.length - 1 : token.length;
    if (digits >= LONG_DIGITS_MIN && /^-?\d+$/.test(token)) {
      parts.push(json.slice(done, start), `"\\u0001${token}"`);
      done = at;
    }
    if (at === start) at += 1;
  }
  return parts.join('') + json.slice(done);
}

/** The position behind the string that opens here; that it ends, JSON.parse checks. */
function stringEnd(json: string, quote: number): number {
  let at = quote + 1;
  while (at < json.length && json.charCodeAt(at) !== QUOTE) at += json.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at + 1;
}

export function parseSchemaJson(schema: unknown): { text: string; json: unknown } {
  try {
    const text = typeof schema === 'string' ? schema : JSON.stringify(schema);
    if (typeof text !== 'string') throw unusable(`got ${describe(schema)}; allowed: JSON text, or what it stands for`);
    if (text.length > SCHEMA_CHARACTERS_MAX) {
      throw unusable(`got ${text.length} characters; allowed: at most ${SCHEMA_CHARACTERS_MAX}`);
    }
    const bare = typeof schema === 'string' ? BARE_NAME.exec(text)?.[1] : undefined;
    return { text, json: bare ?? (JSON.parse(LongText.mark(text)) as unknown) };
  } catch (cause) {
    if (cause instanceof KafkaHotpathError) throw cause;
    if (cause instanceof RangeError) throw unusable('is nested too deep to be read');
    // The parser's own words would quote the text.
    const position = /position (\d+)/.exec(cause instanceof Error ? cause.message : '')?.[1];
    throw unusable(`is not JSON${position === undefined ? '' : ` (at character ${Number(position) + 1})`}`);
  }
}

export function isName(text: string): boolean {
  return text.length <= NAME_CHARACTERS_MAX && NAME.test(text);
}

export function ownString(json: Declared, member: string): string | undefined {
  const value = Object.hasOwn(json, member) ? json[member] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** A name with dots is full; else the namespace of the type counts, else the one around it. */
export function fullNameOf(json: Declared, around: string): string | undefined {
  const name = ownString(json, 'name');
  if (name === undefined) return undefined;
  const namespace = ownString(json, 'namespace') ?? around;
  const full = name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
  return full.length <= NAME_CHARACTERS_MAX && full.split('.').every(isName) ? full : undefined;
}

function unusable(what: string): KafkaHotpathError {
  return new KafkaHotpathError('ERR_AVRO_SCHEMA', `Avro schema: ${what}`);
}
