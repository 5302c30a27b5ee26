/** kafkajs as everybody uses it, against the embedded broker: nothing of ours is between the two. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CompressionTypes, Kafka, logLevel, Partitioners, type SASLOptions } from 'kafkajs';
import type { EmbeddedBroker } from '../../src/broker/index.ts';
import { withBroker } from './with-broker.ts';

const USERS = { alice: 'alice-secret', 'a=b,c': 'pässword' };

function kafka(broker: EmbeddedBroker, sasl?: SASLOptions): Kafka {
  const retry = { retries: 2, initialRetryTime: 1 };
  const options = { clientId: 'test', brokers: [broker.address], logLevel: logLevel.NOTHING, retry };
  return new Kafka(sasl === undefined ? options : { ...options, sasl });
}

async function send(client: Kafka, values: string[], options: { idempotent: boolean }): Promise<void> {
  const createPartitioner = Partitioners.DefaultPartitioner;
  const producer = client.producer({ createPartitioner, idempotent: options.idempotent });
  await producer.connect();
  try {
    for (const value of values)
      await producer.send({ topic: 't', messages: [{ key: value, value, headers: { h: 'x' } }] });
  } finally {
    await producer.disconnect();
  }
}

/** Everything a consumer group of that name sees until it has seen so many. */
async function consume(client: Kafka, groupId: string, count: number): Promise<string[]> {
  // A short maximum wait, because disconnect() waits for the fetch that is under way.
  const consumer = client.consumer({ groupId, maxWaitTimeInMs: 50, heartbeatInterval: 100 });
  const values: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic: 't', fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const eachMessage = ({ message }: { message: { value: Buffer | null } }): Promise<void> => {
      values.push(message.value?.toString() ?? '');
      if (values.length === count) resolve();
      return Promise.resolve();
    };
    consumer.run({ eachMessage, autoCommitThreshold: 1 }).catch(reject);
  });
  await consumer.disconnect();
  return values.sort();
}

const VALUES = Array.from({ length: 30 }, (_, index) => `value-${String(index).padStart(2, '0')}`);

describe('kafkajs', () => {
  for (const brokers of [1, 3]) {
    it(`writes and reads back, plain and idempotent, on ${brokers} nodes`, async () => {
      await withBroker({ brokers }, async (broker) => {
        const client = kafka(broker);
        await send(client, VALUES.slice(0, 15), { idempotent: false });
        await send(client, VALUES.slice(15), { idempotent: true });
        assert.equal(broker.records('t').length, VALUES.length);
        assert.deepEqual(await consume(client, 'group', VALUES.length), VALUES);
      });
    });
  }

  it('reads back gzip batches', async () => {
    await withBroker({}, async (broker) => {
      const client = kafka(broker);
      const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
      await producer.connect();
      const messages = VALUES.map((value) => ({ value }));
      await producer.send({ topic: 't', messages, compression: CompressionTypes.GZIP });
      await producer.disconnect();
      assert.deepEqual(await consume(client, 'group', VALUES.length), VALUES);
    });
  });

  it('goes on where its group left off', async () => {
    await withBroker({}, async (broker) => {
      const client = kafka(broker);
      await send(client, VALUES.slice(0, 10), { idempotent: false });
      assert.deepEqual(await consume(client, 'group', 10), VALUES.slice(0, 10));
      await send(client, VALUES.slice(10), { idempotent: false });
      assert.deepEqual(await consume(client, 'group', 20), VALUES.slice(10));
    });
  });

  it('shares a topic between two members of a group', async () => {
    await withBroker({}, async (broker) => {
      const client = kafka(broker);
      const partitions: number[][] = [[], []];
      const consumers = partitions.map(() =>
        client.consumer({ groupId: 'two', maxWaitTimeInMs: 50, heartbeatInterval: 20 }),
      );
      const shared = new Promise<void>((resolve) => {
        consumers.forEach((consumer, index) => {
          consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
            partitions[index] = payload.memberAssignment['t'] ?? [];
            if (partitions.every((own) => own.length === 1)) resolve();
          });
        });
      });
      for (const consumer of consumers) {
        await consumer.connect();
        await consumer.subscribe({ topic: 't' });
        await consumer.run({ eachMessage: () => Promise.resolve() });
      }
      await shared;
      assert.deepEqual(partitions.flat().sort(), [0, 1]);
      await Promise.all(consumers.map((consumer) => consumer.disconnect()));
    });
  });

  it('is told the offsets of a topic by its admin client', async () => {
    await withBroker({}, async (broker) => {
      const client = kafka(broker);
      await send(client, VALUES, { idempotent: false });
      const admin = client.admin();
      await admin.connect();
      const offsets = await admin.fetchTopicOffsets('t');
      const atFirst = await admin.fetchTopicOffsetsByTimestamp('t', 1);
      await admin.disconnect();
      const total = offsets.reduce((sum, { high }) => sum + Number(high), 0);
      assert.equal(total, VALUES.length);
      assert.deepEqual(
        atFirst.map(({ offset }) => offset),
        ['0', '0'],
      );
    });
  });
});

describe('SASL', () => {
  const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

  for (const mechanism of mechanisms) {
    it(`${mechanism} lets the right password in`, async () => {
      await withBroker({ sasl: USERS }, async (broker) => {
        for (const [username, password] of Object.entries(USERS)) {
          await send(kafka(broker, { mechanism, username, password }), [username], { idempotent: true });
        }
        assert.equal(broker.records('t').length, 2);
      });
    });

    it(`${mechanism} keeps a wrong password and an unknown user out`, async () => {
      await withBroker({ sasl: USERS }, async (broker) => {
        for (const [username, password] of [
          ['alice', 'wrong'],
          ['bob', 'alice-secret'],
        ] as const) {
          const attempt = send(kafka(broker, { mechanism, username, password }), ['x'], { idempotent: false });
          await assert.rejects(attempt, { name: 'KafkaJSSASLAuthenticationError' });
        }
        assert.equal(broker.records('t').length, 0);
      });
    });
  }

  it('refuses a mechanism that is not enabled', async () => {
    await withBroker({ sasl: USERS, saslMechanisms: ['SCRAM-SHA-512'] }, async (broker) => {
      const sasl = { mechanism: 'plain', username: 'alice', password: 'alice-secret' } as const;
      await assert.rejects(send(kafka(broker, sasl), ['x'], { idempotent: false }), {
        type: 'UNSUPPORTED_SASL_MECHANISM',
      });
    });
  });

  it('closes a connection that does not authenticate', async () => {
    const lines: string[] = [];
    await withBroker({ sasl: USERS, log: (line) => lines.push(line) }, async (_broker, client) => {
      client.sendBatch('t', 0, Buffer.alloc(0));
      await client.ended();
      assert.match(lines[0] ?? '', /Produce before authentication/);
    });
  });

  it('is refused where nobody has to authenticate', async () => {
    await withBroker({}, async (broker) => {
      const sasl = { mechanism: 'plain', username: 'alice', password: 'alice-secret' } as const;
      await assert.rejects(send(kafka(broker, sasl), ['x'], { idempotent: false }), { type: 'ILLEGAL_SASL_STATE' });
    });
  });
});
