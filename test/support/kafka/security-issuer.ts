/** An OAuth issuer on loopback: keys for the broker over http, tokens for clients over http and https. */
import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export const CLIENT_ID = 'svc';
/** With characters that the form encoding of RFC 6749 changes. */
export const CLIENT_SECRET = 'canary svc:s3cr&t+%';
export const AUDIENCE = 'kafka';

export interface TokenOptions {
  lifetimeSeconds?: number;
  audience?: string;
  /** Signed by a key that the issuer does not publish. */
  rogue?: boolean;
  scope?: string | undefined;
}

const KEY_ID = 'key-1';

export class SecurityIssuer {
  readonly #published = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #rogue = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #servers: Server[] = [];
  /** Forms that the token endpoint was sent. */
  readonly forms: URLSearchParams[] = [];
  lifetimeSeconds = 300;
  /** Replaces the answer of the token endpoint. */
  answer: ((response: ServerResponse) => void) | undefined;
  url = '';
  httpsUrl = '';

  static async start(tls: { cert: string; key: string }): Promise<SecurityIssuer> {
    const issuer = new SecurityIssuer();
    const serve = (request: IncomingMessage, response: ServerResponse): void => {
      void issuer.#serve(request, response);
    };
    const ports: number[] = [];
    for (const server of [createServer(serve), createHttpsServer(tls, serve)]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      issuer.#servers.push(server);
      ports.push((server.address() as AddressInfo).port);
    }
    issuer.url = `http://127.0.0.1:${ports[0]!}`;
    issuer.httpsUrl = `https://127.0.0.1:${ports[1]!}`;
    return issuer;
  }

  token({
    lifetimeSeconds = this.lifetimeSeconds,
    audience = AUDIENCE,
    rogue = false,
    scope,
  }: TokenOptions = {}): string {
    const now = Math.floor(Date.now() / 1000);
    const exp = now + lifetimeSeconds;
    const header = encode({ alg: 'RS256', typ: 'JWT', kid: KEY_ID });
    const iat = Math.min(now, exp) - 1;
    const claims = encode({ iss: this.url, sub: CLIENT_ID, aud: audience, iat, exp, jti: randomUUID(), scope });
    const key: KeyObject = (rogue ? this.#rogue : this.#published).privateKey;
    const signature = sign('RSA-SHA256', Buffer.from(`${header}.${claims}`), key).toString('base64url');
    return `${header}.${claims}.${signature}`;
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/jwks') {
      const jwk = this.#published.publicKey.export({ format: 'jwk' });
      reply(response, 200, { keys: [{ ...jwk, kid: KEY_ID, use: 'sig', alg: 'RS256' }] });
      return;
    }
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const form = new URLSearchParams(text);
    this.forms.push(form);
    if (this.answer !== undefined) {
      this.answer(response);
      return;
    }
    const [, basic = ''] = /^Basic (.*)$/.exec(request.headers.authorization ?? '') ?? [];
    const [id, secret] = Buffer.from(basic, 'base64')
      .toString()
      .split(':')
      .map((part) => new URLSearchParams(`x=${part}`).get('x'));
    if (id !== CLIENT_ID || secret !== CLIENT_SECRET) {
      reply(response, 401, { error: 'invalid_client', error_description: `got ${secret ?? 'nothing'}` });
      return;
    }
    const scope = form.get('scope') ?? undefined;
    reply(response, 200, {
      access_token: this.token({ scope }),
      token_type: 'Bearer',
      expires_in: this.lifetimeSeconds,
    });
  }
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
