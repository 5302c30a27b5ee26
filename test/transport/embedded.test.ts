/** The transport and the embedded broker, each written without the other. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { startBroker } from '../../src/broker/index.ts';
import { createKafkajsTransport } from '../../src/transport/kafkajs.ts';

/** One record, value "a", timestamp 0: vector A of Kafka's own Java encoder. */
const BATCH = Buffer.from(
  '000000000000000000000039ffffffff02dbe9c87600000000000000000000000000000000000000000000' +
    'ffffffffffffffffffffffffffff000000010e00000001026100',
  'hex',
);

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

describe('transport and embedded broker', () => {
  for (const path of ['corked', 'pool'] as const) {
    for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
      it(`agree on ${mechanism}, metadata, ids, batches and a refusal, ${path} path`, async () => {
        const broker = await startBroker({
          brokers: 3,
          topics: [{ name: 'orders', partitions: 3 }],
          sasl: { alice: 'secret' },
        });
        undo.push(() => broker.close());
        const [host = '', port] = broker.address.split(':');
        const transport = createKafkajsTransport({
          brokers: [{ host, port: Number(port) }],
          clientId: 'test-client',
          sasl: { mechanism, username: 'alice', password: 'secret' },
          requestTimeoutMs: 2000,
          path,
        });
        undo.push(() => transport.close());
        await transport.connect();
        const metadata = await transport.metadata(['orders', 'missing']);
        assert.equal(metadata.brokers.length, 3);
        assert.deepEqual(
          metadata.topics.map(({ topic, errorCode }) => [topic, errorCode]),
          [
            ['orders', 0],
            ['missing', 3],
          ],
        );
        assert.ok((await transport.initProducerId()).producerId >= 0n);
        for (const { partition, leaderId } of metadata.topics[0]?.partitions ?? []) {
          const send = async (batch: Buffer): Promise<{ errorCode?: number; baseOffset?: number }> => {
            const topics = [{ topic: 'orders', partitions: [{ partition, batch }] }];
            const response = await transport.produce(leaderId, { acks: -1, timeoutMs: 1000, topics });
            return response.topics[0]?.partitions[0] ?? {};
          };
          assert.equal((await send(BATCH)).baseOffset, 0);
          // A hundred zeros are no record batch; the broker says so, and the connection lives on.
          assert.notEqual((await send(Buffer.alloc(100))).errorCode, 0);
          assert.equal((await send(BATCH)).baseOffset, 1);
        }
        assert.equal(broker.records('orders').length, 6);
        assert.equal(broker.connections, 3);
      });
    }
  }
});
