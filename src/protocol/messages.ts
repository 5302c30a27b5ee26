/**
 * The requests and responses the producer uses, as data. Every version of a message maps onto one shape: a field that a
 * version does not have carries the value named here.
 */

export interface BrokerEndpoint {
  nodeId: number;
  host: string;
  port: number;
  rack: string | null;
}

export interface PartitionMetadata {
  partition: number;
  errorCode: number;
  /** Node id, −1 when there is no leader. */
  leaderId: number;
  /** −1 before Metadata v7. */
  leaderEpoch: number;
  replicaIds: number[];
  isrIds: number[];
}

export interface TopicMetadata {
  topic: string;
  /** 32 hexadecimal digits, others after the topic was deleted and created again. Empty when the broker tells none. */
  topicId: string;
  errorCode: number;
  partitions: PartitionMetadata[];
}

export interface ClusterMetadata {
  /** Null before Metadata v2. */
  clusterId: string | null;
  controllerId: number;
  brokers: BrokerEndpoint[];
  topics: TopicMetadata[];
  throttleMs: number;
}

export interface ProducePartition {
  partition: number;
  /** One finished record batch; never changed until the promise of the request settles. */
  batch: Uint8Array;
}

export interface ProduceTopic {
  topic: string;
  partitions: ProducePartition[];
}

export interface ProduceRequest {
  /** −1 all in-sync replicas, 1 leader only. */
  acks: number;
  /** How long the broker waits for the replicas (requestTimeoutMs). */
  timeoutMs: number;
  topics: ProduceTopic[];
}

export interface RecordError {
  /** Index of the refused record in its batch. */
  batchIndex: number;
  message: string | null;
}

export interface ProducePartitionResponse {
  partition: number;
  errorCode: number;
  /** −1 when refused before the append, or already known (duplicate). A safe integer. */
  baseOffset: number;
  /** −1 with CreateTime. */
  logAppendTimeMs: number;
  /** −1 before v5. */
  logStartOffset: number;
  /** Empty before v8 (KIP-467). */
  recordErrors: RecordError[];
  errorMessage: string | null;
  /** v10+ (KIP-951): who leads now, when the broker knows; undefined otherwise. */
  currentLeader?: { leaderId: number; leaderEpoch: number } | undefined;
}

export interface ProduceResponse {
  topics: { topic: string; partitions: ProducePartitionResponse[] }[];
  throttleMs: number;
  /** v10+: addresses of the leaders named in currentLeader. */
  nodeEndpoints: BrokerEndpoint[];
}

export interface ProducerIdentity {
  producerId: bigint;
  producerEpoch: number;
}
