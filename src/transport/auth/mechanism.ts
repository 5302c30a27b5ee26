/** What a SASL mechanism is to a connection: a name, and a dialogue of tokens that ends well or throws. */
import type { ErrorCode } from '../../errors.ts';

/** The other side of a login. */
export interface Dialogue {
  readonly host: string;
  /** Sends a token and returns the broker's. Rejects with SaslRefusal when the broker refuses. */
  readonly send: (token: Uint8Array) => Promise<Buffer>;
}

export interface Mechanism {
  /** As SaslHandshake names it. */
  readonly name: string;
  /** On whose behalf, for error texts: `user "alice"`. */
  readonly who: string;
  /** Texts that must appear in no error; they may change from login to login. */
  secrets(): readonly string[];
  /** Rejects with AuthFailure, with SaslRefusal, or with what the dialogue rejects with. */
  login(dialogue: Dialogue): Promise<void>;
  /** Puts a broker's refusal in words of this mechanism. Default: the credentials are wrong. */
  explain?(refusal: SaslRefusal): AuthFailure;
}

/** The broker answered SaslAuthenticate with an error. `message` is its own text, not fit to show yet. */
export class SaslRefusal extends Error {
  readonly errorCode: number;

  constructor(errorCode: number, message: string) {
    super(message);
    this.errorCode = errorCode;
  }
}

export interface AuthFailureOptions {
  code: ErrorCode;
  /** Whether trying again may help: a token endpoint or a KDC that is down. */
  retriable?: boolean;
  cause?: unknown;
}

/** A login that failed on our side of the dialogue; the connection adds who and where. */
export class AuthFailure extends Error {
  readonly code: ErrorCode;
  readonly retriable: boolean;

  constructor(message: string, options: AuthFailureOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.retriable = options.retriable ?? false;
  }
}
