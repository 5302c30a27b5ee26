/** How much gets in before it is too much. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_PRODUCER_CONFIG } from '../../src/producer/context.ts';
import { QueueLimits } from '../../src/producer/queue-limits.ts';
import type { ProducerConfig } from '../../src/producer/api.ts';
import { FakePartition } from './fake-cluster.ts';
import { ArraySource, codes, openBench, runUntilSettled, type TestMessage, TOPIC } from './harness.ts';

const SHARE = 24 * 1024;
const MEGABYTE = 1024 * 1024;

/** What the size rule adds to key and value. */
const RULE_BYTES = 36;

/** Bytes are counted when a group is appended, so they may be behind by one group. */
const GROUP_RECORDS = 4096;

function limits(partitionCount: number, config: Partial<ProducerConfig> = {}): QueueLimits {
  const made = new QueueLimits({ ...DEFAULT_PRODUCER_CONFIG, ...config });
  made.share(partitionCount);
  return made;
}

function areReached(made: QueueLimits, queuedMessages: number, queuedBytes: number): boolean {
  const stats = { inFlightRequests: 0, persistedMessages: 0, notPersistedMessages: 0, possiblyPersistedMessages: 0 };
  return made.areReachedBy({ ...stats, retries: 0, queuedMessages, queuedBytes });
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
    const made = limits(6);
    assert.equal(areReached(made, 99_999, 50 * MEGABYTE), false);
    assert.equal(areReached(made, 100_000, 6 * SHARE), true);
    assert.equal(areReached(made, 100_000, 0), true);
    assert.equal(String(made), '100000 messages and 268435456 bytes');
  });

  it('let each of many partitions have its share, in messages and in bytes', () => {
    const made = limits(1000);
    assert.equal(areReached(made, 159_999, 1000 * SHARE - 1), false);
    assert.equal(areReached(made, 159_999, 1000 * SHARE), true);
    assert.equal(areReached(made, 160_000, 0), true);
    assert.equal(areReached(made, 99_999, 1000 * SHARE), false);
    assert.equal(String(made), '100000 messages (160000 while they are below 24576000 bytes) and 268435456 bytes');
  });

  it('stop the shares at 64 MiB and 400 000 messages in all', () => {
    const made = limits(16_000);
    assert.equal(areReached(made, 399_999, 64 * MEGABYTE - 1), false);
    assert.equal(areReached(made, 399_999, 64 * MEGABYTE), true);
    assert.equal(areReached(made, 400_000, 0), true);
  });

  it('hold to what the program has set', () => {
    const made = limits(1000, { queueMessagesMax: 50, queueBytesMax: MEGABYTE });
    assert.equal(areReached(made, 50, 0), true);
    assert.equal(areReached(made, 49, MEGABYTE), true);
    assert.equal(String(made), '50 messages and 1048576 bytes');
    const inBytes = limits(1000, { queueBytesMax: MEGABYTE });
    assert.equal(areReached(inBytes, 1, MEGABYTE), true);
    assert.equal(String(inBytes), '100000 messages and 1048576 bytes');
  });

  it('are those of the partitions that the topic has', async () => {
    assert.equal(await refused({ messages: 120_000, valueBytes: 10, partitions: 6 }), 20_000);
    assert.equal(await refused({ messages: 140_000, valueBytes: 10, partitions: 800 }), 140_000 - 800 * 160);
    const config = { queueMessagesMax: 110_000 };
    assert.equal(await refused({ messages: 120_000, valueBytes: 10, partitions: 800, config }), 10_000);
  });

  it('count bytes where messages are larger', async () => {
    const valueBytes = 150;
    const fitting = Math.ceil((800 * SHARE) / (valueBytes + RULE_BYTES));
    const late = 120_000 - (await refused({ messages: 120_000, valueBytes, partitions: 800 })) - fitting;
    assert.ok(late >= 0 && late <= GROUP_RECORDS, `${late} messages too many`);
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
