/** The output binding as its user sees it. */
import type { LookupFunction } from 'node:net';
import type { EngineKind } from '../engine/engine.ts';
import type { DeliveryReports, ProducerEvent, ProducerHandle, ProducerStats } from '../producer/api.ts';
import type { BindingConfig } from './config.ts';
import type { ConfigOptions } from './config-options.ts';
import type { SettingsInput } from './settings.ts';

export interface KafkaOutputOptions extends ConfigOptions {
  /** What %NAME% stands for. Default: the environment of the process. */
  settings?: SettingsInput;
  /** Default: what KAFKA_HOTPATH_ENGINE in the environment says, else WebAssembly where it works, else TypeScript. */
  engine?: 'auto' | EngineKind;
  /**
   * Default true: opening connects, so that a wrong broker, password or topic fails here. False connects with the first
   * message.
   */
  connect?: boolean;
  /**
   * Messages of enqueue() without a report, beyond which it throws ERR_QUEUE_FULL. Default 1 000 000: enqueue cannot
   * wait, and without a bound a loop that never flushes would fill the memory.
   */
  enqueueMessagesMax?: number;
  /**
   * Finds the address of a broker's name, as for net.connect: for brokers behind a tunnel or a private link. The name
   * stays the one that certificates and tickets are checked for. Default the system's look-up.
   */
  lookup?: LookupFunction;
  /** Retries, throttling, connections: what happens between hand-over and report. */
  onEvent?: (event: ProducerEvent) => void;
  /** A producer to send through instead of opening one; closing the output closes it. */
  producer?: ProducerHandle;
}

export interface EngineInfo {
  /** external: the producer was given by the caller. */
  readonly kind: EngineKind | 'external';
  readonly reason: string;
}

export interface KafkaOutput extends AsyncDisposable {
  /**
   * Sends what a function would set on the binding: one value is one message, an array many, null none. Resolves when
   * each has its report; a message that failed is a report, not a rejection. Rejects with ERR_CLOSED only.
   */
  send(value: unknown): Promise<DeliveryReports>;
  /** As send, without waiting; failures are the business of the next flush. Throws ERR_CLOSED and ERR_QUEUE_FULL. */
  enqueue(value: unknown): void;
  /**
   * Waits for everything handed over before. Rejects with a DeliveryError whose reports are the failures of all
   * messages enqueued since the last flush, or with ERR_FLUSH_TIMEOUT.
   */
  flush(options?: { timeoutMs?: number }): Promise<void>;
  /**
   * Refuses new messages, flushes within timeoutMs (default 10 000), gives up what is left and disconnects. Rejects
   * with a DeliveryError when enqueued messages failed that no flush has told about.
   */
  close(options?: { timeoutMs?: number }): Promise<void>;
  readonly engine: EngineInfo;
  /** What is in force; it shows no secrets. */
  readonly config: BindingConfig;
  readonly stats: ProducerStats;
}
