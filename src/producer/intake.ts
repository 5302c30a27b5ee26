/**
 * The way in: records are staged one by one, appended to their partitions' buffers in groups, and leave as closed
 * batches. This is the producer's half of the hot path; the engine's half is behind Accumulator.
 */
import type { Accumulator, AppendStop, HeaderList, KeyHash, StagedField } from '../engine/engine.ts';
import { KafkaHotpathError } from '../errors.ts';
import type { RecordTarget } from './api.ts';
import { Batch, OpenBatch } from './batch.ts';
import type { ProducerContext } from './context.ts';
import { type Delivery, NOT_TAKEN } from './delivery.ts';
import { GroupMembers } from './group-members.ts';
import type { PartitionQueue } from './partition-queue.ts';
import { BY_KEY_HASH, hasKey, keyHash, stickyPartition } from './partitioner.ts';
import { moveBuffers, runOf } from './rescue.ts';
import type { Stage, TopicState } from './topic.ts';

/**
 * A batch is closed at this size even where maxMessageBytes would allow more: 64–256 KiB per partition is where the
 * broker is fastest (end-to-end §3), and four of these fill a request of a megabyte, where of 256 KiB three would.
 */
export const BATCH_BYTES_TARGET = 249_000;

export interface IntakeEvents {
  /** A queue has new messages (open or closed). */
  onWork(queue: PartitionQueue): void;
  /** A message is for a partition that the topic may have by now. */
  onUnknownPartition(): void;
}

export class Intake implements RecordTarget {
  readonly #context: ProducerContext;
  readonly #events: IntakeEvents;
  /** The engine's own accumulator first; a TypeScript one beside it when a topic has more partitions than it holds. */
  readonly #stages: Stage[] = [];
  #topic: TopicState | undefined;
  #delivery: Delivery | undefined;
  #index = 0;
  readonly #hash: KeyHash;
  /** An accumulator of the chosen engine has failed inside; no further one is opened. */
  #hasFailed = false;

  constructor(context: ProducerContext, events: IntakeEvents) {
    this.#context = context;
    this.#events = events;
    this.#hash = keyHash(context.config.partitioner);
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
    if (!this.#hasFailed && this.#reserve(topic, this.#openStage(engine.openAccumulator(this.#limits())))) return;
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

  add(key: StagedField, value: StagedField, headers: HeaderList | null, timestampMs: number, partition: number): void {
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
      this.#events.onUnknownPartition();
      return;
    }
    if (stage.topic !== topic) {
      this.commit(stage);
      stage.topic = topic;
    }
    this.#stage(stage, delivery, this.#index, key, value, headers, timestampMs, chosen);
  }

  #stage(
    stage: Stage,
    delivery: Delivery,
    index: number,
    key: StagedField,
    value: StagedField,
    headers: HeaderList | null,
    timestampMs: number,
    partition: number,
  ): void {
    if (!stage.accumulator.stage(partition, timestampMs, key, value, headers)) {
      this.commit(stage);
      if (!stage.accumulator.stage(partition, timestampMs, key, value, headers)) {
        this.#refuse(delivery, index, this.#sizeError(undefined));
        return;
      }
    }
    stage.members.add(delivery, index);
  }

  refuse(error: KafkaHotpathError): void {
    this.#context.stats.queuedMessages += 1;
    this.#refuse(this.#delivery as Delivery, this.#index, error, NOT_TAKEN);
  }

