/**
 * Sequence numbers and epochs of the idempotent producer (KIP-98). They belong to a topic partition and outlive leader
 * changes, reconnects and missing metadata (R4); they start at 0 again only together with a new (producerId, epoch).
 */
import type { ProducerIdentity } from '../protocol/messages.ts';

/** Sequences count modulo 2^31: after 2147483647 comes 0 (reliability §1.3). */
const SEQUENCE_MODULUS = 2 ** 31;

/** Epochs are int16; at the last one only a new producer id helps. */
export const EPOCH_MAX = 32_767;

/** The sequence that follows `sequence` after `count` records. */
export function advanceSequence(sequence: number, count: number): number {
  return (sequence + count) % SEQUENCE_MODULUS;
}

/**
 * One partition's place in its producer's numbering. Broker state is kept per partition, so each partition bumps its
 * own epoch and no other partition has to stop for it (R5).
 */
export class PartitionSequence {
  #producerId = -1n;
  #epoch = -1;
  #next = 0;
  #isKnown = false;

  get producerId(): bigint {
    return this.#producerId;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get next(): number {
    return this.#next;
  }

  /**
   * True once a broker has acknowledged a batch under this producer id and epoch. Before that it may know nothing of
   * the producer and take any first sequence, so a second batch in flight could land although the first was refused
   * (reliability §1.2).
   */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  acknowledged(): void {
    this.#isKnown = true;
  }

  /** True once the partition numbers its batches under this producer id. */
  follows(identity: ProducerIdentity): boolean {
    return this.#producerId === identity.producerId;
  }

  /** Starts numbering under a producer id the partition has not used. */
  adopt(identity: ProducerIdentity): void {
    this.#producerId = identity.producerId;
    this.#epoch = identity.producerEpoch;
    this.#next = 0;
    this.#isKnown = false;
  }

  /** Takes the numbers for a batch about to be sent for the first time (R11: at drain, not at enqueue). */
  take(count: number): number {
    const first = this.#next;
    this.#next = advanceSequence(first, count);
    return first;
  }

  /** False when the epochs of this producer id are used up: a new producer id is needed. */
  bump(): boolean {
    if (this.#epoch >= EPOCH_MAX) return false;
    this.#epoch += 1;
    this.#next = 0;
    // That the broker has lost what it knew of us is a reason to be here.
    this.#isKnown = false;
    return true;
  }
}
