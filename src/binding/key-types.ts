/** Keys as keyDataType declares them: Int and Long are 4 and 8 bytes, most significant first, as in the extension. */
import type { Field } from '../engine/engine.ts';
import { isBytes } from './bytes.ts';
import { type BooleanStyle, fieldOf } from './fields.ts';
import type { KeyType } from './payload.ts';
import { Refusal } from './refusal.ts';

const INTEGER_TEXT = /^\s*[+-]?\d{1,19}\s*$/;
const BITS = { Int: 32, Long: 64 } as const;

/** Bytes are taken as they are, whatever the type: who has them has encoded the key already. @throws Refusal */
export function keyOf(key: unknown, path: string, type: KeyType, style: BooleanStyle): Field {
  if (key === null || type === 'String' || type === 'Binary') return fieldOf(key, path, style);
  if (typeof key === 'object' && isBytes(key)) return fieldOf(key, path, style);
  const bits = BITS[type];
  const integer = integerOf(key);
  if (integer === undefined || BigInt.asIntN(bits, integer) !== integer) {
    throw new Refusal(path, `does not fit keyDataType ${type}; allowed: an integer of ${bits} bits, or its text`);
  }
  return integerBytes(integer, bits);
}

/** The key that the extension sends where there is none: zero. */
export function zeroKey(type: KeyType): Field {
  return type === 'Int' || type === 'Long' ? integerBytes(0n, BITS[type]) : null;
}

function integerOf(key: unknown): bigint | undefined {
  if (typeof key === 'bigint') return key;
  if (typeof key === 'number') return Number.isSafeInteger(key) ? BigInt(key) : undefined;
  // BigInt('+7') throws, and the sign is of no use.
  return typeof key === 'string' && INTEGER_TEXT.test(key) ? BigInt(key.trim().replace(/^\+/, '')) : undefined;
}

function integerBytes(integer: bigint, bits: 32 | 64): Uint8Array {
  const bytes = new Uint8Array(bits / 8);
  const view = new DataView(bytes.buffer);
  if (bits === 32) view.setInt32(0, Number(integer));
  else view.setBigInt64(0, integer);
  return bytes;
}
