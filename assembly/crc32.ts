/** CRC-32 (IEEE 802.3, as zlib): the hash of librdkafka's consistent partitioners. */
import { buildTables, sliceBy16 } from './crc-tables';
import { CRC32_TABLES } from './layout';

/** x^32 + x^26 + x^23 + x^22 + x^16 + x^12 + x^11 + x^10 + x^8 + x^7 + x^5 + x^4 + x^2 + x + 1, reflected. */
const POLYNOMIAL: u32 = 0xedb88320;

export function initCrc32(): void {
  buildTables(CRC32_TABLES, POLYNOMIAL);
}

export function crc32(source: usize, length: u32): u32 {
  return ~crc32Advance(~0, source, length);
}

/** Advances a state that is not inverted, so that long input can be fed piece by piece. */
export function crc32Advance(state: u32, source: usize, length: u32): u32 {
  return sliceBy16(CRC32_TABLES, state, source, length);
}
