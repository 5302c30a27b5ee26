/** A batch on its way: while messages go in (OpenBatch), then the frozen bytes and what is known of them (Batch). */
import { recycleBatch } from '../engine/batch-memory.ts';
import { stampProducerState } from '../engine/stamp.ts';
import { BatchFate, type FateLedger } from './fates.ts';
import type { PartitionSequence } from './sequences.ts';

/**
 * A partition buffer whose batch is not closed yet. It is its own fate, because with a thousand partitions each object
 * on the way to it is a wait for memory, once a message.
 */
export class OpenBatch extends BatchFate {
  /** When the first message came in; linger counts from here. */
  readonly openedAtMs: number;
  readonly deadlineMs: number;
  queuedBytes = 0;

  constructor(fates: FateLedger, partition: number, openedAtMs: number, deadlineMs: number) {
    super(fates, partition);
    this.openedAtMs = openedAtMs;
    this.deadlineMs = deadlineMs;
  }
}

export interface BatchOptions {
  bytes: Buffer;
  fate: BatchFate;
  queuedBytes: number;
  deadlineMs: number;
  ordinal: number;
}

const NO_BYTES = Buffer.alloc(0);

/** A closed batch. Its bytes do not change once the first of them may have been written (R1). */
export class Batch {
  #bytes: Buffer;
  readonly fate: BatchFate;
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
    this.#bytes = options.bytes;
    this.fate = options.fate;
    this.recordCount = options.fate.count;
    this.queuedBytes = options.queuedBytes;
    this.deadlineMs = options.deadlineMs;
    this.ordinal = options.ordinal;
  }

  /** Some attempt may be in the log. */
  get possiblyPersisted(): boolean {
    return this.unclearAttempts > 0;
  }

  /** Empty once the batch is recycled. */
  get bytes(): Buffer {
    return this.#bytes;
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
    stampProducerState(this.#bytes, sequence.producerId, sequence.epoch, baseSequence);
  }

  /**
   * Gives the memory back once the batch is acknowledged. Every attempt must have been answered or never written: one
   * that was left without an answer may still hold the bytes.
   */
  recycle(): void {
    if (this.possiblyPersisted) return;
    recycleBatch(this.#bytes);
    this.#bytes = NO_BYTES;
  }

  /** Takes the number back; only for a batch that certainly is not in the log (R6). */
  unnumber(): void {
    if (this.possiblyPersisted) throw new Error('a batch that may be in the log keeps its sequence');
    this.#baseSequence = -1;
  }
}
