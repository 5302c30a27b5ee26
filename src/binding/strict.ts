/** Strict mode: finds what could only be sent in a changed form. */
import type { StagedField } from '../engine/engine.ts';
import { isBytes } from './bytes.ts';
import type { RecordParts } from './fields.ts';
import { Refusal, step } from './refusal.ts';

/** Half of a pair; UTF-8 has no form for it. */
const LONE_SURROGATE = /\p{Surrogate}/u;
/** As deep as the search for what JSON cannot hold; what lies deeper is left to JSON.stringify. */
const SEARCH_DEPTH_MAX = 1000;

/** @throws Refusal for a text of the message that would become U+FFFD in part */
export function checkTexts({ key, value, headers }: RecordParts): void {
  checkText(key, 'its key');
  checkText(value, 'its value');
  if (headers !== null) for (const field of headers) checkText(field, 'a header');
}

function checkText(field: StagedField, what: string): void {
  if (typeof field !== 'string' || !LONE_SURROGATE.test(field)) return;
  throw new Refusal('$', `${what} has half of a surrogate pair, which UTF-8 cannot hold (strict mode)`);
}

/** @throws Refusal for a number inside an object that JSON would turn into null */
export function checkNumbers(value: object): void {
  walk(value, '$', '', 0);
}

function walk(value: unknown, path: string, key: string, depth: number): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Refusal(path, `got ${value}, which JSON would turn into null (strict mode)`);
  }
  if (typeof value !== 'object' || value === null || isBytes(value) || depth > SEARCH_DEPTH_MAX) return;
  const { toJSON } = value as { toJSON?: unknown };
  const current: unknown = typeof toJSON === 'function' ? toJSON.call(value, key) : value;
  if (typeof current !== 'object' || current === null) {
    walk(current, path, key, depth + 1);
    return;
  }
  for (const name of Object.keys(current)) {
    const inner = (current as Readonly<Record<string, unknown>>)[name];
    walk(inner, step(path, Array.isArray(current) ? Number(name) : name), name, depth + 1);
  }
}
