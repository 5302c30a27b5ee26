/**
 * The addresses of one registry. A call goes to the one that answered last; when it does not, or what comes is no
 * answer of a registry, to the others at once, and when none does, to all again after a pause that doubles. What
 * another try cannot change ends the call.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { TokenKeeper, type TokenProvider } from '../transport/auth/token-keeper.ts';
import { AuthFailure } from '../transport/auth/mechanism.ts';
import { refusalIn, retryAfterMsOf } from './answers.ts';
import {
  callHttp,
  type HttpAnswer,
  HttpFailure,
  type HttpFaultKind,
  type HttpTls,
  type StartTimer,
} from '../http/http-call.ts';
import { RegistryError, type RegistryErrorOptions } from './registry-error.ts';

export type RegistryCredentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string | TokenProvider };

export interface EndpointsOptions {
  /** http or https, with the path of the API if it has one; at least one. */
  readonly urls: readonly string[];
  readonly credentials?: RegistryCredentials | undefined;
  readonly tls?: HttpTls | undefined;
  /** Of one request. Default 10 000. */
  readonly timeoutMs?: number | undefined;
  /** Rounds over all addresses after the first. Default 3. */
  readonly retries?: number | undefined;
  /** Between rounds; for tests. Rejects when the signal says so. */
  readonly pause?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
  /** Of timeoutMs; for tests. */
  readonly startTimer?: StartTimer | undefined;
  /** Milliseconds since 1970, for a Retry-After that is a date; for tests. */
  readonly nowMs?: (() => number) | undefined;
  /** In [0, 1); for tests. */
  readonly random?: (() => number) | undefined;
}

export interface ApiCall<T> {
  readonly method: 'GET' | 'POST';
  /** Below the address, from its / on. */
  readonly path: string;
  readonly body?: object;
  /** For error texts. */
  readonly what: string;
  /**
   * Takes what was asked for out of a good answer. Throws RegistryError; with ERR_REGISTRY it is none of a registry.
   * @param where for error texts: which registry, what was asked of it
   */
  readonly read: (answer: HttpAnswer, where: string) => T;
}

const TIMEOUT_MS = 10_000;
const RETRIES = 3;
const PAUSE_MS = 100;
const PAUSE_MS_MAX = 10_000;
const UNAUTHORIZED = 401;
/** Schemas are a few kilobytes; the largest that registries take is some megabytes. */
const ANSWER_BYTES_MAX = 8_388_608;
const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json';

export class Endpoints {
  readonly #options: EndpointsOptions;
  readonly #urls: readonly string[];
  readonly #closing = new AbortController();
  readonly #tokens: TokenKeeper | undefined;
  /** The address that answered last. */
  #current = 0;

