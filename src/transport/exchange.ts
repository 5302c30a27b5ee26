/** One request on its way: what it carries, how far it got, and the one place where its promise settles. */
import { KafkaHotpathError, type TransportError } from '../errors.ts';
import { ApiKey, type CLIENT_VERSIONS } from '../protocol/api-keys.ts';
import { failureOfRequest } from './link-errors.ts';

export interface RequestBody {
  /** Written one after the other, untouched; the caller changes none of them before the exchange settles. */
  chunks: readonly Uint8Array[];
  byteLength: number;
}

/** A request type: how to write and read it, and what its answer says about throttling. */
export interface RequestSpec<Response> {
  api: keyof typeof CLIENT_VERSIONS;
  encode(version: number): RequestBody;
  decode(version: number, payload: Uint8Array): Response;
  throttleMs(response: Response): number;
  /** From this version on a broker answers first and the client holds back (KIP-219). */
  clientThrottleFrom: number;
}

export class Exchange<Response = unknown> {
  readonly promise: Promise<Response>;
  readonly apiKey: number;
  version = -1;
  body: RequestBody = { chunks: [], byteLength: 0 };
  /** True from the moment a byte may have been handed to the socket. */
  written = false;
  #flushed = true;
  #settled = false;
  /** The answer, while it waits for the socket to let go of the request's bytes. */
  #held: { response: Response } | undefined;
  #resolve!: (response: Response) => void;
  #reject!: (error: unknown) => void;
  readonly #spec: RequestSpec<Response>;
  readonly #onSettled: (exchange: Exchange) => void;

  constructor(spec: RequestSpec<Response>, onSettled: (exchange: Exchange) => void) {
    this.#spec = spec;
    this.#onSettled = onSettled;
    this.apiKey = ApiKey[spec.api];
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get apiName(): string {
    return this.#spec.api;
  }

  get api(): keyof typeof CLIENT_VERSIONS {
    return this.#spec.api;
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** Writes the body down in this version; throws what the codec throws. */
  encode(version: number): void {
    this.version = version;
    this.body = this.#spec.encode(version);
  }

  /** The socket holds the caller's own bytes from here on. */
  handOver(): void {
    this.written = true;
    this.#flushed = false;
  }

  /** The socket has let go of them. */
  flushed(): void {
    this.#flushed = true;
    if (this.#held !== undefined) this.#finish(this.#held.response);
  }

  /**
   * Takes the answer and returns how long the connection must hold back. The promise waits for the socket to let go of
   * the request: a caller that reuses its buffer then cannot change bytes still to be written, even if a broker answers
   * a request it has not read. Throws ERR_PROTOCOL for an answer that does not parse.
   */
  answer(payload: Uint8Array): { throttleMs: number; holdMs: number } {
    if (this.#settled) return { throttleMs: 0, holdMs: 0 };
    const response = this.#spec.decode(this.version, payload);
    this.#held = { response };
    if (this.#flushed) this.#finish(response);
    const throttleMs = Math.max(0, this.#spec.throttleMs(response));
    return { throttleMs, holdMs: this.version >= this.#spec.clientThrottleFrom ? throttleMs : 0 };
  }

  /** The connection failed. An answer that was already here stays true: a destroyed socket reads no more bytes. */
  fail(error: TransportError): void {
    if (this.#held !== undefined) this.#finish(this.#held.response);
    else this.reject(failureOfRequest(error, this.written));
  }

  reject(error: KafkaHotpathError): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#onSettled(this as Exchange);
    this.#reject(error);
  }

  #finish(response: Response): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#onSettled(this as Exchange);
    this.#resolve(response);
  }
}
