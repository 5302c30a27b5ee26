/**
 * What is wrong with a value, thrown where it is seen; the way up adds where that was. Nothing is tracked on the way
 * down, so a value without a fault pays nothing for the path.
 */
import { ValueError } from '../errors.ts';
import { VALUE_DEPTH_MAX } from './schema.ts';

/** Allowed lists are cut: an enum may have thousands of symbols. */
const LIST_CHARACTERS_MAX = 200;
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
/** A path names keys of maps, which are the user's; what could be the name of a field is longer before it is cut. */
const KEY_CHARACTERS_MAX = 64;
const IDENTIFIER_CHARACTERS_MAX = 256;

export class AvroFault extends Error {
  path = '';
}

/** @param allowed completes "allowed: …" */
export function fault(got: string, allowed: string): AvroFault {
  return new AvroFault(`got ${got}; allowed: ${allowed}`);
}

export function wrongValue(value: unknown, allowed: string): AvroFault {
  return fault(describe(value), allowed);
}

export function tooDeep(): AvroFault {
  return fault(
    `more than ${VALUE_DEPTH_MAX} levels inside each other (does the value contain itself?)`,
    `${VALUE_DEPTH_MAX} levels`,
  );
}

/** The fault, seen from one level further up. */
export function within(error: unknown, key: string | number): AvroFault {
  const seen = asFault(error);
  seen.path = pathStep(key) + seen.path;
  return seen;
}

/** Getters and proxies may throw whatever they like; it becomes the cause of a fault that says where. */
function asFault(error: unknown): AvroFault {
  if (error instanceof AvroFault) return error;
  // The caller's own stack may be nearly used up before our limit of levels is reached.
  if (isStackOverflow(error)) return tooDeep();
  if (error instanceof RangeError && error.message.includes('allocation failed')) {
    return fault('a value that needs more memory than there is', 'one that fits');
  }
  return new AvroFault('got a value that threw when it was read (see the cause); allowed: one that can be read', {
    cause: error,
  });
}

export function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack');
}

export function pathStep(key: string | number): string {
  if (typeof key === 'number') return `[${key}]`;
  if (key.length <= IDENTIFIER_CHARACTERS_MAX && IDENTIFIER.test(key)) return `.${key}`;
  const shown = key.length <= KEY_CHARACTERS_MAX ? key : `${key.slice(0, KEY_CHARACTERS_MAX)}…`;
  return `[${JSON.stringify(shown)}]`;
}

/** The error a caller sees. */
export function toAvroError(error: unknown): ValueError {
  const { path, message, cause } = asFault(error);
  return new ValueError('ERR_AVRO_VALUE', `$${path}`, message, cause === undefined ? {} : { cause });
}

/** Kind and size of a value; texts and bytes themselves are payload, and no message carries that. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing (undefined)';
  if (value === null) return 'null';
  if (typeof value === 'string') return `a string of ${value.length} characters`;
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'bigint') return describeBigint(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${value.byteLength} bytes`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : 'a Date';
  if (value instanceof Map) return `a Map of ${value.size}`;
  return 'an object';
}

function describeBigint(value: bigint): string {
  // A bigint may have millions of digits, and printing them takes more than linear time.
  const isShort = BigInt.asIntN(128, value) === value;
  return isShort ? `the bigint ${value}` : 'a bigint of more than 128 bits';
}

export function listed(names: readonly string[]): string {
  const all = names.join(', ');
  return all.length <= LIST_CHARACTERS_MAX ? all : `${all.slice(0, LIST_CHARACTERS_MAX)}… (${names.length} of them)`;
}
