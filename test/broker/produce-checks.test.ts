/** Each check of a Kafka broker, provoked by a batch that is wrong in that one way. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeProduceResponse, encodeProduce } from '../../src/protocol/produce.ts';
import { type BuiltBatch, buildBatch } from '../protocol/batch-builder.ts';
import { BATCH_A, BATCH_B } from '../protocol/vectors.ts';
import { withBroker } from './with-broker.ts';

const NOW_MS = 1_700_000_000_000;

/** A batch of `count` records as an idempotent producer numbers it. */
function sequenced(baseSequence: number, count: number, producerEpoch: number = 0): Buffer {
  const records = Array.from({ length: count }, (_, index) => ({ value: Buffer.of(index) }));
  return buildBatch({ records, producerId: 7n, producerEpoch, baseSequence });
}

async function refused(batch: Uint8Array, errorCode: number, message: RegExp): Promise<void> {
  await withBroker({ now: () => NOW_MS, maxMessageBytes: 200 }, async (broker, client) => {
    const response = await client.produce('t', 0, batch);
    assert.equal(response.errorCode, errorCode, response.errorMessage ?? '');
    assert.equal(response.baseOffset, -1);
    assert.match(response.errorMessage ?? '', message);
    assert.deepEqual(broker.records('t'), []);
  });
}

describe('a sound batch', () => {
  it('is stored with offsets and comes back as it was', async () => {
    await withBroker({}, async (broker, client) => {
      assert.equal((await client.produce('t', 1, BATCH_A)).baseOffset, 0);
      assert.equal((await client.produce('t', 1, BATCH_B)).baseOffset, 1);
      assert.equal((await client.produce('t', 1, BATCH_A)).baseOffset, 4);
      const records = broker.records('t', 1);
      assert.deepEqual(
        records.map(({ offset }) => offset),
        [0, 1, 2, 3, 4],
      );
      assert.deepEqual(records[1]?.headers, [{ key: 'h', value: Buffer.from('x') }]);
      assert.equal(broker.log('t', 1).length, 3);
      assert.deepEqual(broker.records('t', 0), []);
    });
  });

  it('gets the time of the broker where the topic asks for it', async () => {
    const topics = [{ name: 'stamped', logAppendTime: true }];
    await withBroker({ topics, now: () => NOW_MS }, async (broker, client) => {
      const response = await client.produce('stamped', 0, BATCH_A);
      assert.equal(response.logAppendTimeMs, NOW_MS);
      assert.equal(broker.records('stamped')[0]?.timestamp, NOW_MS);
    });
  });

  it('gets its max timestamp corrected, as Kafka does', async () => {
    await withBroker({}, async (broker, client) => {
      const batch = buildBatch({ records: [{ timestamp: 9n }, { timestamp: 4n }], maxTimestamp: 4n });
      assert.equal((await client.produce('t', 0, batch)).errorCode, 0);
      assert.deepEqual(
        broker.records('t').map(({ timestamp }) => timestamp),
        [9, 4],
      );
    });
  });
});

describe('a batch is refused for', () => {
  const cases: [string, BuiltBatch, number, RegExp][] = [
    ['a base offset', { baseOffset: 1n }, 87, /base offset is 1/],
    ['its size', { records: [{ value: Buffer.alloc(200) }] }, 10, /270 bytes, 200 are allowed/],
    ['a count of 0', { records: [], lastOffsetDelta: -1 }, 87, /record count is 0/],
    ['a count that contradicts the offsets', { recordCount: 3 }, 87, /last offset delta is 0 with 3/],
    ['the control bit', { attributes: 0x20 }, 87, /control/],
    ['a producer id without a sequence', { producerId: 1n, producerEpoch: 0 }, 87, /base sequence is -1/],
    ['the append time bit', { attributes: 0x08 }, 32, /append time/],
    ['the transactional bit', { attributes: 0x10 }, 48, /transactions/],
    ['an old magic', { magic: 1 }, 87, /magic is 1/],
    ['compression it cannot read', { attributes: 2 }, 76, /snappy/],
    ['damaged records', { recordBytes: Buffer.alloc(9) }, 87, /needs 1 bytes, 0 are left/],
    ['a gap in its offsets', { records: [{}, { offsetDelta: 3 }] }, 87, /offset delta/],
  ];
  for (const [name, batch, errorCode, message] of cases) {
    it(name, () => refused(buildBatch(batch), errorCode, message));
  }

  it('its CRC', () => {
    const batch = Buffer.from(BATCH_A);
    batch.writeUInt8(0x62, 67);
    return refused(batch, 2, /stored crc is \d+, computed crc is \d+/);
  });

  it('company', () => refused(Buffer.concat([BATCH_A, BATCH_A]), 87, /69 bytes follow/));

  it('being cut short', () => refused(BATCH_A.subarray(0, 60), 2, /needs 61 bytes/));

  it('a record from the future, naming the record', async () => {
    await withBroker({ now: () => NOW_MS }, async (_broker, client) => {
      const hourMs = 3_600_000n;
      const records = [{ timestamp: BigInt(NOW_MS) + hourMs }, { timestamp: BigInt(NOW_MS) + hourMs + 1n }];
      const response = await client.produce('t', 0, buildBatch({ records }));
      assert.equal(response.errorCode, 32);
      assert.deepEqual(
        response.recordErrors.map(({ batchIndex }) => batchIndex),
        [1],
      );
    });
  });

  it('a record from the past, where the broker has a limit', async () => {
    await withBroker({ now: () => NOW_MS, timestampBeforeMaxMs: 1000 }, async (_broker, client) => {
      assert.equal((await client.produce('t', 0, BATCH_A)).errorCode, 32);
    });
  });

  it('a missing key on a compacted topic', async () => {
    await withBroker({ topics: [{ name: 'c', compacted: true }] }, async (_broker, client) => {
      const records = [{ key: Buffer.from('k') }, { key: null }];
      const response = await client.produce('c', 0, buildBatch({ records }));
      assert.equal(response.errorCode, 87);
      assert.deepEqual(
        response.recordErrors.map(({ batchIndex }) => batchIndex),
        [1],
      );
    });
  });
});

