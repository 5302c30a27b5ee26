/**
 * What one producer of a drill handed over, what it was told, and what the topic holds: columns, because a drill has
 * millions of messages. Afterwards the three are held against each other (oracles O1–O7 of docs/reliability.md).
 */
import assert from 'node:assert/strict';
import type { DeliveryReport, DeliveryStatus } from '../../src/index.ts';

const STATUSES: readonly DeliveryStatus[] = ['persisted', 'notPersisted', 'possiblyPersisted'];

/** Numbers of messages that broke a promise, and counts. */
export interface Verdict {
  readonly counts: Readonly<Record<DeliveryStatus, number>>;
  /** Reported persisted and not where the report says. */
  readonly lost: readonly number[];
  /** Stored more than once. */
  readonly duplicated: readonly number[];
  /** Stored more often than their reports allow. */
  readonly untold: readonly number[];
  /** How many copies too many there are, and how many the reports allow. */
  readonly duplicates: number;
  readonly possibleDuplicates: number;
  readonly reordered: readonly number[];
  /** Reported not persisted and there, or never sent and there. */
  readonly falseReports: readonly number[];
}

export class Tally {
  /** How many messages have been handed over; they are numbered from 0. */
  handedOver = 0;
  reported = 0;
  readonly #statuses: number[] = [];
  readonly #partitions: number[] = [];
  readonly #offsets: number[] = [];
  readonly #told: number[] = [];
  readonly #copies: number[] = [];
  readonly #isInPlace: boolean[] = [];
  /** The highest message seen so far in a partition, copies apart. */
  readonly #lastOf = new Map<number, number>();
  readonly #reordered: number[] = [];
  readonly #strangers: number[] = [];

  /** Numbers for that many messages. */
  take(count: number): number {
    const first = this.handedOver;
    this.handedOver += count;
    for (let id = first; id < this.handedOver; id++) {
      this.#statuses.push(-1);
      this.#copies.push(0);
      this.#isInPlace.push(false);
    }
    return first;
  }

  report(id: number, { status, partition, offset, possibleDuplicates }: DeliveryReport): void {
    assert.equal(this.#statuses[id], -1, `O1: message ${id} has two reports`);
    this.#statuses[id] = STATUSES.indexOf(status);
    this.#partitions[id] = partition;
    this.#offsets[id] = offset;
    this.#told[id] = possibleDuplicates;
    this.reported += 1;
  }

  statusOf(id: number): DeliveryStatus | undefined {
    return STATUSES[this.#statuses[id] ?? -1];
  }

  /** A record of the topic; to be called for each partition in the order of its offsets, after the last report. */
  enter(id: number, partition: number, offset: number, ordersUnclear: boolean): void {
    if (!(id >= 0 && id < this.handedOver)) {
      this.#strangers.push(id);
      return;
    }
    this.#copies[id]! += 1;
    const isPlace = this.#partitions[id] === partition && (this.#offsets[id] === -1 || this.#offsets[id] === offset);
    if (isPlace) this.#isInPlace[id] = true;
    const status = this.statusOf(id);
    const counts = status === 'persisted' || (ordersUnclear && status === 'possiblyPersisted');
    if (this.#copies[id]! > 1 || !counts) return;
    const last = this.#lastOf.get(partition) ?? -1;
    if (id < last) this.#reordered.push(id);
    else this.#lastOf.set(partition, id);
  }

  judge(): Verdict {
    assert.equal(this.reported, this.handedOver, 'O1: a report for each message');
    const counts = { persisted: 0, notPersisted: 0, possiblyPersisted: 0 };
    const [lost, duplicated, untold]: [number[], number[], number[]] = [[], [], []];
    const falseReports = [...this.#strangers];
    let [duplicates, possibleDuplicates] = [0, 0];
    for (let id = 0; id < this.handedOver; id++) {
      const status = this.statusOf(id)!;
      const copies = this.#copies[id]!;
      const told = this.#told[id]!;
      counts[status] += 1;
      possibleDuplicates += told;
      if (copies > 1) {
        duplicated.push(id);
        duplicates += copies - 1;
      }
      if (copies > 1 + told) untold.push(id);
      if (status === 'persisted' && !this.#isInPlace[id]) lost.push(id);
      if (status === 'notPersisted' && copies > 0) falseReports.push(id);
    }
    const reordered = this.#reordered;
    return { counts, lost, duplicated, untold, duplicates, possibleDuplicates, reordered, falseReports };
  }
}
