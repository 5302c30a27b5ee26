/** The kafkajs transport and a whole cluster: which broker it asks, connects to and gives up. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { KafkaHotpathError } from '../../src/errors.ts';
import { encodeProduceResponse } from '../../src/protocol/produce-server.ts';
import { createKafkajsTransport } from '../../src/transport/kafkajs.ts';
import { closeAll, openTransport, produceRequest, startBroker, transportFailure } from './rig.ts';

afterEach(closeAll);

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
    // Long enough for a second connection on a busy machine: the first Metadata waits for its end.
    const transport = openTransport(broker, { requestTimeoutMs: 300 });
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
