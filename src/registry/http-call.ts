/** One HTTP request to a registry and its answer, or why there is none. */
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { ErrorCode } from '../errors.ts';

export interface RegistryTls {
  /** Certificate authorities to trust, PEM; undefined: those that come with Node. */
  readonly ca?: readonly string[] | undefined;
  /** Certificate of this client and its chain, PEM. */
  readonly cert?: string | undefined;
  /** Its private key, PEM. */
  readonly key?: string | undefined;
  readonly passphrase?: string | undefined;
}

export interface HttpCall {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** From the first byte to the last. */
  readonly timeoutMs: number;
  readonly tls: RegistryTls;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Of the header Retry-After, when it gives seconds. */
  readonly retryAfterMs: number | undefined;
  readonly body: string;
}

/** No answer. The message has neither address nor credentials in it. */
export class HttpFailure extends Error {
  readonly code: ErrorCode;
  readonly retriable: boolean;

  constructor(message: string, { code, retriable }: { code: ErrorCode; retriable: boolean }) {
    super(message);
    this.code = code;
    this.retriable = retriable;
  }
}

/** Schemas are a few kilobytes; the largest that registries take is some megabytes. */
const ANSWER_BYTES_MAX = 8_388_608;
const CERTIFICATE_REFUSED = /CERT|SELF_SIGNED|UNABLE_TO_|ISSUER|HOSTNAME_MISMATCH/;
const HANDSHAKE_FAILED = /^(ERR_SSL_|ERR_OSSL_|ERR_TLS_|EPROTO)/;

/** Rejects with HttpFailure. */
export function callHttp(call: HttpCall): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const fail = (message: string, code: ErrorCode = 'ERR_REGISTRY', retriable = true): void => {
      reject(new HttpFailure(message, { code, retriable }));
    };
    let request;
    try {
      request = startRequest(call);
    } catch {
      // Certificate or key do not parse, or not together; OpenSSL's words may quote them.
      fail('the certificate or key of this client cannot be used', 'ERR_REGISTRY_TLS', false);
      return;
    }
    const timer = setTimeout(() => {
      fail(`no answer within ${call.timeoutMs} ms`);
      request.destroy();
    }, call.timeoutMs);
    request.on('close', () => {
      clearTimeout(timer);
      fail('the connection ended before the answer');
    });
    request.on('error', (error) => {
      const failure = failureOf(error, call.signal);
      fail(failure.message, failure.code, failure.retriable);
    });
    request.on('response', (response) => {
      readAnswer(response, (answer) => {
        if (answer !== undefined) resolve(answer);
        else fail(`its answer exceeds ${ANSWER_BYTES_MAX} bytes`, 'ERR_REGISTRY', false);
        request.destroy();
      });
    });
    request.end(call.body);
  });
}

function startRequest({ url, method, headers, body, tls, signal }: HttpCall): ReturnType<typeof requestHttp> {
  const options = {
    method,
    // A connection of its own that ends with the answer: calls are rare, and none may keep the process alive.
    agent: false,
    signal,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
  };
  if (url.protocol !== 'https:') return requestHttp(url, options);
  const { ca, cert, key, passphrase } = tls;
  return requestHttps(url, {
    ...options,
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca: [...ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
  });
}

/** Undefined: there is more of it than anybody should read. */
function readAnswer(response: IncomingMessage, done: (answer: HttpAnswer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) done(undefined);
    else chunks.push(chunk);
  });
  response.on('end', () => {
    if (!response.complete) return;
    done({
      status: response.statusCode ?? 0,
      retryAfterMs: secondsOf(response.headers['retry-after']),
      body: Buffer.concat(chunks).toString('utf8'),
    });
  });
}

function secondsOf(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

interface Failure {
  readonly message: string;
  readonly code: ErrorCode;
  readonly retriable: boolean;
}

function failureOf(error: Error, signal: AbortSignal): Failure {
  const code = 'code' in error ? String(error.code) : error.name;
  const retriable = true;
  if (signal.aborted) return { message: 'the output was closed', code: 'ERR_CLOSED', retriable: false };
  if (CERTIFICATE_REFUSED.test(code)) {
    const advice = 'give its authority as httpsCaPem or httpsCaLocation, and check the host name';
    return { message: `its certificate was refused (${code}); ${advice}`, code: 'ERR_REGISTRY_TLS', retriable: false };
  }
  if (HANDSHAKE_FAILED.test(code)) {
    const advice = 'check https or http in the address, and the certificate of this client';
    return { message: `the TLS handshake failed (${code}); ${advice}`, code: 'ERR_REGISTRY_TLS', retriable: false };
  }
  const message =
    code === 'ECONNREFUSED'
      ? 'connection refused; check that it is up'
      : code === 'ENOTFOUND' || code === 'EAI_AGAIN'
        ? 'its host name is not known; check the address and the DNS'
        : `the request failed (${code})`;
  return { message, code: 'ERR_REGISTRY', retriable };
}
