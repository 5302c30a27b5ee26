/**
 * One Produce request: put together batch by batch, then on its way. It knows its size on the wire, because some
 * brokers (Event Hubs) close the connection on a request that is too large instead of answering.
 */
import { TransportError } from '../errors.ts';
import type { ProducePartitionResponse, ProduceRequest, ProduceResponse } from '../protocol/messages.ts';
import type { Batch } from './batch.ts';
import type { PartitionQueue } from './partition-queue.ts';

/** Frame length, request header with the client's id, transactional id, acks, timeout, count of topics: rounded up. */
const HEADER_BYTES = 128;
/** Lengths, counts and tags beside a topic's name: two at most of five bytes each, and a tag. */
const TOPIC_BYTES = 11;
/** Beside a batch: partition, its length and a tag. */
const PARTITION_BYTES = 10;
const TOPIC_NAME_BYTES_MAX = 249;
/** No request is larger unless a single message makes it so; what ends a connection at some size does so above. */
const LARGE_BYTES = 1_000_000;

/** Batch header and the record's own fields, where the size rule counts 36 of them: rounded up. */
const BATCH_BYTES = 128;

/** What a request with a single message needs at most beyond the size that maxMessageBytes counts. */
export const SINGLE_MESSAGE_OVERHEAD: number =
  HEADER_BYTES + TOPIC_NAME_BYTES_MAX + TOPIC_BYTES + PARTITION_BYTES + BATCH_BYTES;

export interface FlightEntry {
  readonly queue: PartitionQueue;
  readonly batch: Batch;
}

export class FlightRequest {
  readonly nodeId: number;
  readonly entries: FlightEntry[] = [];
  /** Of the whole request as it is written, never less than it will be. */
  bytes: number = HEADER_BYTES;
  deadlineMs = 0;
  wasDisconnected = false;
  isDone = false;
  readonly #topics = new Set<string>();

  constructor(nodeId: number) {
    this.nodeId = nodeId;
  }

  /** Whether a batch of so many bytes may join; the first always may. */
  hasRoom(queue: PartitionQueue, batchBytes: number, bytesMax: number): boolean {
    return this.entries.length === 0 || this.bytes + this.#bytesOf(queue, batchBytes) <= bytesMax;
  }

  add(queue: PartitionQueue, batch: Batch): void {
    this.bytes += this.#bytesOf(queue, batch.bytes.length);
    this.#topics.add(queue.topic);
    this.entries.push({ queue, batch });
  }

  toProduce(timeoutMs: number): ProduceRequest {
    const topics = new Map<string, ProduceRequest['topics'][number]>();
    for (const { queue, batch } of this.entries) {
      let topic = topics.get(queue.topic);
      if (topic === undefined) {
        topic = { topic: queue.topic, partitions: [] };
        topics.set(queue.topic, topic);
      }
      topic.partitions.push({ partition: queue.partition, batch: batch.bytes });
    }
    return { acks: -1, timeoutMs, topics: [...topics.values()] };
  }

  /** R14: exactly one answer for each partition sent, in the order of the entries; else the reply cannot be trusted. */
  matchAnswers({ topics }: ProduceResponse): ProducePartitionResponse[] | undefined {
    const answers = topics.flatMap(({ partitions }) => partitions);
    if (answers.length !== this.entries.length) return undefined;
    // As brokers answer in the order they were asked, names need hardly ever be made and looked up.
    let index = 0;
    for (const { topic, partitions } of topics) {
      for (const { partition } of partitions) {
        const { queue } = this.entries[index++] as FlightEntry;
        if (queue.partition !== partition || queue.topic !== topic) return this.#matchByName(topics);
      }
    }
    return answers;
  }

  /** Kafka's order is that of a hash table when there are many partitions. */
  #matchByName(topics: ProduceResponse['topics']): ProducePartitionResponse[] | undefined {
    const byTopic = new Map<string, Map<number, ProducePartitionResponse>>();
    for (const { topic, partitions } of topics) {
      const byPartition = byTopic.get(topic) ?? new Map<number, ProducePartitionResponse>();
      byTopic.set(topic, byPartition);
      for (const answer of partitions) byPartition.set(answer.partition, answer);
    }
    const answers = this.entries.map(({ queue }) => byTopic.get(queue.topic)?.get(queue.partition));
    // There are as many answers as entries, so when each entry has one there was none twice.
    return answers.every((answer) => answer !== undefined) ? answers : undefined;
  }

  /** A connection that ends under a large request may have ended because of it; nobody else will say so. */
  explain(error: TransportError): TransportError {
    const { code, mayBeWritten, fatal } = error;
    if (this.bytes <= LARGE_BYTES || fatal || !mayBeWritten) return error;
    const message =
      `${error.message}; the request had ${this.bytes} bytes, and some brokers close the connection on large ones ` +
      '(Event Hubs above 1046528): lower maxMessageBytes, or set requestBytesMax';
    return new TransportError(message, { code, mayBeWritten, cause: error });
  }

  #bytesOf({ topic }: PartitionQueue, batchBytes: number): number {
    // Names of topics are ASCII.
    const name = this.#topics.has(topic) ? 0 : topic.length + TOPIC_BYTES;
    return name + PARTITION_BYTES + batchBytes;
  }
}
