/** Fields of Kafka's REST proxy: JSON types by their names, each checked, with words that name the field. */
import { malformed } from './problem.ts';

const UNPROCESSABLE = 422;
const PARTITION_MAX = 2_147_483_647;

/** Well-formed JSON with a field that cannot be used, in the proxy's words. */
export function unusable(path: string, allowed: string): Error {
  return malformed(`${path}: allowed is ${allowed}`, UNPROCESSABLE);
}

export function base64Field(value: unknown, path: string): Buffer {
  if (typeof value === 'string' && isBase64(value)) return Buffer.from(value, 'base64');
  throw unusable(path, 'base64 text');
}

/** Buffer.from drops what is no base64, and with it a part of the message. */
function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

/** The JSON text of a value: what the proxy's JSON format stores, quotes of a text included. */
export function jsonField(value: unknown, path: string): string {
  try {
    return JSON.stringify(value);
  } catch {
    throw unusable(path, 'JSON of a depth that can be written');
  }
}

export function partitionField(value: unknown, path: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= PARTITION_MAX) return value;
  throw unusable(path, `a whole number from 0 to ${PARTITION_MAX}`);
}

/** Unknown fields are refused: what a client means by them would be lost without a word. */
export function checkNames(value: Readonly<Record<string, unknown>>, names: readonly string[], path: string): void {
  for (const name of Object.keys(value)) {
    if (!names.includes(name)) throw unusable(`${path} has an unknown field; its fields`, names.join(', '));
  }
}
