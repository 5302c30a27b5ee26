/** How much gets in before it is too much. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_PRODUCER_CONFIG } from '../../src/producer/context.ts';
import { QueueLimits } from '../../src/producer/queue-limits.ts';
import type { ProducerConfig } from '../../src/producer/api.ts';
import { codes, openBench, runUntilSettled, TOPIC } from './harness.ts';

const SHARE = 24 * 1024;
const MEGABYTE = 1024 * 1024;

function limits(partitionCount: number, config: Partial<ProducerConfig> = {}): QueueLimits {
  const made = new QueueLimits({ ...DEFAULT_PRODUCER_CONFIG, ...config });
  made.share(partitionCount);
  return made;
}

function areReached(made: QueueLimits, queuedMessages: number, queuedBytes: number): boolean {
  const stats = { inFlightRequests: 0, persistedMessages: 0, notPersistedMessages: 0, possiblyPersistedMessages: 0 };
  return made.areReachedBy({ ...stats, retries: 0, queuedMessages, queuedBytes });
}

/** Hands over so many messages of 100 bytes to a cluster that never answers; how many found the queue full? */
async function refused(messages: number, partitions: number, config: Partial<ProducerConfig> = {}): Promise<number> {
  const { clock, cluster, producer, send } = openBench({ whenFull: 'fail', ...config }, partitions);
  await runUntilSettled(clock, producer.prepare(TOPIC));
  cluster.onProduce = (): undefined => undefined;
  const value = 'x'.repeat(100);
  const sent = send(...Array.from({ length: messages }, (_, index) => ({ value, partition: index % partitions })));
  await clock.advance(1);
  await runUntilSettled(clock, producer.close({ timeoutMs: 0 }));
  return codes(await runUntilSettled(clock, sent)).filter((code) => code === 'ERR_QUEUE_FULL').length;
}

describe('the queue limits', () => {
  it('are 100 000 messages for few partitions', () => {
    const made = limits(6);
    assert.equal(areReached(made, 99_999, 50 * MEGABYTE), false);
    assert.equal(areReached(made, 100_000, 6 * SHARE), true);
  });

  it('let each of many partitions have its share, whatever the number of messages', () => {
    const made = limits(1000);
    assert.equal(areReached(made, 400_000, 1000 * SHARE - 1), false);
    assert.equal(areReached(made, 400_000, 1000 * SHARE), true);
    assert.equal(areReached(made, 99_999, 1000 * SHARE), false);
  });

  it('stop the shares at 64 MiB in all', () => {
    const made = limits(16_000);
    assert.equal(areReached(made, 400_000, 64 * MEGABYTE - 1), false);
    assert.equal(areReached(made, 400_000, 64 * MEGABYTE), true);
  });

  it('hold to what the program has set', () => {
    const made = limits(1000, { queueMessagesMax: 50, queueBytesMax: MEGABYTE });
    assert.equal(areReached(made, 50, 0), true);
    assert.equal(areReached(made, 1, MEGABYTE), true);
    assert.equal(areReached(limits(1000, { queueBytesMax: MEGABYTE }), 1, MEGABYTE), true);
    assert.equal(String(made), '50 messages and 1048576 bytes');
  });

  it('say what they allow', () => {
    assert.equal(String(limits(6)), '100000 messages (more while they are below 147456 bytes) and 268435456 bytes');
  });

  it('are those of the partitions that the topic has', async () => {
    assert.equal(await refused(120_000, 6), 20_000);
    assert.equal(await refused(120_000, 1000), 0);
    assert.equal(await refused(120_000, 1000, { queueMessagesMax: 110_000 }), 10_000);
  });
});
