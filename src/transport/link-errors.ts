/**
 * What went wrong on a connection, in words that help: the broker, the reason, and what to check. Decides too whether
 * trying again can help. Never repeats a secret, and never hands on a kafkajs error, which may hold one.
 */
import { type ErrorCode, KafkaHotpathError, TransportError } from '../errors.ts';
import { AuthFailure, type Mechanism, SaslRefusal } from './auth/mechanism.ts';
import { materialFault, tlsFault } from './tls-errors.ts';

/** How far a connection got. */
export type LinkPhase =
  /** TCP and TLS. */
  | 'connecting'
  /** ApiVersions. */
  | 'greeting'
  | 'authenticating'
  | 'ready';

export interface LinkContext {
  /** host:port. */
  address: string;
  phase: LinkPhase;
  tls: boolean;
  /** Whether any request but the greeting was answered. */
  answered?: boolean;
  /** How long nothing has been sent on a connection that was ready and idle. */
  silentMs?: number;
  /** Undefined without SASL. */
  sasl: Mechanism | undefined;
  /** Texts that must not appear in an error. */
  secrets: readonly string[];
}

/** A connection that ends after so long a silence has probably ended because of it; shorter spans mean nothing. */
const SILENCE_MS = 30_000;

/** A broker's own words are shown up to here; they may be of any length. */
const REMOTE_TEXT_MAX = 300;

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused; check that a broker listens on this host and port',
  ENOTFOUND: 'the host name is not known; check brokerList and the DNS',
  EAI_AGAIN: 'the host name could not be looked up; check the DNS',
  ETIMEDOUT: 'no answer from the host; check firewall and routes',
  EHOSTUNREACH: 'the host cannot be reached; check firewall and routes',
  ENETUNREACH: 'the network cannot be reached; check firewall and routes',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed by the broker',
};

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** A foreign text made fit to show: one line, bounded, without secrets. */
export function shownText(text: string, secrets: readonly string[]): string {
  if (secrets.some((secret) => secret !== '' && text.includes(secret))) return '(text withheld: it repeats a secret)';
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return line.length > REMOTE_TEXT_MAX ? `${line.slice(0, REMOTE_TEXT_MAX)}…` : line;
}

interface FailureOptions {
  code?: ErrorCode;
  cause?: unknown;
}

function failure(context: LinkContext, reason: string, { code, cause }: FailureOptions = {}): TransportError {
  return new TransportError(`${context.address}: ${reason}`, {
    code: code ?? (context.phase === 'ready' ? 'ERR_TRANSPORT' : 'ERR_CONNECT'),
    mayBeWritten: true,
    cause,
  });
}

function refusal(context: LinkContext, reason: string, { code, cause }: FailureOptions): TransportError {
  return new TransportError(`${context.address}: ${reason}`, {
    code: code ?? 'ERR_AUTH',
    mayBeWritten: true,
    fatal: true,
    cause,
  });
}

/** OpenSSL wraps its reason in thread ids, function names and line numbers; Node keeps it apart as well. */
function wordsOf(error: Error): string {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;
}

/** The socket's 'error' event. */
export function socketFailure(error: Error, context: LinkContext): TransportError {
  const code = codeOf(error);
  const said = shownText(wordsOf(error), secretsOf(context));
  const names = namesOf(error);
  const fault = context.tls ? tlsFault(code, error.message) : undefined;
  if (fault?.code === 'ERR_LISTENER') {
    return failure(context, `${fault.what}; ${fault.advice}`, { code: fault.code, cause: error });
  }
  if (fault !== undefined) {
    return refusal(context, `${fault.what}: ${said} (${code})${names}; ${fault.advice}`, {
      code: fault.code,
      cause: error,
    });
  }
  if (context.tls && code.startsWith('ERR_SSL_')) {
    return failure(context, `TLS failed: ${said} (${code}); the log of the broker may say more`, {
      code: 'ERR_TLS',
      cause: error,
    });
  }
  const end = endOf(context);
  const reason = REASONS[code] ?? (said === '' ? code : said);
  const isEnd = code === 'ECONNRESET' || code === 'EPIPE';
  return failure(context, reason + end.hint, { cause: error, ...(isEnd && end.code ? { code: end.code } : {}) });
}

