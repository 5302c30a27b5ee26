/** One producer a connection: all outputs that resolve to the same brokers, credentials and limits share it. */
import { createHash } from 'node:crypto';
import type { BindingConfig } from '../binding/config.ts';
import type { KafkaOutputOptions } from '../binding/output-api.ts';
import { Secret } from '../binding/secret.ts';
import type { ProducerEvent, ProducerHandle, ProducerStats, RecordSource } from '../producer/api.ts';

export class SharedProducers {
  readonly #options: KafkaOutputOptions;
  readonly #producers = new Map<string, Promise<ProducerHandle>>();

  constructor(options: KafkaOutputOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#producers.size;
  }

  /** The producer of the connection; it opens with the first who asks. Closing what this returns does nothing. */
  async for(config: BindingConfig): Promise<ProducerHandle> {
    const key = connectionKey(config);
    let opening = this.#producers.get(key);
    if (opening === undefined) {
      opening = this.#open(config);
      this.#producers.set(key, opening);
      // What could not be opened is tried again with the next message.
      opening.catch(() => this.#producers.delete(key));
    }
    return new Borrowed(await opening);
  }

  async #open(config: BindingConfig): Promise<ProducerHandle> {
    const { openProducer } = await import('../binding/open-producer.ts');
    return openProducer(config, this.#options).producer;
  }

  /** Flushes and disconnects all; those that failed to open have nothing to close. */
  async close(options: { timeoutMs?: number }): Promise<void> {
    const settled = await Promise.allSettled(this.#producers.values());
    const opened = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    await Promise.all(opened.map((producer) => producer.close(options)));
  }
}

/** An output closes its producer when opening it fails; one that others use has to survive that. */
class Borrowed implements ProducerHandle {
  readonly #producer: ProducerHandle;
  onEvent?: ((event: ProducerEvent) => void) | undefined;

  constructor(producer: ProducerHandle) {
    this.#producer = producer;
  }

  prepare(topic: string): Promise<void> {
    return this.#producer.prepare(topic);
  }

  produce(...given: [string, RecordSource, { signal?: AbortSignal }?]): ReturnType<ProducerHandle['produce']> {
    return this.#producer.produce(...given);
  }

  flush(options?: { timeoutMs?: number }): Promise<void> {
    return this.#producer.flush(options);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  get stats(): ProducerStats {
    return this.#producer.stats;
  }
}

/** Everything that makes a connection what it is. Hashed, so that no password lies around as the key of a map. */
function connectionKey(config: BindingConfig): string {
  const { brokers, tls, tlsMaterial, sslInsecureSkipVerify, sasl, oauthBearer, kerberos, producer } = config;
  const parts = { brokers, tls, tlsMaterial, sslInsecureSkipVerify, sasl, oauthBearer, kerberos, producer };
  const text = JSON.stringify(parts, function (this: Record<string, unknown>, name, value: unknown) {
    const own = this[name];
    return own instanceof Secret ? own.reveal() : value;
  });
  return createHash('sha256').update(text).digest('hex');
}
