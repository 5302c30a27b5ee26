/** Copies finished bytes out of the memory they were built in. */

/** Below this they share one of Node's pooled 8 KiB buffers; above, they have memory of their own. */
const POOLED_BYTES_MAX = 4096;

export function copyOut(source: Buffer, start: number, bytes: number): Buffer {
  const copy = bytes < POOLED_BYTES_MAX ? Buffer.allocUnsafe(bytes) : Buffer.allocUnsafeSlow(bytes);
  source.copy(copy, 0, start, start + bytes);
  return copy;
}

/** The same into memory that is there already, as far as it has room; else into new memory. */
export function copyInto(into: Uint8Array | undefined, source: Buffer, start: number, bytes: number): Uint8Array {
  if (into === undefined || into.length < bytes) return copyOut(source, start, bytes);
  source.copy(into, 0, start, start + bytes);
  return into.subarray(0, bytes);
}
