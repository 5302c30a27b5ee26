/** What a broker sees of us before anything is encrypted: the name we want, and the TLS versions we take. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer, type LookupFunction } from 'node:net';
import { afterEach, before, describe, it } from 'node:test';
import tls from 'node:tls';
import { message, openKafkaOutput, type ProducerEvent } from '../../src/index.ts';
import { startBroker as startEmbedded } from '../../src/broker/index.ts';
import { createKafkajsTransport } from '../../src/transport/kafkajs.ts';
import { makePki, type Pki, withoutOpenssl } from './pki.ts';

const TLS_1_2 = 0x0303;
const TLS_1_3 = 0x0304;
const SERVER_NAME = 0;
const SUPPORTED_VERSIONS = 43;
/** An alert that says no more than "internal error" (RFC 8446 §6): 2 is fatal, 80 the reason. */
const INTERNAL_ERROR = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 2, 80]);

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const loopback: LookupFunction = (_, { all }, callback) => {
  if (all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
};

/**
 * The extensions of a ClientHello by type (RFC 8446 §4.1.2): record header 5, handshake header 4, version 2, random 32,
 * then session id, cipher suites and compression methods, each with its length in front.
 */
function extensionsOf(hello: Buffer): Map<number, Buffer> {
  let at = 5 + 4 + 2 + 32;
  at += 1 + hello.readUInt8(at);
  at += 2 + hello.readUInt16BE(at);
  at += 1 + hello.readUInt8(at);
  const end = at + 2 + hello.readUInt16BE(at);
  at += 2;
  const extensions = new Map<number, Buffer>();
  while (at < end) {
    const bytes = hello.readUInt16BE(at + 2);
    extensions.set(hello.readUInt16BE(at), hello.subarray(at + 4, at + 4 + bytes));
    at += 4 + bytes;
  }
  return extensions;
}

/** The first bytes a client sends to a broker of this name; it is answered by an alert. */
async function helloTo(host: string): Promise<Map<number, Buffer>> {
  let hello = Buffer.alloc(0);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (bytes) => {
      hello = bytes;
      socket.end(INTERNAL_ERROR);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => server.close());
  const { port } = server.address() as { port: number };
  const transport = createKafkajsTransport({
    brokers: [{ host, port }],
    clientId: 'hello',
    requestTimeoutMs: 1000,
    connectBackoffMs: 1,
    ssl: {},
    lookup: loopback,
  });
  undo.push(() => transport.close());
  await assert.rejects(transport.connect(), (error) => {
    assert.ok(error instanceof Error && 'code' in error && 'fatal' in error);
    assert.deepEqual([error.code, error.fatal], ['ERR_TLS', false]);
    assert.match(error.message, /TLS failed: .*internal error.*ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR/i);
    assert.ok(error.message.includes(`${host}:${port}`));
    return true;
  });
  return extensionsOf(hello);
}

function versionsIn(extensions: Map<number, Buffer>): number[] {
  const list = extensions.get(SUPPORTED_VERSIONS) ?? Buffer.from([0]);
  return Array.from({ length: list.readUInt8(0) / 2 }, (_, index) => list.readUInt16BE(1 + 2 * index)).sort();
}

describe('the first bytes of a TLS connection', () => {
  it('name the broker that is wanted (SNI)', async () => {
    const name = (await helloTo('broker-1.shop.example')).get(SERVER_NAME);
    // The list's length, the type "host name", the name's length, the name (RFC 6066).
    assert.equal(name?.subarray(5).toString('latin1'), 'broker-1.shop.example');
  });

  it('name none where an address is wanted, which RFC 6066 forbids', async () => {
    assert.equal((await helloTo('127.0.0.1')).has(SERVER_NAME), false);
  });

  it('offer TLS 1.2 and 1.3, whatever Node is told to take elsewhere', async () => {
    const { DEFAULT_MIN_VERSION } = tls;
    undo.push(() => (tls.DEFAULT_MIN_VERSION = DEFAULT_MIN_VERSION));
    tls.DEFAULT_MIN_VERSION = 'TLSv1';
    assert.deepEqual(versionsIn(await helloTo('127.0.0.1')), [TLS_1_2, TLS_1_3]);
  });
});

describe('sslInsecureSkipVerify', { skip: withoutOpenssl }, () => {
  let pki: Pki;
  before(() => {
    pki = makePki();
  });

  it('is warned of before each connection, and never without it', async () => {
    const topics = [{ name: 'orders', partitions: 2 }];
    const broker = await startEmbedded({ brokers: 2, tls: pki.elsewhere, topics });
    undo.push(() => broker.close());
    const events: ProducerEvent[] = [];
    const emitter = new EventEmitter();
    const onEvent = (event: ProducerEvent): void => {
      events.push(event);
      emitter.emit(event.type);
    };
    const properties = { brokerList: broker.address, topic: 'orders', protocol: 'Ssl', lingerMs: 0 };
    const options = { settings: {}, onEvent };
    await assert.rejects(openKafkaOutput({ ...properties, sslCaPEM: pki.ca }, options), { code: 'ERR_TLS_HOST_NAME' });
    assert.equal(events.length, 0);
    const output = await openKafkaOutput(properties, { ...options, sslInsecureSkipVerify: true });
    undo.push(() => output.close());
    assert.match(output.config.warnings.join('\n'), /^sslInsecureSkipVerify: no certificate is checked/);
    const countOf = (type: ProducerEvent['type']): number => events.filter((event) => event.type === type).length;
    const send = async (): Promise<void> => {
      for (const partition of [0, 1]) (await output.send(message({ partition, value: 'x' }))).orThrow();
    };
    await send();
    const connectedBefore = countOf('connected');
    for (const node of [1, 2]) broker.control.dropConnections(node);
    while (countOf('disconnected') < 2) await once(emitter, 'disconnected');
    await send();
    const seen = events.filter(({ type }) => type === 'unverified' || type === 'connected');
    assert.ok(countOf('connected') > connectedBefore, 'it connected anew');
    for (const [index, { type }] of seen.entries()) {
      if (type === 'connected') assert.equal(seen[index - 1]?.type, 'unverified');
    }
  });
});
