/** Cuts what arrives on a socket into requests: INT32 length, then that many bytes. */
import { KafkaHotpathError } from '../errors.ts';

const LENGTH_BYTES = 4;

export class FrameSplitter {
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  readonly #frameBytesMax: number;

  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax;
  }

  /** The requests completed by this chunk, without their length. Throws ERR_PROTOCOL for a length no request has. */
  push(chunk: Buffer): Buffer[] {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    const frames: Buffer[] = [];
    for (;;) {
      const frameBytes = this.#nextFrameBytes();
      if (frameBytes === undefined || this.#pendingBytes < LENGTH_BYTES + frameBytes) return frames;
      const bytes = this.#joined();
      frames.push(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + frameBytes));
      this.#pending = [bytes.subarray(LENGTH_BYTES + frameBytes)];
      this.#pendingBytes -= LENGTH_BYTES + frameBytes;
    }
  }

  #nextFrameBytes(): number | undefined {
    if (this.#pendingBytes < LENGTH_BYTES) return undefined;
    const [first] = this.#pending;
    const bytes = first !== undefined && first.length >= LENGTH_BYTES ? first : this.#joined();
    const frameBytes = bytes.readInt32BE(0);
    if (frameBytes >= 0 && frameBytes <= this.#frameBytesMax) return frameBytes;
    const allowed = `of 0 to ${this.#frameBytesMax}`;
    throw new KafkaHotpathError('ERR_PROTOCOL', `a request claims ${frameBytes} bytes, ${allowed}`);
  }

  #joined(): Buffer {
    const [first] = this.#pending;
    if (this.#pending.length === 1 && first !== undefined) return first;
    const joined = Buffer.concat(this.#pending, this.#pendingBytes);
    this.#pending = [joined];
    return joined;
  }
}
