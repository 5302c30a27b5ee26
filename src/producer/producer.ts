/**
 * The front door: takes sends at the pace the queue allows, keeps the one timer, and ties intake, sender and metadata
 * together. No format and no retry logic lives here.
 */
import type { Engine } from '../engine/engine.ts';
import { openEngine } from '../engine/select.ts';
import { KafkaHotpathError } from '../errors.ts';
import type { Transport } from '../transport/transport.ts';
import type {
  DeliveryReports,
  ProducerConfig,
  ProducerEvent,
  ProducerHandle,
  ProducerStats,
  RecordSource,
} from './api.ts';
import { Admission } from './admission.ts';
import { type Clock, systemClock, systemRandom, Wakeup } from './clock.ts';
import { DEFAULT_PRODUCER_CONFIG, type ProducerContext } from './context.ts';
import type { DeliveryGeneration } from './delivery.ts';
import { FateLedger } from './fates.ts';
import { ProducerIdentityKeeper } from './identity.ts';
import { Intake } from './intake.ts';
import { MetadataKeeper } from './metadata-keeper.ts';
import type { PartitionQueue } from './partition-queue.ts';
import { prepareTopic } from './prepare.ts';
import { Sender } from './sender.ts';
import { Settlement } from './settlement.ts';
import { TopicState } from './topic.ts';

/** How long close waits for messages on their way before it gives them up. */
const CLOSE_TIMEOUT_MS = 10_000;

export interface ProducerOptions {
  transport: Transport;
  engine: Engine;
  /** Missing members take their defaults (DEFAULT_PRODUCER_CONFIG). */
  config?: Partial<ProducerConfig>;
  onEvent?: ((event: ProducerEvent) => void) | undefined;
  /** Time and chance, for tests and simulations. */
  clock?: Clock;
  random?: () => number;
}

export function createProducer(options: ProducerOptions): ProducerHandle {
  return new Producer(options);
}

class Producer implements ProducerHandle {
  onEvent: ((event: ProducerEvent) => void) | undefined;
  readonly #context: ProducerContext;
  readonly #wakeup: Wakeup;
  readonly #intake: Intake;
  readonly #sender: Sender;
  readonly #metadata: MetadataKeeper;
  readonly #admission: Admission;
  #generation: DeliveryGeneration = { pendingCount: 0, onEmpty: undefined };
  #lastFlush: Promise<void> = Promise.resolve();
  #isTickQueued = false;
  #isClosed = false;
  #closing: Promise<void> | undefined;

