/**
 * Metadata as a client sends it, v1–v12. A topic or partition with an error is an entry like any other: one sick topic
 * must not hide the healthy ones.
 *
 *   request  = [TAGS v9+] nullable ARRAY { v10+: UUID topic id (zero), STRING topic, [TAGS] }
 *              null asks for every topic
 *              v4+: BOOLEAN create missing topics, v8–v10: BOOLEAN cluster operations, v8+: BOOLEAN topic operations,
 *              [TAGS]
 *   response = [TAGS v9+] v3+: INT32 throttle ms,
 *              ARRAY { INT32 node id, STRING host, INT32 port, v1+: nullable STRING rack, [TAGS] },
 *              v2+: nullable STRING cluster id, v1+: INT32 controller id,
 *              ARRAY { INT16 error, STRING topic (nullable v12), v10+: UUID topic id, v1+: BOOLEAN internal,
 *                ARRAY { INT16 error, INT32 partition, INT32 leader id, v7+: INT32 leader epoch,
 *                  ARRAY INT32 replicas, ARRAY INT32 in-sync replicas, v5+: ARRAY INT32 offline replicas, [TAGS] },
 *                v8+: INT32 topic operations, [TAGS] },
 *              v8–v10: INT32 cluster operations, [TAGS]
 */
import { isFlexible } from './api-keys.ts';
import type { BrokerEndpoint, ClusterMetadata, PartitionMetadata, TopicMetadata } from './messages.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** A topic asked for by name goes with the zero id, and is answered with it when there is none. */
export const ZERO_UUID: Uint8Array = new Uint8Array(16);

export interface MetadataRequest {
  /** Null asks for every topic of the cluster, an empty list for none. */
  topics: readonly string[] | null;
  /** Ask the broker to create what is missing; before v4 it does as configured. */
  allowAutoTopicCreation: boolean;
}

export function encodeMetadata(version: number, request: MetadataRequest): Buffer {
  const writer = new Writer(isFlexible('Metadata', version));
  writer.noTags();
  if (request.topics === null) writer.nullArray();
  else {
    writer.array(request.topics, (topic) => {
      if (version >= 10) writer.raw(ZERO_UUID);
      writer.string(topic);
      writer.noTags();
    });
  }
  if (version >= 4) writer.boolean(request.allowAutoTopicCreation);
  if (version >= 8 && version <= 10) writer.boolean(false);
  if (version >= 8) writer.boolean(false);
  writer.noTags();
  return writer.cut();
}

/** Takes what follows the correlation id. */
export function decodeMetadataResponse(version: number, bytes: Uint8Array): ClusterMetadata {
  const reader = new Reader(bytes, `Metadata v${version} response`, isFlexible('Metadata', version));
  reader.tags();
  const throttleMs = version >= 3 ? reader.int32('throttle') : 0;
  const brokers = reader.array('brokers', decodeBroker);
  const clusterId = version >= 2 ? reader.nullableString('cluster id') : null;
  const controllerId = reader.int32('controller id');
  const topics = reader.array('topics', () => decodeTopic(reader, version));
  if (version >= 8 && version <= 10) reader.int32('cluster operations');
  reader.tags();
  return { clusterId, controllerId, brokers, topics, throttleMs };
}

function decodeBroker(reader: Reader): BrokerEndpoint {
  const broker = {
    nodeId: reader.int32('node id'),
    host: reader.string('host'),
    port: reader.int32('port'),
    rack: reader.nullableString('rack'),
  };
  reader.tags();
  return broker;
}

function decodeTopic(reader: Reader, version: number): TopicMetadata {
  const errorCode = reader.int16('topic error code');
  // A v12 broker leaves the name out only for topics asked for by id, which this client never does.
  const topic = reader.nullableString('topic') ?? '';
  const topicId = version >= 10 ? topicIdOf(reader.uuid('topic id')) : '';
  reader.boolean('internal');
  const partitions = reader.array('partitions', () => decodePartition(reader, version));
  if (version >= 8) reader.int32('topic operations');
  reader.tags();
  return { topic, topicId, errorCode, partitions };
}

/** The zero id is none: the topic does not exist, or is of a Kafka before 2.8. */
function topicIdOf(uuid: Buffer): string {
  return uuid.equals(ZERO_UUID) ? '' : uuid.toString('hex');
}

function decodePartition(reader: Reader, version: number): PartitionMetadata {
  const metadata: PartitionMetadata = {
    errorCode: reader.int16('partition error code'),
    partition: reader.int32('partition'),
    leaderId: reader.int32('leader id'),
    leaderEpoch: version >= 7 ? reader.int32('leader epoch') : -1,
    replicaIds: reader.array('replicas', decodeNodeId),
    isrIds: reader.array('in-sync replicas', decodeNodeId),
  };
  if (version >= 5) reader.array('offline replicas', decodeNodeId);
  reader.tags();
  return metadata;
}

function decodeNodeId(reader: Reader): number {
  return reader.int32('node id');
}
