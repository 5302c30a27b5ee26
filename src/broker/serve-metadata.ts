/** What a client asks before it sends: versions, metadata, a producer id. */
import { decodeApiVersions, encodeApiVersionsResponse } from '../protocol/api-versions-server.ts';
import { KafkaErrorCode } from '../protocol/error-codes.ts';
import { decodeInitProducerId, encodeInitProducerIdResponse } from '../protocol/init-producer-id-server.ts';
import type { ClusterMetadata, TopicMetadata } from '../protocol/messages.ts';
import { decodeMetadata, encodeMetadataResponse } from '../protocol/metadata-server.ts';
import { CLUSTER_ID, type Cluster, type Topic } from './cluster.ts';
import { isTopicName } from './options.ts';
import type { ServeContext } from './serve.ts';
import { SERVED_VERSIONS } from './served-versions.ts';

export function serveApiVersions({ request, action }: ServeContext): Buffer {
  const ranges = new Map(SERVED_VERSIONS);
  const range = SERVED_VERSIONS.get(request.apiKey);
  if (range === undefined || request.version > range.max) {
    // KIP-511: a version from the future is answered in the layout of v0, with the versions that would do.
    const errorCode = KafkaErrorCode.UNSUPPORTED_VERSION;
    return encodeApiVersionsResponse(0, { errorCode, throttleMs: 0, ranges });
  }
  decodeApiVersions(request.version, request.body);
  const errorCode = action.errorCode ?? 0;
  return encodeApiVersionsResponse(request.version, { errorCode, throttleMs: action.throttleMs ?? 0, ranges });
}

export function serveMetadata({ cluster, request, action }: ServeContext): Buffer {
  const { topics, allowAutoTopicCreation } = decodeMetadata(request.version, request.body);
  const names = topics ?? [...cluster.topics.keys()];
  const canCreate = allowAutoTopicCreation && cluster.settings.autoCreateTopics;
  const metadata: ClusterMetadata = {
    clusterId: CLUSTER_ID,
    controllerId: cluster.controllerId,
    brokers: cluster.liveNodes.map((node) => node.endpoint),
    topics: names.map((name) => {
      const described = describeTopic(cluster, name, canCreate);
      return action.errorCode === undefined ? described : { ...described, errorCode: action.errorCode };
    }),
    throttleMs: action.throttleMs ?? 0,
  };
  return encodeMetadataResponse(request.version, action.rewriteMetadata?.(metadata) ?? metadata);
}

function describeTopic(cluster: Cluster, name: string, canCreate: boolean): TopicMetadata {
  if (!isTopicName(name)) return missing(name, KafkaErrorCode.INVALID_TOPIC_EXCEPTION);
  const existing = cluster.topics.get(name);
  if (existing !== undefined) return present(cluster, existing);
  if (!canCreate) return missing(name, KafkaErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  return present(cluster, cluster.createTopic({ name, partitions: cluster.settings.defaultPartitions }));
}

function missing(topic: string, errorCode: number): TopicMetadata {
  return { topic, topicId: '', errorCode, partitions: [] };
}

function present(cluster: Cluster, topic: Topic): TopicMetadata {
  const liveIds = cluster.liveNodes.map(({ nodeId }) => nodeId);
  const partitions = topic.partitions.map(({ index, leaderId, leaderEpoch }) => ({
    errorCode: leaderId === -1 ? KafkaErrorCode.LEADER_NOT_AVAILABLE : 0,
    partition: index,
    leaderId,
    leaderEpoch,
    replicaIds: liveIds,
    isrIds: liveIds,
  }));
  return { topic: topic.name, topicId: topic.id, errorCode: 0, partitions };
}

/** A new id each time; Kafka, too, ignores the id and epoch that a producer without transactions brings along. */
export function serveInitProducerId({ cluster, request, action }: ServeContext): Buffer {
  const { transactionalId } = decodeInitProducerId(request.version, request.body);
  const errorCode = action.errorCode ?? (transactionalId === null ? 0 : KafkaErrorCode.INVALID_REQUEST);
  const throttleMs = action.throttleMs ?? 0;
  const identity =
    errorCode === 0
      ? { producerId: cluster.nextProducerId(), producerEpoch: 0 }
      : { producerId: -1n, producerEpoch: -1 };
  const told = action.rewriteInitProducerId?.(identity) ?? identity;
  return encodeInitProducerIdResponse(request.version, { errorCode, throttleMs, ...told });
}
