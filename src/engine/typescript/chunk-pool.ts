/** Buffers for batches being filled, in power-of-two sizes, kept for the next batch when one is finished. */

const CHUNK_BYTES_MIN = 16_384;

/** What the pool keeps at most; more is left to the garbage collector. */
const IDLE_BYTES_MAX = 33_554_432;

export class ChunkPool {
  readonly #idle = new Map<number, Buffer[]>();
  #idleBytes = 0;
  #totalBytes = 0;

  /** Bytes of all chunks, in use or idle. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  take(bytesMin: number): Buffer {
    let size = CHUNK_BYTES_MIN;
    while (size < bytesMin) size *= 2;
    const chunk = this.#idle.get(size)?.pop();
    if (chunk !== undefined) {
      this.#idleBytes -= size;
      return chunk;
    }
    this.#totalBytes += size;
    return Buffer.allocUnsafeSlow(size);
  }

  give(chunk: Buffer): void {
    const size = chunk.length;
    if (this.#idleBytes + size > IDLE_BYTES_MAX) {
      this.#totalBytes -= size;
      return;
    }
    this.#idleBytes += size;
    const list = this.#idle.get(size);
    if (list === undefined) this.#idle.set(size, [chunk]);
    else list.push(chunk);
  }
}
