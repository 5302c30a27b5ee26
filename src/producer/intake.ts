/**
 * The way in: records are staged one by one, appended to their partitions' buffers in groups, and leave as closed
 * batches. This is the producer's half of the hot path; the engine's half is behind Accumulator.
 */
import type { Accumulator, Field, HeaderList } from '../engine/engine.ts';
import { KafkaHotpathError } from '../errors.ts';
import type { RecordTarget } from './api.ts';
import { Batch, BatchMembers, type OpenBatch } from './batch.ts';
import type { ProducerContext } from './context.ts';
import type { Delivery } from './delivery.ts';
import type { PartitionQueue } from './partition-queue.ts';
import { BY_KEY_HASH, hasKey, keyHash, stickyPartition } from './partitioner.ts';
import type { Stage, TopicState } from './topic.ts';

/**
 * A batch is closed at this size even where maxMessageBytes would allow more: 64–256 KiB per partition is where the
 * broker is fastest, and several partitions still share a request of a megabyte (end-to-end §3).
 */
export const BATCH_BYTES_TARGET = 256 * 1024;

export interface IntakeEvents {
  /** A queue has new messages (open or closed). */
  onWork(queue: PartitionQueue): void;
}

export class Intake implements RecordTarget {
  readonly #context: ProducerContext;
  readonly #events: IntakeEvents;
  /** The engine's own accumulator first; a TypeScript one beside it when a topic has more partitions than it holds. */
  readonly #stages: Stage[] = [];
  #topic: TopicState | undefined;
  #delivery: Delivery | undefined;
  #index = 0;

  constructor(context: ProducerContext, events: IntakeEvents) {
    this.#context = context;
    this.#events = events;
  }

  /** Bytes the engine holds for open batches. */
  get memoryBytes(): number {
    return this.#stages.reduce((sum, stage) => sum + stage.accumulator.memoryBytes, 0);
  }

