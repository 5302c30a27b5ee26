/** Compact JSON of a value, or the path of what cannot be JSON. */
import { types } from 'node:util';
import { Refusal, step } from './refusal.ts';

/** Deep enough for any real message; below it the search for the fault gives up rather than overflow the stack. */
const SEARCH_DEPTH_MAX = 1000;

/** Kinds whose JSON is `{}`: sending that in their place would lose the data without a word. */
const HOLLOW: readonly (readonly [(value: object) => boolean, string])[] = [
  [types.isPromise, 'a Promise; await it and send what it gives'],
  [types.isMap, 'a Map, which has no JSON form; use Object.fromEntries(map)'],
  [types.isSet, 'a Set, which has no JSON form; use [...set]'],
  [types.isWeakMap, 'a WeakMap, which has no JSON form'],
  [types.isWeakSet, 'a WeakSet, which has no JSON form'],
  [types.isRegExp, 'a RegExp, which has no JSON form; use its source'],
  [types.isNativeError, 'an Error, which has no JSON form; send the properties you need'],
];

/** An object literal, or what JSON.parse makes: the kind that nearly every object here is. */
export function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype;
}

/** Its declaration leaves out that a toJSON() may give undefined. */
const stringify: (value: object) => string | undefined = JSON.stringify;

/**
 * The text that stands for an object: its JSON, or the text itself where its toJSON gives one (a Date is its ISO text).
 * @throws Refusal
 */
export function objectText(value: object, path: string): string {
  const hollow = hollowKind(value);
  if (hollow !== undefined) throw new Refusal(path, `got ${hollow}`);
  let json: string | undefined;
  try {
    json = stringify(value);
  } catch (error) {
    throw explain(error, value, path);
  }
  if (json === undefined || json === 'null') throw new Refusal(path, 'its toJSON() gives nothing to send');
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}

function hollowKind(value: object): string | undefined {
  // Asking seven times what a plain object is would cost as much as its JSON.
  if (isPlain(value) || typeof (value as { toJSON?: unknown }).toJSON === 'function') return undefined;
  return HOLLOW.find(([is]) => is(value))?.[1];
}

function explain(error: unknown, value: object, path: string): Refusal {
  const found = findFault(value, path, [], '');
  if (found !== undefined) return found;
  if (error instanceof RangeError && /string length/i.test(error.message)) {
    return new Refusal(path, 'its JSON text is longer than any string can be', { code: 'ERR_MSG_SIZE_TOO_LARGE' });
  }
  if (error instanceof RangeError) return new Refusal(path, 'is nested too deep to be JSON');
  return new Refusal(path, 'cannot be written as JSON', { cause: error });
}

/** Walks as JSON.stringify does, up to the first thing it trips over. */
function findFault(value: unknown, path: string, above: object[], key: string): Refusal | undefined {
  if (typeof value !== 'object' || value === null) return bigintFault(value, path);
  const cycle = above.indexOf(value);
  if (cycle >= 0)
    return new Refusal(path, `refers back to what contains it, ${above.length - cycle} levels up (circular)`);
  if (above.length >= SEARCH_DEPTH_MAX) return new Refusal(cut(path), 'is nested too deep to be JSON');
  let current: unknown;
  try {
    const toJson = (value as { toJSON?: unknown }).toJSON;
    current = typeof toJson === 'function' ? (toJson.call(value, key) as unknown) : value;
  } catch (error) {
    return new Refusal(path, 'its toJSON() threw', { cause: error });
  }
  // JSON.stringify asks for toJSON() once; what it gave is written as it is.
  return typeof current === 'object' && current !== null
    ? findFaultInside(current, path, above)
    : bigintFault(current, path);
}

function bigintFault(value: unknown, path: string): Refusal | undefined {
  if (typeof value !== 'bigint') return undefined;
  return new Refusal(path, 'got a BigInt, which cannot be JSON; use a string or a number');
}

function findFaultInside(value: object, path: string, above: object[]): Refusal | undefined {
  above.push(value);
  try {
    for (const name of Object.keys(value)) {
      const at = step(path, Array.isArray(value) ? Number(name) : name);
      let inner: unknown;
      try {
        inner = (value as Readonly<Record<string, unknown>>)[name];
      } catch (error) {
        return new Refusal(at, 'its getter threw', { cause: error });
      }
      const fault = findFault(inner, at, above, name);
      if (fault !== undefined) return fault;
    }
    return undefined;
  } finally {
    above.pop();
  }
}

/** The beginning of a path that would fill pages. */
function cut(path: string): string {
  return path.length > 120 ? `${path.slice(0, 120)}…` : path;
}
