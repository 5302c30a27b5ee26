/** The kafkajs transport on one connection: what it sends, and what it makes of every answer and end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { decodeProduce, encodeProduceResponse } from '../../src/protocol/produce-server.ts';
import { systemTransportClock } from '../../src/transport/idle-watch.ts';
import type { KafkajsTransport } from '../../src/transport/kafkajs.ts';
import type { TransportEvent } from '../../src/transport/transport.ts';
import { closeAll, openTransport, produceRequest, startBroker, transportFailure } from './rig.ts';
import type { ScriptedBroker } from './scripted-broker.ts';

afterEach(closeAll);

for (const path of ['corked', 'pool'] as const) {
  describe(`kafkajs transport, ${path} path`, () => {
    let broker: ScriptedBroker;
    let transport: KafkajsTransport;
    let events: TransportEvent[];
    let nowMs: number;

    beforeEach(async () => {
      broker = await startBroker();
      events = [];
      nowMs = 0;
      const clock = { ...systemTransportClock, now: () => nowMs };
      transport = openTransport(broker, { path, clock, onEvent: (event) => events.push(event) });
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
      nowMs += 60;
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