  constructor(options: ProducerOptions) {
    const clock = options.clock ?? systemClock;
    this.onEvent = options.onEvent;
    this.#wakeup = new Wakeup(clock, () => {
      this.#tick();
    });
    this.#context = {
      config: { ...DEFAULT_PRODUCER_CONFIG, ...options.config },
      clock,
      random: options.random ?? systemRandom,
      transport: options.transport,
      engine: options.engine,
      fallbackEngine: () => openEngine('typescript'),
      stats: newStats(),
      fates: new FateLedger(),
      fatalError: undefined,
      emit: (event) => {
        this.#emit(event);
      },
      wakeAt: (atMs) => {
        // What fails because the producer is closed must not keep the process alive for its retry.
        if (!this.#isClosed) this.#wakeup.at(atMs);
      },
    };
    options.transport.onEvent = this.#context.emit;
    const tickSoon = (): void => {
      this.#tickSoon();
    };
    const identity = new ProducerIdentityKeeper(this.#context, tickSoon);
    const settlement = new Settlement(this.#context, identity, tickSoon);
    this.#intake = new Intake(this.#context, {
      onWork: (queue) => {
        this.#sender.activate(queue);
      },
      onUnknownPartition: () => {
        this.#metadata.request();
      },
    });
    this.#metadata = new MetadataKeeper(this.#context, {
      onPartitions: (topic, partitionCount) => {
        this.#intake.open(topic, partitionCount);
        this.#admission.sharePartitions();
      },
      onUpdate: tickSoon,
    });
    this.#admission = new Admission(this.#context, this.#intake, this.#metadata);
    this.#sender = new Sender(this.#context, settlement, identity, {
      closeOpen: (queue) => {
        this.#intake.close(this.#topic(queue.topic), queue);
      },
      onStaleMetadata: (doubtedNodeId) => {
        this.#metadata.request(doubtedNodeId);
      },
      onProgress: tickSoon,
    });
  }

  get stats(): ProducerStats {
    return { ...this.#context.stats };
  }

  async prepare(topic: string): Promise<void> {
    await prepareTopic(this.#context, this.#metadata, this.#topic(topic));
  }

  produce(topicName: string, source: RecordSource, options: { signal?: AbortSignal } = {}): Promise<DeliveryReports> {
    if (this.#closing !== undefined) {
      return Promise.reject(new KafkaHotpathError('ERR_CLOSED', 'the producer is closed; open a new one to send'));
    }
    const reports = this.#admission.admit(this.#topic(topicName), source, this.#generation, options.signal);
    this.#tickSoon();
    return reports;
  }

  async flush(options: { timeoutMs?: number } = {}): Promise<void> {
    const generation = this.#generation;
    this.#generation = { pendingCount: 0, onEmpty: undefined };
    // Earlier flushes may still wait for older sends; this one waits for them too.
    const previous = this.#lastFlush;
    const emptied = new Promise<void>((resolve) => {
      generation.onEmpty = resolve;
      if (generation.pendingCount === 0) resolve();
    });
    const flushed = Promise.all([previous, emptied]).then(() => undefined);
    this.#lastFlush = flushed;
    this.#sender.flushCount += 1;
    this.#tickSoon();
    try {
      await this.#within(flushed, options.timeoutMs);
    } finally {
      this.#sender.flushCount -= 1;
    }
  }

  close(options: { timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.timeoutMs ?? CLOSE_TIMEOUT_MS);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<void> {
    try {
      await this.flush({ timeoutMs });
    } catch {
      // What is left is reported by the purge below, each message with its own status.
    }
    // The connections end first: only then is it known of what was on its way whether it was ever written (R11).
    this.#sender.stop();
    try {
      await this.#context.transport.close();
    } finally {
      this.#purge((topic, isInFlight) => {
        const code = isInFlight ? 'ERR_PURGED_INFLIGHT' : 'ERR_PURGED_QUEUE';
        const what = isInFlight ? 'sent and not answered' : 'not sent';
        const message = `${what} when the producer was closed after ${timeoutMs} ms (topic ${topic})`;
        return new KafkaHotpathError(code, message);
      });
      this.#isClosed = true;
      this.#wakeup.cancel();
      this.#intake.dispose();
    }
  }

  /** One pass over everything that may have changed; afterwards the timer stands at the next moment that matters. */
  #tick(): void {
    if (this.#isClosed) return;
    const { clock } = this.#context;
    const startedMs = clock.now();
    this.#intake.commitAll();
    if (!this.#wakeup.isLate(startedMs)) this.#sender.expire(startedMs);
    this.#admission.pump(startedMs);
    this.#intake.commitAll();
    if (this.#context.fatalError !== undefined) this.#purgeFatal(this.#context.fatalError);
    // Read anew: a batch opened a moment ago is due with lingerMs 0, and by the time above it would have to wait for a
    // timer, which costs a millisecond.
    const nowMs = clock.now();
    this.#sender.drain(nowMs);
    if (this.#sender.lacksLeader || this.#admission.waitsForMetadata) this.#metadata.request();
    if (this.#sender.activeQueues.size > 0) this.#metadata.tick(nowMs);
    this.#wakeup.at(Math.min(this.#sender.nextWakeMs(nowMs), this.#admission.nextWakeMs));
  }

  /** A tick at the end of the present turn: what was handed over in the same turn goes out together. */
  #tickSoon(): void {
    if (this.#isTickQueued) return;
    this.#isTickQueued = true;
    queueMicrotask(() => {
      this.#isTickQueued = false;
      this.#tick();
    });
  }

  /** R18: nothing can be sent any more, so everything is reported now. */
  #purgeFatal(error: KafkaHotpathError): void {
    this.#purge(() => error);
  }

  #purge(errorFor: (topic: string, isInFlight: boolean) => KafkaHotpathError): void {
    this.#intake.commitAll();
    this.#sender.purge((queue: PartitionQueue, isInFlight) => errorFor(queue.topic, isInFlight));
    this.#admission.purge((topic) => errorFor(topic, false));
  }

  #topic(name: string): TopicState {
    let topic = this.#metadata.topics.get(name);
    if (topic === undefined) {
      topic = new TopicState(name);
      this.#metadata.topics.set(name, topic);
    }
    return topic;
  }

  /** Waits for the promise, at most timeoutMs on the producer's own clock. */
  async #within(promise: Promise<void>, timeoutMs: number | undefined): Promise<void> {
    if (timeoutMs === undefined) return promise;
    const { clock } = this.#context;
    let timer: unknown;
    const timedOut = new Promise<never>((_, reject) => {
      timer = clock.setTimer(() => {
        const { queuedMessages } = this.#context.stats;
        reject(
          new KafkaHotpathError(
            'ERR_FLUSH_TIMEOUT',
            `${queuedMessages} messages still have no report after ${timeoutMs} ms; they stay queued`,
          ),
        );
      }, timeoutMs);
    });
    try {
      await Promise.race([promise, timedOut]);
    } finally {
      clock.clearTimer(timer);
    }
  }

  #emit(event: ProducerEvent): void {
    try {
      // An async function is taken for a listener too, and its rejection would end the process.
      const result: unknown = this.onEvent?.(event);
      if (result instanceof Promise) result.catch(warnOfListener);
    } catch (error) {
      warnOfListener(error);
    }
  }
}

/** A listener's mistake must neither stop delivery nor end the process. */
function warnOfListener(error: unknown): void {
  process.emitWarning(`a kafka-hotpath event listener threw: ${String(error)}`, { code: 'KAFKA_HOTPATH_LISTENER' });
}

function newStats(): ProducerStats {
  return {
    queuedMessages: 0,
    queuedBytes: 0,
    inFlightRequests: 0,
    persistedMessages: 0,
    notPersistedMessages: 0,
    possiblyPersistedMessages: 0,
    retries: 0,
  };
}
