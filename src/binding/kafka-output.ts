/** The output binding: properties in, messages out, a report for each. */
import { KafkaHotpathError } from '../errors.ts';
import type { DeliveryReport, DeliveryReports, ProducerHandle, ProducerStats } from '../producer/api.ts';
import { type BindingConfig, resolveConfig } from './config.ts';
import type { Encoders } from './encoded-source.ts';
import { FailedReports } from './failed-reports.ts';
import type { EngineInfo, KafkaOutput, KafkaOutputOptions } from './output-api.ts';
import { sourceOf } from './values.ts';

const ENQUEUE_MESSAGES_MAX = 1_000_000;

/**
 * @throws ConfigError with every problem of the properties; ERR_CONNECT, ERR_AUTH, ERR_UNKNOWN_TOPIC or ERR_BROKER when
 * the topic cannot be reached; ERR_REGISTRY… when the schema registry does not give what is asked of it; ERR_ENGINE
 * when the engine asked for cannot be had
 */
export async function openKafkaOutput(properties: unknown, options: KafkaOutputOptions = {}): Promise<KafkaOutput> {
  const config = resolveConfig(properties, options.settings, options);
  const encoders = await encodersFor(config, options);
  const { producer, engine } = await producerFor(config, options);
  if (options.connect !== false) {
    try {
      await producer.prepare(config.topic);
    } catch (error) {
      await producer.close({ timeoutMs: 0 });
      throw error;
    }
  }
  return new Output(config, { producer, engine, encoders }, options);
}

/** Undefined where keys and values go as they are; that must not pay for the code. */
async function encodersFor(config: BindingConfig, options: KafkaOutputOptions): Promise<Encoders | undefined> {
  if (config.schemas === undefined) return undefined;
  const [{ openEngine }, { openEncoders }] = await Promise.all([
    import('../engine/select.ts'),
    import('./open-encoders.ts'),
  ]);
  const { topic, payload } = config;
  return openEncoders(config.schemas, {
    engine: openEngine(options.engine),
    topic,
    strict: payload.strict,
    validate: { key: options.validateKey, value: options.validate },
  });
}

interface OutputParts {
  readonly producer: ProducerHandle;
  readonly engine: EngineInfo;
  readonly encoders: Encoders | undefined;
}

async function producerFor(
  config: BindingConfig,
  options: KafkaOutputOptions,
): Promise<{ producer: ProducerHandle; engine: EngineInfo }> {
  if (options.producer !== undefined) {
    return { producer: options.producer, engine: { kind: 'external', reason: 'the producer was given by the caller' } };
  }
  // The network's code loads in some 75 ms: only who connects pays for it.
  const { openProducer } = await import('./open-producer.ts');
  return openProducer(config, options);
}

class Output implements KafkaOutput {
  readonly engine: EngineInfo;
  readonly config: BindingConfig;
  readonly #producer: ProducerHandle;
  readonly #encoders: Encoders | undefined;
  readonly #now: () => number;
  readonly #enqueueMessagesMax: number;
  readonly #pending = new Set<Promise<void>>();
  #enqueuedMessages = 0;
  #failed: DeliveryReport[] = [];
  #closing: Promise<void> | undefined;

  constructor(config: BindingConfig, { producer, engine, encoders }: OutputParts, options: KafkaOutputOptions) {
    this.config = config;
    this.engine = Object.freeze({ ...engine });
    this.#producer = producer;
    this.#encoders = encoders;
    this.#now = options.now ?? Date.now;
    this.#enqueueMessagesMax = options.enqueueMessagesMax ?? ENQUEUE_MESSAGES_MAX;
  }

  get stats(): ProducerStats {
    return this.#producer.stats;
  }

  send(value: unknown): Promise<DeliveryReports> {
    if (this.#closing !== undefined) return Promise.reject(this.#closedError());
    const source = sourceOf(value, this.config.payload, this.#now(), this.#encoders);
    return this.#producer.produce(this.config.topic, source);
  }

  enqueue(value: unknown): void {
    if (this.#closing !== undefined) throw this.#closedError();
    const source = sourceOf(value, this.config.payload, this.#now(), this.#encoders);
    if (source.length === 0) return;
    // One array of any size is always taken when nothing else waits: the caller holds it in memory anyway.
    if (this.#enqueuedMessages > 0 && this.#enqueuedMessages + source.length > this.#enqueueMessagesMax) {
      throw new KafkaHotpathError(
        'ERR_QUEUE_FULL',
        `${this.#enqueuedMessages} enqueued messages have no report yet, enqueueMessagesMax is ` +
          `${this.#enqueueMessagesMax}; await flush(), or use send(), which waits for room`,
      );
    }
    this.#enqueuedMessages += source.length;
    const settled = this.#collect(this.#producer.produce(this.config.topic, source), source.length);
    this.#pending.add(settled);
    void settled.then(() => this.#pending.delete(settled));
  }

  /** Never rejects: what cannot be sent is a failure like any other. */
  async #collect(sent: Promise<DeliveryReports>, length: number): Promise<void> {
    try {
      const reports = await sent;
      if (reports.failedCount === 0) return;
      for (const report of reports) if (report.status !== 'persisted') this.#failed.push(report);
    } catch (error) {
      const reason = error instanceof KafkaHotpathError ? error : this.#closedError();
      for (let index = 0; index < length; index++) this.#failed.push(this.#notTaken(index, reason));
    } finally {
      this.#enqueuedMessages -= length;
    }
  }

  #notTaken(index: number, error: KafkaHotpathError): DeliveryReport {
    return {
      index,
      status: 'notPersisted',
      topic: this.config.topic,
      partition: -1,
      offset: -1,
      timestamp: -1,
      possibleDuplicates: 0,
      error,
    };
  }

  async flush(options: { timeoutMs?: number } = {}): Promise<void> {
    const pending = [...this.#pending];
    await this.#producer.flush(options);
    await Promise.all(pending);
    this.#throwFailures();
  }

  #throwFailures(): void {
    if (this.#failed.length === 0) return;
    const failed = this.#failed;
    this.#failed = [];
    new FailedReports(this.config.topic, failed).orThrow();
  }

  close(options: { timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  async #close(options: { timeoutMs?: number }): Promise<void> {
    await this.#producer.close(options);
    await Promise.all(this.#pending);
    this.#throwFailures();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #closedError(): KafkaHotpathError {
    return new KafkaHotpathError('ERR_CLOSED', `the output to topic ${this.config.topic} is closed; open a new one`);
  }
}
