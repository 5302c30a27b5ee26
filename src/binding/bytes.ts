/** Bytes in any of the forms JavaScript has for them. */
import { types } from 'node:util';
import type { Bytes } from './message.ts';
import { Refusal } from './refusal.ts';

export function isBytes(value: object): value is Bytes {
  return ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value);
}

/**
 * The bytes themselves, not copied. @throws Refusal for a buffer that was transferred away: it looks empty, and sending
 * an empty message in its place would lose the data without a word.
 */
export function bytesOf(value: Bytes, path: string): Uint8Array {
  try {
    if (ArrayBuffer.isView(value)) {
      if (value instanceof Uint8Array && value.length > 0) return value;
      return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    }
    return new Uint8Array(value);
  } catch (error) {
    throw new Refusal(path, 'its ArrayBuffer is detached: it was transferred before the message was sent', {
      cause: error,
    });
  }
}
