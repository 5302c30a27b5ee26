/** What the rooms of one producer share. */
import type { Engine } from '../engine/engine.ts';
import type { KafkaHotpathError } from '../errors.ts';
import type { Transport } from '../transport/transport.ts';
import type { ProducerConfig, ProducerEvent, ProducerStats } from './api.ts';
import type { Clock } from './clock.ts';
import type { FateLedger } from './fates.ts';

export interface ProducerContext {
  readonly config: ProducerConfig;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly transport: Transport;
  readonly engine: Engine;
  /** The TypeScript engine, for what the chosen one cannot hold. */
  readonly fallbackEngine: () => Engine;
  readonly stats: ProducerStats;
  readonly fates: FateLedger;
  /** R18: set once, and every send is refused with it. */
  fatalError: KafkaHotpathError | undefined;
  readonly emit: (event: ProducerEvent) => void;
  /** Asks for a tick no later than atMs. */
  readonly wakeAt: (atMs: number) => void;
}

export const DEFAULT_PRODUCER_CONFIG: ProducerConfig = {
  recordBytesMax: 1_000_000,
  batchRecordsMax: 10_000,
  lingerMs: 5,
  enableIdempotence: false,
  messageTimeoutMs: 300_000,
  requestTimeoutMs: 5_000,
  maxRetries: 2,
  partitioner: 'consistent_random',
  queueMessagesMax: undefined,
  queueBytesMax: 256 * 1024 * 1024,
  whenFull: 'wait',
  metadataMaxAgeMs: 180_000,
  requestBytesMax: 1_000_000,
};