/** Node leaves the names of the certificate out when the broker was named by its address. */
function namesOf(error: Error): string {
  const cert: unknown = 'cert' in error ? error.cert : undefined;
  if (typeof cert !== 'object' || cert === null || !('subjectaltname' in cert)) return '';
  return `, it is for ${shownText(String(cert.subjectaltname), [])}`;
}

/** tls.connect threw: it does not do so for a network. */
export function tlsMaterialFailure(error: unknown, context: LinkContext): TransportError {
  const said = error instanceof Error ? shownText(wordsOf(error), secretsOf(context)) : '';
  const code = codeOf(error);
  if (code === 'ERR_SOCKET_BAD_PORT') return failure(context, said, { cause: error });
  const fault = materialFault(code, error instanceof Error ? error.message : '');
  return refusal(context, `${fault.what}: ${said}; ${fault.advice}`, { code: fault.code, cause: error });
}

/** The broker ended the connection without a word. */
export function closedByBroker(context: LinkContext): TransportError {
  const { hint, code } = endOf(context);
  return failure(context, `the broker closed the connection${hint}`, code === undefined ? {} : { code });
}

/** What the end of a connection usually means in the phase it came in. */
function endOf({ phase, tls, sasl, answered, silentMs = 0 }: LinkContext): { hint: string; code?: ErrorCode } {
  const listener = { code: 'ERR_LISTENER' } as const;
  if (phase === 'connecting' && tls) {
    return { hint: ' during the TLS handshake; is it a plaintext port? Set protocol or the port', ...listener };
  }
  if (phase === 'greeting' && tls) return { hint: ' before it answered; does it want a certificate of this client?' };
  if (phase === 'greeting') {
    return { hint: ' before it answered; does this port want TLS (Ssl or SaslSsl)? Set protocol', ...listener };
  }
  if (phase === 'authenticating') return { hint: ' during authentication; some brokers answer wrong credentials so' };
  if (phase === 'ready' && sasl === undefined && answered !== true) {
    return { hint: ' at the first request; does this port want SASL? Set protocol, or the port', ...listener };
  }
  if (silentMs < SILENCE_MS) return { hint: '' };
  const seconds = Math.round(silentMs / 1000);
  return {
    hint: ` after ${seconds} s without a request; a connectionsMaxIdleMs below that closes it first, from here`,
  };
}

/** Opening failed while the socket was still fine: what is left is the greeting and SASL. */
export function handshakeFailure(error: unknown, context: LinkContext): TransportError {
  const said = shownText(error instanceof Error ? error.message : 'unknown failure', secretsOf(context));
  if (context.phase !== 'authenticating' || context.sasl === undefined) {
    return failure(context, `the ApiVersions request failed: ${said}`);
  }
  const who = `SASL ${context.sasl.name} for ${context.sasl.who}`;
  if (error instanceof SaslRefusal) {
    return refusal(context, `${who} was refused: ${said}; check username and password`, {});
  }
  if (!(error instanceof AuthFailure)) return failure(context, `${who} failed: ${said}`);
  const { code, cause } = error;
  const fail = error.retriable ? failure : refusal;
  return fail(context, `${who}: ${said}`, { code, cause });
}

/** What may not be repeated now. */
function secretsOf({ secrets, sasl }: LinkContext): readonly string[] {
  return sasl === undefined ? secrets : [...secrets, ...sasl.secrets()];
}

/** A broker let a step take longer than it may. */
export function timeoutFailure(context: LinkContext, timeoutMs: number): TransportError {
  const step = {
    connecting: context.tls ? 'no TLS connection' : 'no connection',
    greeting: 'no answer to ApiVersions',
    authenticating: 'no end of the authentication',
    ready: 'no answer',
  }[context.phase];
  const hint = context.phase === 'connecting' ? '; check firewall and routes' : endOf(context).hint;
  return failure(context, `${step} within ${timeoutMs} ms${hint}`);
}

/** The same failure as one request saw it. */
export function failureOfRequest(error: TransportError, mayBeWritten: boolean): TransportError {
  const { message, code, fatal, cause } = error;
  return new TransportError(message, { code, fatal, mayBeWritten, ...(cause === undefined ? {} : { cause }) });
}

/** ERR_SEAM concerns every connection: no other broker can do better. */
export function asTransportError(error: unknown): TransportError | undefined {
  if (error instanceof TransportError) return error;
  if (!(error instanceof KafkaHotpathError)) return undefined;
  return new TransportError(error.message, { code: error.code, mayBeWritten: false, fatal: true });
}
