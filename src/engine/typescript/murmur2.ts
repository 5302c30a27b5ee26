/** murmur2 as org.apache.kafka.common.utils.Utils computes it, before the sign is masked. */

const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

/** Unsigned. */
export function murmur2(bytes: Uint8Array): number {
  return murmur2Range(bytes, 0, bytes.length);
}

/** Unsigned, of the bytes from `start` to `end`. */
export function murmur2Range(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  let hash = SEED ^ length;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    const high = ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
    let word = Math.imul(low | high, MULTIPLIER);
    word ^= word >>> 24;
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(word, MULTIPLIER);
  }
  const rest = end - at;
  if (rest !== 0) {
    // The last one to three bytes, little-endian.
    hash ^= bytes[at] as number;
    if (rest > 1) hash ^= (bytes[at + 1] as number) << 8;
    if (rest > 2) hash ^= (bytes[at + 2] as number) << 16;
    hash = Math.imul(hash, MULTIPLIER);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return (hash ^ (hash >>> 15)) >>> 0;
}
