/**
 * The table method for reflected CRCs: eight bytes a step, and for longer input sixteen, read as words. Sixteen need
 * aligned words of a little-endian machine; all else goes by eights.
 */

const TABLES = 16;

/** From this length on a view of words is worth making; it costs about as much as 200 bytes. */
const WORDS_BYTES_MIN = 1_024;

const IS_LITTLE_ENDIAN = new Uint8Array(Int32Array.of(1).buffer)[0] === 1;

/**
 * Sixteen tables of 256 entries, end to end. Table 0 advances the state by one byte; table k advances what table k − 1
 * yields by one more zero byte, so that sixteen bytes can be looked up independently and XORed.
 */
export function buildTables(polynomial: number): Int32Array {
  const tables = new Int32Array(TABLES * 256);
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

/** Advances a CRC state (not inverted) over the bytes from `start` to `end`. */
export function advance(tables: Int32Array, state: number, bytes: Uint8Array, start: number, end: number): number {
  if (end - start < WORDS_BYTES_MIN || !IS_LITTLE_ENDIAN) return sliceBy8(tables, state, bytes, start, end);
  const aligned = start + (-(bytes.byteOffset + start) & 3);
  const wordCount = ((end - aligned) >> 4) << 2;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + aligned, wordCount);
  state = sliceBy8(tables, state, bytes, start, aligned);
  state = sliceBy16(tables, state, words);
  return sliceBy8(tables, state, bytes, aligned + wordCount * 4, end);
}

function sliceBy8(tables: Int32Array, state: number, bytes: Uint8Array, at: number, end: number): number {
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

/** The lowest byte of the first word is furthest from the end and so goes through the highest table. */
function sliceBy16(tables: Int32Array, state: number, words: Int32Array): number {
  for (let at = 0; at < words.length; at += 4) {
    const first = (words[at] as number) ^ state;
    const second = words[at + 1] as number;
    const third = words[at + 2] as number;
    const fourth = words[at + 3] as number;
    state =
      (tables[3840 + (first & 0xff)] as number) ^
      (tables[3584 + ((first >>> 8) & 0xff)] as number) ^
      (tables[3328 + ((first >>> 16) & 0xff)] as number) ^
      (tables[3072 + (first >>> 24)] as number) ^
      (tables[2816 + (second & 0xff)] as number) ^
      (tables[2560 + ((second >>> 8) & 0xff)] as number) ^
      (tables[2304 + ((second >>> 16) & 0xff)] as number) ^
      (tables[2048 + (second >>> 24)] as number) ^
      (tables[1792 + (third & 0xff)] as number) ^
      (tables[1536 + ((third >>> 8) & 0xff)] as number) ^
      (tables[1280 + ((third >>> 16) & 0xff)] as number) ^
      (tables[1024 + (third >>> 24)] as number) ^
      (tables[768 + (fourth & 0xff)] as number) ^
      (tables[512 + ((fourth >>> 8) & 0xff)] as number) ^
      (tables[256 + ((fourth >>> 16) & 0xff)] as number) ^
      (tables[fourth >>> 24] as number);
  }
  return state;
}
