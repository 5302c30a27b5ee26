/**
 * One partition with its replicas: who leads, who is in sync, what each has in its log, and which acknowledgements wait
 * for the replicas (acks=all). Producer state is read from the leader's own log, as a broker rebuilds it.
 */
import { readRecordBatches, type RecordBatch } from '../../src/protocol/record-batch-reader.ts';
import { answer, type PartitionAnswer } from './sim-answer.ts';

export interface LogEntry {
  readonly baseOffset: number;
  readonly count: number;
  readonly values: string[];
  readonly producerId: bigint;
  readonly epoch: number;
  readonly sequence: number;
}

interface Pending {
  readonly endOffset: number;
  readonly baseOffset: number;
  readonly reply: (answer: PartitionAnswer) => void;
  readonly isOpen: () => boolean;
}

export const IN_SYNC_MIN = 2;

export class SimPartition {
  readonly replicas: readonly number[];
  leaderId: number;
  readonly inSync: Set<number>;
  readonly logs = new Map<number, LogEntry[]>();
  /** max.message.bytes of the topic. */
  batchBytesMax = Infinity;
  /** Producers whose state every broker has lost (a fault); they are unknown until they write again. */
  readonly forgotten = new Set<bigint>();
  #pending: Pending[] = [];

  constructor(replicas: readonly number[], leaderId: number) {
    this.replicas = replicas;
    this.leaderId = leaderId;
    this.inSync = new Set(replicas);
    for (const nodeId of replicas) this.logs.set(nodeId, []);
  }

  log(nodeId: number): LogEntry[] {
    return this.logs.get(nodeId) as LogEntry[];
  }

  /** What the leader does with a batch; the reply may come later, when the replicas have it, or never. */
  produce(nodeId: number, bytes: Uint8Array, reply: (answer: PartitionAnswer) => void, isOpen: () => boolean): void {
    if (nodeId !== this.leaderId) {
      reply(answer(6));
      return;
    }
    if (this.inSync.size < IN_SYNC_MIN) {
      reply(answer(19));
      return;
    }
    if (bytes.length > this.batchBytesMax) {
      reply(answer(10));
      return;
    }
    const [batch] = readRecordBatches(bytes) as [RecordBatch];
    const refusal = this.#checkSequence(batch);
    if (refusal?.errorCode === 0) {
      // A duplicate is acknowledged when its first copy is.
      this.#await(refusal.baseOffset, refusal.baseOffset + batch.records.length, reply, isOpen);
      return;
    }
    if (refusal !== undefined) {
      reply(refusal);
      return;
    }
    const baseOffset = this.append(batch);
    this.#await(baseOffset, baseOffset + batch.records.length, reply, isOpen);
  }

  append(batch: RecordBatch): number {
    const log = this.log(this.leaderId);
    const baseOffset = endOffset(log);
    log.push({
      baseOffset,
      count: batch.records.length,
      values: batch.records.map(({ value }) => Buffer.from(value ?? []).toString()),
      producerId: batch.producerId,
      epoch: batch.producerEpoch,
      sequence: batch.baseSequence,
    });
    this.forgotten.delete(batch.producerId);
    return baseOffset;
  }

  /** A follower fetches everything the leader has; whoever is caught up joins the in-sync set. */
  replicate(followerId: number): void {
    if (this.leaderId < 0 || followerId === this.leaderId) return;
    this.logs.set(followerId, [...this.log(this.leaderId)]);
    this.inSync.add(followerId);
    this.settlePending();
  }

  /** A replica leaves the in-sync set; the last one never does. */
  dropFromSync(nodeId: number): void {
    if (this.inSync.size > 1) this.inSync.delete(nodeId);
    this.settlePending();
  }

  /** Leadership goes to that node (−1: nobody). Requests waiting at the old leader learn that it lost its place. */
  lead(nodeId: number): void {
    if (nodeId === this.leaderId) return;
    this.leaderId = nodeId;
    for (const { reply, baseOffset } of this.#pending.splice(0)) reply(answer(6, baseOffset));
    if (nodeId >= 0) this.inSync.add(nodeId);
  }

  /** Acknowledges what every in-sync replica has. */
  settlePending(): void {
    const committed = this.committedOffset;
    const waiting = this.#pending;
    this.#pending = [];
    for (const pending of waiting) {
      if (!pending.isOpen()) continue;
      if (pending.endOffset > committed) this.#pending.push(pending);
      else pending.reply(answer(this.inSync.size >= IN_SYNC_MIN ? 0 : 20, pending.baseOffset));
    }
  }

  /** The high watermark: what no clean election can lose. */
  get committedOffset(): number {
    if (this.leaderId < 0) return 0;
    return Math.min(...[...this.inSync].map((nodeId) => endOffset(this.log(nodeId))));
  }

  #await(baseOffset: number, end: number, reply: (answer: PartitionAnswer) => void, isOpen: () => boolean): void {
    this.#pending.push({ endOffset: end, baseOffset, reply, isOpen });
    this.settlePending();
  }

  /** Undefined: append it. Error 0: already there. The rules of reliability §1.2. */
  #checkSequence(batch: RecordBatch): PartitionAnswer | undefined {
    if (batch.producerId < 0n || this.forgotten.has(batch.producerId)) return undefined;
    const mine = this.log(this.leaderId).filter(({ producerId }) => producerId === batch.producerId);
    const last = mine.at(-1);
    if (last === undefined) return undefined;
    const duplicate = mine
      .slice(-5)
      .find(
        ({ epoch, sequence, count }) =>
          epoch === batch.producerEpoch && sequence === batch.baseSequence && count === batch.records.length,
      );
    if (duplicate !== undefined) return answer(0, duplicate.baseOffset);
    if (batch.producerEpoch < last.epoch) return answer(47);
    const expected = batch.producerEpoch > last.epoch ? 0 : (last.sequence + last.count) % 2 ** 31;
    return batch.baseSequence === expected ? undefined : answer(45);
  }
}

function endOffset(log: readonly LogEntry[]): number {
  const last = log.at(-1);
  return last === undefined ? 0 : last.baseOffset + last.count;
}
