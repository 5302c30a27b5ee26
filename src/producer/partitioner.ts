/**
 * Where a record goes (R3: decided once, at hand-over). A keyed record's partition is the hash of its key, which the
 * engine computes; this file decides which records are keyed and where the others go.
 *
 * consistent_random is librdkafka's default and so the Azure binding's: CRC-32 of the key modulo the partition count; a
 * null or empty key is keyless. murmur2_random matches Kafka's Java client, which hashes the empty key too.
 */
import type { KeyHash, StagedField } from '../engine/engine.ts';
import type { PartitionerName } from './api.ts';
import type { TopicState } from './topic.ts';

/** The engine takes the partition from the key's hash. */
export const BY_KEY_HASH = -1;

export function keyHash(partitioner: PartitionerName): KeyHash {
  return partitioner === 'murmur2_random' ? 'murmur2' : 'crc32';
}

export function hasKey(partitioner: PartitionerName, key: StagedField): boolean {
  return key !== null && (key.length > 0 || partitioner === 'murmur2_random');
}

/**
 * The partition for keyless records: random, and kept until its batch closes, so that a batch fills before the next one
 * starts. A partition without a leader gets one second draw, as in librdkafka.
 */
export function stickyPartition(topic: TopicState, random: () => number): number {
  if (topic.stickyPartition < 0 || topic.stickyPartition >= topic.partitionCount) {
    topic.stickyPartition = draw(topic, random);
    if (topic.queue(topic.stickyPartition).leaderId < 0) topic.stickyPartition = draw(topic, random);
  }
  return topic.stickyPartition;
}

function draw(topic: TopicState, random: () => number): number {
  return Math.floor(random() * topic.partitionCount);
}
