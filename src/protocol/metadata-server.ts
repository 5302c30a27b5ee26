/** Metadata as a broker sees it, v0–v12; the grammar is in metadata.ts. */
import { isFlexible } from './api-keys.ts';
import type { ClusterMetadata, PartitionMetadata, TopicMetadata } from './messages.ts';
import { type MetadataRequest, ZERO_UUID } from './metadata.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** Stands for "operations were not asked for". */
const NO_OPERATIONS = -2_147_483_648;

/** Takes what follows the client id. In v0 an empty list means every topic, and topics could be created at will. */
export function decodeMetadata(version: number, body: Uint8Array): MetadataRequest {
  const reader = new Reader(body, `Metadata v${version} request`, isFlexible('Metadata', version));
  reader.tags();
  const topics = reader.nullableArray('topics', () => {
    if (version >= 10) reader.uuid('topic id');
    const topic = reader.string('topic');
    reader.tags();
    return topic;
  });
  const allowAutoTopicCreation = version >= 4 ? reader.boolean('allow auto topic creation') : true;
  if (version >= 8 && version <= 10) reader.boolean('cluster operations');
  if (version >= 8) reader.boolean('topic operations');
  reader.tags();
  reader.expectEnd();
  return { topics: version === 0 && topics?.length === 0 ? null : topics, allowAutoTopicCreation };
}

/** What follows the correlation id. */
export function encodeMetadataResponse(version: number, metadata: ClusterMetadata): Buffer {
  const writer = new Writer(isFlexible('Metadata', version), 1024);
  writer.noTags();
  if (version >= 3) writer.int32(metadata.throttleMs);
  writer.array(metadata.brokers, (broker) => {
    writer.int32(broker.nodeId);
    writer.string(broker.host);
    writer.int32(broker.port);
    if (version >= 1) writer.nullableString(broker.rack);
    writer.noTags();
  });
  if (version >= 2) writer.nullableString(metadata.clusterId);
  if (version >= 1) writer.int32(metadata.controllerId);
  writer.array(metadata.topics, (topic) => {
    writeTopic(writer, version, topic);
  });
  if (version >= 8 && version <= 10) writer.int32(NO_OPERATIONS);
  writer.noTags();
  return writer.cut();
}

function writeTopic(writer: Writer, version: number, metadata: TopicMetadata): void {
  writer.int16(metadata.errorCode);
  writer.string(metadata.topic);
  if (version >= 10) writer.raw(metadata.topicId === '' ? ZERO_UUID : Buffer.from(metadata.topicId, 'hex'));
  if (version >= 1) writer.boolean(false);
  writer.array(metadata.partitions, (partition) => {
    writePartition(writer, version, partition);
  });
  if (version >= 8) writer.int32(NO_OPERATIONS);
  writer.noTags();
}

function writePartition(writer: Writer, version: number, metadata: PartitionMetadata): void {
  const writeNodeId = (nodeId: number): void => {
    writer.int32(nodeId);
  };
  writer.int16(metadata.errorCode);
  writer.int32(metadata.partition);
  writer.int32(metadata.leaderId);
  if (version >= 7) writer.int32(metadata.leaderEpoch);
  writer.array(metadata.replicaIds, writeNodeId);
  writer.array(metadata.isrIds, writeNodeId);
  if (version >= 5) writer.array([], writeNodeId);
  writer.noTags();
}
