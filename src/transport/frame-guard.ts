/**
 * Checks every length prefix a broker sends before kafkajs sees it.
 *
 *   stream = { INT32 length of what follows, that many bytes } …
 * kafkajs trusts the length: a negative one throws inside its socket handler and ends the process, 2^31−1 makes it
 * buffer without limit. Here both end the connection with an error that says what arrived.
 */
import { TransportError } from '../errors.ts';

const PREFIX_BYTES = 4;

/** A response is at least its correlation id. */
const FRAME_BYTES_MIN = 4;

/** The broker's own default for the largest request (socket.request.max.bytes); no answer to a producer is near it. */
export const FRAME_BYTES_MAX = 104_857_600;

/** ApiVersions and SASL answers are a few kilobytes; nobody unproven gets more of our memory. */
export const FRAME_BYTES_MAX_BEFORE_AUTHENTICATION = 1_048_576;

export class FrameGuard {
  frameBytesMax: number = FRAME_BYTES_MAX_BEFORE_AUTHENTICATION;
  readonly #address: string;
  #prefix = 0;
  #prefixBytes = 0;
  #bodyBytesLeft = 0;
  #frameCount = 0;
  #fault: TransportError | undefined;

  /** @param address host:port, for the error text */
  constructor(address: string) {
    this.#address = address;
  }

  /** Length prefixes that were read and found good. */
  get frameCount(): number {
    return this.#frameCount;
  }

  /** Set once scan has refused something; the connection is of no use afterwards. */
  get fault(): TransportError | undefined {
    return this.#fault;
  }

  /**
   * How many leading bytes of the chunk may be passed on: all of them, or those before the first bad frame. Costs a few
   * steps per frame and nothing per byte.
   */
  scan(chunk: Uint8Array): number {
    if (this.#fault !== undefined) return 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#bodyBytesLeft > 0) {
        const step = Math.min(this.#bodyBytesLeft, chunk.length - at);
        this.#bodyBytesLeft -= step;
        at += step;
        continue;
      }
      this.#prefix = (this.#prefix << 8) | (chunk[at] ?? 0);
      at += 1;
      this.#prefixBytes += 1;
      if (this.#prefixBytes < PREFIX_BYTES) continue;
      if (!this.#open(this.#prefix)) return Math.max(0, at - PREFIX_BYTES);
    }
    return chunk.length;
  }

  #open(length: number): boolean {
    if (length < FRAME_BYTES_MIN || length > this.frameBytesMax) {
      this.#fault = new TransportError(
        `${this.#address} sent bytes that are not the Kafka protocol: frame length ${length}, ` +
          `allowed ${FRAME_BYTES_MIN} to ${this.frameBytesMax}.${hintFor(length)}`,
        { code: isTlsRecord(length) ? 'ERR_LISTENER' : 'ERR_PROTOCOL', mayBeWritten: true },
      );
      return false;
    }
    this.#bodyBytesLeft = length;
    this.#prefixBytes = 0;
    this.#prefix = 0;
    this.#frameCount += 1;
    return true;
  }
}

/** "HTTP", the start of every HTTP/1 answer, read as a length. */
const HTTP_PREFIX = 0x48_54_54_50;

/** What the four bytes look like, when they look like something people meet. */
function hintFor(length: number): string {
  if (length === HTTP_PREFIX) return ' They read "HTTP": is this port HTTP rather than Kafka?';
  if (isTlsRecord(length)) {
    return ' They are a TLS record: does this port want TLS (protocol Ssl or SaslSsl)?';
  }
  return '';
}

/** A TLS record starts with its type (0x15 alert, 0x16 handshake) and the major version 3. */
function isTlsRecord(length: number): boolean {
  const type = length >>> 24;
  return (type === 0x15 || type === 0x16) && ((length >>> 16) & 0xff) === 3;
}
