/** A send of which nothing is sent when one of its messages cannot be. */
import { ruleBytes } from '../engine/record-size.ts';
import { KafkaHotpathError } from '../errors.ts';
import type { RecordSource, RecordTarget } from '../producer/api.ts';

/**
 * The source itself when every message of it can be sent, as far as that is known before the broker is asked; else one
 * that refuses all, the faulty ones with their own error.
 */
export function allOrNothing(source: RecordSource, recordBytesMax: number): RecordSource {
  // What was looked at must be what is sent.
  source.retain?.(0);
  const probe = new Probe(recordBytesMax);
  for (let index = 0; index < source.length; index++) {
    probe.index = index;
    source.emit(index, probe);
  }
  return probe.faults.size === 0 ? source : new RefusedSource(source.length, probe.faults);
}

class Probe implements RecordTarget {
  readonly faults = new Map<number, KafkaHotpathError>();
  readonly #recordBytesMax: number;
  index = 0;

  constructor(recordBytesMax: number) {
    this.#recordBytesMax = recordBytesMax;
  }

  add(...[key, value, headers]: Parameters<RecordTarget['add']>): void {
    const bytes = ruleBytes(key, value, headers);
    if (bytes <= this.#recordBytesMax) return;
    const message =
      `message ${this.index} ($): key, value and headers have ${bytes} bytes with the 36 every message counts; ` +
      `maxMessageBytes allows ${this.#recordBytesMax}`;
    this.refuse(new KafkaHotpathError('ERR_MSG_SIZE_TOO_LARGE', message));
  }

  refuse(error: KafkaHotpathError): void {
    this.faults.set(this.index, error);
  }
}

class RefusedSource implements RecordSource {
  readonly length: number;
  readonly #faults: ReadonlyMap<number, KafkaHotpathError>;
  readonly #first: KafkaHotpathError | undefined;

  constructor(length: number, faults: ReadonlyMap<number, KafkaHotpathError>) {
    this.length = length;
    this.#faults = faults;
    [this.#first] = faults.values();
  }

  emit(index: number, target: RecordTarget): void {
    const { code = 'ERR_SERIALIZE', message = '' } = this.#first ?? {};
    const others = `message ${index} ($): not sent, because the send is refused as a whole (refuseAll): ${message}`;
    target.refuse(this.#faults.get(index) ?? new KafkaHotpathError(code, others));
  }
}