  commitAll(): void {
    for (const stage of this.#stages) this.commit(stage);
  }

  /** Moves the open group into the partition buffers, closing what is full on the way. */
  commit(stage: Stage): void {
    const { topic } = stage;
    if (topic === undefined || stage.accumulator.stagedCount === 0) return;
    for (;;) {
      const stop = this.#append(stage, topic);
      if (stop === 'done') break;
      if (stop === 'memory') this.#closeAll(stage);
      if (stop !== 'full') continue;
      const { group, next } = stage.accumulator;
      this.close(topic, topic.queue(group.partitions[next] as number));
    }
    stage.accumulator.clear();
    forgetGroup(stage);
  }

  /** Undefined: the accumulator failed and another one is in its place, which holds what is left of the group. */
  #append(stage: Stage, topic: TopicState): AppendStop | undefined {
    const { accumulator } = stage;
    let stop: AppendStop;
    try {
      stop = accumulator.append(runOf(topic), this.#hash, stage.registered);
    } catch (error) {
      this.#replaceAccumulator(stage, error);
      return undefined;
    }
    this.#register(stage, topic, stage.registered, accumulator.next, this.#context.clock.now());
    stage.registered = accumulator.next;
    return stop;
  }

  /** Ends the open batch of that partition: its bytes leave the engine and wait in the queue. */
  close(topic: TopicState, queue: PartitionQueue): void {
    const { open } = queue;
    if (open === undefined) return;
    const { stage } = topic;
    if (stage === undefined) throw new Error(`topic ${topic.name} has no buffers`);
    let bytes: Buffer;
    try {
      bytes = stage.accumulator.close(runOf(topic), queue.partition);
    } catch (error) {
      this.#replaceAccumulator(stage, error);
      // On the way the batch may have been closed, or found lost.
      if (queue.open === open) this.close(topic, queue);
      return;
    }
    this.#forgetOpen(topic, queue);
    queue.ready.push(
      new Batch({
        bytes,
        fate: open,
        queuedBytes: open.queuedBytes,
        deadlineMs: open.deadlineMs,
        ordinal: queue.takeOrdinals(open.count),
      }),
    );
  }

  dispose(): void {
    for (const stage of this.#stages) stage.accumulator.dispose();
  }

  /** Notes for every record that append has passed which batch it is in, or why it is in none. */
  #register(stage: Stage, topic: TopicState, from: number, to: number, nowMs: number): void {
    const { members, accumulator } = stage;
    const { partitions, outcomes } = accumulator.group;
    let queuedBytes = 0;
    for (let i = from; i < to; i++) {
      const delivery = members.deliveryOf(i);
      const index = members.indexOf(i);
      const partition = partitions[i] as number;
      const outcome = outcomes[i] as number;
      if (outcome < 0) {
        this.#refuse(delivery, index, this.#sizeError(-outcome - 1), partition);
        continue;
      }
      const queue = topic.queue(partition);
      const open = queue.open ?? this.#openBatch(queue, nowMs, delivery.handedOverAtMs);
      delivery.join(index, open);
      open.queuedBytes += outcome;
      queuedBytes += outcome;
    }
    this.#context.stats.queuedBytes += queuedBytes;
  }

  /** The first message of a batch is the oldest in it, so its deadline is the batch's (R11). */
  #openBatch(queue: PartitionQueue, nowMs: number, handedOverAtMs: number): OpenBatch {
    const { messageTimeoutMs } = this.#context.config;
    const open = new OpenBatch(
      this.#context.fates,
      queue.partition,
      nowMs,
      messageTimeoutMs === 0 ? Infinity : handedOverAtMs + messageTimeoutMs,
    );
    queue.open = open;
    this.#events.onWork(queue);
    return open;
  }

  #forgetOpen(topic: TopicState, queue: PartitionQueue): void {
    queue.open = undefined;
    if (topic.stickyPartition === queue.partition) topic.stickyPartition = -1;
  }

  /**
   * F53: the accumulator failed inside (else the error is not for here and is thrown again). A TypeScript one takes its
   * place and all of its records; what cannot be read back is reported, so that nothing is lost in silence.
   */
  #replaceAccumulator(stage: Stage, cause: unknown): void {
    const { wreck } = stage.accumulator;
    const { topic } = stage;
    if (wreck === undefined || topic === undefined) throw cause;
    this.#hasFailed = true;
    const group = wreck.stagedRecords(runOf(topic), this.#hash, stage.registered);
    const members = stage.members.rest(stage.registered);
    const error = new KafkaHotpathError('ERR_ENGINE', `${wreck.reason}; the message could not be read back`, { cause });
    stage.accumulator = this.#context.fallbackEngine().openAccumulator(this.#limits());
    forgetGroup(stage);
    for (const [lostTopic, queue] of moveBuffers(wreck, stage, this.#topicsOf(stage), this.#hash)) {
      this.#loseOpen(lostTopic, queue, error);
    }
    for (const [i, record] of group.entries()) {
      const [delivery, index] = members[i] as [Delivery, number];
      if (record === undefined) this.#refuse(delivery, index, error);
      else if (record.refusedBytes > 0) {
        this.#refuse(delivery, index, this.#sizeError(record.refusedBytes), record.partition);
      } else {
        const { key, value, headers, timestampMs, partition } = record;
        this.#stage(stage, delivery, index, key, value, headers, timestampMs, partition);
      }
    }
    const { reason } = wreck;
    // A listener may send at once, so it hears of it when nothing here is half-way.
    queueMicrotask(() => {
      this.#context.emit({ type: 'engineFallback', reason });
    });
    // What was reported as lost has made room.
    this.#context.wakeAt(this.#context.clock.now());
  }

  #loseOpen(topic: TopicState, queue: PartitionQueue, error: KafkaHotpathError): void {
    const open = queue.open as OpenBatch;
    this.#forgetOpen(topic, queue);
    this.#context.stats.queuedMessages -= open.count;
    this.#context.stats.queuedBytes -= open.queuedBytes;
    this.#context.stats.notPersistedMessages += open.count;
    open.fail('notPersisted', error);
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
    const stage: Stage = { accumulator, topic: undefined, members: new GroupMembers(), registered: 0 };
    this.#stages.push(stage);
    return stage;
  }

  #limits(): { recordBytesMax: number; batchBytesMax: number; batchRecordsMax: number } {
    const { recordBytesMax, batchRecordsMax } = this.#context.config;
    return { recordBytesMax, batchBytesMax: Math.min(recordBytesMax, BATCH_BYTES_TARGET), batchRecordsMax };
  }

  #refuse(delivery: Delivery, index: number, error: KafkaHotpathError, partition = -1): void {
    this.#context.stats.queuedMessages -= 1;
    this.#context.stats.notPersistedMessages += 1;
    delivery.refuse(index, partition, error);
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

function forgetGroup(stage: Stage): void {
  stage.members.clear();
  stage.registered = 0;
}
