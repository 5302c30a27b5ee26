/** For each code of a login that fails, a broker that makes it fail, and brings up secrets where it can. */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { startBroker } from '../../src/broker/index.ts';
import { oidcTokens } from '../../src/transport/auth/oidc.ts';
import type { KafkajsTransportOptions } from '../../src/transport/kafkajs.ts';
import {
  decodeSaslAuthenticate,
  encodeSaslAuthenticateResponse,
  encodeSaslHandshakeResponse,
} from '../../src/protocol/sasl-server.ts';
import type { SecurityPki } from '../support/kafka/security-pki.ts';
import { ScriptedBroker, type ScriptedBrokerOptions } from '../transport/scripted-broker.ts';
import { CLIENT_SECRET, PASSPHRASE, PASSWORD, TOKEN } from './canary.ts';

export interface Provoked {
  readonly port: number;
  readonly options: Partial<KafkajsTransportOptions>;
}

export type Undo = (step: () => unknown) => void;

const PLAIN = { mechanism: 'plain', username: 'alice', password: PASSWORD } as const;
const SCRAM = { ...PLAIN, mechanism: 'scram-sha-256' } as const;
const OAUTH = { mechanism: 'oauthbearer', token: TOKEN } as const;

async function scripted(undo: Undo, options: ScriptedBrokerOptions = {}): Promise<ScriptedBroker> {
  const broker = await ScriptedBroker.start(options);
  undo(() => broker.close());
  return broker;
}

/** Answers each token with what comes back, and any mechanism with a welcome. */
async function answering(undo: Undo, answer: (token: string) => { error?: string; token?: string }): Promise<number> {
  const broker = await scripted(undo);
  broker.on('SaslHandshake', (request) => {
    request.reply(encodeSaslHandshakeResponse(0, []));
  });
  broker.on('SaslAuthenticate', (request) => {
    const { error, token = '' } = answer(decodeSaslAuthenticate(request.version, request.body).toString());
    const errorCode = error === undefined ? 0 : 58;
    const reply = { errorCode, errorMessage: error ?? null, token: Buffer.from(token), sessionLifetimeMs: 0 };
    request.reply(encodeSaslAuthenticateResponse(request.version, reply));
  });
  return broker.port;
}

async function tlsBroker(undo: Undo, pki: SecurityPki, name: string, more: TlsOptions = {}): Promise<number> {
  const tls = { cert: pki.read(`${name}.crt`), key: pki.read(`${name}.key`), ...more };
  return (await scripted(undo, { tls })).port;
}

async function embedded(undo: Undo, options: Parameters<typeof startBroker>[0]): Promise<number> {
  const broker = await startBroker(options);
  undo(() => broker.close());
  return Number(broker.address.split(':')[1]);
}

const BAD_CERTIFICATE = 42;
const INTERNAL_ERROR = 80;

/** A TLS record with a fatal alert (RFC 8446 §6). */
function alert(description: number): Buffer {
  return Buffer.from([0x15, 3, 3, 0, 2, 2, description]);
}

/** A server that says this to whoever comes. */
async function saying(undo: Undo, bytes: Buffer): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(bytes));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo(() => server.close());
  return (server.address() as { port: number }).port;
}