  /** Reserves buffers for the topic's partitions, or more of them after the topic has grown. */
  open(topic: TopicState, partitionCount: number): void {
    if (topic.run !== undefined && topic.stage !== undefined) {
      this.commit(topic.stage);
      for (const queue of topic.queues) this.close(topic, queue);
      topic.stage.accumulator.release(topic.run);
    }
    topic.growQueues(partitionCount);
    topic.partitionCount = partitionCount;
    topic.stickyPartition = -1;
    for (const stage of this.#stages) {
      if (this.#reserve(topic, stage)) return;
    }
    const { engine, fallbackEngine } = this.#context;
    if (this.#reserve(topic, this.#openStage(engine.openAccumulator(this.#limits())))) return;
    if (!this.#reserve(topic, this.#openStage(fallbackEngine().openAccumulator(this.#limits())))) {
      throw new KafkaHotpathError('ERR_ENGINE', `no engine holds ${partitionCount} partitions of topic ${topic.name}`);
    }
  }

  /** The records added from now on are messages of this send. */
  begin(topic: TopicState, delivery: Delivery): void {
    this.#topic = topic;
    this.#delivery = delivery;
  }

  /** Which message of the send is added or refused next. */
  at(index: number): void {
    this.#index = index;
  }

  add(key: Field, value: Field, headers: HeaderList | null, timestampMs: number, partition: number): void {
    const topic = this.#topic as TopicState;
    const delivery = this.#delivery as Delivery;
    const stage = topic.stage as Stage;
    this.#context.stats.queuedMessages += 1;
    delivery.stamp(this.#index, timestampMs);
    let chosen = partition;
    if (partition < 0) {
      const { config, random } = this.#context;
      chosen = hasKey(config.partitioner, key) ? BY_KEY_HASH : stickyPartition(topic, random);
    } else if (partition >= topic.partitionCount) {
      this.#refuse(delivery, this.#index, this.#partitionError(topic, partition));
      return;
    }
    if (stage.topic !== topic) {
      this.commit(stage);
      stage.topic = topic;
    }
    if (!stage.accumulator.stage(chosen, timestampMs, key, value, headers)) {
      this.commit(stage);
      if (!stage.accumulator.stage(chosen, timestampMs, key, value, headers)) {
        this.#refuse(delivery, this.#index, this.#sizeError(undefined));
        return;
      }
    }
    stage.deliveries.push(delivery);
    stage.indexes.push(this.#index);
  }

  refuse(error: KafkaHotpathError): void {
    this.#context.stats.queuedMessages += 1;
    this.#refuse(this.#delivery as Delivery, this.#index, error);
  }

  commitAll(): void {
    for (const stage of this.#stages) this.commit(stage);
  }

  /** Moves the open group into the partition buffers, closing what is full on the way. */
  commit(stage: Stage): void {
    const { accumulator, topic } = stage;
    if (topic?.run === undefined || accumulator.stagedCount === 0) return;
    const hash = keyHash(this.#context.config.partitioner);
    const nowMs = this.#context.clock.now();
    let from = 0;
    for (;;) {
      const stop = accumulator.append(topic.run, hash, from);
      this.#register(stage, topic, from, accumulator.next, nowMs);
      from = accumulator.next;
      if (stop === 'done') break;
      if (stop === 'full') this.close(topic, topic.queue(accumulator.group.partitions[from] as number));
      else this.#closeAll(stage);
    }
    accumulator.clear();
    stage.deliveries.length = 0;
    stage.indexes.length = 0;
  }

  /** Ends the open batch of that partition: its bytes leave the engine and wait in the queue. */
  close(topic: TopicState, queue: PartitionQueue): void {
    const { open } = queue;
    if (open === undefined) return;
    queue.open = undefined;
    if (topic.stickyPartition === queue.partition) topic.stickyPartition = -1;
    const { stage, run } = topic;
    if (stage === undefined || run === undefined) throw new Error(`topic ${topic.name} has no buffers`);
    queue.ready.push(
      new Batch({
        bytes: stage.accumulator.close(run, queue.partition),
        members: open.members,
        queuedBytes: open.queuedBytes,
        deadlineMs: open.deadlineMs,
        ordinal: queue.takeOrdinals(open.members.count),
      }),
    );
  }

  dispose(): void {
    for (const stage of this.#stages) stage.accumulator.dispose();
  }

  /** Notes for every record that append has passed which batch it is in, or why it is in none. */
  #register(stage: Stage, topic: TopicState, from: number, to: number, nowMs: number): void {
    const { partitions, outcomes } = stage.accumulator.group;
    for (let i = from; i < to; i++) {
      const delivery = stage.deliveries[i] as Delivery;
      const index = stage.indexes[i] as number;
      const partition = partitions[i] as number;
      const outcome = outcomes[i] as number;
      delivery.place(index, partition);
      if (outcome < 0) {
        this.#refuse(delivery, index, this.#sizeError(-outcome - 1));
        continue;
      }
      const queue = topic.queue(partition);
      const open = queue.open ?? this.#openBatch(queue, nowMs, delivery.handedOverAtMs);
      open.members.add(delivery, index);
      open.queuedBytes += outcome;
      this.#context.stats.queuedBytes += outcome;
    }
  }

  /** The first message of a batch is the oldest in it, so its deadline is the batch's (R11). */
  #openBatch(queue: PartitionQueue, nowMs: number, handedOverAtMs: number): OpenBatch {
    const { messageTimeoutMs } = this.#context.config;
    const open: OpenBatch = {
      members: new BatchMembers(),
      openedAtMs: nowMs,
      deadlineMs: messageTimeoutMs === 0 ? Infinity : handedOverAtMs + messageTimeoutMs,
      queuedBytes: 0,
    };
    queue.open = open;
    this.#events.onWork(queue);
    return open;
  }

  /** The engine's memory is used up: every open batch of this stage leaves early. */
  #closeAll(stage: Stage): void {
    for (const topic of this.#topicsOf(stage)) {
      for (const queue of topic.queues) this.close(topic, queue);
    }
  }

  readonly #topics = new Set<TopicState>();

  #topicsOf(stage: Stage): TopicState[] {
    return [...this.#topics].filter((topic) => topic.stage === stage);
  }

  #reserve(topic: TopicState, stage: Stage): boolean {
    const run = stage.accumulator.reserve(topic.partitionCount);
    if (run === undefined) return false;
    topic.run = run;
    topic.stage = stage;
    this.#topics.add(topic);
    return true;
  }

  #openStage(accumulator: Accumulator): Stage {
    const stage: Stage = { accumulator, topic: undefined, deliveries: [], indexes: [] };
    this.#stages.push(stage);
    return stage;
  }

  #limits(): { recordBytesMax: number; batchBytesMax: number; batchRecordsMax: number } {
    const { recordBytesMax, batchRecordsMax } = this.#context.config;
    return { recordBytesMax, batchBytesMax: Math.min(recordBytesMax, BATCH_BYTES_TARGET), batchRecordsMax };
  }

  #refuse(delivery: Delivery, index: number, error: KafkaHotpathError): void {
    this.#context.stats.queuedMessages -= 1;
    this.#context.stats.notPersistedMessages += 1;
    delivery.fail(index, 'notPersisted', error);
  }

  #sizeError(bytes: number | undefined): KafkaHotpathError {
    const { recordBytesMax } = this.#context.config;
    return new KafkaHotpathError(
      'ERR_MSG_SIZE_TOO_LARGE',
      `the message counts ${bytes === undefined ? 'too many' : bytes} bytes (key + value + headers + 36), ` +
        `maxMessageBytes allows ${recordBytesMax}; ` +
        "make the message smaller, or raise maxMessageBytes and the topic's max.message.bytes",
    );
  }

  #partitionError(topic: TopicState, partition: number): KafkaHotpathError {
    return new KafkaHotpathError(
      'ERR_PARTITION',
      `partition ${partition} does not exist: topic ${topic.name} has partitions 0 to ${topic.partitionCount - 1}`,
    );
  }
}
