/** CRC-32C (Castagnoli): the checksum of record batches. */
import { buildTables, sliceBy16 } from './crc-tables';
import { CRC32C_TABLES } from './layout';

/** 0x1EDC6F41 reflected; P(x) = x^32 + 0x1EDC6F41. */
const POLYNOMIAL: u32 = 0x82f63b78;

export function initCrc32c(): void {
  buildTables(CRC32C_TABLES, POLYNOMIAL);
}

export function crc32c(source: usize, length: u32): u32 {
  return ~crc32cAdvance(~0, source, length);
}

/** Advances a state that is not inverted, so that long input can be fed piece by piece. */
export function crc32cAdvance(state: u32, source: usize, length: u32): u32 {
  return sliceBy16(CRC32C_TABLES, state, source, length);
}
