/**
 * Which messages of which sends make up a batch, in record order. Messages of one send that are neighbours in a batch
 * are a run, linked through the send's own column; the runs are entries of one list:
 *
 *   runs = { Delivery of the send, index of its first message, how many } …
 * With many partitions nearly every message is a run of its own, so a run is no object.
 */
import type { KafkaHotpathError } from '../errors.ts';
import type { Delivery } from './delivery.ts';

const RUN_ENTRIES = 3;

export class BatchMembers {
  readonly #runs: (Delivery | number)[] = [];
  #lastDelivery: Delivery | undefined;
  #lastIndex = -1;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(delivery: Delivery, index: number): void {
    const runs = this.#runs;
    if (delivery === this.#lastDelivery) {
      delivery.link(this.#lastIndex, index);
      runs[runs.length - 1] = (runs[runs.length - 1] as number) + 1;
    } else {
      runs.push(delivery, index, 1);
      this.#lastDelivery = delivery;
    }
    this.#lastIndex = index;
    this.#count += 1;
  }

  persist(baseOffset: number, logAppendTimeMs: number, possibleDuplicates: number): void {
    const runs = this.#runs;
    let offset = baseOffset;
    for (let at = 0; at < runs.length; at += RUN_ENTRIES) {
      const count = runs[at + 2] as number;
      const delivery = runs[at] as Delivery;
      delivery.persist(runs[at + 1] as number, count, offset, logAppendTimeMs, possibleDuplicates);
      if (offset >= 0) offset += count;
    }
  }

  fail(status: 'notPersisted' | 'possiblyPersisted', error: KafkaHotpathError, possibleDuplicates = 0): void {
    this.#forEach((delivery, index) => {
      delivery.fail(index, status, error, possibleDuplicates);
    });
  }

  /** The members at the record positions for which `wanted` holds, and the others; these here are of no more use. */
  divide(wanted: (position: number) => boolean): [BatchMembers, BatchMembers] {
    const parts: [BatchMembers, BatchMembers] = [new BatchMembers(), new BatchMembers()];
    let position = 0;
    this.#forEach((delivery, index) => {
      parts[wanted(position) ? 0 : 1].add(delivery, index);
      position += 1;
    });
    return parts;
  }

  /** The callback may link the message anew. */
  #forEach(visit: (delivery: Delivery, index: number) => void): void {
    const runs = this.#runs;
    for (let at = 0; at < runs.length; at += RUN_ENTRIES) {
      const delivery = runs[at] as Delivery;
      let index = runs[at + 1] as number;
      for (let left = runs[at + 2] as number; left > 0; left--) {
        const next = delivery.following(index);
        visit(delivery, index);
        index = next;
      }
    }
  }
}
