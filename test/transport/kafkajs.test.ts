/** The kafkajs transport against a scripted broker: what it sends, and what it makes of every answer and end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { KafkaHotpathError, TransportError } from '../../src/errors.ts';
import type { ProduceRequest } from '../../src/protocol/messages.ts';
import { decodeProduce, encodeProduceResponse } from '../../src/protocol/produce-server.ts';
import {
  createKafkajsTransport,
  type KafkajsTransport,
  type KafkajsTransportOptions,
} from '../../src/transport/kafkajs.ts';
import type { TransportEvent } from '../../src/transport/transport.ts';
import { ScriptedBroker, type ScriptedBrokerOptions } from './scripted-broker.ts';

const BATCH = Buffer.alloc(3000, 0x5a);

function produceRequest(partitions: number[] = [0], batch: Uint8Array = BATCH): ProduceRequest {
  const entries = partitions.map((partition) => ({ partition, batch }));
  return { acks: -1, timeoutMs: 5000, topics: [{ topic: 'orders', partitions: entries }] };
}

async function transportFailure(promise: Promise<unknown>): Promise<TransportError> {
  const error: unknown = await promise.then(
    () => assert.fail('resolved'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TransportError, `not a TransportError: ${inspect(error)}`);
  return error;
}

const brokers: ScriptedBroker[] = [];
const transports: KafkajsTransport[] = [];

async function startBroker(options?: ScriptedBrokerOptions): Promise<ScriptedBroker> {
  const broker = await ScriptedBroker.start(options);
  brokers.push(broker);
  return broker;
}

function openTransport(broker: ScriptedBroker, options: Partial<KafkajsTransportOptions> = {}): KafkajsTransport {
  const transport = createKafkajsTransport({
    brokers: [{ host: broker.host, port: broker.port }],
    clientId: 'test-client',
    requestTimeoutMs: 2000,
    connectBackoffMs: 1,
    ...options,
  });
  transports.push(transport);
  return transport;
}

afterEach(async () => {
  await Promise.all(transports.splice(0).map((transport) => transport.close()));
  await Promise.all(brokers.splice(0).map((broker) => broker.close()));
});

for (const path of ['corked', 'pool'] as const) {
  describe(`kafkajs transport, ${path} path`, () => {
    let broker: ScriptedBroker;
    let transport: KafkajsTransport;
    let events: TransportEvent[];

    beforeEach(async () => {
      broker = await startBroker();
      events = [];
      transport = openTransport(broker, { path, onEvent: (event) => events.push(event) });
      await transport.connect();
    });

    it('fetches metadata', async () => {
      const metadata = await transport.metadata(['orders']);
      assert.deepEqual(metadata.brokers, [broker.endpoint]);
      assert.equal(metadata.topics[0]?.topic, 'orders');
      assert.equal(metadata.clusterId, 'scripted');
    });

    it('sends the batches untouched, and brings the answer back', async () => {
      const batches = [Buffer.alloc(50, 1), Buffer.alloc(200_000, 2), Buffer.alloc(61, 3)];
      const partitions = batches.map((batch, partition) => ({ partition, batch }));
      const arrived = broker.next('Produce');
      const response = await transport.produce(1, {
        acks: -1,
        timeoutMs: 5000,
        topics: [{ topic: 'orders', partitions }],
      });
      const request = await arrived;
      const decoded = decodeProduce(request.version, request.body);
      assert.deepEqual(decoded.topics[0]?.partitions, partitions);
      assert.equal(request.clientId, 'test-client');
      assert.deepEqual(
        response.topics[0]?.partitions.map(({ baseOffset }) => baseOffset),
        [0, 1, 2],
      );
    });

    it('gets a producer id', async () => {
      assert.deepEqual(await transport.initProducerId(), { producerId: 4001n, producerEpoch: 0 });
    });

    it('keeps one connection, and the order of requests', async () => {
      const answers = await Promise.all([0, 1, 2, 3, 4].map((p) => transport.produce(1, produceRequest([p]))));
      assert.deepEqual(
        answers.map((answer) => answer.topics[0]?.partitions[0]?.baseOffset),
        [0, 1, 2, 3, 4],
      );
      assert.equal(broker.connectionCount, 1);
      assert.deepEqual(events, [{ type: 'connected', nodeId: -1, host: broker.host, port: broker.port }]);
    });

    it('rejects what is in flight at once when told to disconnect, as possibly written', async () => {
      broker.on('Produce', () => undefined);
      const arrived = broker.next('Produce');
      const sent = transport.produce(1, produceRequest());
      const request = await arrived;
      const gone = once(request.socket, 'close');
      transport.disconnect(1, 'deadline passed');
      const error = await transportFailure(sent);
      assert.equal(error.mayBeWritten, true);
      assert.match(error.message, /deadline passed/);
      await gone;
      broker.restore('Produce');
      assert.equal((await transport.produce(1, produceRequest())).topics.length, 1);
    });

    it('ends the connection on an unknown correlation id', async () => {
      broker.on('Produce', (request) => {
        const body = encodeProduceResponse(request.version, broker.produceResponse(request));
        const frame = Buffer.alloc(8 + body.length);
        frame.writeInt32BE(4 + body.length, 0);
        frame.writeInt32BE(2_000_000_000, 4);
        request.socket.write(Buffer.concat([frame.subarray(0, 8), body]));
      });
      const error = await transportFailure(transport.produce(1, produceRequest()));
      assert.equal(error.code, 'ERR_PROTOCOL');
      assert.equal(error.mayBeWritten, true);
      assert.match(error.message, /correlation id 2000000000, expected/);
    });

    it('ends the connection on an answer nobody asked for', async () => {
      await transport.produce(1, produceRequest());
      const { socket } = broker.received.at(-1)!;
      const gone = once(socket, 'close');
      socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 9]));
      await gone;
      assert.match(inspect(events.at(-1)), /disconnected.*correlation id 9 while no request waits/s);
    });

    it('ends the connection on an answer that does not parse, and everything behind it', async () => {
      broker.on('Produce', () => undefined);
      const arrived = broker.next('Produce');
      const first = transportFailure(transport.produce(1, produceRequest()));
      const second = transportFailure(transport.produce(1, produceRequest()));
      (await arrived).reply(Buffer.from([0, 0, 0, 77]));
      const errors = [await first, await second];
      for (const error of errors) {
        assert.equal(error.code, 'ERR_PROTOCOL');
        assert.equal(error.mayBeWritten, true);
        assert.match(error.message, /Produce v\d+ response/);
      }
    });

    for (const length of [-(2 ** 31), -100, -1, 0, 3, 2 ** 31 - 1]) {
      it(`ends the connection on a frame of length ${length}`, async () => {
        broker.on('Produce', ({ socket }) => {
          const prefix = Buffer.alloc(12);
          prefix.writeInt32BE(length, 0);
          socket.write(prefix);
        });
        const error = await transportFailure(transport.produce(1, produceRequest()));
        assert.equal(error.code, 'ERR_PROTOCOL');
        assert.match(error.message, new RegExp(`frame length ${length},`));
      });
    }

    it('forgets half an answer when the connection ends', async () => {
      broker.on('Produce', ({ socket }) => {
        socket.end(Buffer.from([0, 0, 0, 50, 0, 0]));
      });
      const error = await transportFailure(transport.produce(1, produceRequest()));
      assert.equal(error.mayBeWritten, true);
      assert.match(error.message, /closed the connection/);
      broker.restore('Produce');
      assert.equal((await transport.produce(1, produceRequest())).topics.length, 1);
    });

    it('knows that nothing was written to a broker that is gone', async () => {
      const { port } = broker;
      const gone = once(broker.received.at(-1)!.socket, 'close');
      await broker.close();
      await gone;
      // The transport's own socket may hear of the end later than the broker's; only then is it reopened.
      while (events.at(-1)?.type !== 'disconnected') await new Promise(setImmediate);
      const error = await transportFailure(transport.produce(1, produceRequest()));
      assert.equal(error.mayBeWritten, false);
      assert.equal(error.code, 'ERR_CONNECT');
      assert.match(error.message, /connection refused/);
      await startBroker({ port });
      assert.equal((await transport.produce(1, produceRequest())).topics.length, 1);
    });

    it('holds back as long as a broker asks, and says so', async () => {
      broker.throttleMs = 60;
      await transport.produce(1, produceRequest());
      broker.throttleMs = 0;
      const from = performance.now();
      await transport.produce(1, produceRequest());
      assert.ok(performance.now() - from > 50, 'the second request was held back');
      assert.deepEqual(events.at(-1), { type: 'throttled', nodeId: 1, throttleMs: 60 });
    });

    it('caps a throttle at 30 s', async () => {
      broker.throttleMs = 2 ** 31 - 1;
      await transport.produce(1, produceRequest());
      assert.deepEqual(events.at(-1), { type: 'throttled', nodeId: 1, throttleMs: 30_000 });
      const held = transportFailure(transport.produce(1, produceRequest()));
      transport.disconnect(1, 'deadline passed');
      assert.equal((await held).mayBeWritten, false);
    });

    it('leaves nothing behind after close', async () => {
      broker.on('Produce', () => undefined);
      const arrived = broker.next('Produce');
      const sent = transportFailure(transport.produce(1, produceRequest()));
      await arrived;
      await transport.close();
      assert.equal((await sent).mayBeWritten, true);
      const after = await transportFailure(transport.produce(1, produceRequest()));
      assert.equal(after.code, 'ERR_CLOSED');
      assert.equal(after.mayBeWritten, false);
      assert.equal((await transportFailure(transport.metadata([]))).code, 'ERR_CLOSED');
      await broker.close();
      assert.deepEqual(
        process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap' || name === 'Timeout'),
        [],
      );
    });

    it('rests when there is nothing to do', async () => {
      await transport.produce(1, produceRequest());
      assert.deepEqual(
        process.getActiveResourcesInfo().filter((name) => name === 'Timeout'),
        [],
      );
    });
  });
}

describe('kafkajs transport', () => {
  it('knows no node outside the metadata', async () => {
    const transport = openTransport(await startBroker());
    await transport.connect();
    const error = await transportFailure(transport.produce(7, produceRequest()));
    assert.equal(error.mayBeWritten, false);
    assert.match(error.message, /broker 7 is not in the cluster's metadata/);
  });

  it('sends to each of several nodes, on one connection each', async () => {
    const [first, second, third] = [
      await startBroker(),
      await startBroker({ nodeId: 2 }),
      await startBroker({ nodeId: 3 }),
    ];
    first.endpoints = [first, second, third].map(({ endpoint }) => endpoint);
    const transport = openTransport(first);
    await transport.connect();
    await Promise.all([1, 2, 3, 1, 2, 3].map((nodeId) => transport.produce(nodeId, produceRequest())));
    for (const broker of [first, second, third]) {
      assert.equal(broker.received.filter(({ api }) => api === 'Produce').length, 2);
      assert.equal(broker.connectionCount, 1);
    }
  });

  it('drops the connection to a node that moved', async () => {
    const [first, second, third] = [
      await startBroker(),
      await startBroker({ nodeId: 2 }),
      await startBroker({ nodeId: 2 }),
    ];
    first.endpoints = [first.endpoint, second.endpoint];
    const transport = openTransport(first);
    await transport.connect();
    second.on('Produce', () => undefined);
    const arrived = second.next('Produce');
    const lost = transportFailure(transport.produce(2, produceRequest()));
    await arrived;
    first.endpoints = [first.endpoint, third.endpoint];
    await transport.metadata(['orders']);
    assert.match((await lost).message, /broker 2 has moved/);
    await transport.produce(2, produceRequest());
    assert.equal(third.received.at(-1)?.api, 'Produce');
  });

  it('refuses addresses of metadata that are none', async () => {
    const broker = await startBroker();
    const bad = [
      { host: '', port: 9092 },
      { host: 'a\0b', port: 9092 },
      { host: '127.0.0.1', port: -1 },
      { host: '127.0.0.1', port: 99_999 },
      { host: 'x'.repeat(1_000_000).slice(0, 32_000), port: 9092 },
    ];
    broker.endpoints = [broker.endpoint, ...bad.map((address, i) => ({ ...address, nodeId: 10 + i, rack: null }))];
    const transport = openTransport(broker);
    await transport.connect();
    for (const [i] of bad.entries()) {
      const error = await transportFailure(transport.produce(10 + i, produceRequest()));
      assert.equal(error.mayBeWritten, false);
      assert.equal(error.code, 'ERR_CONNECT');
    }
  });

  it('names every broker it tried and why', async () => {
    const [first, second] = [await startBroker(), await startBroker()];
    const addresses = [first, second].map(({ host, port }) => ({ host, port }));
    await first.close();
    await second.close();
    const transport = openTransport(first, { brokers: addresses });
    const error = await transportFailure(transport.connect());
    assert.equal(error.code, 'ERR_CONNECT');
    for (const { host, port } of addresses) assert.ok(error.message.includes(`${host}:${port}: connection refused`));
    assert.match(error.message, /3 rounds/);
  });

  it('asks the next broker when the first does not answer', async () => {
    const [silent, good] = [await startBroker(), await startBroker({ nodeId: 2 })];
    silent.on('Metadata', () => undefined);
    const transport = openTransport(silent, {
      brokers: [silent, good].map(({ host, port }) => ({ host, port })),
      requestTimeoutMs: 50,
    });
    await transport.connect();
    assert.deepEqual((await transport.metadata([])).brokers, [good.endpoint]);
    assert.equal(silent.connectionCount, 0);
  });

  it('does not cut requests that wait for replicas because metadata waits behind them', async () => {
    const broker = await startBroker();
    const transport = openTransport(broker, { requestTimeoutMs: 50 });
    await transport.connect();
    broker.on('Produce', () => undefined);
    const arrived = broker.next('Produce');
    const sent = transport.produce(1, produceRequest());
    const request = await arrived;
    const { socket } = request;
    const held: (() => void)[] = [];
    broker.on('Metadata', (metadata) => {
      if (metadata.socket === socket)
        held.push(() => {
          broker.answer(metadata);
        });
      else broker.answer(metadata);
    });
    assert.equal((await transport.metadata([])).brokers.length, 1);
    broker.answer(request);
    held.forEach((release) => {
      release();
    });
    assert.equal((await sent).topics.length, 1);
  });

  it('takes a broker without a node list for no broker', async () => {
    const broker = await startBroker();
    broker.endpoints = [];
    const error = await transportFailure(openTransport(broker).connect());
    assert.match(error.message, /names no broker/);
  });

  it('chooses the versions both sides know, Produce from 3 on', async () => {
    for (const [max, expected] of [
      [3, 3],
      [7, 7],
      [9, 9],
      [40, 12],
    ] as const) {
      const broker = await startBroker({ ranges: { Produce: { min: 0, max }, Metadata: { min: 0, max: 4 } } });
      const transport = openTransport(broker);
      await transport.connect();
      await transport.produce(1, produceRequest());
      assert.equal(broker.received.at(-1)?.version, expected);
    }
    const old = await startBroker({ ranges: { Produce: { min: 0, max: 2 } } });
    const error = await transportFailure(openTransport(old).connect());
    assert.equal(error.fatal, true);
    assert.match(error.message, /speaks Produce in versions 0 to 2, this package versions 3 to 12/);
  });

  it('connects to an IPv6 address', async () => {
    const broker = await startBroker({ host: '::1' });
    const transport = openTransport(broker);
    await transport.connect();
    await transport.produce(1, produceRequest());
  });

  it('is not disturbed by a listener that throws', async () => {
    const transport = openTransport(await startBroker(), {
      onEvent: () => {
        throw new Error('listener');
      },
    });
    await transport.connect();
    await transport.produce(1, produceRequest());
  });

  it('ends a connect that waits when it is closed', async () => {
    const broker = await startBroker();
    await broker.close();
    const transport = openTransport(broker);
    const failed = transportFailure(transport.connect());
    await transport.close();
    assert.equal((await failed).code, 'ERR_CLOSED');
  });

  it('counts a whole answer in the same packet as a bad frame', async () => {
    const broker = await startBroker();
    const transport = openTransport(broker);
    await transport.connect();
    broker.on('Produce', (request) => {
      const body = encodeProduceResponse(request.version, broker.produceResponse(request));
      const frame = Buffer.alloc(8);
      frame.writeInt32BE(4 + body.length, 0);
      frame.writeInt32BE(request.correlationId, 4);
      request.socket.write(Buffer.concat([frame, body, Buffer.from([255, 255, 255, 255])]));
    });
    assert.equal((await transport.produce(1, produceRequest())).topics.length, 1);
  });

  it('refuses an empty broker list', () => {
    assert.throws(
      () => createKafkajsTransport({ brokers: [], clientId: 'x', requestTimeoutMs: 1 }),
      (error) => error instanceof KafkaHotpathError && error.code === 'ERR_CONFIG',
    );
  });
});
