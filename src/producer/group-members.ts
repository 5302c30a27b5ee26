/**
 * Which message of which send each record of the open group is. Records of one send come in stretches, so there is an
 * entry per stretch and a number per record, and nothing is made anew for the next group.
 */
import { GROUP_RECORDS_MAX } from '../engine/layout.ts';
import type { Delivery } from './delivery.ts';

export class GroupMembers {
  readonly #indexes = new Int32Array(GROUP_RECORDS_MAX);
  /** Stretch s belongs to #deliveries[s] and ends before record #ends[s]. */
  readonly #deliveries: (Delivery | undefined)[] = [];
  readonly #ends = new Int32Array(GROUP_RECORDS_MAX);
  #stretchCount = 0;
  #count = 0;
  /** The stretch looked into last: records are asked for in order. */
  #cursor = 0;

  /** The next record of the group. */
  add(delivery: Delivery, index: number): void {
    this.#indexes[this.#count] = index;
    this.#count += 1;
    if (this.#stretchCount === 0 || this.#deliveries[this.#stretchCount - 1] !== delivery) {
      this.#deliveries[this.#stretchCount] = delivery;
      this.#stretchCount += 1;
    }
    this.#ends[this.#stretchCount - 1] = this.#count;
  }

  /** The send of that record; no earlier one may be asked for afterwards. */
  deliveryOf(record: number): Delivery {
    while (record >= (this.#ends[this.#cursor] as number)) this.#cursor += 1;
    return this.#deliveries[this.#cursor] as Delivery;
  }

  /** Which message of its send the record is. */
  indexOf(record: number): number {
    return this.#indexes[record] as number;
  }

  /** Sends and messages of the records from `first` on. */
  rest(first: number): [Delivery, number][] {
    const rest: [Delivery, number][] = [];
    for (let record = first; record < this.#count; record++) {
      rest.push([this.deliveryOf(record), this.indexOf(record)]);
    }
    return rest;
  }

  clear(): void {
    // Sends must not be kept alive by a group that is gone.
    for (let stretch = 0; stretch < this.#stretchCount; stretch++) this.#deliveries[stretch] = undefined;
    this.#stretchCount = 0;
    this.#count = 0;
    this.#cursor = 0;
  }
}
