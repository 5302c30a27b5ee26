/** What the oAuthBearer* and https* properties mean together: where the tokens of OAUTHBEARER come from. */
import type { TokenProvider } from '../transport/auth/token-keeper.ts';
import { extensionsFault } from '../transport/auth/oauthbearer.ts';
import type { ConfigProblem, ConfigProblemCode } from './config-error.ts';
import type { ConfigOptions } from './config-options.ts';
import { isCertificate, pemBlocks, whyNoBlock } from './pem.ts';
import type { PropertyReading } from './property-reading.ts';
import { Secret } from './secret.ts';
import type { Settings } from './settings.ts';
import { placesOf, readPlaces } from './tls-files.ts';

export interface OidcConfig {
  readonly tokenEndpointUrl: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly scope: string | undefined;
  /** Certificate authorities of the endpoint; undefined: those that come with Node. */
  readonly authorities: readonly string[] | undefined;
}

export interface OAuthBearerConfig {
  readonly extensions: Readonly<Record<string, string>>;
  /** A token that was given, or what fetches one; else `oidc` is there. */
  readonly token: Secret | TokenProvider | undefined;
  readonly oidc: OidcConfig | undefined;
}

const OIDC_NEEDS = ['oAuthBearerClientId', 'oAuthBearerClientSecret', 'oAuthBearerTokenEndpointUrl'] as const;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

export interface TokenContext {
  readonly settings: Settings;
  readonly options: ConfigOptions;
}

export class TokenLoginReader {
  readonly problems: ConfigProblem[] = [];
  readonly warnings: string[] = [];
  readonly #reading: PropertyReading;
  readonly #context: TokenContext;

  constructor(reading: PropertyReading, context: TokenContext) {
    this.#reading = reading;
    this.#context = context;
  }

  /** Undefined when something is wrong with it. */
  read(): OAuthBearerConfig | undefined {
    const extensions = this.#extensions();
    const given: unknown = this.#context.options.oAuthBearerToken;
    if (given !== undefined && typeof given !== 'string' && typeof given !== 'function') {
      this.#refuse('oAuthBearerToken', 'type', 'allowed: a token as text, or a function that fetches one');
    }
    const isOidc = this.#text('oAuthBearerMethod') === 'Oidc';
    if (isOidc && given !== undefined) {
      this.#refuse(
        'oAuthBearerMethod',
        'conflict',
        'got Oidc, and the option oAuthBearerToken gives a token; keep one',
      );
    }
    if (!isOidc && given === undefined && !this.#reading.faulty.has('oAuthBearerMethod')) {
      this.#refuse(
        'oAuthBearerMethod',
        'missing',
        'authenticationMode OAuthBearer needs a token: set Oidc with its client and endpoint, ' +
          'or give the option oAuthBearerToken',
      );
    }
    const oidc = isOidc ? this.#oidc() : undefined;
    if (this.problems.length > 0) return undefined;
    const token = typeof given === 'string' ? new Secret(given) : (given as TokenProvider | undefined);
    return Object.freeze({ extensions, token, oidc });
  }

  #refuse(property: string, code: ConfigProblemCode, what: string): void {
    this.problems.push({ property, code, message: `${property}: ${what}` });
  }

  #text(name: string): string | undefined {
    const value = this.#reading.faulty.has(name) ? undefined : this.#reading.values.get(name)?.value;
    return value === undefined ? undefined : String(value);
  }

  #oidc(): OidcConfig | undefined {
    for (const name of OIDC_NEEDS) {
      if (this.#reading.faulty.has(name) || this.#text(name) !== undefined) continue;
      this.#refuse(name, 'missing', 'is missing; oAuthBearerMethod Oidc fetches tokens with it');
    }
    const tokenEndpointUrl = this.#endpoint();
    return Object.freeze({
      tokenEndpointUrl,
      clientId: this.#text('oAuthBearerClientId') ?? '',
      clientSecret: new Secret(this.#text('oAuthBearerClientSecret') ?? ''),
      scope: this.#text('oAuthBearerScope'),
      authorities: this.#authorities(),
    });
  }

  /** The value is not repeated: an address may hold a user and a password. */
  #endpoint(): string {
    const name = 'oAuthBearerTokenEndpointUrl';
    const text = this.#text(name);
    if (text === undefined) return '';
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      this.#refuse(name, 'format', 'is no URL; allowed: https://host/path');
      return '';
    }
    if (url.username !== '' || url.password !== '') {
      this.#refuse(name, 'format', 'has a user in it; that belongs in oAuthBearerClientId and oAuthBearerClientSecret');
    }
    if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
      this.warnings.push(`${name}: is http, so the client secret travels unencrypted to ${url.host}; use https`);
    }
    return url.href;
  }

  #authorities(): string[] | undefined {
    const path = this.#text('httpsCaLocation');
    const sources: { property: string; text: string }[] = [];
    if (path !== undefined) {
      const file = readPlaces(placesOf(path, this.#context.settings, this.#context.options.functionFolder));
      if ('fault' in file) this.#refuse('httpsCaLocation', 'file', file.fault);
      else sources.push({ property: 'httpsCaLocation', text: file.text });
    }
    const pem = this.#text('httpsCaPem');
    if (pem !== undefined) sources.push({ property: 'httpsCaPem', text: pem });
    if (sources.length === 0) return undefined;
    return sources.flatMap(({ property, text }) => {
      const blocks = pemBlocks(text).filter(isCertificate);
      if (blocks.length === 0) this.#refuse(property, 'format', whyNoBlock(text, 'certificate'));
      return blocks.map((block) => block.pem);
    });
  }

  #extensions(): Readonly<Record<string, string>> {
    const name = 'oAuthBearerExtensions';
    const pairs: [string, string][] = [];
    for (const part of (this.#text(name) ?? '').split(',')) {
      if (part.trim() === '') continue;
      const at = part.indexOf('=');
      if (at < 1) {
        this.#refuse(name, 'format', 'allowed: name=value, several separated by commas');
        return {};
      }
      pairs.push([part.slice(0, at).trim(), part.slice(at + 1).trim()]);
    }
    const extensions = Object.fromEntries(pairs);
    const fault = extensionsFault(extensions);
    if (fault !== undefined) this.#refuse(name, 'format', fault);
    return Object.freeze(extensions);
  }
}
