/** Keeps the current token of a provider and asks for the next one before it ends. */
import { AuthFailure } from './mechanism.ts';

export interface Token {
  value: string;
  /** Milliseconds since 1970. Default: what the token says itself when it is a JWT, else it is asked for each time. */
  expiresAtMs?: number | undefined;
}

/** Called one at a time, and only when a connection needs a token. */
export type TokenProvider = () => Promise<Token>;

/** A token is replaced once this part of its time has passed, as Java's client does. */
const REFRESH_AT = 0.8;
/** How long a provider may take when the token before it is of no more use. */
const PROVIDER_TIMEOUT_MS = 10_000;

interface Kept {
  value: string;
  refreshAtMs: number;
  expiresAtMs: number;
}

export class TokenKeeper {
  readonly #provider: TokenProvider;
  readonly #nowMs: () => number;
  #kept: Kept | undefined;
  #fetching: Promise<Kept> | undefined;
  #values: string[] = [];

  constructor(provider: TokenProvider, nowMs: () => number = Date.now) {
    this.#provider = provider;
    this.#nowMs = nowMs;
  }

  /** The last two tokens: a broker may still speak of the one before. */
  get values(): readonly string[] {
    return this.#values;
  }

  /** Rejects with AuthFailure. */
  async token(): Promise<string> {
    const nowMs = this.#nowMs();
    const kept = this.#kept;
    if (kept !== undefined && nowMs < kept.refreshAtMs) return kept.value;
    try {
      return (await this.#fetch()).value;
    } catch (error) {
      // A token endpoint that is down for a minute is no reason to give up a token that still holds.
      if (kept !== undefined && kept === this.#kept && nowMs < kept.expiresAtMs) return kept.value;
      throw error;
    }
  }

  /** The broker did not take it: the next login asks for another. */
  forget(): void {
    this.#kept = undefined;
  }

  /** Connections that open at the same time share one call. */
  #fetch(): Promise<Kept> {
    this.#fetching ??= this.#ask().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #ask(): Promise<Kept> {
    const startedMs = this.#nowMs();
    const token = await withinTime(this.#provider);
    // A provider written without types may hand over anything.
    const value: unknown = (token as Token | undefined)?.value;
    if (typeof value !== 'string' || value === '') {
      throw new AuthFailure('the token provider gave no token; it must resolve to { value: string }', {
        code: 'ERR_AUTH_TOKEN',
      });
    }
    this.#values = [value, ...this.#values].slice(0, 2);
    const expiresAtMs = token.expiresAtMs ?? expiryOf(value) ?? startedMs;
    if (expiresAtMs < startedMs) {
      throw new AuthFailure(
        `the token ended at ${new Date(expiresAtMs).toISOString()}; get a new one, check the clock`,
        {
          code: 'ERR_AUTH_TOKEN',
        },
      );
    }
    this.#kept = { value, expiresAtMs, refreshAtMs: startedMs + (expiresAtMs - startedMs) * REFRESH_AT };
    return this.#kept;
  }
}

async function withinTime(provider: TokenProvider): Promise<Token> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const text = `the token provider gave no token within ${PROVIDER_TIMEOUT_MS} ms`;
      reject(new AuthFailure(text, { code: 'ERR_AUTH_TOKEN_ENDPOINT', retriable: true }));
    }, PROVIDER_TIMEOUT_MS);
  });
  try {
    return await Promise.race([provider(), late]);
  } catch (error) {
    if (error instanceof AuthFailure) throw error;
    // Its text is the caller's own and may hold anything; it stays out of ours and out of the cause.
    throw new AuthFailure('the token provider failed; see what it does on its own', {
      code: 'ERR_AUTH_TOKEN_ENDPOINT',
      retriable: true,
    });
  } finally {
    clearTimeout(timer);
  }
}

/** The `exp` of a JWT, unverified: the broker verifies. */
function expiryOf(token: string): number | undefined {
  const [, claims] = token.split('.');
  if (claims === undefined) return undefined;
  try {
    const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as { exp?: unknown };
    return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
