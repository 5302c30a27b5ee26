/** A producer without a network: it takes every record at once and reports it as a test says. */
import { KafkaHotpathError } from '../../src/errors.ts';
import { ByteSlice } from '../../src/engine/byte-slice.ts';
import type { Field, HeaderList, StagedField } from '../../src/engine/engine.ts';
import type {
  DeliveryReports,
  ProducerHandle,
  ProducerStats,
  RecordSource,
  RecordTarget,
} from '../../src/producer/api.ts';
import { Delivery, NOT_TAKEN } from '../../src/producer/delivery.ts';
import { BatchFate, FateLedger } from '../../src/producer/fates.ts';

export interface SentRecord {
  key: Field;
  value: Field;
  headers: HeaderList | null;
  timestampMs: number;
  partition: number;
}

/** Everything a source emits, in order: a record or the error it was refused with. */
export function drain(source: RecordSource, retainAt?: number): (SentRecord | KafkaHotpathError)[] {
  const out: (SentRecord | KafkaHotpathError)[] = [];
  const target: RecordTarget = {
    add: (key, value, headers, timestampMs, partition) => {
      out.push({ key: taken(key), value: taken(value), headers, timestampMs, partition });
    },
    refuse: (error) => {
      out.push(error);
    },
  };
  for (let index = 0; index < source.length; index++) {
    if (index === retainAt) source.retain?.(index);
    source.emit(index, target);
    if (out.length !== index + 1) throw new Error(`emit(${index}) gave ${out.length - index} outcomes, 1 is the rule`);
  }
  return out;
}

/** A slice is pointed elsewhere after the call, so it is copied as staging copies it. */
function taken(field: StagedField): Field {
  return field instanceof ByteSlice ? field.toBuffer() : field;
}

export class FakeProducer implements ProducerHandle {
  readonly sent: (SentRecord | KafkaHotpathError)[] = [];
  readonly calls: string[] = [];
  readonly #fates = new FateLedger();
  prepareError: Error | undefined;
  /** Records whose value is this text fail with ERR_BROKER. */
  failValue: string | undefined;
  /** Sends settle only when this is released. */
  gate: Promise<void> = Promise.resolve();
  closed = false;
  readonly stats: ProducerStats = {
    queuedMessages: 0,
    queuedBytes: 0,
    inFlightRequests: 0,
    persistedMessages: 0,
    notPersistedMessages: 0,
    possiblyPersistedMessages: 0,
    retries: 0,
  };

  prepare(topic: string): Promise<void> {
    this.calls.push(`prepare ${topic}`);
    return this.prepareError === undefined ? Promise.resolve() : Promise.reject(this.prepareError);
  }

  async produce(topic: string, source: RecordSource): Promise<DeliveryReports> {
    if (this.closed) throw new KafkaHotpathError('ERR_CLOSED', 'closed');
    const records = drain(source);
    const delivery = new Delivery(topic, source.length, this.#fates, { pendingCount: 0, onEmpty: undefined }, 0);
    const first = this.sent.length;
    this.sent.push(...records);
    await this.gate;
    records.forEach((record, index) => {
      if (record instanceof KafkaHotpathError) {
        delivery.refuse(index, NOT_TAKEN, record);
        return;
      }
      const fate = new BatchFate(this.#fates, Math.max(record.partition, 0));
      delivery.stamp(index, record.timestampMs);
      delivery.join(index, fate);
      if (record.value !== this.failValue) fate.persist(first + index, -1, 0);
      else fate.fail('possiblyPersisted', new KafkaHotpathError('ERR_BROKER', 'as the test asked'));
    });
    return delivery.promise;
  }

  flush(): Promise<void> {
    this.calls.push('flush');
    return this.gate;
  }

  close(options: { timeoutMs?: number } = {}): Promise<void> {
    this.calls.push(`close ${options.timeoutMs ?? 'default'}`);
    this.closed = true;
    return this.gate;
  }
}
