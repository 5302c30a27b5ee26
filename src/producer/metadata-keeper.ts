/** Keeps what is known of topics and leaders fresh: one request at a time, with a backoff, only while it is needed. */
import { BrokerError, KafkaHotpathError, TransportError } from '../errors.ts';
import { kafkaErrorName, kafkaErrorText } from '../protocol/error-codes.ts';
import type { ClusterMetadata, TopicMetadata } from '../protocol/messages.ts';
import type { ProducerContext } from './context.ts';
import { RETRY_BACKOFF_MS, retryBackoffMs } from './retry-rules.ts';
import type { TopicState } from './topic.ts';

const UNKNOWN_TOPIC_OR_PARTITION = 3;
const LEADER_NOT_AVAILABLE = 5;

export interface MetadataEvents {
  /** The topic has this many partitions now (more than before, or for the first time). */
  onPartitions(topic: TopicState, partitionCount: number): void;
  /** Leaders may have changed, or a request has failed. */
  onUpdate(): void;
}

export class MetadataKeeper {
  readonly topics = new Map<string, TopicState>();
  readonly #context: ProducerContext;
  readonly #events: MetadataEvents;
  #inFlight: Promise<void> | undefined;
  #isWanted = false;
  /** Brokers that may be cut off from the others and not know it; they are asked last, until an answer has come. */
  readonly #doubtedNodeIds = new Set<number>();
  #failures = 0;
  #notBeforeMs = 0;
  #updatedAtMs = -Infinity;
  #clusterId: string | null = null;
  /** Why the last request failed; undefined after a good one. */
  lastError: KafkaHotpathError | undefined;

  constructor(context: ProducerContext, events: MetadataEvents) {
    this.#context = context;
    this.#events = events;
  }

  /** Something suggests that the present metadata is out of date, and that this node would not know it. */
  request(doubtedNodeId = -1): void {
    this.#isWanted = true;
    if (doubtedNodeId >= 0) this.#doubtedNodeIds.add(doubtedNodeId);
    this.#maybeAsk();
  }

  /** Called on every tick while there is work: starts what is due. */
  tick(nowMs: number): void {
    if (nowMs - this.#updatedAtMs > this.#context.config.metadataMaxAgeMs) this.#isWanted = true;
    this.#maybeAsk();
  }

  /** One refresh, now or joined to the one under way. */
  refresh(): Promise<void> {
    this.#inFlight ??= this.#ask();
    return this.#inFlight;
  }

  #maybeAsk(): void {
    if (!this.#isWanted || this.#inFlight !== undefined) return;
    const { clock } = this.#context;
    if (clock.now() < this.#notBeforeMs) {
      this.#context.wakeAt(this.#notBeforeMs);
      return;
    }
    void this.refresh();
  }

  async #ask(): Promise<void> {
    const { clock, random, transport } = this.#context;
    this.#isWanted = false;
    const doubted = new Set(this.#doubtedNodeIds);
    try {
      const metadata = await transport.metadata([...this.topics.keys()], doubted);
      // Who came to be doubted meanwhile stays so for the next request.
      for (const nodeId of doubted) this.#doubtedNodeIds.delete(nodeId);
      this.#failures = 0;
      this.#updatedAtMs = clock.now();
      this.#notBeforeMs = clock.now() + RETRY_BACKOFF_MS;
      this.lastError = undefined;
      if (this.#isSameCluster(metadata)) this.#apply(metadata);
    } catch (error) {
      this.#failures += 1;
      this.#notBeforeMs = clock.now() + retryBackoffMs(this.#failures, random);
      this.lastError =
        error instanceof KafkaHotpathError
          ? error
          : new TransportError('no broker gave metadata', { mayBeWritten: false, cause: error });
      this.#isWanted = true;
      this.#forgetUnknown();
    } finally {
      this.#inFlight = undefined;
      this.#events.onUpdate();
    }
  }

  /** A broker that starts may not know its topics yet; when nobody answers any more, that it did not tells nothing. */
  #forgetUnknown(): void {
    for (const topic of this.topics.values()) {
      topic.unknownSinceMs = -1;
      for (const queue of topic.queues) queue.unknownSinceMs = -1;
    }
  }

  /** F49: an address that has come to lead elsewhere must not receive what was meant for this cluster. */
  #isSameCluster({ clusterId }: ClusterMetadata): boolean {
    this.#clusterId ??= clusterId;
    if (clusterId === null || clusterId === this.#clusterId) return true;
    this.#context.fatalError = new KafkaHotpathError(
      'ERR_CLUSTER_CHANGED',
      `the brokers answer for cluster ${clusterId}, the messages are for ${this.#clusterId ?? ''}; ` +
        'correct brokerList, or open a new output for the other cluster',
    );
    return false;
  }

  #apply(metadata: ClusterMetadata): void {
    for (const told of metadata.topics) {
      const topic = this.topics.get(told.topic);
      if (topic !== undefined) this.#applyTopic(topic, told);
    }
  }

  #applyTopic(topic: TopicState, told: TopicMetadata): void {
    topic.error = this.#topicError(topic, told);
    if (told.errorCode !== UNKNOWN_TOPIC_OR_PARTITION) topic.unknownSinceMs = -1;
    else if (topic.unknownSinceMs < 0) topic.unknownSinceMs = this.#context.clock.now();
    const isSameTopic = told.topicId !== '' && told.topicId === topic.id;
    if (told.topicId !== '') topic.id = told.topicId;
    // A topic that is missing for a moment keeps its queues and their numbering (R4, F21); they only lose their leader.
    const unnamed = new Set(topic.queues);
    for (const queue of topic.queues) queue.unknownSinceMs = topic.unknownSinceMs;
    // The first metadata must show partitions 0 … n−1 without holes, or keys would be mapped to the wrong ones.
    const count = told.partitions.reduce((most, { partition }) => Math.max(most, partition + 1), 0);
    if (count === told.partitions.length && count > topic.partitionCount) this.#events.onPartitions(topic, count);
    for (const { partition, leaderId, leaderEpoch } of told.partitions) {
      const queue = topic.queues[partition];
      if (queue === undefined) continue;
      unnamed.delete(queue);
      queue.learnLeader({ leaderId, leaderEpoch, isSameTopic }, this.#context.clock.now());
    }
    for (const queue of unnamed) queue.leaderId = -1;
  }

  #topicError(topic: TopicState, told: TopicMetadata): KafkaHotpathError | undefined {
    if (told.errorCode === 0 || told.errorCode === LEADER_NOT_AVAILABLE) return undefined;
    if (told.errorCode === UNKNOWN_TOPIC_OR_PARTITION) {
      return new KafkaHotpathError(
        'ERR_UNKNOWN_TOPIC',
        `the cluster has no topic ${topic.name}; create it, or correct the binding's topic property`,
      );
    }
    const name = kafkaErrorName(told.errorCode);
    return new BrokerError(
      told.errorCode,
      name,
      `the broker answered ${name} (${told.errorCode}) for topic ${topic.name}: ${kafkaErrorText(told.errorCode)}`,
    );
  }
}
