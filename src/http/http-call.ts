/**
 * One HTTP request and its answer, or why there is none. For calls that are rare, to a schema registry or a token
 * endpoint: each has a connection of its own that ends with the answer, so none keeps the process alive. Redirects are
 * answers like others: nobody but the address that was given gets to see the credentials.
 */
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

export interface HttpTls {
  /** Certificate authorities to trust, PEM; undefined: those that come with Node. */
  readonly ca?: readonly string[] | undefined;
  /** Certificate of this client and its chain, PEM. */
  readonly cert?: string | undefined;
  /** Its private key, PEM. */
  readonly key?: string | undefined;
  readonly passphrase?: string | undefined;
}

/** Calls `fire` after that time unless what it returns is called first. */
export type StartTimer = (ms: number, fire: () => void) => () => void;

export interface HttpCall {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** From the first byte to the last, however busily they trickle. */
  readonly timeoutMs: number;
  readonly answerBytesMax: number;
  readonly tls?: HttpTls | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For tests. */
  readonly startTimer?: StartTimer | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  /** The header Retry-After as it came: seconds, or a date. */
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/**
 * - aborted: by the signal
 * - late, large: more time or bytes than allowed
 * - ownCertificate, ownHeader: what this side has cannot be sent
 * - certificate: the other side's is not trusted
 * - handshake: TLS failed otherwise
 * - refused, unknownHost, broken: nothing listens; no such name; anything else on the way
 */
export type HttpFaultKind =
  | 'aborted'
  | 'late'
  | 'large'
  | 'ownCertificate'
  | 'ownHeader'
  | 'certificate'
  | 'handshake'
  | 'refused'
  | 'unknownHost'
  | 'broken';

/** No answer. The message has neither address nor credentials in it. */
export class HttpFailure extends Error {
  readonly kind: HttpFaultKind;

  constructor(kind: HttpFaultKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

const CERTIFICATE_REFUSED = /CERT|SELF_SIGNED|UNABLE_TO_|ISSUER|HOSTNAME_MISMATCH/;
const HANDSHAKE_FAILED = /^(ERR_SSL_|ERR_OSSL_|ERR_TLS_|EPROTO)/;

/** Rejects with HttpFailure. */
export function callHttp(call: HttpCall): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const fail = (kind: HttpFaultKind, message: string): void => {
      reject(new HttpFailure(kind, message));
    };
    let request;
    try {
      request = startRequest(call);
    } catch (error) {
      // Neither error is shown: the one quotes the header, and OpenSSL's words may quote the key.
      if (codeOf(error) === 'ERR_INVALID_CHAR')
        fail('ownHeader', 'the credentials have characters that cannot be sent');
      else fail('ownCertificate', 'the certificate or key of this client cannot be used');
      return;
    }
    const stopTimer = (call.startTimer ?? startTimer)(call.timeoutMs, () => {
      fail('late', `no answer within ${call.timeoutMs} ms`);
      request.destroy();
    });
    request.on('close', () => {
      stopTimer();
      fail('broken', 'the connection ended before the answer');
    });
    request.on('error', (error) => {
      reject(failureOf(error, call.signal));
    });
    request.on('response', (response) => {
      readAnswer(response, call.answerBytesMax, (answer) => {
        if (answer !== undefined) resolve(answer);
        else fail('large', `its answer exceeds ${call.answerBytesMax} bytes`);
        request.destroy();
      });
    });
    request.end(call.body);
  });
}

function startRequest({ url, method, headers, body, tls, signal }: HttpCall): ReturnType<typeof requestHttp> {
  const options = {
    method,
    agent: false,
    ...(signal === undefined ? {} : { signal }),
    headers: { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
  };
  if (url.protocol !== 'https:') return requestHttp(url, options);
  const { ca, cert, key, passphrase } = tls ?? {};
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
function readAnswer(response: IncomingMessage, bytesMax: number, done: (answer: HttpAnswer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > bytesMax) done(undefined);
    else chunks.push(chunk);
  });
  response.on('end', () => {
    if (!response.complete) return;
    done({
      status: response.statusCode ?? 0,
      retryAfter: response.headers['retry-after'],
      body: Buffer.concat(chunks).toString('utf8'),
    });
  });
}

function failureOf(error: Error, signal: AbortSignal | undefined): HttpFailure {
  const code = codeOf(error);
  if (signal?.aborted === true) return new HttpFailure('aborted', 'the call was given up');
  if (CERTIFICATE_REFUSED.test(code)) {
    const advice = 'give its authority as httpsCaPem or httpsCaLocation, and check the host name';
    return new HttpFailure('certificate', `its certificate was refused (${code}); ${advice}`);
  }
  if (HANDSHAKE_FAILED.test(code)) {
    return new HttpFailure('handshake', `the TLS handshake failed (${code}); check https or http in the address`);
  }
  if (code === 'ECONNREFUSED') return new HttpFailure('refused', 'connection refused; check that it is up');
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new HttpFailure('unknownHost', 'its host name is not known; check the address and the DNS');
  }
  return new HttpFailure('broken', `the request failed (${code})`);
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  return 'code' in error ? String(error.code) : error.name;
}

function startTimer(ms: number, fire: () => void): () => void {
  const timer = setTimeout(fire, ms);
  return () => {
    clearTimeout(timer);
  };
}
