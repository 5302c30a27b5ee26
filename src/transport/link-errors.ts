/**
 * What went wrong on a connection, in words that help: the broker, the reason, and what to check. Decides too whether
 * trying again can help. Never repeats a secret, and never hands on a kafkajs error, which may hold one.
 */
import { TransportError } from '../errors.ts';

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
  /** Undefined without SASL. */
  sasl: { mechanism: string; username: string } | undefined;
  /** Texts that must not appear in an error. */
  secrets: readonly string[];
}

/** A broker's own words are shown up to here; they may be of any length. */
const REMOTE_TEXT_MAX = 300;

/** Codes of Node for a server certificate that does not hold up. */
const CERTIFICATE_REFUSED =
  /^(UNABLE_TO_|CERT_|CRL_|SELF_SIGNED_|DEPTH_ZERO_|ERROR_IN_C|INVALID_|PATH_LENGTH_|HOSTNAME_|ERR_TLS_CERT_ALTNAME_)/;
/** TLS alerts by which a broker refuses us for good; others, such as internal_error, may pass. */
const REFUSED_BY_ALERT: RegExp = new RegExp(
  [
    'ALERT_(BAD_|UNSUPPORTED_|NO_)?CERTIFICATE',
    'ALERT_(UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE)',
    'ALERT_(PROTOCOL_VERSION|DECRYPT_ERROR|INSUFFICIENT_SECURITY)',
  ].join('|'),
);
/** What OpenSSL says when the other side does not speak TLS. */
const NOT_TLS = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|wrong version number|packet length too long/;

/** kafkajs puts this before what the broker says. */
const KAFKAJS_PREFIX = /^SASL [A-Z0-9 ]+ authentication failed: /;

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

function failure(context: LinkContext, reason: string, cause?: unknown): TransportError {
  return new TransportError(`${context.address}: ${reason}`, {
    code: context.phase === 'ready' ? 'ERR_TRANSPORT' : 'ERR_CONNECT',
    mayBeWritten: true,
    cause,
  });
}

function refusal(context: LinkContext, reason: string, cause?: unknown): TransportError {
  return new TransportError(`${context.address}: ${reason}`, {
    code: 'ERR_AUTH',
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
  const said = shownText(wordsOf(error), context.secrets);
  if (CERTIFICATE_REFUSED.test(code)) {
    return refusal(
      context,
      `the broker's certificate was refused: ${said} (${code}); check the CA and the host`,
      error,
    );
  }
  if (REFUSED_BY_ALERT.test(code)) {
    return refusal(context, `the broker refused the TLS handshake: ${said} (${code}); check the certificate`, error);
  }
  if (NOT_TLS.test(`${code} ${error.message}`)) {
    return failure(context, 'the port does not speak TLS; is it a plaintext port (Plaintext or SaslPlaintext)?', error);
  }
  const reason = REASONS[code] ?? (said === '' ? code : said);
  return failure(context, reason + hintForEnd(context), error);
}

/** tls.connect threw: it does not do so for a network. */
export function tlsMaterialFailure(error: unknown, context: LinkContext): TransportError {
  const said = error instanceof Error ? shownText(wordsOf(error), context.secrets) : '';
  if (codeOf(error) === 'ERR_SOCKET_BAD_PORT') return failure(context, said, error);
  return refusal(context, `the TLS certificate, key or passphrase cannot be used: ${said}`, error);
}

/** The broker ended the connection without a word. */
export function closedByBroker(context: LinkContext): TransportError {
  return failure(context, `the broker closed the connection${hintForEnd(context)}`);
}

/** What the end of a connection usually means in the phase it came in. */
function hintForEnd({ phase, tls, sasl }: LinkContext): string {
  if (phase === 'connecting' && tls) return ' during the TLS handshake; is it a plaintext port?';
  if (phase === 'greeting' && !tls) return ' before it answered; does this port want TLS (Ssl or SaslSsl)?';
  if (phase === 'authenticating') return ' during authentication; some brokers answer wrong credentials so';
  if (phase === 'ready' && sasl === undefined) return '; should this happen at once, does this port want SASL?';
  return '';
}

/** kafkajs' connect rejected while the socket was still fine: what is left is the greeting and SASL. */
export function handshakeFailure(error: unknown, context: LinkContext): TransportError {
  const text = error instanceof Error ? error.message.replace(KAFKAJS_PREFIX, '') : 'unknown failure';
  const said = shownText(text, context.secrets);
  if (context.phase !== 'authenticating' || context.sasl === undefined) {
    return failure(context, `the ApiVersions request failed: ${said}`);
  }
  const { mechanism, username } = context.sasl;
  const type = error instanceof Error && 'type' in error ? error.type : undefined;
  const who = `SASL ${mechanism.toUpperCase()} for user "${username}"`;
  if (type === 'UNSUPPORTED_SASL_MECHANISM')
    return refusal(context, `${who}: the broker has not enabled this mechanism`);
  if (type === 'ILLEGAL_SASL_STATE') {
    return refusal(context, `${who}: this port does not expect SASL; is it a Plaintext or Ssl port?`);
  }
  return refusal(context, `${who} was refused: ${said}; check username and password`);
}

/** A broker let a step take longer than it may. */
export function timeoutFailure(context: LinkContext, timeoutMs: number): TransportError {
  const step = {
    connecting: context.tls ? 'no TLS connection' : 'no connection',
    greeting: 'no answer to ApiVersions',
    authenticating: 'no end of the authentication',
    ready: 'no answer',
  }[context.phase];
  const hint = context.phase === 'connecting' ? '; check firewall and routes' : hintForEnd(context);
  return failure(context, `${step} within ${timeoutMs} ms${hint}`);
}

/** The same failure as one request saw it. */
export function failureOfRequest(error: TransportError, mayBeWritten: boolean): TransportError {
  const { message, code, fatal, cause } = error;
  return new TransportError(message, { code, fatal, mayBeWritten, ...(cause === undefined ? {} : { cause }) });
}
