/** CRC-32 (IEEE 802.3, as zlib): the hash of librdkafka's consistent partitioners. */
import { advance, buildTables } from './crc-tables.ts';

/** x^32 + x^26 + x^23 + x^22 + x^16 + x^12 + x^11 + x^10 + x^8 + x^7 + x^5 + x^4 + x^2 + x + 1, reflected. */
const POLYNOMIAL = 0xedb88320;

const TABLES = buildTables(POLYNOMIAL);

/** Unsigned. */
export function crc32(bytes: Uint8Array): number {
  return crc32Range(bytes, 0, bytes.length);
}

/** Unsigned, of the bytes from `start` to `end`. */
export function crc32Range(bytes: Uint8Array, start: number, end: number): number {
  return ~advance(TABLES, -1, bytes, start, end) >>> 0;
}
