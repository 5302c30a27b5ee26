/** murmur2 as org.apache.kafka.common.utils.Utils computes it, before the sign is masked. */

const SEED: u32 = 0x9747b28c;
const MULTIPLIER: u32 = 0x5bd1e995;

export function murmur2(source: usize, length: u32): u32 {
  let hash = SEED ^ length;
  const end = source + (length & ~3);
  for (; source < end; source += 4) {
    let word = load<u32>(source) * MULTIPLIER;
    word ^= word >>> 24;
    hash = (hash * MULTIPLIER) ^ (word * MULTIPLIER);
  }
  const rest = length & 3;
  if (rest != 0) {
    // The last one to three bytes, little-endian.
    hash ^= load<u8>(source);
    if (rest > 1) hash ^= (<u32>load<u8>(source, 1)) << 8;
    if (rest > 2) hash ^= (<u32>load<u8>(source, 2)) << 16;
    hash *= MULTIPLIER;
  }
  hash = (hash ^ (hash >>> 13)) * MULTIPLIER;
  return hash ^ (hash >>> 15);
}
