/** Slicing-by-16: the table method for reflected CRCs, sixteen bytes a step. */
import { CRC_TABLES_BYTES } from './layout';

const TABLE_BYTES: usize = 1024;

/**
 * Fills sixteen tables for a reflected polynomial. Table 0 advances the state by one byte; table k advances what
 * table k − 1 yields by one more zero byte, so that sixteen bytes can be looked up independently and XORed.
 */
export function buildTables(tables: usize, polynomial: u32): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let state = byte;
    for (let bit = 0; bit < 8; bit++) state = (state >>> 1) ^ (polynomial & (0 - (state & 1)));
    store<u32>(tables + (<usize>byte << 2), state);
  }
  const end = tables + CRC_TABLES_BYTES;
  for (let entry = tables + TABLE_BYTES; entry < end; entry += 4) {
    const previous = load<u32>(entry - TABLE_BYTES);
    store<u32>(entry, (previous >>> 8) ^ load<u32>(tables + (<usize>(previous & 0xff) << 2)));
  }
}

/** Looks up the four bytes of `word` in four neighbouring tables, the lowest byte in the highest table. */
// @ts-ignore: decorator
@inline
function lookUp(tables: usize, word: u32): u32 {
  return (
    load<u32>(tables + (<usize>(word & 0xff) << 2), 3 * TABLE_BYTES) ^
    load<u32>(tables + (<usize>((word >>> 8) & 0xff) << 2), 2 * TABLE_BYTES) ^
    load<u32>(tables + (<usize>((word >>> 16) & 0xff) << 2), TABLE_BYTES) ^
    load<u32>(tables + (<usize>(word >>> 24) << 2))
  );
}

/** Advances a CRC state (not inverted) over `length` bytes. */
export function sliceBy16(tables: usize, state: u32, source: usize, length: u32): u32 {
  let end = source + (length & ~15);
  for (; source < end; source += 16) {
    state =
      lookUp(tables + 12 * TABLE_BYTES, state ^ load<u32>(source)) ^
      lookUp(tables + 8 * TABLE_BYTES, load<u32>(source, 4)) ^
      lookUp(tables + 4 * TABLE_BYTES, load<u32>(source, 8)) ^
      lookUp(tables, load<u32>(source, 12));
  }
  end += length & 15;
  for (; source < end; source++) {
    state = (state >>> 8) ^ load<u32>(tables + (<usize>((state ^ load<u8>(source)) & 0xff) << 2));
  }
  return state;
}
