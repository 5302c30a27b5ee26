/** Opening a topic: wrong brokers, credentials or topic names show here, before any message waits. */
import { KafkaHotpathError } from '../errors.ts';
import type { ProducerContext } from './context.ts';
import type { MetadataKeeper } from './metadata-keeper.ts';
import { retryBackoffMs } from './retry-rules.ts';
import type { TopicState } from './topic.ts';

/** A topic that the broker creates on first mention is usable after some hundred milliseconds; longer means unknown. */
const UNKNOWN_ATTEMPTS_MAX = 4;
/** A topic whose leaders are being elected is worth more patience. */
const LEADERLESS_ATTEMPTS_MAX = 12;

/**
 * Connects and loads the topic's partitions.
 * @throws ERR_CONNECT, ERR_AUTH, ERR_UNKNOWN_TOPIC, or the broker's error for the topic
 */
export async function prepareTopic(
  context: ProducerContext,
  metadata: MetadataKeeper,
  topic: TopicState,
): Promise<void> {
  await context.transport.connect();
  for (let attempt = 1; ; attempt++) {
    await metadata.refresh();
    if (topic.isReady) return;
    if (metadata.lastError !== undefined) throw metadata.lastError;
    const { error } = topic;
    if (error !== undefined && error.code !== 'ERR_UNKNOWN_TOPIC') throw error;
    if (error !== undefined && attempt >= UNKNOWN_ATTEMPTS_MAX) throw error;
    if (attempt >= LEADERLESS_ATTEMPTS_MAX) {
      throw new KafkaHotpathError(
        'ERR_UNKNOWN_TOPIC',
        `topic ${topic.name} has no partitions yet after ${attempt} looks at the cluster's metadata`,
      );
    }
    await pause(context, retryBackoffMs(attempt, context.random));
  }
}

function pause(context: ProducerContext, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    context.clock.setTimer(resolve, delayMs);
  });
}