  constructor(options: EndpointsOptions) {
    this.#options = options;
    // Any number of calls may be under way, and each listens for the end.
    setMaxListeners(0, this.#closing.signal);
    this.#urls = options.urls.map((url) => url.replace(/\/+$/, ''));
    const { credentials } = options;
    if (credentials?.kind === 'bearer' && typeof credentials.token === 'function') {
      this.#tokens = new TokenKeeper(credentials.token);
    }
  }

  /** Rejects with RegistryError. */
  async call<T>(call: ApiCall<T>): Promise<T> {
    const rounds = 1 + (this.#options.retries ?? RETRIES);
    for (let round = 0; ; round++) {
      const { found, error, retryAfterMs } = await this.#round(call);
      if (found !== undefined) return found.value;
      if (!error.retriable || round + 1 >= rounds) throw error;
      await this.#pause(round, retryAfterMs, error);
    }
  }

  /** Calls under way and later ones fail with ERR_CLOSED. */
  close(): void {
    this.#closing.abort();
  }

  /** Every address once, beginning with the one that answered last. */
  async #round<T>(call: ApiCall<T>): Promise<Round<T>> {
    const first = this.#current;
    let retryAfterMs = 0;
    let error: RegistryError | undefined;
    for (let turn = 0; turn < this.#urls.length; turn++) {
      const index = (first + turn) % this.#urls.length;
      const attempt = await this.#attempt(this.#urls[index] as string, call);
      const fault = attempt.failure ?? this.#faultOf(attempt, call);
      if (!(fault instanceof RegistryError)) {
        this.#current = index;
        return { found: fault };
      }
      if (attempt.answer !== undefined) {
        retryAfterMs = Math.max(retryAfterMs, retryAfterMsOf(attempt.answer, this.#options.nowMs) ?? 0);
      }
      // A registry's own refusal stands: another address of it would say the same.
      const isOwn = attempt.answer !== undefined && fault.code !== 'ERR_REGISTRY';
      if (isOwn || fault.code === 'ERR_CLOSED') return { error: fault, retryAfterMs };
      // What may pass is worth another round, even when the last address fails for good.
      if (error === undefined || (fault.retriable && !error.retriable)) error = fault;
    }
    return { error: error as RegistryError, retryAfterMs };
  }

  /** What was asked for, or what is wrong with the answer. */
  #faultOf<T>({ answer, where }: Answered, call: ApiCall<T>): RegistryError | { readonly value: T } {
    if (answer.status < 200 || answer.status >= 300) return refusalIn(answer, where, this.#secrets());
    try {
      return { value: call.read(answer, where) };
    } catch (error) {
      if (error instanceof RegistryError) return error;
      throw error;
    }
  }

  async #attempt(url: string, call: ApiCall<unknown>): Promise<Attempt> {
    const target = new URL(url + call.path);
    // Without the user that an address may have in it.
    const where = `schema registry ${target.origin}: ${call.what}`;
    try {
      let answer = await this.#request(target, call);
      if (answer.status === UNAUTHORIZED && this.#tokens !== undefined) {
        // It may have been taken back before its time: a new one gets one chance.
        this.#tokens.forget();
        answer = await this.#request(target, call);
      }
      return { where, answer };
    } catch (error) {
      if (error instanceof HttpFailure) return { where, failure: failureOf(error, where) };
      if (!(error instanceof AuthFailure)) throw error;
      const { message, retriable } = error;
      return { where, failure: new RegistryError(`${where}: ${message}`, { code: 'ERR_REGISTRY_AUTH', retriable }) };
    }
  }

  async #request(url: URL, { method, body }: ApiCall<unknown>): Promise<HttpAnswer> {
    const authorization = await this.#authorization();
    return callHttp({
      url,
      method,
      headers: {
        accept: `${MEDIA_TYPE}, application/json`,
        ...(body === undefined ? {} : { 'content-type': MEDIA_TYPE }),
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      timeoutMs: this.#options.timeoutMs ?? TIMEOUT_MS,
      answerBytesMax: ANSWER_BYTES_MAX,
      tls: this.#options.tls,
      signal: this.#closing.signal,
      startTimer: this.#options.startTimer,
    });
  }

  async #authorization(): Promise<string | undefined> {
    const { credentials } = this.#options;
    if (credentials === undefined) return undefined;
    if (credentials.kind === 'basic') {
      return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
    }
    const { token } = credentials;
    return `Bearer ${typeof token === 'string' ? token : await (this.#tokens as TokenKeeper).token()}`;
  }

  /** What no error may repeat. */
  #secrets(): readonly string[] {
    const { credentials } = this.#options;
    if (credentials === undefined) return [];
    if (credentials.kind === 'basic') {
      const { username, password } = credentials;
      return [Buffer.from(`${username}:${password}`).toString('base64'), password];
    }
    return typeof credentials.token === 'string' ? [credentials.token] : (this.#tokens?.values ?? []);
  }

  /** Doubles, with half of it by chance, so that many clients do not come back together. */
  async #pause(round: number, retryAfterMs: number, error: RegistryError): Promise<void> {
    const { pause = defaultPause, random = Math.random } = this.#options;
    const fullMs = PAUSE_MS * 2 ** round;
    const ms = Math.min(PAUSE_MS_MAX, Math.max(retryAfterMs, fullMs / 2 + (fullMs / 2) * random()));
    try {
      await pause(ms, this.#closing.signal);
    } catch {
      throw new RegistryError(`${error.message}; given up, because the output was closed`, { code: 'ERR_CLOSED' });
    }
  }
}

type Round<T> =
  | { readonly found: { readonly value: T }; readonly error?: undefined; readonly retryAfterMs?: undefined }
  | { readonly found?: undefined; readonly error: RegistryError; readonly retryAfterMs: number };

interface Answered {
  readonly where: string;
  readonly answer: HttpAnswer;
  readonly failure?: undefined;
}

type Attempt = Answered | { readonly where: string; readonly answer?: undefined; readonly failure: RegistryError };

/** What is not named here may pass, at this address or another. */
const FINAL: Partial<Record<HttpFaultKind, Pick<RegistryErrorOptions, 'code'>>> = {
  aborted: { code: 'ERR_CLOSED' },
  large: { code: 'ERR_REGISTRY' },
  ownHeader: { code: 'ERR_REGISTRY_AUTH' },
  ownCertificate: { code: 'ERR_REGISTRY_TLS' },
  certificate: { code: 'ERR_REGISTRY_TLS' },
  handshake: { code: 'ERR_REGISTRY_TLS' },
};

function failureOf({ kind, message }: HttpFailure, where: string): RegistryError {
  if (kind === 'aborted') return new RegistryError(`${where}: the output was closed`, { code: 'ERR_CLOSED' });
  const advice = kind === 'handshake' ? ', and the certificate of this client' : '';
  return new RegistryError(`${where}: ${message}${advice}`, FINAL[kind] ?? { code: 'ERR_REGISTRY', retriable: true });
}

function defaultPause(ms: number, signal: AbortSignal): Promise<void> {
  return wait(ms, undefined, { signal });
}
