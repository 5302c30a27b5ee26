/** Copies finished bytes out of the memory they were built in. */

/** Below this they share one of Node's pooled 8 KiB buffers; above, they have memory of their own. */
const POOLED_BYTES_MAX = 4096;

export function copyOut(source: Buffer, start: number, bytes: number): Buffer {
  const copy = bytes < POOLED_BYTES_MAX ? Buffer.allocUnsafe(bytes) : Buffer.allocUnsafeSlow(bytes);
  source.copy(copy, 0, start, start + bytes);
  return copy;
}
