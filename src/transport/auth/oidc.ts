/** Tokens by OAuth 2 client credentials (RFC 6749 §4.4): one POST to the token endpoint. */
import { callHttp, type HttpAnswer, HttpFailure, type HttpFaultKind } from '../../http/http-call.ts';
import { AuthFailure } from './mechanism.ts';
import type { Token, TokenProvider } from './token-keeper.ts';

export interface OidcOptions {
  /** https://…; http is taken too, for an endpoint on this machine. */
  tokenEndpointUrl: string;
  clientId: string;
  clientSecret: string;
  scope?: string | undefined;
  /** Certificate authorities of the endpoint; those that come with Node when left out. */
  ca?: readonly string[] | undefined;
}

/** From the first byte to the last. */
const TIMEOUT_MS = 8_000;
/** A token response is a few kilobytes. */
const RESPONSE_BYTES_MAX = 262_144;
/** Error codes of RFC 6749 §5.2: letters and underscores. */
const ERROR_CODE = /^[a-zA-Z0-9_.-]{1,60}$/;

/** What to look at beside what the failure says itself. */
const ADVICE: Partial<Record<HttpFaultKind, string>> = {
  late: '; check firewall and routes',
  refused: ', and oAuthBearerTokenEndpointUrl',
};

export function oidcTokens(options: OidcOptions): TokenProvider {
  return async () => {
    const url = new URL(options.tokenEndpointUrl);
    // Neither user nor query: they may hold secrets.
    const where = `token endpoint ${url.origin}${url.pathname}`;
    const startedMs = Date.now();
    const answer = await post(url, options, where);
    if (answer.status !== 200) throw refusal(answer, where);
    return tokenIn(answer.body, { where, startedMs });
  };
}

async function post(url: URL, options: OidcOptions, where: string): Promise<HttpAnswer> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(options.scope === undefined ? {} : { scope: options.scope }),
  }).toString();
  const credentials = `${formEncoded(options.clientId)}:${formEncoded(options.clientSecret)}`;
  try {
    return await callHttp({
      url,
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      body,
      timeoutMs: TIMEOUT_MS,
      answerBytesMax: RESPONSE_BYTES_MAX,
      tls: { ca: options.ca },
    });
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    const problem = `${where}: ${error.message}${ADVICE[error.kind] ?? ''}`;
    throw new AuthFailure(problem, { code: 'ERR_AUTH_TOKEN_ENDPOINT', retriable: true });
  }
}

/** RFC 6749 §2.3.1: both parts are form-encoded before they are joined. */
function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}

/** 4xx is about what we sent and stays so; anything else may pass. */
function refusal({ status, body }: HttpAnswer, where: string): AuthFailure {
  const error = fieldsOf(body)?.['error'];
  const reason = typeof error === 'string' && ERROR_CODE.test(error) ? `, ${error}` : '';
  const isOurs = status >= 400 && status < 500 && status !== 408 && status !== 429;
  const advice = isOurs ? '; check client id, client secret and scope' : '';
  return new AuthFailure(`${where} answered ${status}${reason}${advice}`, {
    code: 'ERR_AUTH_TOKEN_ENDPOINT',
    retriable: !isOurs,
  });
}

function tokenIn(body: string, { where, startedMs }: { where: string; startedMs: number }): Token {
  const fields = fieldsOf(body);
  const value = fields?.['access_token'];
  if (typeof value !== 'string' || value === '') {
    throw new AuthFailure(`${where} answered 200 without an access_token; is it a token endpoint?`, {
      code: 'ERR_AUTH_TOKEN_ENDPOINT',
    });
  }
  // A number by the RFC; some endpoints send it as text.
  const seconds = Number(fields?.['expires_in']);
  return Number.isFinite(seconds) && seconds > 0 ? { value, expiresAtMs: startedMs + seconds * 1000 } : { value };
}

function fieldsOf(body: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
