/** TLS and SASL: who is let in, what a refusal says, and that it never says a secret. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { TransportError } from '../../src/errors.ts';
import { decodeProduce } from '../../src/protocol/produce-server.ts';
import { encodeSaslAuthenticateResponse, encodeSaslHandshakeResponse } from '../../src/protocol/sasl-server.ts';
import { systemTransportClock } from '../../src/transport/idle-watch.ts';
import { createKafkajsTransport, type KafkajsTransportOptions } from '../../src/transport/kafkajs.ts';
import { makePki, type Pki, withoutOpenssl } from './pki.ts';
import { ScriptedBroker, type ScriptedBrokerOptions } from './scripted-broker.ts';

const PASSWORD = 'canary-7f3a';
const USER = { username: 'alice', password: PASSWORD };
const SASL = { mechanism: 'plain', ...USER } as const;
const PRODUCE = { acks: -1, timeoutMs: 1000, topics: [] };

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function startBroker(options: ScriptedBrokerOptions): Promise<ScriptedBroker> {
  const broker = await ScriptedBroker.start(options);
  undo.push(() => broker.close());
  return broker;
}

type Transport = ReturnType<typeof createKafkajsTransport>;

function open(address: { host: string; port: number }, options: Partial<KafkajsTransportOptions>): Transport {
  const { host, port } = address;
  const transport = createKafkajsTransport({
    brokers: [{ host, port }],
    clientId: 'x',
    requestTimeoutMs: 1000,
    connectionTimeoutMs: 2000,
    authenticationTimeoutMs: 300,
    connectBackoffMs: 1,
    ...options,
  });
  undo.push(() => transport.close());
  return transport;
}

async function failure(promise: Promise<unknown>): Promise<TransportError> {
  const error: unknown = await promise.then(
    () => assert.fail('resolved'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TransportError, inspect(error));
  assert.ok(!inspect(error, { depth: 20, showHidden: true }).includes(PASSWORD), 'the error shows the password');
  return error;
}

describe('SASL', () => {
  it('lets the right user in', async () => {
    const transport = open(await startBroker({ user: USER }), { sasl: SASL });
    await transport.connect();
    await transport.produce(1, PRODUCE);
  });

  it('ends at once on wrong credentials, naming mechanism, user and broker but not the password (B85)', async () => {
    const broker = await startBroker({ user: { username: 'alice', password: 'another' } });
    const error = await failure(open(broker, { sasl: SASL }).connect());
    assert.equal(error.code, 'ERR_AUTH');
    assert.equal(error.fatal, true);
    assert.match(error.message, /SASL PLAIN for user "alice" was refused: .*Invalid username or password/);
    assert.ok(error.message.startsWith(`127.0.0.1:${broker.port}: `));
    assert.equal(broker.received.filter(({ api }) => api === 'SaslAuthenticate').length, 1);
  });

  it('withholds a refusal that repeats the password', async () => {
    const broker = await startBroker({ user: USER });
    broker.on('SaslAuthenticate', (request) => {
      const errorMessage = `no ${PASSWORD} here`;
      request.reply(
        encodeSaslAuthenticateResponse(request.version, {
          errorCode: 58,
          errorMessage,
          token: new Uint8Array(0),
          sessionLifetimeMs: 0,
        }),
      );
    });
    const error = await failure(open(broker, { sasl: SASL }).connect());
    assert.match(error.message, /text withheld/);
  });

  it('tells a mechanism the broker lacks (B83) and a port that expects none', async () => {
    for (const [errorCode, code, expected] of [
      [33, 'ERR_AUTH_MECHANISM', /SASL SCRAM-SHA-256 .*not enabled this mechanism; it has PLAIN/],
      [34, 'ERR_LISTENER', /does not expect SASL/],
    ] as const) {
      const broker = await startBroker({});
      broker.on('SaslHandshake', (request) => {
        request.reply(encodeSaslHandshakeResponse(errorCode, ['PLAIN']));
      });
      const error = await failure(open(broker, { sasl: { ...SASL, mechanism: 'scram-sha-256' } }).connect());
      assert.equal(error.code, code);
      assert.match(error.message, expected);
    }
  });

  it('takes a connection that ends during authentication for no refusal', async () => {
    const broker = await startBroker({ user: USER });
    broker.on('SaslAuthenticate', ({ socket }) => {
      socket.destroy();
    });
    const error = await failure(open(broker, { sasl: SASL }).connect());
    assert.equal(error.code, 'ERR_CONNECT');
    assert.equal(error.fatal, false);
    assert.match(error.message, /during authentication/);
  });

  it('does not wait for ever for an answer', async () => {
    for (const api of ['ApiVersions', 'SaslAuthenticate'] as const) {
      const broker = await startBroker({ user: USER });
      broker.on(api, () => undefined);
      const error = await failure(open(broker, { sasl: SASL, authenticationTimeoutMs: 20 }).connect());
      assert.match(error.message, /no (answer to ApiVersions|end of the authentication) within 20 ms/);
    }
  });

  it('authenticates again when the session ends, with requests in order', async () => {
    const broker = await startBroker({ user: USER, sessionLifetimeMs: 3000 });
    let nowMs = 0;
    const transport = open(broker, { sasl: SASL, clock: { ...systemTransportClock, now: () => nowMs } });
    await transport.connect();
    const logins = (): number => broker.received.filter(({ api }) => api === 'SaslAuthenticate').length;
    assert.equal(logins(), 1);
    nowMs = 1799;
    await transport.produce(1, PRODUCE);
    assert.equal(logins(), 1);
    nowMs = 1800;
    const produce = (partition: number): Promise<unknown> =>
      transport.produce(1, {
        ...PRODUCE,
        topics: [{ topic: 'orders', partitions: [{ partition, batch: Buffer.alloc(61) }] }],
      });
    const offsets = await Promise.all([produce(0), produce(1), produce(2)]);
    assert.equal(offsets.length, 3);
    const order = broker.received
      .filter(({ api }) => api === 'Produce')
      .map(({ version, body }) => decodeProduce(version, body).topics[0]?.partitions[0]?.partition);
    assert.deepEqual(order, [undefined, 0, 1, 2]);
    assert.equal(logins(), 2);
  });

  it('says when the authentication is refused later', async () => {
    const broker = await startBroker({ user: USER, sessionLifetimeMs: 12_000 });
    let nowMs = 0;
    const transport = open(broker, { sasl: SASL, clock: { ...systemTransportClock, now: () => nowMs } });
    await transport.connect();
    nowMs = 7200;
    broker.on('SaslAuthenticate', (request) => {
      request.reply(
        encodeSaslAuthenticateResponse(request.version, {
          errorCode: 58,
          errorMessage: 'revoked',
          token: new Uint8Array(0),
          sessionLifetimeMs: 0,
        }),
      );
    });
    const error = await failure(transport.produce(1, PRODUCE));
    assert.equal(error.code, 'ERR_AUTH');
    assert.equal(error.mayBeWritten, false);
    assert.match(error.message, /revoked/);
  });

  it('hints at SASL when a port ends connections without it', async () => {
    const broker = await startBroker({});
    broker.on('Metadata', ({ socket }) => {
      socket.destroy();
    });
    const error = await failure(open(broker, {}).connect());
    assert.match(error.message, /does this port want SASL/);
  });

  it('shows no secret to util.inspect or JSON', async () => {
    const transport = open(await startBroker({ user: USER }), { sasl: SASL, ssl: undefined });
    await transport.connect();
    for (const text of [inspect(transport, { depth: 50, showHidden: true }), JSON.stringify(transport)]) {
      assert.ok(!text.includes(PASSWORD));
      assert.match(text, /127\.0\.0\.1/);
    }
  });
});

describe('TLS', { skip: withoutOpenssl }, () => {
  let pki: Pki;

  before(() => {
    pki = makePki();
  });

  it('connects to a broker the CA vouches for, with SASL inside', async () => {
    const broker = await startBroker({ tls: pki.server, user: USER });
    const transport = open(broker, { ssl: { ca: pki.ca }, sasl: SASL });
    await transport.connect();
    const batch = Buffer.alloc(300_000, 7);
    await transport.produce(1, { ...PRODUCE, topics: [{ topic: 'orders', partitions: [{ partition: 0, batch }] }] });
    assert.ok(broker.received.at(-1)!.body.includes(batch));
  });

  it('refuses for good a certificate of another CA, of another host, and key material it cannot read', async () => {
    const server = await startBroker({ tls: pki.server });
    const elsewhere = await startBroker({ tls: pki.elsewhere });
    const cases = [
      [server, { ca: pki.otherCa }, 'ERR_TLS_AUTHORITY', /certificate was refused/],
      [server, {}, 'ERR_TLS_AUTHORITY', /certificate was refused/],
      [elsewhere, { ca: pki.ca }, 'ERR_TLS_HOST_NAME', /certificate was refused.*ERR_TLS_CERT_ALTNAME_INVALID/s],
      [server, { ca: pki.ca, cert: pki.server.cert, key: pki.elsewhere.key }, 'ERR_TLS_KEY', /do not belong together/],
      [server, { ca: pki.ca, cert: 'nonsense', key: pki.server.key }, 'ERR_TLS_KEY', /both must be PEM/],
    ] as const;
    for (const [broker, ssl, code, expected] of cases) {
      const error = await failure(open(broker, { ssl }).connect());
      assert.equal(error.code, code, error.message);
      assert.equal(error.fatal, true);
      assert.match(error.message, expected);
    }
  });

  it('says that a broker wants a client certificate', async () => {
    const broker = await startBroker({
      tls: { ...pki.server, ca: pki.ca, requestCert: true, rejectUnauthorized: true },
    });
    const error = await failure(open(broker, { ssl: { ca: pki.ca } }).connect());
    assert.match(error.message, /refused the TLS handshake|closed the connection|was reset/);
  });

  it('hints at TLS when a plaintext client meets a TLS port', async () => {
    const broker = await startBroker({ tls: pki.server });
    const error = await failure(open(broker, {}).connect());
    assert.match(error.message, /want TLS/);
  });

  it('hints at a plaintext port when a TLS client meets one', async () => {
    const closing = await listen((socket) => socket.destroy());
    const closed = await failure(open(closing, { ssl: { ca: pki.ca } }).connect());
    assert.match(closed.message, /is it a plaintext port/);
    const talking = await listen((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const talked = await failure(open(talking, { ssl: { ca: pki.ca } }).connect());
    assert.match(talked.message, /does not speak TLS/);
  });
});

describe('a port that is not Kafka', () => {
  it('is told from HTTP', async () => {
    const server = await listen((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const error = await failure(open(server, {}).connect());
    assert.match(error.message, /is this port HTTP/);
  });

  it('costs no more than the authentication timeout when it says nothing', async () => {
    const server = await listen(() => undefined);
    const error = await failure(open(server, { authenticationTimeoutMs: 20 }).connect());
    assert.match(
      error.message,
      /no answer to ApiVersions within 20 ms; does this port want TLS|no answer to ApiVersions/,
    );
  });
});

async function listen(onSocket: Parameters<typeof createServer>[1] & object): Promise<{ host: string; port: number }> {
  const sockets = new Set<{ destroy(): unknown }>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { host: '127.0.0.1', port: address.port };
}
