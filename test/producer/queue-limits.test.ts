/** How much gets in before it is too much. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GROUP_RECORDS_MAX, RECORD_OVERHEAD_MAX } from '../../src/engine/layout.ts';
import { DEFAULT_PRODUCER_CONFIG } from '../../src/producer/context.ts';
import { QueueLimits } from '../../src/producer/queue-limits.ts';
import type { ProducerConfig } from '../../src/producer/api.ts';
import { FakePartition } from './fake-cluster.ts';
import { ArraySource, codes, openBench, runUntilSettled, type TestMessage, TOPIC } from './harness.ts';

const SHARE = 24 * 1024;
const MEGABYTE = 1024 * 1024;

/** Messages and bytes in the queue. */
type Filling = readonly [queuedMessages: number, queuedBytes: number];

/** The limits for so many partitions, which those fillings have reached and the others have not. */
function limits(
  partitionCount: number,
  fillings: { open: readonly Filling[]; reached: readonly Filling[] },
  config: Partial<ProducerConfig> = {},
): QueueLimits {
  const made = new QueueLimits({ ...DEFAULT_PRODUCER_CONFIG, ...config });
  made.share(partitionCount);
  const areReached = ([queuedMessages, queuedBytes]: Filling): boolean =>
    made.areReachedBy({ queuedMessages, queuedBytes });
  assert.deepEqual([fillings.open.filter(areReached), fillings.reached.filter(areReached)], [[], fillings.reached]);
  return made;
}

function messagesOf(count: number, valueBytes: number, partitions: number): TestMessage[] {
  const value = 'x'.repeat(valueBytes);
  return Array.from({ length: count }, (_, index) => ({ value, partition: index % partitions }));
}

interface Load {
  messages: number;
  valueBytes: number;
  partitions: number;
  config?: Partial<ProducerConfig>;
}

/** Hands messages over to a cluster that never answers; how many found the queue full? */
async function refused({ messages, valueBytes, partitions, config = {} }: Load): Promise<number> {
  const { clock, cluster, producer } = openBench({ whenFull: 'fail', ...config }, partitions);
  await runUntilSettled(clock, producer.prepare(TOPIC));
  cluster.onProduce = (): undefined => undefined;
  const sent = producer.produce(TOPIC, new ArraySource(messagesOf(messages, valueBytes, partitions)));
  await clock.advance(1);
  await runUntilSettled(clock, producer.close({ timeoutMs: 0 }));
  return codes(await runUntilSettled(clock, sent)).filter((code) => code === 'ERR_QUEUE_FULL').length;
}

describe('the queue limits', () => {
  it('are 100 000 messages for few partitions', () => {
    const made = limits(6, {
      open: [[99_999, 50 * MEGABYTE]],
      reached: [
        [100_000, 6 * SHARE],
        [100_000, 0],
      ],
    });
    assert.equal(String(made), '100000 messages and 268435456 bytes');
  });

  it('let each of many partitions have its share, in messages and in bytes', () => {
    const made = limits(1000, {
      open: [
        [159_999, 1000 * SHARE - 1],
        [99_999, 1000 * SHARE],
      ],
      reached: [
        [159_999, 1000 * SHARE],
        [160_000, 0],
      ],
    });
    assert.equal(String(made), '100000 messages (160000 while they are below 24576000 bytes) and 268435456 bytes');
  });

  it('stop the shares at 64 MiB and 400 000 messages in all', () => {
    limits(16_000, {
      open: [[399_999, 64 * MEGABYTE - 1]],
      reached: [
        [399_999, 64 * MEGABYTE],
        [400_000, 0],
      ],
    });
  });

  it('hold to what the program has set', () => {
    const config = { queueMessagesMax: 50, queueBytesMax: MEGABYTE };
    const made = limits(
      1000,
      {
        open: [[49, MEGABYTE - 1]],
        reached: [
          [50, 0],
          [49, MEGABYTE],
        ],
      },
      config,
    );
    assert.equal(String(made), '50 messages and 1048576 bytes');
  });

  it('never let shares go beyond the bytes that the program has set', () => {
    const made = limits(1000, { open: [[1, MEGABYTE - 1]], reached: [[1, MEGABYTE]] }, { queueBytesMax: MEGABYTE });
    assert.equal(String(made), '100000 messages and 1048576 bytes');
  });

  it('are those of the partitions that the topic has', async () => {
    assert.equal(await refused({ messages: 120_000, valueBytes: 10, partitions: 6 }), 20_000);
    assert.equal(await refused({ messages: 140_000, valueBytes: 10, partitions: 800 }), 140_000 - 800 * 160);
    const config = { queueMessagesMax: 110_000 };
    assert.equal(await refused({ messages: 120_000, valueBytes: 10, partitions: 800, config }), 10_000);
  });

  it('count bytes where messages are larger', async () => {
    const valueBytes = 150;
    const fitting = Math.ceil((800 * SHARE) / (valueBytes + RECORD_OVERHEAD_MAX));
    const late = 120_000 - (await refused({ messages: 120_000, valueBytes, partitions: 800 })) - fitting;
    // Bytes are counted when a group is appended, so they may be behind by one group.
    assert.ok(late >= 0 && late <= GROUP_RECORDS_MAX, `${late} messages too many`);
    assert.equal(await refused({ messages: 101_000, valueBytes: 250, partitions: 800 }), 1_000);
  });

  it('are for all topics together', async () => {
    const { clock, cluster, producer } = openBench({ whenFull: 'fail' }, 400);
    cluster.topics.set(
      'other',
      Array.from({ length: 400 }, () => new FakePartition()),
    );
    await runUntilSettled(clock, producer.prepare(TOPIC));
    await runUntilSettled(clock, producer.prepare('other'));
    cluster.onProduce = (): undefined => undefined;
    for (const topic of [TOPIC, 'other']) void producer.produce(topic, new ArraySource(messagesOf(70_000, 10, 400)));
    assert.equal(producer.stats.queuedMessages, 800 * 160);
    await runUntilSettled(clock, producer.close({ timeoutMs: 0 }));
  });

  it('let in what waits when the topic has come to have more partitions', async () => {
    const { clock, cluster, producer, send } = openBench({ metadataMaxAgeMs: 1_000 }, 6);
    await runUntilSettled(clock, producer.prepare(TOPIC));
    cluster.onProduce = (): undefined => undefined;
    void producer.produce(TOPIC, new ArraySource(messagesOf(120_000, 10, 6)));
    await clock.advance(1);
    assert.equal(producer.stats.queuedMessages, 100_000);
    cluster.topics.get(TOPIC)!.push(...Array.from({ length: 794 }, () => new FakePartition()));
    await clock.advance(1_500);
    void send('a tick at which metadata is found to be old');
    await clock.advance(1);
    assert.equal(producer.stats.queuedMessages, 120_001);
    await runUntilSettled(clock, producer.close({ timeoutMs: 0 }));
  });
});