/** An endpoint that refuses and repeats what it was sent. */
async function tokenEndpoint(undo: Undo): Promise<string> {
  const server = createHttpServer((request, response) => {
    const [, basic = ''] = (request.headers.authorization ?? '').split(' ');
    const error_description = Buffer.from(basic, 'base64').toString();
    response.writeHead(401).end(JSON.stringify({ error: 'invalid_client', error_description, basic }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo(() => server.close());
  const { port } = server.address() as { port: number };
  return `http://127.0.0.1:${port}/token?secret=${encodeURIComponent(CLIENT_SECRET)}`;
}

type Provoke = (undo: Undo, pki: SecurityPki) => Promise<Provoked>;

/** A certificate of the broker that is wrong in one way. */
function wrongCertificate(name: string): Provoke {
  return async (undo, pki) => {
    const port = await tlsBroker(undo, pki, name);
    return { port, options: { sasl: PLAIN, ssl: { ca: pki.read('ca.crt'), passphrase: PASSPHRASE } } };
  };
}

/** Certificate and key of this client that are wrong in one way. */
function wrongKey(name: string, passphrase: string): Provoke {
  return async (undo, pki) => {
    const port = await tlsBroker(undo, pki, 'server');
    const own = { cert: pki.read('client.crt'), key: pki.read(name), passphrase };
    return { port, options: { sasl: PLAIN, ssl: { ca: pki.read('ca.crt'), ...own } } };
  };
}

/** By code; several where a code has several ways. */
export const PROVOKED: Readonly<Record<string, readonly Provoke[]>> = {
  ERR_AUTH: [
    async (undo) => ({
      port: await answering(undo, (token) => ({ error: `no ${PASSWORD} in ${token}` })),
      options: { sasl: PLAIN },
    }),
    async (undo) => ({ port: await embedded(undo, { sasl: { alice: 'other' } }), options: { sasl: SCRAM } }),
  ],
  ERR_AUTH_MECHANISM: [
    async (undo) => ({
      port: await embedded(undo, { sasl: { alice: PASSWORD }, saslMechanisms: ['SCRAM-SHA-512'] }),
      options: { sasl: PLAIN },
    }),
  ],
  ERR_AUTH_SERVER: [
    async (undo) => ({
      port: await answering(undo, (token) => ({ token: `r=${PASSWORD},s=${token},i=1` })),
      options: { sasl: SCRAM },
    }),
  ],
  ERR_AUTH_TOKEN: [
    async (undo) => ({
      port: await answering(undo, (token) => ({ token: JSON.stringify({ status: 'invalid_token', token }) })),
      options: { sasl: OAUTH },
    }),
    async (undo) => ({
      port: await answering(undo, (token) => ({ error: `{"status":"${TOKEN}"} ${token}` })),
      options: { sasl: OAUTH },
    }),
  ],
  ERR_AUTH_TOKEN_ENDPOINT: [
    async (undo) => {
      const tokenEndpointUrl = await tokenEndpoint(undo);
      const token = oidcTokens({ tokenEndpointUrl, clientId: 'svc', clientSecret: CLIENT_SECRET });
      return { port: await answering(undo, () => ({})), options: { sasl: { mechanism: 'oauthbearer', token } } };
    },
    async (undo) => {
      const token = (): Promise<never> => Promise.reject(new Error(`the vault says ${CLIENT_SECRET}`));
      return { port: await answering(undo, () => ({})), options: { sasl: { mechanism: 'oauthbearer', token } } };
    },
  ],
  ERR_LISTENER: [
    async (undo, pki) => ({ port: await tlsBroker(undo, pki, 'server'), options: { sasl: PLAIN } }),
    async (undo) => ({
      port: await saying(undo, Buffer.from('HTTP/1.1 400\r\n\r\n')),
      options: { sasl: PLAIN, ssl: {} },
    }),
  ],
  ERR_TLS: [
    async (undo) => ({
      port: await saying(undo, alert(INTERNAL_ERROR)),
      options: { sasl: PLAIN, ssl: { passphrase: PASSPHRASE } },
    }),
  ],
  ERR_TLS_AUTHORITY: [
    async (undo, pki) => ({
      port: await tlsBroker(undo, pki, 'server'),
      options: { sasl: PLAIN, ssl: { ca: pki.read('otherca.crt') } },
    }),
  ],
  ERR_TLS_SELF_SIGNED: [wrongCertificate('selfsigned')],
  ERR_TLS_EXPIRED: [wrongCertificate('expired')],
  ERR_TLS_NOT_YET_VALID: [wrongCertificate('future')],
  ERR_TLS_HOST_NAME: [wrongCertificate('badhost')],
  ERR_TLS_CLIENT_CERTIFICATE: [
    async (undo, pki) => ({
      port: await saying(undo, alert(BAD_CERTIFICATE)),
      options: { sasl: PLAIN, ssl: { ca: pki.read('ca.crt'), passphrase: PASSPHRASE } },
    }),
  ],
  ERR_TLS_KEY: [wrongKey('stranger.key', PASSPHRASE)],
  ERR_TLS_PASSPHRASE: [wrongKey('client.enc.key', PASSPHRASE)],
  ERR_TLS_VERSION: [
    async (undo, pki) => ({
      port: await tlsBroker(undo, pki, 'server', { minVersion: 'TLSv1.3' }),
      options: { sasl: PLAIN, ssl: { ca: pki.read('ca.crt'), maxVersion: 'TLSv1.2' } },
    }),
  ],
};
