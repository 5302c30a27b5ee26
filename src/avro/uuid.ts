/** uuid and duration: logical types on strings and fixed bytes. */
import { describe, fault } from './fault.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const UUID_BYTES = 16;
const DURATION_BYTES = 12;
const UINT32_MAX = 0xffff_ffff;
const UUID_ALLOWED = 'a UUID like "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"';
const DURATION_ALLOWED = '{months, days, milliseconds}, each from 0 to 4294967295, or 12 bytes';

export interface Duration {
  months: number;
  days: number;
  milliseconds: number;
}

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** The text itself, whatever its case: readers compare UUIDs, not letters. */
export function toUuidText(value: unknown): string {
  if (typeof value === 'string' && isUuid(value)) return value;
  throw fault(describe(value), UUID_ALLOWED);
}

export function toUuidBytes(value: unknown): Uint8Array {
  if (typeof value === 'string' && isUuid(value)) return Buffer.from(value.replaceAll('-', ''), 'hex');
  if (value instanceof Uint8Array && value.length === UUID_BYTES) return value;
  throw fault(describe(value), `${UUID_ALLOWED}, or ${UUID_BYTES} bytes`);
}

export function uuidText(bytes: Uint8Array): string {
  const digits = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
  const parts = [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)];
  return parts.join('-');
}

/** Three little-endian unsigned 32-bit numbers: months, days, milliseconds. */
export function toDurationBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array && value.length === DURATION_BYTES) return value;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) {
    throw fault(describe(value), DURATION_ALLOWED);
  }
  const { months = 0, days = 0, milliseconds = 0, ...rest } = value as Record<string, unknown>;
  const bytes = Buffer.alloc(DURATION_BYTES);
  for (const [index, part] of [months, days, milliseconds].entries()) {
    if (typeof part !== 'number' || !Number.isInteger(part) || part < 0 || part > UINT32_MAX) {
      throw fault(`${['months', 'days', 'milliseconds'][index] ?? ''}: ${describe(part)}`, DURATION_ALLOWED);
    }
    bytes.writeUInt32LE(part, index * 4);
  }
  const extra = Object.keys(rest).length;
  if (extra > 0) throw fault(`${extra} other members`, DURATION_ALLOWED);
  return bytes;
}

export function durationOf(bytes: Buffer): Duration {
  return { months: bytes.readUInt32LE(0), days: bytes.readUInt32LE(4), milliseconds: bytes.readUInt32LE(8) };
}
