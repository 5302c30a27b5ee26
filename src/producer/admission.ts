/**
 * Who gets in when: sends are taken in arrival order while the queue has room, wait while it has none or while no
 * metadata has come, and are reported when they have waited too long.
 */
import { KafkaHotpathError } from '../errors.ts';
import type { DeliveryReports, RecordSource } from './api.ts';
import type { ProducerContext } from './context.ts';
import { Delivery, type DeliveryGeneration, NOT_TAKEN } from './delivery.ts';
import type { Intake } from './intake.ts';
import type { MetadataKeeper } from './metadata-keeper.ts';
import { QueueLimits } from './queue-limits.ts';
import { UNKNOWN_TOPIC_MS_MAX } from './retry-rules.ts';
import type { TopicState, WaitingSource } from './topic.ts';

/** Messages that are taken at one reading of the clock while a turn lasts: well below a millisecond's worth. */
const CLOCK_MESSAGES = 64;

export class Admission {
  readonly #context: ProducerContext;
  readonly #intake: Intake;
  readonly #metadata: MetadataKeeper;
  readonly #limits: QueueLimits;
  /** True while a source emits: a send made from inside (a value's toJSON, say) has to wait its turn. */
  #isTaking = false;
  #readAtMs = 0;
  /** How many more messages that reading of the clock is good for. */
  #readMessagesLeft = 0;

  constructor(context: ProducerContext, intake: Intake, metadata: MetadataKeeper) {
    this.#context = context;
    this.#intake = intake;
    this.#metadata = metadata;
    this.#limits = new QueueLimits(context.config);
  }

  /** Takes the send, at once as far as possible. */
  admit(
    topic: TopicState,
    source: RecordSource,
    generation: DeliveryGeneration,
    signal: AbortSignal | undefined,
  ): Promise<DeliveryReports> {
    const delivery = new Delivery(topic.name, source.length, this.#context.fates, generation, this.#now(source.length));
    const waiting: WaitingSource = { source, delivery, nextIndex: 0, signal };
    const isTaken = topic.waiting.length === 0 && !this.#isTaking && this.#take(topic, waiting);
    if (!isTaken) this.#wait(topic, waiting);
    return delivery.promise;
  }

  /** Reading the clock for each of many single messages would cost a twentieth of what sending them does. */
  #now(messages: number): number {
    if (this.#readMessagesLeft <= 0) {
      this.#readAtMs = this.#context.clock.now();
      this.#readMessagesLeft = CLOCK_MESSAGES;
    }
    this.#readMessagesLeft -= messages;
    return this.#readAtMs;
  }

