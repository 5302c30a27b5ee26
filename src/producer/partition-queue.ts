/**
 * Everything one topic partition is waiting for: the batch being filled, the closed ones in order, those in flight, and
 * its place in the numbering. Holds state and order; what an answer means is settlement.ts.
 */
import { RECORD_BATCH_OVERHEAD } from '../engine/layout.ts';
import type { Batch, OpenBatch } from './batch.ts';
import { retryBackoffMs, UNKNOWN_TOPIC_MS_MAX } from './retry-rules.ts';
import { PartitionSequence } from './sequences.ts';

/** Kafka keeps the last five batches of a producer and partition for deduplication (reliability §0 fact 6, R2). */
export const IN_FLIGHT_MAX_IDEMPOTENT = 5;

/** How long answers of an earlier leader epoch are taken for outdated: longer than an election takes to get about. */
const OUTDATED_MS_MAX = 30_000;

export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  /** Node id, −1 while nobody leads. */
  leaderId = -1;
  /** The highest that was told of; a hint of an older one is no news. */
  leaderEpoch = -1;
  open: OpenBatch | undefined;
  /** Closed batches in the order they must reach the log, which is the order of their ordinals and deadlines. */
  readonly ready: Batch[] = [];
  readonly inFlight: Batch[] = [];
  /** The node the batches in flight went to; all of them are on one connection (R2). */
  inFlightNodeId = -1;
  readonly sequence: PartitionSequence = new PartitionSequence();
  /** R5: the numbering is broken; bump the epoch once nothing is in flight. */
  needsBump = false;
  /** R2: after an error, one batch at a time until the head is acknowledged. */
  isRecovering = false;
  /** Not before this moment (backoff). */
  retryAtMs = 0;
  /** Errors since the last acknowledgement; sets the backoff. */
  failures = 0;
  /** R17: since when the metadata has not known the topic; −1 when it does. */
  unknownSinceMs = -1;
  /** Offset and place of the last acknowledged record batch, the furthest in the partition's order. */
  lastAckedOffset = -1;
  lastAckedOrdinal = -1;
  #nextOrdinal = 0;
  /** Since when metadata has told of earlier leader epochs only; Infinity when its last word was of the present one. */
  #outdatedSinceMs = Infinity;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get isIdle(): boolean {
    return this.open === undefined && this.ready.length === 0 && this.inFlight.length === 0;
  }

  /** How many batches may be in flight together right now. */
  inFlightMax(idempotent: boolean): number {
    // Without idempotence a retry of the first of two would land behind the second, so there is never a second (R2).
    const isSettled = this.sequence.isKnown && !this.isRecovering && !this.needsBump;
    return idempotent && isSettled ? IN_FLIGHT_MAX_IDEMPOTENT : 1;
  }

  /** When the topic has been unknown for too long; Infinity while it is known. */
  get unknownUntilMs(): number {
    return this.unknownSinceMs < 0 ? Infinity : this.unknownSinceMs + UNKNOWN_TOPIC_MS_MAX;
  }

  /** An error: the next attempt waits, and the longer the more errors there were before it. */
  backOff(nowMs: number, random: () => number): void {
    // All that a lost connection takes with it is one error.
    if (nowMs < this.retryAtMs) return;
    this.failures += 1;
    this.retryAtMs = nowMs + retryBackoffMs(this.failures, random);
  }

  /**
   * What metadata says. A broker that is cut off from the others tells of the past: of a leader that has lost its
   * place. Epochs begin anew with a topic that was deleted and created again, so without topic ids nothing can be
   * compared. And should all brokers go on telling of an earlier epoch, the later one was a mistake.
   */
  learnLeader(told: { leaderId: number; leaderEpoch: number; isSameTopic: boolean }, nowMs: number): void {
    if (told.isSameTopic && told.leaderEpoch < this.leaderEpoch) {
      this.#outdatedSinceMs = Math.min(this.#outdatedSinceMs, nowMs);
      if (nowMs - this.#outdatedSinceMs < OUTDATED_MS_MAX) return;
    }
    this.#outdatedSinceMs = Infinity;
    this.leaderId = told.leaderId;
    this.leaderEpoch = told.leaderEpoch;
  }

  /** True when a closed batch could go to the leader now. */
  maySend(idempotent: boolean, nowMs: number): boolean {
    if (this.leaderId < 0 || nowMs < this.retryAtMs) return false;
    if (this.inFlight.length === 0) return true;
    return this.inFlight.length < this.inFlightMax(idempotent) && this.inFlightNodeId === this.leaderId;
  }

  /**
   * No less than the bytes of the batch that would be sent next. One that is still open is counted by the size rule,
   * which allows every record more than framing takes, and stays open while there is no room for it.
   */
  get headBytesMax(): number {
    return this.ready[0]?.bytes.length ?? (this.open === undefined ? 0 : RECORD_BATCH_OVERHEAD + this.open.queuedBytes);
  }

  /** Places of the next records handed to this partition. */
  takeOrdinals(count: number): number {
    const first = this.#nextOrdinal;
    this.#nextOrdinal += count;
    return first;
  }

  /** Puts a batch back where its records belong. */
  requeue(batch: Batch): void {
    const position = this.ready.findIndex(({ ordinal }) => ordinal > batch.ordinal);
    this.ready.splice(position < 0 ? this.ready.length : position, 0, batch);
  }

  leaveFlight(batch: Batch): void {
    const position = this.inFlight.indexOf(batch);
    if (position < 0) throw new Error(`batch of ${this.topic}-${this.partition} is not in flight`);
    this.inFlight.splice(position, 1);
  }

  /** True when no earlier batch of this partition is unsettled (R9: head of line). */
  isHead(batch: Batch): boolean {
    const isEarlier = ({ ordinal }: Batch): boolean => ordinal < batch.ordinal;
    const [next] = this.ready;
    return !this.inFlight.some(isEarlier) && !(next !== undefined && isEarlier(next));
  }

  /** The batch whose deadline comes first. */
  get oldest(): Batch | undefined {
    const head = this.ready[0];
    return head?.isGhost === true ? this.ready.find(({ isGhost }) => !isGhost) : head;
  }

  /** Later batches that may be in the log and are still to be reported: they need their numbers kept (R11b). */
  hasUnclearBehind(batch: Batch): boolean {
    const isUnclear = ({ ordinal, isNumbered, possiblyPersisted, isGhost }: Batch): boolean =>
      ordinal > batch.ordinal && isNumbered && possiblyPersisted && !isGhost;
    return this.inFlight.some(isUnclear) || this.ready.some(isUnclear);
  }
}
