/** CRC-32C (Castagnoli): the checksum of record batches. */
import { advance, buildTables } from './crc-tables.ts';

/** 0x1EDC6F41 reflected; P(x) = x^32 + 0x1EDC6F41. */
export const POLYNOMIAL = 0x82f63b78;

const TABLES = buildTables(POLYNOMIAL);

/** Unsigned. */
export function crc32c(bytes: Uint8Array): number {
  return crc32cRange(bytes, 0, bytes.length);
}

/** Unsigned, of the bytes from `start` to `end`. */
export function crc32cRange(bytes: Uint8Array, start: number, end: number): number {
  return ~crc32cAdvance(-1, bytes, start, end) >>> 0;
}

/** Advances a state that is not inverted; it starts at −1 for a CRC and at 0 for the bare remainder. */
export function crc32cAdvance(state: number, bytes: Uint8Array, start: number, end: number): number {
  return advance(TABLES, state, bytes, start, end);
}