  #wait(topic: TopicState, waiting: WaitingSource): void {
    const { signal } = waiting;
    if (signal?.aborted === true) {
      this.#refuseRest(waiting, abortedError(signal));
      return;
    }
    if (topic.isReady && !this.#isTaking && this.#context.config.whenFull === 'fail') {
      this.#refuseRest(waiting, this.#context.fatalError ?? this.#fullError());
      return;
    }
    waiting.source.retain?.(waiting.nextIndex);
    topic.waiting.push(waiting);
    if (!topic.isReady) this.#metadata.request();
    if (signal === undefined) return;
    const abort = (): void => {
      const position = topic.waiting.indexOf(waiting);
      // One that is being taken at this moment sees the signal itself: its own value may have aborted it.
      if (position < 0 || (position === 0 && this.#isTaking)) return;
      topic.waiting.splice(position, 1);
      this.#refuseRest(waiting, abortedError(signal));
    };
    signal.addEventListener('abort', abort, { once: true });
    void waiting.delivery.promise.then(() => {
      signal.removeEventListener('abort', abort);
    });
  }

  /** A topic has come to have more partitions. */
  sharePartitions(): void {
    let partitionCount = 0;
    for (const topic of this.#metadata.topics.values()) partitionCount += topic.partitionCount;
    this.#limits.share(partitionCount);
  }

  /** Lets waiting sends in, in order, as far as there is room, and reports those whose time is over. */
  pump(nowMs: number): void {
    // Every send is followed by a pump at the end of its turn: what comes later is in another one.
    this.#readMessagesLeft = 0;
    for (const topic of this.#metadata.topics.values()) {
      for (;;) {
        const waiting = topic.waiting[0];
        if (waiting === undefined) break;
        const before = waiting.nextIndex;
        if (this.#take(topic, waiting)) topic.waiting.shift();
        else if (waiting.nextIndex > before) this.#noteProgress(waiting, nowMs);
        else if (!this.#refuseOverdue(topic, 0, nowMs)) break;
      }
      // The first may get in bit by bit for ever; those behind it have no such excuse to be told late.
      while (topic.waiting.length > 1 && this.#refuseOverdue(topic, 1, nowMs));
    }
  }

  /** A send that gets in bit by bit is not late: for the rest, time counts from the last message that was taken. */
  #noteProgress(waiting: WaitingSource, nowMs: number): void {
    this.#intake.commitAll();
    waiting.delivery.handedOverAtMs = nowMs;
  }

  /** Reports every message that still waits. */
  purge(errorFor: (topic: string) => KafkaHotpathError): void {
    for (const topic of this.#metadata.topics.values()) {
      for (const waiting of topic.waiting.splice(0)) this.#refuseRest(waiting, errorFor(topic.name));
    }
  }

  /** When the next waiting send has to be reported; Infinity when none waits. */
  get nextWakeMs(): number {
    let wakeMs = Infinity;
    for (const topic of this.#metadata.topics.values()) {
      // Behind the first they are in the order of their deadlines.
      for (const waiting of topic.waiting.slice(0, 2)) wakeMs = Math.min(wakeMs, this.#deadlineOf(waiting));
    }
    return wakeMs;
  }

  get waitsForMetadata(): boolean {
    for (const topic of this.#metadata.topics.values()) {
      if (!topic.isReady && topic.waiting.length > 0) return true;
    }
    return false;
  }

  /** Takes messages while there is room; true when nothing is left to take. */
  #take(topic: TopicState, waiting: WaitingSource): boolean {
    if (!topic.isReady || this.#context.fatalError !== undefined) return false;
    const { source, signal } = waiting;
    const { stats } = this.#context;
    this.#isTaking = true;
    try {
      this.#intake.begin(topic, waiting.delivery);
      while (waiting.nextIndex < source.length) {
        if (signal?.aborted === true) {
          this.#refuseRest(waiting, abortedError(signal));
          return true;
        }
        if (this.#limits.areReachedBy(stats)) return false;
        this.#intake.at(waiting.nextIndex);
        waiting.nextIndex += 1;
        source.emit(waiting.nextIndex - 1, this.#intake);
      }
      return true;
    } finally {
      this.#isTaking = false;
    }
  }

  #refuseOverdue(topic: TopicState, position: 0 | 1, nowMs: number): boolean {
    const waiting = topic.waiting[position] as WaitingSource;
    const error = this.#waitingError(topic, waiting, nowMs);
    if (error === undefined) return false;
    topic.waiting.splice(position, 1);
    this.#refuseRest(waiting, error);
    return true;
  }

  #refuseRest({ delivery, source, nextIndex }: WaitingSource, error: KafkaHotpathError): void {
    this.#context.stats.notPersistedMessages += source.length - nextIndex;
    for (let index = nextIndex; index < source.length; index++) delivery.refuse(index, NOT_TAKEN, error);
  }

  /** Why a send need not wait any longer: out of time, an unknown topic, or a producer that can send no more. */
  #waitingError(topic: TopicState, waiting: WaitingSource, nowMs: number): KafkaHotpathError | undefined {
    if (this.#context.fatalError !== undefined) return this.#context.fatalError;
    const { lastError } = this.#metadata;
    if (lastError !== undefined && 'fatal' in lastError && lastError.fatal === true) return lastError;
    if (topic.unknownSinceMs >= 0 && nowMs - topic.unknownSinceMs >= UNKNOWN_TOPIC_MS_MAX) return topic.error;
    if (nowMs < this.#deadlineOf(waiting)) return undefined;
    const cause = topic.isReady ? undefined : (topic.error ?? lastError);
    const why = topic.isReady
      ? 'the queue stayed full'
      : `no metadata came (${cause?.message ?? 'no broker answered'})`;
    return new KafkaHotpathError(
      'ERR_MESSAGE_TIMEOUT',
      `not taken within messageTimeoutMs ${this.#context.config.messageTimeoutMs} for topic ${topic.name}: ${why}`,
      { cause },
    );
  }

  #fullError(): KafkaHotpathError {
    const { stats } = this.#context;
    return new KafkaHotpathError(
      'ERR_QUEUE_FULL',
      `${stats.queuedMessages} messages of ${stats.queuedBytes} bytes have no report yet, allowed are ` +
        `${this.#limits.toString()}; send later, or let sends wait for room`,
    );
  }

  #deadlineOf({ delivery }: WaitingSource): number {
    const { messageTimeoutMs } = this.#context.config;
    return messageTimeoutMs === 0 ? Infinity : delivery.handedOverAtMs + messageTimeoutMs;
  }
}

function abortedError(signal: AbortSignal): KafkaHotpathError {
  return new KafkaHotpathError('ERR_ABORTED', 'the send was aborted before this message was taken', {
    cause: signal.reason,
  });
}