describe('a request is refused for', () => {
  const batchAt = (partition: number): { partition: number; batch: Buffer } => ({ partition, batch: BATCH_A });

  it('a partition named twice, of which neither is stored', async () => {
    await withBroker({}, async (broker, client) => {
      const topics = [{ topic: 't', partitions: [batchAt(0), batchAt(1), batchAt(0)] }];
      const body = await client.request('Produce', 7, encodeProduce(7, { acks: -1, timeoutMs: 1, topics }));
      const [answered] = decodeProduceResponse(7, body).topics;
      assert.deepEqual(
        answered?.partitions.map(({ errorCode }) => errorCode),
        [42, 0, 42],
      );
      assert.equal(broker.records('t').length, 1);
    });
  });

  it('acks it does not know', async () => {
    await withBroker({}, async (_broker, client) => {
      const topics = [{ topic: 't', partitions: [batchAt(0)] }];
      const body = await client.request('Produce', 7, encodeProduce(7, { acks: 2, timeoutMs: 1, topics }));
      assert.equal(decodeProduceResponse(7, body).topics[0]?.partitions[0]?.errorCode, 21);
    });
  });

  it('an unknown topic or partition', async () => {
    await withBroker({}, async (_broker, client) => {
      assert.equal((await client.produce('nowhere', 0, BATCH_A)).errorCode, 3);
      assert.equal((await client.produce('t', 2, BATCH_A)).errorCode, 3);
      assert.equal((await client.produce('t', -1, BATCH_A)).errorCode, 3);
    });
  });

  it('the wrong node, which says who leads', async () => {
    await withBroker({ brokers: 2 }, async (broker, client) => {
      client.sendBatch('t', 1, BATCH_A);
      const response = await client.receiveProduce();
      const [entry] = response.topics.flatMap((topic) => topic.partitions);
      assert.equal(entry?.errorCode, 6);
      assert.deepEqual(entry.currentLeader, { leaderId: 2, leaderEpoch: 0 });
      const [endpoint] = response.nodeEndpoints;
      assert.equal(`${endpoint?.host ?? ''}:${endpoint?.port ?? 0}`, broker.addresses[1]);
    });
  });
});

describe('sequences', () => {
  it('follow one another, and wrap after 2^31 − 1', async () => {
    await withBroker({}, async (broker, client) => {
      const errorCodes: number[] = [];
      // 2147483646, …647 and 0 in one batch; then 1; then a gap.
      for (const [first, count] of [
        [2_147_483_646, 3],
        [1, 1],
        [3, 1],
      ] as const) {
        errorCodes.push((await client.produce('t', 0, sequenced(first, count))).errorCode);
      }
      assert.deepEqual(errorCodes, [0, 0, 45]);
      assert.equal(broker.records('t').length, 4);
    });
  });

  it('go from 2^31 − 1 to 0', async () => {
    await withBroker({}, async (_broker, client) => {
      assert.equal((await client.produce('t', 0, sequenced(2_147_483_647, 1))).errorCode, 0);
      assert.equal((await client.produce('t', 0, sequenced(0, 1))).errorCode, 0);
    });
  });

  it('seen among the last five batches are answered with the first offset, older ones with 45', async () => {
    await withBroker({}, async (broker, client) => {
      for (let sequence = 0; sequence < 6; sequence++) await client.produce('t', 0, sequenced(sequence, 1));
      const repeated = await client.produce('t', 0, sequenced(1, 1));
      assert.deepEqual([repeated.errorCode, repeated.baseOffset], [0, 1]);
      assert.equal((await client.produce('t', 0, sequenced(0, 1))).errorCode, 45);
      assert.equal((await client.produce('t', 0, sequenced(4, 2))).errorCode, 45, 'another cut of the same records');
      assert.equal(broker.records('t').length, 6);
    });
  });

  it('start at 0 in a new epoch, and an old epoch is fenced', async () => {
    await withBroker({}, async (_broker, client) => {
      const answers: number[] = [];
      for (const [first, epoch] of [
        [5, 1],
        [6, 2],
        [0, 2],
        [6, 1],
      ] as const) {
        answers.push((await client.produce('t', 0, sequenced(first, 1, epoch))).errorCode);
      }
      assert.deepEqual(answers, [0, 45, 0, 47]);
    });
  });

  it('of a producer the broker has forgotten are accepted as they come', async () => {
    await withBroker({}, async (broker, client) => {
      await client.produce('t', 0, sequenced(0, 1));
      broker.control.forgetProducerState('t', 0);
      assert.equal((await client.produce('t', 0, sequenced(9, 1))).errorCode, 0);
    });
  });

  it('are counted apart in each partition', async () => {
    await withBroker({}, async (_broker, client) => {
      assert.equal((await client.produce('t', 0, sequenced(0, 3))).errorCode, 0);
      assert.equal((await client.produce('t', 1, sequenced(0, 1))).errorCode, 0);
    });
  });
});
