/** A batch on its way: the messages that go in (OpenBatch), then the frozen bytes and what is known of them (Batch). */
import { stampProducerState } from '../engine/stamp.ts';
import type { KafkaHotpathError } from '../errors.ts';
import type { Delivery } from './delivery.ts';
import type { PartitionSequence } from './sequences.ts';

/** Which messages of which sends make up a batch, in record order: one run per send. */
export class BatchMembers {
  readonly #deliveries: Delivery[] = [];
  readonly #runs: number[][] = [];
  #lastDelivery: Delivery | undefined;
  #lastRun: number[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(delivery: Delivery, index: number): void {
    if (delivery !== this.#lastDelivery) {
      this.#lastDelivery = delivery;
      this.#lastRun = [];
      this.#deliveries.push(delivery);
      this.#runs.push(this.#lastRun);
    }
    this.#lastRun.push(index);
    this.#count += 1;
  }

  persist(baseOffset: number, logAppendTimeMs: number, possibleDuplicates: number): void {
    let offset = baseOffset;
    for (let i = 0; i < this.#deliveries.length; i++) {
      const run = this.#runs[i] as number[];
      (this.#deliveries[i] as Delivery).persist(run, offset, logAppendTimeMs, possibleDuplicates);
      if (offset >= 0) offset += run.length;
    }
  }

  fail(status: 'notPersisted' | 'possiblyPersisted', error: KafkaHotpathError, possibleDuplicates = 0): void {
    for (let i = 0; i < this.#deliveries.length; i++) {
      const delivery = this.#deliveries[i] as Delivery;
      for (const index of this.#runs[i] as number[]) delivery.fail(index, status, error, possibleDuplicates);
    }
  }

  /** The members at the record positions for which `wanted` holds, as members of their own. */
  pick(wanted: (position: number) => boolean): BatchMembers {
    const picked = new BatchMembers();
    let position = 0;
    for (let i = 0; i < this.#deliveries.length; i++) {
      for (const index of this.#runs[i] as number[]) {
        if (wanted(position)) picked.add(this.#deliveries[i] as Delivery, index);
        position += 1;
      }
    }
    return picked;
  }
}

/** The messages in a partition buffer whose batch is not closed yet. */
export interface OpenBatch {
  readonly members: BatchMembers;
  /** When the first message came in; linger counts from here. */
  readonly openedAtMs: number;
  readonly deadlineMs: number;
  queuedBytes: number;
}

export interface BatchOptions {
  bytes: Buffer;
  members: BatchMembers;
  queuedBytes: number;
  deadlineMs: number;
  ordinal: number;
}

/** A closed batch. Its bytes do not change once the first of them may have been written (R1). */
export class Batch {
  readonly bytes: Buffer;
  readonly members: BatchMembers;
  readonly recordCount: number;
  /** What the batch counts for in the queue limits. */
  readonly queuedBytes: number;
  readonly deadlineMs: number;
  /**
   * The place of its first record among all records of the partition. Order is decided by this, not by sequences, which
   * wrap, start again with an epoch, and are missing without idempotence.
   */
  readonly ordinal: number;
  #baseSequence = -1;
  /** Retries that counted (R17). */
  retries = 0;
  /** Attempts that may be in the log, each a copy of its own where the broker drops none. Never goes down (R7). */
  unclearAttempts = 0;
  /** Its messages have their reports; it is sent again only to settle the sequence behind them (R11b). */
  isGhost = false;

  constructor(options: BatchOptions) {
    this.bytes = options.bytes;
    this.members = options.members;
    this.recordCount = options.members.count;
    this.queuedBytes = options.queuedBytes;
    this.deadlineMs = options.deadlineMs;
    this.ordinal = options.ordinal;
  }

  /** Some attempt may be in the log. */
  get possiblyPersisted(): boolean {
    return this.unclearAttempts > 0;
  }

  /** −1 until the batch is numbered for its first sending. */
  get baseSequence(): number {
    return this.#baseSequence;
  }

  get isNumbered(): boolean {
    return this.#baseSequence >= 0;
  }

  /** Writes the partition's producer id and epoch and this sequence into the bytes. */
  number(sequence: PartitionSequence, baseSequence: number): void {
    this.#baseSequence = baseSequence;
    stampProducerState(this.bytes, sequence.producerId, sequence.epoch, baseSequence);
  }

  /** Takes the number back; only for a batch that certainly is not in the log (R6). */
  unnumber(): void {
    if (this.possiblyPersisted) throw new Error('a batch that may be in the log keeps its sequence');
    this.#baseSequence = -1;
  }
}
