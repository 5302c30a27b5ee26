/** Copies a finished batch out of the memory it was built in. */

/** Below this a batch shares one of Node's pooled 8 KiB buffers; above, it has memory of its own. */
const POOLED_BYTES_MAX = 4096;

export function copyOut(source: Buffer, start: number, bytes: number): Buffer {
  const batch = bytes < POOLED_BYTES_MAX ? Buffer.allocUnsafe(bytes) : Buffer.allocUnsafeSlow(bytes);
  source.copy(batch, 0, start, start + bytes);
  return batch;
}
