/**
 * What a partition remembers of each idempotent producer, and the verdict on its next batch (Kafka's
 * ProducerStateManager). A batch that is among the last five is a duplicate and gets its first offset again; anything
 * that is not the next in line is refused, unless nothing is known of the producer, when any sequence is accepted.
 */
import { KafkaErrorCode } from '../protocol/error-codes.ts';

/** Kafka keeps this many batches per producer, which is why clients keep no more requests in flight. */
const BATCHES_KEPT = 5;

/** Sequences run from 0 to 2^31 − 1 and then start at 0 again. */
const SEQUENCE_MAX = 2_147_483_647;

/** The producer's fields of one batch. */
export interface ProducerBatch {
  producerId: bigint;
  producerEpoch: number;
  baseSequence: number;
  recordCount: number;
}

export type SequenceVerdict =
  | { type: 'append' }
  | { type: 'duplicate'; baseOffset: number }
  | { type: 'refuse'; errorCode: number; message: string };

interface KeptBatch {
  firstSequence: number;
  lastSequence: number;
  baseOffset: number;
}

interface ProducerEntry {
  epoch: number;
  /** Oldest first, never empty. */
  batches: KeptBatch[];
}

export class ProducerStates {
  readonly #entries = new Map<bigint, ProducerEntry>();

  check(batch: ProducerBatch): SequenceVerdict {
    const entry = this.#entries.get(batch.producerId);
    if (batch.producerId < 0n || entry === undefined) return { type: 'append' };
    const first = batch.baseSequence;
    const last = lastSequence(batch);
    const known = entry.batches.find((kept) => kept.firstSequence === first && kept.lastSequence === last);
    if (known !== undefined && entry.epoch === batch.producerEpoch) {
      return { type: 'duplicate', baseOffset: known.baseOffset };
    }
    if (batch.producerEpoch < entry.epoch) {
      const message = `producer epoch is ${batch.producerEpoch}, ${entry.epoch} has been seen`;
      return { type: 'refuse', errorCode: KafkaErrorCode.INVALID_PRODUCER_EPOCH, message };
    }
    const expected = batch.producerEpoch > entry.epoch ? 0 : nextSequence(entry);
    if (first === expected) return { type: 'append' };
    return {
      type: 'refuse',
      errorCode: KafkaErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
      message: `sequence is ${first}, expected is ${expected}`,
    };
  }

  /** To be called once the batch is in the log. */
  remember(batch: ProducerBatch, baseOffset: number): void {
    if (batch.producerId < 0n) return;
    const kept = { firstSequence: batch.baseSequence, lastSequence: lastSequence(batch), baseOffset };
    const entry = this.#entries.get(batch.producerId);
    if (entry?.epoch !== batch.producerEpoch) {
      this.#entries.set(batch.producerId, { epoch: batch.producerEpoch, batches: [kept] });
      return;
    }
    entry.batches.push(kept);
    if (entry.batches.length > BATCHES_KEPT) entry.batches.shift();
  }

  /** As after producer.id.expiration.ms, or on a broker that lost its snapshots. */
  forget(): void {
    this.#entries.clear();
  }

  /** Forgets the batches at and after that offset, which the log has lost. */
  truncate(endOffset: number): void {
    for (const [producerId, entry] of this.#entries) {
      entry.batches = entry.batches.filter((kept) => kept.baseOffset < endOffset);
      if (entry.batches.length === 0) this.#entries.delete(producerId);
    }
  }
}

function lastSequence(batch: ProducerBatch): number {
  return (batch.baseSequence + batch.recordCount - 1) % (SEQUENCE_MAX + 1);
}

function nextSequence(entry: ProducerEntry): number {
  const last = entry.batches.at(-1)?.lastSequence ?? -1;
  return last === SEQUENCE_MAX ? 0 : last + 1;
}
