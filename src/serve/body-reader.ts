/** The body of a request, pulled chunk by chunk: nothing is read that nobody asked for, and nobody waits for ever. */
import type { IncomingMessage } from 'node:http';
import { Problem } from './problem.ts';

/** The client is gone: there is nobody to answer. */
export class ClientGone extends Error {}

export class BodyReader {
  readonly #request: IncomingMessage;
  #chunk: Buffer | undefined;
  #error: Error | undefined;
  #wake: () => void = () => undefined;
  #isStarted = false;
  #bytes = 0;
  /** True when the body has been read to its end. */
  isEnded = false;

  constructor(request: IncomingMessage) {
    this.#request = request;
  }

  get isFailed(): boolean {
    return this.#error !== undefined;
  }

  /** True when the whole body has arrived, even if the parser has not said so yet. */
  get isComplete(): boolean {
    return this.isEnded || this.#bytes === Number(this.#request.headers['content-length'] ?? Number.NaN);
  }

  /** Ends the reading with that error: the parser found the body to be no HTTP. */
  fail(error: Error): void {
    this.#error ??= error;
    this.#wake();
  }

  /**
   * The next chunk; undefined at the end, or when the signal says that it is over. @throws Problem 408 after
   * timeoutMs without one, ClientGone
   */
  async next(timeoutMs: number, stop?: AbortSignal): Promise<Buffer | undefined> {
    this.#start();
    if (this.#chunk === undefined && this.#isWaiting(stop)) await this.#wait(timeoutMs, stop);
    if (this.#error !== undefined) throw this.#error;
    const chunk = this.#chunk;
    this.#chunk = undefined;
    return chunk;
  }

  #isWaiting(stop: AbortSignal | undefined): boolean {
    return !this.isEnded && this.#error === undefined && stop?.aborted !== true;
  }

  #wait(timeoutMs: number, stop: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        stop?.removeEventListener('abort', done);
        this.#wake = () => undefined;
        resolve();
      };
      const timer = setTimeout(() => {
        this.fail(
          new Problem(408, 'ERR_REQUEST_TIMEOUT', 'the body of the request did not come in time', {
            isBodyUnread: true,
          }),
        );
      }, timeoutMs);
      this.#wake = done;
      stop?.addEventListener('abort', done, { once: true });
      this.#request.resume();
    });
  }

  #start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    const request = this.#request;
    request.on('data', (chunk: Buffer) => {
      // After a failure the rest is dropped as it comes.
      if (this.#error !== undefined) return;
      this.#bytes += chunk.length;
      this.#chunk = this.#chunk === undefined ? chunk : Buffer.concat([this.#chunk, chunk]);
      request.pause();
      this.#wake();
    });
    request.on('end', () => {
      this.isEnded = true;
      this.#wake();
    });
    request.on('error', () => undefined);
    request.on('close', () => {
      if (!this.isEnded) this.fail(new ClientGone());
    });
  }
}
