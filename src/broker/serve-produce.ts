/** Produce: who leads, is the batch sound, does its sequence fit, append, answer. */
import { KafkaHotpathError } from '../errors.ts';
import { KafkaErrorCode } from '../protocol/error-codes.ts';
import type { BrokerEndpoint, ProducePartition, ProducePartitionResponse } from '../protocol/messages.ts';
import { encodeProduceResponse } from '../protocol/produce-server.ts';
import { checkBatch } from './check-batch.ts';
import type { Cluster, Partition, Topic } from './cluster.ts';
import { producerBatch } from './partition-log.ts';
import type { PartitionFault } from './requests.ts';
import type { ServeContext } from './serve.ts';

const ACKS_ALLOWED = [-1, 0, 1];

export function serveProduce(context: ServeContext): Buffer | null {
  const { cluster, request, action } = context;
  const { produce, version } = request;
  if (produce === undefined) throw new KafkaHotpathError('ERR_PROTOCOL', 'a Produce request without a body');
  const repeated = repeatedPartitions(produce.topics);
  const topics = produce.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((entry): ProducePartitionResponse => {
      if (!ACKS_ALLOWED.includes(produce.acks)) return refuse(entry, KafkaErrorCode.INVALID_REQUIRED_ACKS);
      if (repeated.has(partitionKey(topic, entry.partition)) || produce.transactionalId !== null) {
        return refuse(entry, KafkaErrorCode.INVALID_REQUEST);
      }
      return servePartition(context, topic, entry);
    }),
  }));
  cluster.changed.emit();
  const partitions = topics.flatMap((topic) => topic.partitions);
  if (produce.acks === 0) {
    // Without an answer, closing is the only way a broker can tell that something was refused.
    if (partitions.some(({ errorCode }) => errorCode !== 0)) context.closeAfterReply();
    return null;
  }
  const response = { topics, throttleMs: action.throttleMs ?? 0, nodeEndpoints: leaderEndpoints(cluster, partitions) };
  return encodeProduceResponse(version, action.rewriteProduce?.(response) ?? response);
}

function servePartition(context: ServeContext, topic: string, entry: ProducePartition): ProducePartitionResponse {
  const fault = findFault(context, topic, entry.partition);
  if (fault === undefined) return append(context, topic, entry);
  const appended = fault.append === true ? append(context, topic, entry) : undefined;
  if (appended !== undefined && appended.errorCode !== 0) return appended;
  return {
    ...(appended ?? refuse(entry, fault.errorCode)),
    errorCode: fault.errorCode,
    errorMessage: fault.errorMessage ?? null,
    recordErrors: fault.recordErrors ?? [],
  };
}

function findFault({ action }: ServeContext, topic: string, partition: number): PartitionFault | undefined {
  const named = action.partitionErrors?.find((fault) => fault.topic === topic && fault.partition === partition);
  if (named !== undefined || action.errorCode === undefined) return named;
  return { topic, partition, errorCode: action.errorCode };
}

function append(context: ServeContext, topicName: string, entry: ProducePartition): ProducePartitionResponse {
  const { cluster, request } = context;
  const topic = cluster.topics.get(topicName);
  const partition = topic?.partitions[entry.partition];
  if (topic === undefined || partition === undefined) return refuse(entry, KafkaErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  if (partition.leaderId !== request.nodeId) return redirect(entry, partition);

  const nowMs = cluster.settings.now();
  const bytes = Buffer.from(entry.batch.buffer, entry.batch.byteOffset, entry.batch.byteLength);
  const verdict = checkBatch(bytes, {
    maxMessageBytes: topic.maxMessageBytes,
    timestampMin: nowMs - cluster.settings.timestampBeforeMaxMs,
    timestampMax: nowMs + cluster.settings.timestampAfterMaxMs,
    keyRequired: topic.compacted,
  });
  if ('refusal' in verdict) {
    const { errorCode, message, recordErrors } = verdict.refusal;
    return { ...refuse(entry, errorCode), errorMessage: message, recordErrors };
  }
  const { batch } = verdict;
  const sequence = partition.log.producers.check(producerBatch(batch, batch.records.length));
  if (sequence.type === 'refuse') return { ...refuse(entry, sequence.errorCode), errorMessage: sequence.message };
  if (sequence.type === 'duplicate') return accept(entry, partition, sequence.baseOffset, -1);
  const appendTimeMs = appendTime(topic, nowMs);
  const baseOffset = partition.log.append(bytes, batch, { leaderEpoch: partition.leaderEpoch, appendTimeMs });
  return accept(entry, partition, baseOffset, appendTimeMs ?? -1);
}

function appendTime(topic: Topic, nowMs: number): number | undefined {
  return topic.logAppendTime ? nowMs : undefined;
}

function accept(
  entry: ProducePartition,
  partition: Partition,
  baseOffset: number,
  logAppendTimeMs: number,
): ProducePartitionResponse {
  return { ...refuse(entry, 0), baseOffset, logAppendTimeMs, logStartOffset: partition.log.startOffset };
}

function refuse(entry: ProducePartition, errorCode: number): ProducePartitionResponse {
  return {
    partition: entry.partition,
    errorCode,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: [],
    errorMessage: null,
  };
}

/** Says who leads now (KIP-951); the encoder leaves that out where the version has no place for it. */
function redirect(entry: ProducePartition, partition: Partition): ProducePartitionResponse {
  const currentLeader = { leaderId: partition.leaderId, leaderEpoch: partition.leaderEpoch };
  const response = refuse(entry, KafkaErrorCode.NOT_LEADER_OR_FOLLOWER);
  return partition.leaderId === -1 ? response : { ...response, currentLeader };
}

function leaderEndpoints(cluster: Cluster, partitions: readonly ProducePartitionResponse[]): BrokerEndpoint[] {
  const leaderIds = new Set(partitions.map(({ currentLeader }) => currentLeader?.leaderId));
  return cluster.liveNodes.filter(({ nodeId }) => leaderIds.has(nodeId)).map(({ endpoint }) => endpoint);
}

function repeatedPartitions(
  topics: readonly { topic: string; partitions: readonly ProducePartition[] }[],
): Set<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { topic, partitions } of topics) {
    for (const { partition } of partitions) {
      const key = partitionKey(topic, partition);
      if (seen.has(key)) repeated.add(key);
      seen.add(key);
    }
  }
  return repeated;
}

function partitionKey(topic: string, partition: number): string {
  return `${partition} ${topic}`;
}
