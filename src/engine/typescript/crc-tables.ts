/** Slicing-by-8: the table method for reflected CRCs, eight bytes a step. */

export const CRC_TABLES = 8;

/**
 * Eight tables of 256 entries, end to end. Table 0 advances the state by one byte; table k advances what table k − 1
 * yields by one more zero byte, so that eight bytes can be looked up independently and XORed.
 */
export function buildTables(polynomial: number): Int32Array {
  const tables = new Int32Array(CRC_TABLES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let state = byte;
    for (let bit = 0; bit < 8; bit++) state = (state >>> 1) ^ (polynomial & -(state & 1));
    tables[byte] = state;
  }
  for (let entry = 256; entry < tables.length; entry++) {
    const previous = tables[entry - 256] as number;
    tables[entry] = (previous >>> 8) ^ (tables[previous & 0xff] as number);
  }
  return tables;
}

/** Advances a CRC state (not inverted) over the bytes from `at` to `end`. */
export function sliceBy8(tables: Int32Array, state: number, bytes: Uint8Array, at: number, end: number): number {
  for (; at + 8 <= end; at += 8) {
    state =
      (tables[1792 + ((state ^ (bytes[at] as number)) & 0xff)] as number) ^
      (tables[1536 + (((state >>> 8) ^ (bytes[at + 1] as number)) & 0xff)] as number) ^
      (tables[1280 + (((state >>> 16) ^ (bytes[at + 2] as number)) & 0xff)] as number) ^
      (tables[1024 + ((state >>> 24) ^ (bytes[at + 3] as number))] as number) ^
      (tables[768 + (bytes[at + 4] as number)] as number) ^
      (tables[512 + (bytes[at + 5] as number)] as number) ^
      (tables[256 + (bytes[at + 6] as number)] as number) ^
      (tables[bytes[at + 7] as number] as number);
  }
  for (; at < end; at++) state = (state >>> 8) ^ (tables[(state ^ (bytes[at] as number)) & 0xff] as number);
  return state;
}
