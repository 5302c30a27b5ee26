/** Delivers what invocations set: opens each output once, shares producers, and says what a failure means. */
import type { ConfigOptions } from '../binding/config-options.ts';
import { resolveConfig } from '../binding/config.ts';
import { openKafkaOutput } from '../binding/kafka-output.ts';
import type { KafkaOutput, KafkaOutputOptions } from '../binding/output-api.ts';
import { KafkaHotpathError } from '../errors.ts';
import type { DeliveryReports } from '../producer/api.ts';
import { SharedProducers } from './producers.ts';
import type { BindingProperties } from './runtime.ts';

export interface KafkaOutputsOptions
  extends ConfigOptions,
    Pick<KafkaOutputOptions, 'settings' | 'engine' | 'onEvent'> {
  /**
   * What an invocation does when some of its messages were persisted and some were not. fail (default): it fails with
   * the delivery error; who tries it again sends the persisted ones again. warn: it succeeds with a warning in the log.
   * An output of which nothing was persisted always fails it.
   */
  partialFailure?: 'fail' | 'warn';
  /** The reports of every output of every invocation, also of those that fail. */
  onReports?: (reports: DeliveryReports, invocation: { functionName: string; output: string }) => void;
  /** What termination may take. Default 10 000. */
  closeTimeoutMs?: number;
}

/** One value that a function set on one output. */
export interface SetValue {
  readonly properties: BindingProperties;
  readonly name: string;
  readonly value: unknown;
}

export interface InvocationNotes {
  readonly functionName: string;
  readonly warn: (text: string) => void;
}

export class KafkaOutputs {
  readonly #options: KafkaOutputsOptions;
  readonly #producers: SharedProducers;
  readonly #outputs = new Map<string, Promise<KafkaOutput>>();
  readonly #warned = new Set<string>();
  #closing: Promise<void> | undefined;

  constructor(options: KafkaOutputsOptions = {}) {
    this.#options = options;
    this.#producers = new SharedProducers(options);
  }

  /** How many producers are open or opening. */
  get producerCount(): number {
    return this.#producers.count;
  }

  /**
   * Sends all values and waits for their reports. Rejects with ERR_CONFIG, ERR_CONNECT and the like, with ERR_DELIVERY,
   * or with an AggregateError when several outputs failed.
   */
  async deliver(values: readonly SetValue[], notes: InvocationNotes): Promise<void> {
    const sends = values.filter(({ value }) => value !== undefined && value !== null);
    if (sends.length === 0) return;
    const results = await Promise.allSettled(sends.map((send) => this.#deliver(send, notes)));
    const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
    if (errors.length === 1) throw errors[0] ?? new Error();
    if (errors.length > 1) throw new AggregateError(errors, errors.map(({ message }) => message).join('\n'));
  }

  async #deliver({ properties, name, value }: SetValue, notes: InvocationNotes): Promise<void> {
    const output = await this.#output(properties, notes);
    const reports = await output.send(value);
    this.#options.onReports?.(reports, { functionName: notes.functionName, output: name });
    if (reports.failedCount === 0) return;
    const isPartial = reports.failedCount < reports.length;
    if (!isPartial || this.#options.partialFailure !== 'warn') reports.orThrow();
    notes.warn(
      `${reports.failedCount} of ${reports.length} messages to topic ${reports.topic} are not known to be persisted, ` +
        'and partialFailure is "warn"',
    );
  }

  /** A warning that is worth saying once, however often its cause comes back. */
  warnOnce(text: string, notes: InvocationNotes): void {
    if (this.#warned.has(text)) return;
    this.#warned.add(text);
    notes.warn(text);
  }

  #output(properties: BindingProperties, notes: InvocationNotes): Promise<KafkaOutput> {
    if (this.#closing !== undefined) {
      return Promise.reject(new KafkaHotpathError('ERR_CLOSED', 'the app is terminating; its outputs are closed'));
    }
    // Each invocation may bring a copy of the properties, so what they say is what identifies them.
    const key = JSON.stringify(properties);
    let opening = this.#outputs.get(key);
    if (opening === undefined) {
      opening = this.#open(properties, notes);
      this.#outputs.set(key, opening);
      // A broker that was away, or a topic that was missing, may be there for the next invocation.
      opening.catch(() => this.#outputs.delete(key));
    }
    return opening;
  }

  async #open(properties: BindingProperties, notes: InvocationNotes): Promise<KafkaOutput> {
    const config = resolveConfig(properties, this.#options.settings, this.#options);
    for (const warning of config.warnings) this.warnOnce(warning, notes);
    const producer = await this.#producers.for(config);
    return openKafkaOutput(properties, { ...this.#options, producer });
  }

  /** Refuses new values, delivers what is on its way and disconnects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#outputs.values());
    const { closeTimeoutMs } = this.#options;
    await this.#producers.close(closeTimeoutMs === undefined ? {} : { timeoutMs: closeTimeoutMs });
  }
}
