/** A producer on a manual clock in front of a fake cluster. */
import type { Engine, Field, HeaderList } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/select.ts';
import { KafkaHotpathError } from '../../src/errors.ts';
import type {
  DeliveryReports,
  ProducerConfig,
  ProducerEvent,
  ProducerHandle,
  RecordSource,
  RecordTarget,
} from '../../src/producer/api.ts';
import { createProducer } from '../../src/producer/producer.ts';
import { readRecordBatches } from '../../src/protocol/record-batch-reader.ts';
import { FakeCluster } from './fake-cluster.ts';
import { ManualClock } from './manual-clock.ts';

export interface TestMessage {
  key?: Field;
  value: Field;
  headers?: HeaderList;
  partition?: number;
  timestamp?: number;
  /** Refused instead of added. */
  bad?: boolean;
}

export class ArraySource implements RecordSource {
  readonly #messages: readonly TestMessage[];
  retainedFrom = -1;

  constructor(messages: readonly TestMessage[]) {
    this.#messages = messages;
  }

  get length(): number {
    return this.#messages.length;
  }

  emit(index: number, target: RecordTarget): void {
    const message = this.#messages[index]!;
    if (message.bad === true) {
      target.refuse(new KafkaHotpathError('ERR_SERIALIZE', `message ${index} is bad`));
      return;
    }
    target.add(
      message.key ?? null,
      message.value,
      message.headers ?? null,
      message.timestamp ?? 1_700_000_000_000,
      message.partition ?? -1,
    );
  }

  retain(index: number): void {
    this.retainedFrom = index;
  }
}

export interface Bench {
  readonly producer: ProducerHandle;
  readonly cluster: FakeCluster;
  readonly clock: ManualClock;
  readonly events: ProducerEvent[];
  readonly send: (...messages: (TestMessage | string)[]) => Promise<DeliveryReports>;
}

export const TOPIC = 'orders';

export function openBench(config: Partial<ProducerConfig> = {}, partitions = 1, engine: Engine = openEngine()): Bench {
  const cluster = new FakeCluster({ [TOPIC]: partitions });
  const clock = new ManualClock();
  const events: ProducerEvent[] = [];
  let seed = 1;
  const producer = createProducer({
    transport: cluster,
    engine,
    config: { lingerMs: 0, ...config },
    clock,
    // A fixed sequence is random enough here, and the same in every run.
    random: () => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    },
    onEvent: (event) => events.push(event),
  });
  return {
    producer,
    cluster,
    clock,
    events,
    send: (...messages) =>
      producer.produce(
        TOPIC,
        new ArraySource(messages.map((message) => (typeof message === 'string' ? { value: message } : message))),
      ),
  };
}

/** Runs virtual time until the promise settles, and gives its value. */
export async function runUntilSettled<T>(clock: ManualClock, promise: Promise<T>, limitMs = 1_000_000): Promise<T> {
  let isSettled = false;
  const watched = promise.finally(() => {
    isSettled = true;
  });
  watched.catch(() => undefined);
  await clock.until(() => isSettled, limitMs);
  return watched;
}

export function statuses(reports: DeliveryReports): string[] {
  return [...reports].map(({ status }) => status);
}

export function codes(reports: DeliveryReports): (string | undefined)[] {
  return [...reports].map(({ error }) => error?.code);
}

/** Producer id, epoch and base sequence of each batch, in the order they were written. */
export function written(cluster: FakeCluster): string[] {
  return cluster.calls.flatMap((call) =>
    call.batches.map(([, bytes]) => {
      const batch = readRecordBatches(bytes)[0]!;
      return `${batch.producerId}/${batch.producerEpoch}/${batch.baseSequence}`;
    }),
  );
}

/** What an idempotent producer of the durable kind is set to, with retries that end. */
export const IDEMPOTENT = { enableIdempotence: true, maxRetries: 10 } as const;
