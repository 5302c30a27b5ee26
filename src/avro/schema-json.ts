/** The JSON of a schema, with its long numbers kept exact, and the names in it. */
import { KafkaHotpathError } from '../errors.ts';
import { describe } from './fault.ts';
import { SCHEMA_CHARACTERS_MAX } from './schema.ts';

/** An object of the schema's JSON. */
export type Declared = Readonly<Record<string, unknown>>;

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const BARE_NAME = /^\s*(null|boolean|int|long|float|double|bytes|string)\s*$/;
/** A string, or a whole number that a double may not hold. */
const STRING_OR_LONG = /"(?:[^"\\]|\\.)*"|(-?\d{16,})(?![\d.eE])/g;

/**
 * Whole numbers of 16 digits and more become marked strings before JSON.parse could round them: the default of a long
 * may be one. No other string of a schema begins with this character.
 */
export const LongText = {
  mark: (json: string): string =>
    json.replace(STRING_OR_LONG, (token: string, digits: string | undefined) =>
      digits === undefined ? token : `"\\u0001${digits}"`,
    ),
  /** A default as JSON text, its long numbers as they were. */
  of: (value: unknown): string => JSON.stringify(value).replace(/"\\u0001(-?\d+)"/g, '$1'),
};

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
  return NAME.test(text);
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
  return full.split('.').every(isName) ? full : undefined;
}

function unusable(what: string): KafkaHotpathError {
  return new KafkaHotpathError('ERR_AVRO_SCHEMA', `Avro schema: ${what}`);
}
