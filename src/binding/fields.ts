/** Keys, values, headers, timestamps and partitions as the producer takes them, each checked. */
import type { Field, HeaderList, StagedField } from '../engine/engine.ts';
import { bytesOf, isBytes } from './bytes.ts';
import { objectText } from './json.ts';
import { Refusal, step } from './refusal.ts';

/** How true and false are written: the Azure host writes True and False, JSON does not. */
export type BooleanStyle = 'azure' | 'json';

/** One message, taken apart; filled anew for each message of a send. */
export interface RecordParts {
  key: StagedField;
  value: StagedField;
  headers: HeaderList | null;
  /** Undefined: that of the send. */
  timestampMs: number | undefined;
  /** −1: the partitioner chooses. */
  partition: number;
}

/** Kafka counts partitions with signed 32-bit integers. */
const PARTITION_MAX = 2_147_483_647;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} (?:GMT|UTC|[+-]\d{4})$/;

/** What a plain value is on the wire: text and bytes as they are, an object as its JSON. @throws Refusal */
export function fieldOf(value: unknown, path: string, style: BooleanStyle): Field {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw new Refusal(path, `got ${value}; allowed: a finite number, or its text`);
      return String(value);
    case 'bigint':
      return String(value);
    case 'boolean':
      return booleanText(value, style);
    case 'object':
      if (value === null) return null;
      return isBytes(value) ? bytesOf(value, path) : objectText(value, path);
    case 'undefined':
      throw new Refusal(path, 'got undefined; allowed: text, bytes, a number, a boolean, an object');
    default:
      throw new Refusal(path, `got a ${typeof value}; allowed: text, bytes, a number, a boolean, an object`);
  }
}

function booleanText(value: boolean, style: BooleanStyle): string {
  if (style === 'json') return String(value);
  return value ? 'True' : 'False';
}

/** A header's value: as fieldOf, but no objects, which nobody would expect as JSON in a header. @throws Refusal */
export function headerField(value: unknown, path: string, style: BooleanStyle): Field {
  if (typeof value === 'object' && value !== null && !isBytes(value)) {
    throw new Refusal(path, 'got an object; allowed as the value of a header: text, bytes, null, a number, a boolean');
  }
  return fieldOf(value, path, style);
}

/** Headers as pairs, as { key, value } entries or as an object. @throws Refusal */
export function headersOf(headers: unknown, path: string): HeaderList | null {
  if (headers === undefined || headers === null) return null;
  if (typeof headers !== 'object' || isBytes(headers)) {
    throw new Refusal(path, 'allowed: an array of [name, value] or { key, value }, or an object of values by name');
  }
  const list: Field[] = [];
  if (!Array.isArray(headers)) {
    for (const name of Object.keys(headers)) {
      const value = (headers as Readonly<Record<string, unknown>>)[name];
      list.push(name, headerField(value, step(path, name), 'json'));
    }
    return list.length === 0 ? null : list;
  }
  headers.forEach((entry: unknown, index) => {
    const at = step(path, index);
    const [name, value] = pairOf(entry, at);
    list.push(name, headerField(value, `${at} (header ${JSON.stringify(name.slice(0, 40))})`, 'json'));
  });
  return list.length === 0 ? null : list;
}

function pairOf(entry: unknown, path: string): readonly [string, unknown] {
  if (typeof entry !== 'object' || entry === null) throw new Refusal(path, 'allowed: [name, value] or { key, value }');
  const pair = entry as { key?: unknown; value?: unknown };
  const [name, value] = Array.isArray(entry) ? (entry as unknown[]) : [pair.key, pair.value];
  if (typeof name !== 'string') throw new Refusal(path, `the name of a header must be text; got a ${typeof name}`);
  return [name, value];
}

/** @throws Refusal */
export function partitionOf(partition: unknown, path: string): number {
  if (partition === undefined || partition === null) return -1;
  if (Number.isInteger(partition) && (partition as number) >= -1 && (partition as number) <= PARTITION_MAX) {
    return partition as number;
  }
  const got = typeof partition === 'number' ? String(partition) : `a ${typeof partition}`;
  throw new Refusal(path, `got ${got}; allowed: an integer from 0 to ${PARTITION_MAX}, or -1 for any`);
}

/** Milliseconds since 1970; undefined where there is none. @throws Refusal */
export function timestampOf(timestamp: unknown, path: string): number | undefined {
  if (timestamp === undefined || timestamp === null) return undefined;
  const timestampMs = millisecondsOf(timestamp);
  if (Number.isSafeInteger(timestampMs) && timestampMs >= 0) return timestampMs;
  const got = typeof timestamp === 'number' ? `got ${timestamp}; ` : '';
  throw new Refusal(
    path,
    `${got}allowed: whole milliseconds since 1970, a valid Date, or a date in ISO 8601 or RFC 1123`,
  );
}

function millisecondsOf(timestamp: unknown): number {
  if (typeof timestamp === 'number') return timestamp;
  if (timestamp instanceof Date) return timestamp.getTime();
  if (typeof timestamp !== 'string') return NaN;
  const iso = ISO_DATE.exec(timestamp);
  // Without a zone it counts as UTC, whatever the zone of the machine is; a date alone is UTC by itself.
  if (iso !== null) return Date.parse(iso[1] === undefined && timestamp.length > 10 ? `${timestamp}Z` : timestamp);
  return HTTP_DATE.test(timestamp) ? Date.parse(timestamp) : NaN;
}
