/**
 * The producer's face towards the binding: what goes in (a source of records, pulled at the producer's pace) and what
 * comes out (one delivery report per message, as columns).
 */
import type { HeaderList, StagedField } from '../engine/engine.ts';
import type { KafkaHotpathError } from '../errors.ts';

/** Where a source puts its records: exactly one call of add or refuse per emit. */
export interface RecordTarget {
  /**
   * @param partition the partition, or −1 to let the partitioner choose
   * @param timestampMs an integer, milliseconds since 1970
   */
  add(key: StagedField, value: StagedField, headers: HeaderList | null, timestampMs: number, partition: number): void;
  /** This message cannot be sent; its report is notPersisted with this error. */
  refuse(error: KafkaHotpathError): void;
}

/** The messages of one send, pulled one by one while the producer has room. */
export interface RecordSource {
  readonly length: number;
  /** Must not throw: what cannot become a record is refused. */
  emit(index: number, target: RecordTarget): void;
  /**
   * Called once, synchronously, before the producer makes the caller wait for room: from here on the source must not
   * depend on memory its caller may change (copies bytes and the list from `index` on).
   */
  retain?(index: number): void;
}

/** Certain success, certain failure, or unknown (reliability §6). Never revised after the report. */
export type DeliveryStatus = 'persisted' | 'notPersisted' | 'possiblyPersisted';

export interface DeliveryReport {
  /** Position of the message in its send. */
  readonly index: number;
  readonly status: DeliveryStatus;
  readonly topic: string;
  /** −1 when it failed before a partition was chosen. */
  readonly partition: number;
  /** −1 when unknown (not persisted, or the broker could only say "already have it"). */
  readonly offset: number;
  /** Milliseconds since 1970 as stored: the message's own, or the broker's with LogAppendTime. */
  readonly timestamp: number;
  /**
   * How many further copies the log may hold: attempts of ours without a clear answer that were sent again. Always 0
   * with enableIdempotence.
   */
  readonly possibleDuplicates: number;
  /** Undefined iff persisted. */
  readonly error: KafkaHotpathError | undefined;
}

/** The reports of one send, in the order of its messages; columns underneath, one object per report on demand. */
export interface DeliveryReports extends Iterable<DeliveryReport> {
  readonly length: number;
  readonly topic: string;
  /** undefined beyond the end. */
  at(index: number): DeliveryReport | undefined;
  /** How many messages are not persisted or possibly persisted. */
  readonly failedCount: number;
  readonly persistedCount: number;
  readonly possiblyPersistedCount: number;
  /** Returns itself when every message is persisted, else throws ERR_DELIVERY (DeliveryError, with these reports). */
  orThrow(): DeliveryReports;
  toJSON(): readonly object[];
}

export type PartitionerName = 'consistent_random' | 'murmur2_random';

export interface ProducerConfig {
  /** maxMessageBytes in bytes. Default 1 000 000. */
  recordBytesMax: number;
  /** batchSize: messages per batch. Default 10 000. */
  batchRecordsMax: number;
  /** How long an open batch waits for company. Default 5. */
  lingerMs: number;
  /** Default false. */
  enableIdempotence: boolean;
  /** Time from hand-over to report; 0 = for ever. Default 300 000. */
  messageTimeoutMs: number;
  /** How long a broker may wait for replicas. Default 5 000. */
  requestTimeoutMs: number;
  /** Retries of attempts that may have reached the log. Default 2. */
  maxRetries: number;
  /** Default consistent_random, as librdkafka and so the Azure binding. */
  partitioner: PartitionerName;
  /**
   * Messages handed over and not yet reported. Undefined: 100 000 (librdkafka queue.buffering.max.messages), or 160 for
   * each partition of the topics sent to, 400 000 at most, as long as they are below 24 KiB for each, 64 MiB at most.
   */
  queueMessagesMax: number | undefined;
  /** Bytes handed over and not yet reported. Default 256 MiB. */
  queueBytesMax: number;
  /** A send that finds the queue full waits for room, or fails what does not fit with ERR_QUEUE_FULL. Default wait. */
  whenFull: 'wait' | 'fail';
  /** Metadata is refreshed at this age. Default 180 000, below the 240 s after which Azure drops idle connections. */
  metadataMaxAgeMs: number;
  /**
   * Bytes of a whole Produce request, beyond which no further batch joins; a single larger batch goes alone. Default
   * 1 000 000: requests of several megabytes are slower on Kafka (end-to-end §3), and Event Hubs closes the connection.
   */
  requestBytesMax: number;
}

export interface ProducerStats {
  queuedMessages: number;
  queuedBytes: number;
  inFlightRequests: number;
  persistedMessages: number;
  notPersistedMessages: number;
  possiblyPersistedMessages: number;
  retries: number;
}

export type ProducerEvent =
  /** One batch has its reports; baseOffset −1 when unknown. */
  | { type: 'delivery'; topic: string; partition: number; status: DeliveryStatus; messages: number; baseOffset: number }
  | { type: 'retry'; topic: string; partition: number; attempt: number; reason: string }
  | { type: 'gapDetected'; topic: string; partition: number; reason: string }
  | { type: 'offsetRegression'; topic: string; partition: number; previousOffset: number; offset: number }
  | { type: 'throttled'; nodeId: number; throttleMs: number }
  /** Before each connection whose broker's certificate is not checked (sslInsecureSkipVerify). */
  | { type: 'unverified'; nodeId: number; host: string; port: number }
  | { type: 'connected'; nodeId: number; host: string; port: number }
  | { type: 'disconnected'; nodeId: number; host: string; port: number; reason: string }
  | { type: 'engineFallback'; reason: string };

/** The producer as the binding sees it. */
export interface ProducerHandle {
  /** Connects and loads the topic's metadata: ERR_CONNECT, ERR_AUTH, ERR_UNKNOWN_TOPIC, ERR_BROKER. */
  prepare(topic: string): Promise<void>;
  /**
   * Takes every message of the source, waiting for room where needed, and resolves when each has its report. Rejects
   * only with ERR_CLOSED (nothing was taken). An aborted signal fails what is not taken yet with ERR_ABORTED; a message
   * that has been taken goes on, because it may be in a batch already.
   */
  produce(topic: string, source: RecordSource, options?: { signal?: AbortSignal }): Promise<DeliveryReports>;
  /** Resolves when everything handed over before the call has its report. Rejects with ERR_FLUSH_TIMEOUT. */
  flush(options?: { timeoutMs?: number }): Promise<void>;
  /** Refuses new sends, flushes within timeoutMs (default 10 000), then purges what is left. Idempotent. */
  close(options?: { timeoutMs?: number }): Promise<void>;
  readonly stats: ProducerStats;
  onEvent?: ((event: ProducerEvent) => void) | undefined;
}
