/**
 * Logging in on a connection: SaslHandshake, then tokens until the mechanism is content. kafkajs' own login is not
 * used: it keeps the broker's list of mechanisms to itself, takes a refused OAuth token for success, believes what a
 * SCRAM broker says about iterations, and logs in anew ten seconds before the end of a session that may have less.
 */
import { kafkaErrorName } from '../protocol/error-codes.ts';
import { AuthFailure, type Mechanism, SaslRefusal } from './auth/mechanism.ts';
import type { RequestSpec } from './exchange.ts';
import { saslAuthenticateSpec, saslHandshakeSpec } from './requests.ts';

export interface LoginOptions {
  mechanism: Mechanism;
  host: string;
  /** Sends a request ahead of all that wait for the login. */
  ask: <Response>(spec: RequestSpec<Response>) => Promise<Response>;
}

const UNSUPPORTED_SASL_MECHANISM = 33;
const ILLEGAL_SASL_STATE = 34;
const SASL_AUTHENTICATION_FAILED = 58;
const MECHANISM_NAME = /^[A-Z0-9_-]{1,20}$/;

/** Resolves with the milliseconds the broker grants (KIP-368); 0 is no limit. */
export async function logIn({ mechanism, host, ask }: LoginOptions): Promise<number> {
  const { errorCode, mechanisms } = await ask(saslHandshakeSpec(mechanism.name));
  if (errorCode !== 0) throw handshakeRefused(errorCode, mechanisms);
  let sessionLifetimeMs = 0;
  await mechanism.login({
    host,
    async send(token) {
      const answer = await ask(saslAuthenticateSpec(token));
      if (answer.errorCode === SASL_AUTHENTICATION_FAILED) {
        const refusal = new SaslRefusal(answer.errorCode, answer.errorMessage ?? '');
        throw mechanism.explain?.(refusal) ?? refusal;
      }
      if (answer.errorCode !== 0) throw stateRefused(answer.errorCode);
      sessionLifetimeMs = answer.sessionLifetimeMs;
      return Buffer.from(answer.token);
    },
  });
  return sessionLifetimeMs;
}

/** kafkajs' margin, which leaves room for a slow login. */
const MARGIN_MS_MAX = 10_000;
/** Requests on their way when the login is due must still arrive before the session ends. */
const MARGIN_PART = 0.4;
/** Kafka refuses a second login on a connection within one second of the first. */
const LOGIN_INTERVAL_MS = 1_100;

/** How long after a login the next one is due. */
export function nextLoginMs(sessionLifetimeMs: number): number {
  if (sessionLifetimeMs <= 0) return Number.POSITIVE_INFINITY;
  const margin = Math.min(MARGIN_MS_MAX, sessionLifetimeMs * MARGIN_PART);
  return Math.max(LOGIN_INTERVAL_MS, sessionLifetimeMs - margin);
}

function handshakeRefused(errorCode: number, mechanisms: readonly string[]): AuthFailure {
  if (errorCode === UNSUPPORTED_SASL_MECHANISM) {
    const enabled = mechanisms
      .filter((name) => MECHANISM_NAME.test(name))
      .sort()
      .join(', ');
    return new AuthFailure(
      'the broker has not enabled this mechanism' +
        (enabled === ''
          ? '; it does not say which it has'
          : `; it has ${enabled}: set authenticationMode to one of them`),
      { code: 'ERR_AUTH_MECHANISM' },
    );
  }
  if (errorCode === ILLEGAL_SASL_STATE) {
    return new AuthFailure(
      'this port does not expect SASL; is it a Plaintext or Ssl port? Set protocol, or the port in brokerList',
      { code: 'ERR_LISTENER' },
    );
  }
  return new AuthFailure(`the handshake was refused (${kafkaErrorName(errorCode)})`, {
    code: 'ERR_AUTH',
    retriable: true,
  });
}

/** About the dialogue rather than the credentials; another connection may fare better. */
function stateRefused(errorCode: number): AuthFailure {
  return new AuthFailure(`the broker broke off the login (${kafkaErrorName(errorCode)})`, {
    code: 'ERR_AUTH',
    retriable: true,
  });
}
