/** The state of one connection's authentication: handshake, then tokens, then open for requests. */
import { timingSafeEqual } from 'node:crypto';
import { KafkaErrorCode } from '../protocol/error-codes.ts';
import type { SaslAuthenticateResponse } from '../protocol/sasl-server.ts';
import type { BrokerSettings, SaslMechanism } from './options.ts';
import { ScramServer, type ScramStep } from './scram.ts';

type Exchange = (token: Buffer) => ScramStep & { isDone?: boolean };

const NO_TOKEN: Uint8Array = new Uint8Array(0);

export class SaslSession {
  readonly #passwords: ReadonlyMap<string, string>;
  readonly #mechanisms: readonly SaslMechanism[];
  readonly #lifetimeMs: number;
  readonly #now: () => number;
  #exchange: Exchange | undefined;
  #isAuthenticated = false;
  #expiresAtMs = Infinity;

  constructor(settings: Pick<BrokerSettings, 'users' | 'saslMechanisms' | 'saslSessionLifetimeMs' | 'now'>) {
    this.#passwords = settings.users ?? new Map();
    this.#mechanisms = settings.saslMechanisms;
    this.#lifetimeMs = settings.saslSessionLifetimeMs;
    this.#now = settings.now;
  }

  get isAuthenticated(): boolean {
    return this.#isAuthenticated && this.#now() < this.#expiresAtMs;
  }

  /** The error code of the handshake. An authenticated client may start again (KIP-368). */
  handshake(mechanism: string): number {
    const known = this.#mechanisms.find((name) => name === mechanism);
    if (known === undefined) return KafkaErrorCode.UNSUPPORTED_SASL_MECHANISM;
    this.#isAuthenticated = false;
    this.#exchange = known === 'PLAIN' ? this.#plain() : this.#scram(known);
    return KafkaErrorCode.NONE;
  }

  authenticate(token: Buffer): SaslAuthenticateResponse {
    if (this.#exchange === undefined) {
      return refuse(KafkaErrorCode.ILLEGAL_SASL_STATE, 'SaslAuthenticate came before SaslHandshake');
    }
    const step = this.#exchange(token);
    if ('failure' in step) {
      this.#exchange = undefined;
      return refuse(KafkaErrorCode.SASL_AUTHENTICATION_FAILED, step.failure);
    }
    if (step.isDone === true) {
      this.#isAuthenticated = true;
      if (this.#lifetimeMs > 0) this.#expiresAtMs = this.#now() + this.#lifetimeMs;
      this.#exchange = undefined;
    }
    return { errorCode: 0, errorMessage: null, token: Buffer.from(step.reply), sessionLifetimeMs: this.#lifetimeMs };
  }

  /** RFC 4616: authorization id, NUL, user, NUL, password. */
  #plain(): Exchange {
    return (token) => {
      const [, user = '', password = '', ...rest] = token.toString('utf8').split('\0');
      const expected = this.#passwords.get(user);
      const isRight = rest.length === 0 && expected !== undefined && isEqual(password, expected);
      if (!isRight) return { failure: 'Authentication failed: Invalid username or password' };
      return { reply: '', isDone: true };
    };
  }

  #scram(mechanism: SaslMechanism): Exchange {
    const server = new ScramServer(mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512', this.#passwords);
    let isFirst = true;
    return (token) => {
      if (!isFirst) return { ...server.final(token.toString('utf8')), isDone: true };
      isFirst = false;
      return server.first(token.toString('utf8'));
    };
  }
}

function refuse(errorCode: number, errorMessage: string): SaslAuthenticateResponse {
  return { errorCode, errorMessage, token: NO_TOKEN, sessionLifetimeMs: 0 };
}

function isEqual(given: string, expected: string): boolean {
  const left = Buffer.from(given);
  const right = Buffer.from(expected);
  return left.length === right.length && timingSafeEqual(left, right);
}
