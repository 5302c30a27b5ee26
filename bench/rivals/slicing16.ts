/** CRC-32C by slicing-by-16 (Kounavis and Berry, 2008) in plain JavaScript: what tables alone can do. */
const POLYNOMIAL = 0x82f63b78;
const TABLES = buildTables();

function buildTables(): Int32Array[] {
  const first = Int32Array.from({ length: 256 }, (_, index) => {
    let crc = index;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (POLYNOMIAL & -(crc & 1));
    return crc;
  });
  const tables = [first];
  for (let table = 1; table < 16; table++) {
    const before = tables[table - 1]!;
    tables.push(before.map((crc) => (crc >>> 8) ^ first[crc & 0xff]!));
  }
  return tables;
}

// Sixteen names: an index into a list of tables would cost as much as the look-up itself.
const [T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15] = TABLES as unknown as Sixteen;
type Table = Int32Array;
type Four = [Table, Table, Table, Table];
type Sixteen = [...Four, ...Four, ...Four, ...Four];

export function slicing16(bytes: Uint8Array): number {
  let crc = -1;
  let at = 0;
  for (const end = bytes.length - 15; at < end; at += 16) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      T15[crc & 0xff]! ^
      T14[(crc >>> 8) & 0xff]! ^
      T13[(crc >>> 16) & 0xff]! ^
      T12[crc >>> 24]! ^
      T11[bytes[at + 4]!]! ^
      T10[bytes[at + 5]!]! ^
      T9[bytes[at + 6]!]! ^
      T8[bytes[at + 7]!]! ^
      T7[bytes[at + 8]!]! ^
      T6[bytes[at + 9]!]! ^
      T5[bytes[at + 10]!]! ^
      T4[bytes[at + 11]!]! ^
      T3[bytes[at + 12]!]! ^
      T2[bytes[at + 13]!]! ^
      T1[bytes[at + 14]!]! ^
      T0[bytes[at + 15]!]!;
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ T0[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}
