/**
 * SASL OAUTHBEARER (RFC 7628, KIP-255).
 *
 *   client  n,,^Aauth=Bearer token^A name=value^A … ^A          ^A is the byte 1
 *   broker  nothing: accepted   |   a JSON text such as {"status":"invalid_token"}: refused
 * The refusal comes with error code 0, so a client that only looks at codes takes it for success and finds its
 * connection closed at the next request.
 */
import { AuthFailure, type Mechanism, type SaslRefusal } from './mechanism.ts';
import { TokenKeeper, type TokenProvider } from './token-keeper.ts';

export interface OAuthBearerCredentials {
  /** A token as it is, or what fetches one. Called again when the last token has used up 80 % of its time. */
  token: string | TokenProvider;
  /** SASL extensions: sent along with the token (KIP-342), for instance logicalCluster on Confluent Cloud. */
  extensions?: Readonly<Record<string, string>> | undefined;
}

/** RFC 6750, b64token. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;
/** RFC 7628: letters for names, printable characters and white space for values. */
const EXTENSION_NAME = /^[A-Za-z]+$/;
const EXTENSION_VALUE = /^[\x21-\x7e \t\r\n]*$/;
/** The status of a refusal is a short word of RFC 7628 or an HTTP status. */
const STATUS = /"status"\s*:\s*"([A-Za-z0-9_ -]{1,40})"/;

/** Throws a TypeError, which names no value, for extensions that cannot be sent. */
export function oauthBearer({ token, extensions = {} }: OAuthBearerCredentials): Mechanism {
  const fault = extensionsFault(extensions);
  if (fault !== undefined) throw new TypeError(fault);
  const keeper = new TokenKeeper(typeof token === 'string' ? () => Promise.resolve({ value: token }) : token);
  let current = '';
  let accepted = '';
  const refuse = (status: string): AuthFailure => {
    keeper.forget();
    // What was good once has ended or lost its key since: the next token may do.
    return refused(status, { retriable: current === accepted });
  };
  return {
    name: 'OAUTHBEARER',
    who: 'the token',
    secrets: () => keeper.values,
    async login({ send }) {
      const value = await keeper.token();
      if (!TOKEN.test(value)) {
        throw new AuthFailure('the token has characters that a bearer token cannot have; check what provides it', {
          code: 'ERR_AUTH_TOKEN',
        });
      }
      current = value;
      const pairs = Object.entries({ auth: `Bearer ${value}`, ...extensions }).map(([name, text]) => `${name}=${text}`);
      const reply = await send(Buffer.from(`n,,\x01${pairs.join('\x01')}\x01\x01`));
      if (reply.length > 0) throw refuse(STATUS.exec(reply.toString('utf8'))?.[1] ?? 'no reason given');
      accepted = value;
    },
    // Kafka tells the reason of its validator to its own log only.
    explain: (refusal: SaslRefusal) => refuse(STATUS.exec(refusal.message)?.[1] ?? 'authentication failed'),
  };
}

/** Why these extensions cannot be sent; undefined when they can. */
export function extensionsFault(extensions: Readonly<Record<string, string>>): string | undefined {
  for (const [name, value] of Object.entries(extensions)) {
    if (name === 'auth') return 'an extension cannot be named auth, which is the token';
    if (!EXTENSION_NAME.test(name)) return `extension names have letters only; got ${JSON.stringify(name)}`;
    if (!EXTENSION_VALUE.test(value)) return `the value of extension ${name} has characters that cannot be sent`;
  }
  return undefined;
}

function refused(status: string, { retriable }: { retriable: boolean }): AuthFailure {
  return new AuthFailure(
    `the broker refused the token (${status}); check that it has not expired, and its issuer, audience and scope`,
    { code: 'ERR_AUTH_TOKEN', retriable },
  );
}
