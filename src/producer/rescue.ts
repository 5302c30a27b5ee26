/**
 * Moves the buffers of an accumulator that failed inside into the one that has taken its place, record by record. Rare,
 * so it may take its time; what it moves stays in the same batches, byte for byte.
 */
import type { BufferRun, KeyHash, SalvagedRecord, Wreck } from '../engine/engine.ts';
import { KafkaHotpathError } from '../errors.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { Stage, TopicState } from './topic.ts';

export function runOf(topic: TopicState): BufferRun {
  if (topic.run === undefined) throw new Error(`topic ${topic.name} has no buffers`);
  return topic.run;
}

/**
 * Gives every topic of the stage a run in its new accumulator, and every open buffer the records it had. How many there
 * are and what they count is known here and not taken from the wreck. Returns the queues whose records are lost.
 */
export function moveBuffers(
  wreck: Wreck,
  stage: Stage,
  topics: readonly TopicState[],
  hash: KeyHash,
): [TopicState, PartitionQueue][] {
  const lost: [TopicState, PartitionQueue][] = [];
  for (const topic of topics) {
    const oldRun = runOf(topic);
    const run = stage.accumulator.reserve(topic.partitionCount);
    if (run === undefined) {
      throw new KafkaHotpathError('ERR_ENGINE', `no engine holds ${topic.partitionCount} partitions of ${topic.name}`);
    }
    topic.run = run;
    for (const queue of topic.queues) {
      if (queue.open === undefined) continue;
      const { count, queuedBytes } = queue.open;
      const records = wreck.bufferRecords(oldRun, queue.partition, count, queuedBytes);
      if (records === undefined) lost.push([topic, queue]);
      else refill(stage, run, records, hash);
    }
  }
  return lost;
}

/** The records were in one buffer under the same limits, so the buffer cannot be full before the last of them is in. */
function refill({ accumulator }: Stage, run: BufferRun, records: readonly SalvagedRecord[], hash: KeyHash): void {
  const append = (): void => {
    accumulator.append(run, hash, 0);
    accumulator.clear();
  };
  for (const { partition, timestampMs, key, value, headers } of records) {
    if (accumulator.stage(partition, timestampMs, key, value, headers)) continue;
    append();
    accumulator.stage(partition, timestampMs, key, value, headers);
  }
  append();
}
