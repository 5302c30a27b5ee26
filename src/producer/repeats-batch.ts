/**
 * Whether a text of a broker repeats something out of the batch it is about. Keys, values and headers never stand in an
 * error, also not in the words of somebody else who has them.
 */

/**
 * That many bytes in common are no chance: any 16 bytes of what brokers say are several words, and a card number or an
 * id of what people send has 16.
 */
const RUN_BYTES = 16;

/** Of a window's hash, as many bits as a table of 64 KiB has places. */
const TABLE_SHIFT = 16;

/** Any odd number; the hash of a window is a polynomial of its bytes in it (Rabin and Karp). */
const FACTOR = 0x01000193;
/** FACTOR to the power of RUN_BYTES: what the byte that leaves the window counts for by then. */
const LEAVING = Array.from({ length: RUN_BYTES }).reduce<number>((power) => Math.imul(power, FACTOR), 1);

/** One pass over each, whatever the number of windows: a batch may be a megabyte, and a broker may refuse often. */
export function repeatsBatch(batch: Buffer, text: string): boolean {
  const said = Buffer.from(text);
  if (said.length < RUN_BYTES) return false;
  const table = new Uint8Array(1 << (32 - TABLE_SHIFT));
  forEachWindow(said, (hash) => {
    table[hash >>> TABLE_SHIFT] = 1;
    return false;
  });
  return forEachWindow(
    batch,
    (hash, end) => table[hash >>> TABLE_SHIFT] === 1 && said.includes(batch.subarray(end - RUN_BYTES, end)),
  );
}

/** Visits the hash of every RUN_BYTES bytes until a visit returns true, and says whether one did. */
function forEachWindow(bytes: Buffer, visit: (hash: number, end: number) => boolean): boolean {
  let hash = 0;
  for (let at = 0; at < bytes.length; at++) {
    hash = (Math.imul(hash, FACTOR) + (bytes[at] as number)) | 0;
    if (at >= RUN_BYTES) hash = (hash - Math.imul(LEAVING, bytes[at - RUN_BYTES] as number)) | 0;
    if (at >= RUN_BYTES - 1 && visit(hash >>> 0, at + 1)) return true;
  }
  return false;
}
