/** The misbehaviour a test can ask for; each promise here ends with an event, none with a delay. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import type { KafkaHotpathError } from '../../src/errors.ts';
import { startBroker } from '../../src/broker/index.ts';
import { decodeApiVersionsResponse, encodeApiVersions } from '../../src/protocol/api-versions.ts';
import { decodeInitProducerIdResponse, encodeInitProducerId } from '../../src/protocol/init-producer-id.ts';
import type { ClusterMetadata } from '../../src/protocol/messages.ts';
import { decodeMetadataResponse, encodeMetadata } from '../../src/protocol/metadata.ts';
import { buildBatch } from '../protocol/batch-builder.ts';
import { BATCH_A } from '../protocol/vectors.ts';
import { RawClient } from './raw-client.ts';
import { withBroker } from './with-broker.ts';

async function metadataOf(client: RawClient, topics: string[]): Promise<ClusterMetadata> {
  const body = encodeMetadata(9, { topics, allowAutoTopicCreation: true });
  return decodeMetadataResponse(9, await client.request('Metadata', 9, body));
}

/** A promise and the way to settle it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

async function connectionIsRefused(address: string): Promise<boolean> {
  const socket = connect(Number(address.split(':')[1]), '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => {
      resolve(true);
    });
  });
}

describe('faults of one request', () => {
  it('delays handling, and what comes behind it on the connection waits', async () => {
    await withBroker({}, async (broker, client) => {
      const { opened, open } = gate();
      void broker.control.once('Produce', { delayUntil: opened });
      client.sendBatch('t', 0, BATCH_A);
      const second = client.sendBatch('t', 0, BATCH_A);
      await broker.control.nextRequest('Produce', ({ correlationId }) => correlationId === second);
      assert.equal(broker.records('t').length, 0);
      open();
      const responses = [await client.receiveProduce(), await client.receiveProduce()];
      assert.deepEqual(
        responses.map(({ topics }) => topics[0]?.partitions[0]?.baseOffset),
        [0, 1],
      );
    });
  });

  it('holds the answer of a batch that is stored, and the answers behind it keep their order', async () => {
    await withBroker({}, async (broker, client) => {
      const { opened, open } = gate();
      void broker.control.once('Produce', { holdReplyUntil: opened });
      const ids = [client.sendBatch('t', 0, BATCH_A), client.sendBatch('t', 0, BATCH_A)];
      await broker.control.waitFor(() => broker.records('t').length === 2);
      open();
      assert.deepEqual([(await client.receive()).correlationId, (await client.receive()).correlationId], ids);
    });
  });

  it('drops the connection before anything is stored', async () => {
    await withBroker({}, async (broker, client) => {
      void broker.control.once('Produce', { drop: 'beforeHandling' });
      client.sendBatch('t', 0, BATCH_A);
      await client.ended();
      assert.equal(broker.records('t').length, 0);
    });
  });

  it('drops the connection when all is stored and nobody knows', async () => {
    await withBroker({}, async (broker, client) => {
      void broker.control.once('Produce', { drop: 'afterHandling' });
      client.sendBatch('t', 0, BATCH_A);
      await client.ended();
      assert.equal(broker.records('t').length, 1);
    });
  });

  it('stays silent about one request and answers the next', async () => {
    await withBroker({}, async (broker, client) => {
      void broker.control.once('Produce', { mute: true });
      client.sendBatch('t', 0, BATCH_A);
      const second = client.sendBatch('t', 0, BATCH_A);
      assert.equal((await client.receive()).correlationId, second);
      assert.equal(broker.records('t').length, 2);
    });
  });

  it('answers an error, with or without having stored the batch', async () => {
    await withBroker({}, async (broker, client) => {
      const fault = { topic: 't', partition: 0, errorCode: 7 };
      void broker.control.once('Produce', { partitionErrors: [fault] });
      const refused = await client.produce('t', 0, BATCH_A);
      assert.deepEqual([refused.errorCode, refused.baseOffset], [7, -1]);
      void broker.control.once('Produce', { partitionErrors: [{ ...fault, append: true }] });
      const hidden = await client.produce('t', 0, BATCH_A);
      assert.deepEqual([hidden.errorCode, hidden.baseOffset], [7, 0]);
      assert.equal(broker.records('t').length, 1);
    });
  });

  it('answers with a throttle time, other fields, or any bytes at all', async () => {
    await withBroker({}, async (broker, client) => {
      void broker.control.once('Produce', { throttleMs: 123, rewriteProduce: (answer) => ({ ...answer, topics: [] }) });
      client.sendBatch('t', 0, BATCH_A);
      const response = await client.receiveProduce();
      assert.deepEqual([response.throttleMs, response.topics], [123, []]);
      void broker.control.once('Produce', { replyBytes: Buffer.from('00000004000000ff', 'hex') });
      client.sendBatch('t', 0, BATCH_A);
      assert.deepEqual(await client.receive(), { correlationId: 255, body: Buffer.alloc(0) });
    });
  });

  it('refuses a producer id, and answers metadata with an error', async () => {
    await withBroker({}, async (broker, client) => {
      void broker.control.once('InitProducerId', { errorCode: 14 });
      const init = async () =>
        decodeInitProducerIdResponse(4, await client.request('InitProducerId', 4, encodeInitProducerId(4)));
      assert.deepEqual(await init(), { throttleMs: 0, errorCode: 14, producerId: -1n, producerEpoch: -1 });
      const [first, second] = [await init(), await init()];
      assert.equal(second.producerId, first.producerId + 1n);
      void broker.control.once('Metadata', { errorCode: 29 });
      assert.equal((await metadataOf(client, ['t'])).topics[0]?.errorCode, 29);
    });
  });

  it('shows hooks what is in a request, and the first that decides wins', async () => {
    await withBroker({}, async (broker, client) => {
      const seen: string[] = [];
      broker.control.onRequest(({ apiName, version, nodeId, produce }) => {
        seen.push(`${apiName} v${version} node ${nodeId} ${produce?.topics[0]?.topic ?? ''}`);
        return undefined;
      });
      broker.control.onRequest(() => ({ errorCode: 6 }));
      const remove = broker.control.onRequest(() => ({ errorCode: 5 }));
      assert.equal((await client.produce('t', 0, BATCH_A)).errorCode, 6);
      remove();
      assert.deepEqual(seen, ['Produce v10 node 1 t']);
    });
  });
});

describe('faults of the cluster', () => {
  it('stops a node, hands over what it led, and starts it on its port', async () => {
    await withBroker({ brokers: 2 }, async (broker, client) => {
      const address = broker.addresses[1] ?? '';
      const other = await RawClient.open(address);
      await broker.control.stopNode(2);
      await other.ended();
      assert.ok(await connectionIsRefused(address));
      const { brokers, topics } = await metadataOf(client, ['t']);
      assert.deepEqual(
        brokers.map(({ nodeId }) => nodeId),
        [1],
      );
      const leaders = topics[0]?.partitions.map(({ leaderId, leaderEpoch }) => [leaderId, leaderEpoch]);
      assert.deepEqual(leaders, [
        [1, 0],
        [1, 1],
      ]);
      await broker.control.startNode(2);
      assert.equal(broker.addresses[1], address);
      (await RawClient.open(address)).close();
    });
  });

  it('moves a leader, and leaves a partition without one', async () => {
    await withBroker({ brokers: 2 }, async (broker, client) => {
      broker.control.moveLeader('t', 0, 2);
      assert.equal((await client.produce('t', 0, BATCH_A)).errorCode, 6);
      broker.control.setLeader('t', 0, -1);
      const [topic] = (await metadataOf(client, ['t'])).topics;
      assert.deepEqual([topic?.partitions[0]?.errorCode, topic?.partitions[0]?.leaderId], [5, -1]);
      assert.throws(() => {
        broker.control.moveLeader('t', 0, 3);
      }, /ids run from 1 to 2/);
    });
  });

  it('loses the end of a log and with it what it knew of the producer', async () => {
    await withBroker({}, async (broker, client) => {
      const batch = (baseSequence: number) => buildBatch({ producerId: 1n, producerEpoch: 0, baseSequence });
      for (let sequence = 0; sequence < 3; sequence++) await client.produce('t', 0, batch(sequence));
      broker.control.truncate('t', 0, 1);
      assert.equal((await client.produce('t', 0, batch(2))).errorCode, 45);
      assert.equal((await client.produce('t', 0, batch(1))).baseOffset, 1);
      broker.control.deleteRecords('t', 0, 1);
      assert.deepEqual(
        broker.records('t').map(({ offset }) => offset),
        [1],
      );
    });
  });

  it('deletes a topic, adds partitions, creates topics when allowed', async () => {
    await withBroker({ autoCreateTopics: true, defaultPartitions: 3 }, async (broker, client) => {
      broker.control.addPartitions('t', 5);
      assert.equal((await metadataOf(client, ['t'])).topics[0]?.partitions.length, 5);
      broker.control.deleteTopic('t');
      assert.equal((await client.produce('t', 0, BATCH_A)).errorCode, 3);
      assert.equal((await metadataOf(client, ['new'])).topics[0]?.partitions.length, 3);
      assert.equal((await metadataOf(client, ['not a name'])).topics[0]?.errorCode, 17);
    });
  });
});

describe('what it does not understand', () => {
  const frame = (hex: string): Buffer => {
    const content = Buffer.from(hex, 'hex');
    const bytes = Buffer.alloc(4 + content.length);
    bytes.writeInt32BE(content.length);
    bytes.set(content, 4);
    return bytes;
  };
  const cases: [string, Buffer, RegExp][] = [
    ['an unknown request', frame('03e7000000000001ffff'), /request type 999 v0 is not served/],
    ['a version of Produce that is gone', frame('0000000200000001ffff'), /Produce v2 is not served/],
    ['a request cut short', frame('0000000700000001ffffffff'), /acks needs 2 bytes, 0 are left/],
    ['half a header', frame('000000'), /request header: version needs 2 bytes/],
    ['a negative length', Buffer.from('ffffff9c', 'hex'), /claims -100 bytes/],
    ['an endless length', Buffer.from('7fffffff', 'hex'), /claims 2147483647 bytes/],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), /claims 1195725856 bytes/],
  ];
  for (const [name, bytes, line] of cases) {
    it(`${name} closes the connection with a line in the log`, async () => {
      const lines: string[] = [];
      await withBroker({ log: (text) => lines.push(text) }, async (broker, client) => {
        client.socket.write(bytes);
        await client.ended();
        assert.equal(lines.length, 1);
        assert.match(lines[0] ?? '', line);
        const other = await RawClient.open(broker.address);
        assert.equal((await other.produce('t', 0, BATCH_A)).errorCode, 0, 'others are served as before');
        other.close();
      });
    });
  }

  it('a version of ApiVersions from the future is answered in v0 (KIP-511)', async () => {
    await withBroker({}, async (_broker, client) => {
      const body = encodeApiVersions(4, { name: 'raw', version: '1' });
      const response = decodeApiVersionsResponse(9, await client.request('ApiVersions', 9, body));
      assert.equal(response.errorCode, 35);
      assert.deepEqual(response.ranges.get(0), { min: 3, max: 12 });
    });
  });

  it('requests that come in single bytes are requests all the same', async () => {
    await withBroker({}, async (broker, client) => {
      client.socket.setNoDelay(true);
      const request = Buffer.from(
        '0000006d00000007000000010003766563ffffffff0000138800000001000174000000010000000000000045' +
          BATCH_A.toString('hex'),
        'hex',
      );
      for (const byte of request) client.socket.write(Buffer.of(byte));
      await client.receive();
      assert.equal(broker.records('t').length, 1);
    });
  });
});

describe('closing', () => {
  it('ends every connection and every wait, and may be repeated', async () => {
    const broker = await startBroker();
    const client = await RawClient.open(broker.address);
    await broker.control.waitFor(() => broker.connections === 1);
    const waits = [broker.control.nextRequest('Fetch'), broker.control.waitFor(() => false)];
    const outcomes = Promise.allSettled(waits);
    await broker.close();
    await client.ended();
    for (const outcome of await outcomes) {
      assert.equal(outcome.status === 'rejected' && (outcome.reason as KafkaHotpathError).code, 'ERR_CLOSED');
    }
    await broker.close();
    assert.ok(await connectionIsRefused(broker.address));
  });

  it('refuses options it cannot honour', async () => {
    const cases = [
      { options: { host: '0.0.0.0' }, message: /loopback/ },
      { options: { brokers: 0 }, message: /brokers is 0/ },
      { options: { topics: [{ name: 'a b' }] }, message: /not a Kafka topic name/ },
      { options: { topics: [{ name: 'a' }, { name: 'a' }] }, message: /exists already/ },
      { options: { topics: [{ name: 'a', partitions: 0 }] }, message: /partitions is 0/ },
    ];
    for (const { options, message } of cases) await assert.rejects(startBroker(options), message);
    await withBroker({}, async (broker) => {
      await assert.rejects(startBroker({ port: Number(broker.address.split(':')[1]) }), /node 1 cannot listen/);
    });
  });
});
