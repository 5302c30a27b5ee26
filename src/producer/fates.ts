/**
 * What became of batches. A message only notes which batch it is in and where: the fate of the batch is that of each
 * of its messages, so an answer costs the same for one message as for thousands. Fates are kept in pages, as columns:
 *
 *   page = { state, partition, base offset, log append time ms } × PAGE_FATES
 *
 * A page is kept by the batches and the reports that refer to it, and goes with the last of them.
 */
import type { KafkaHotpathError } from '../errors.ts';
import type { DeliveryStatus } from './api.ts';

/** A batch's number within its page takes so many bits. */
export const PAGE_BITS = 10;
const PAGE_FATES: number = 1 << PAGE_BITS;

export const PENDING = 0;
export const PERSISTED = 1;
export const NOT_PERSISTED = 2;
export const POSSIBLY_PERSISTED = 3;
/** Its messages have other batches. */
const DIVIDED = 4;

/** What a report says of each state. */
export const STATUSES: readonly (DeliveryStatus | undefined)[] = [
  undefined,
  'persisted',
  'notPersisted',
  'possiblyPersisted',
];

/** Who waits for the fate of one batch at a time. */
export interface FateWatcher {
  /** The next in the line of those who watch the same batch. */
  nextWatcher: FateWatcher | undefined;
  /** The fate is known; whoever wants to hear of another one watches that. */
  onFate(): void;
}

/** Where the messages of a divided batch go: the one at position p to parts[partOf[p]], as positions[p] of it. */
export interface Division {
  readonly parts: readonly [BatchFate, BatchFate];
  readonly partOf: Uint8Array;
  readonly positions: Int32Array;
}

/** A send that waits for the fates of its messages, in the list of all of them. */
export interface PendingSend {
  previousPending: PendingSend | undefined;
  nextPending: PendingSend | undefined;
  /** Those of its messages that were in that batch are in a part of it now. */
  move(from: BatchFate, division: Division): void;
}

export class FatePage {
  readonly states = new Uint8Array(PAGE_FATES);
  readonly partitions = new Int32Array(PAGE_FATES);
  /** −1 where unknown, as for all that is not persisted. */
  readonly baseOffsets = new Float64Array(PAGE_FATES).fill(-1);
  /** −1 where the messages keep their own timestamps. */
  readonly logAppendTimesMs = new Float64Array(PAGE_FATES).fill(-1);
  /** Of the failed ones. */
  readonly errors = new Map<number, KafkaHotpathError>();
  /** Only of those that may be stored more than once. */
  readonly possibleDuplicates = new Map<number, number>();
  readonly #watchers = new Array<FateWatcher | undefined>(PAGE_FATES).fill(undefined);
  usedCount = 0;

  get isFull(): boolean {
    return this.usedCount === PAGE_FATES;
  }

  watch(number: number, watcher: FateWatcher): void {
    watcher.nextWatcher = this.#watchers[number];
    this.#watchers[number] = watcher;
  }

  settle(number: number, state: number): void {
    if (this.states[number] !== PENDING) throw new Error('a batch was settled twice');
    this.states[number] = state;
    let watcher = inOrder(this.#watchers[number]);
    this.#watchers[number] = undefined;
    while (watcher !== undefined) {
      const next: FateWatcher | undefined = watcher.nextWatcher;
      watcher.nextWatcher = undefined;
      watcher.onFate();
      watcher = next;
    }
  }
}

/** Turns the line round: the last to come stands in front, and sends should be told in the order they were made. */
function inOrder(last: FateWatcher | undefined): FateWatcher | undefined {
  let first: FateWatcher | undefined;
  let watcher = last;
  while (watcher !== undefined) {
    const next: FateWatcher | undefined = watcher.nextWatcher;
    watcher.nextWatcher = first;
    first = watcher;
    watcher = next;
  }
  return first;
}

/** Gives every new batch a place for its fate, and knows every send that waits for one. */
export class FateLedger {
  #page = new FatePage();
  #lastSend: PendingSend | undefined;

  /** The page with room for one more. */
  get page(): FatePage {
    if (this.#page.isFull) this.#page = new FatePage();
    return this.#page;
  }

  enter(send: PendingSend): void {
    const last = this.#lastSend;
    if (last !== undefined) last.nextPending = send;
    send.previousPending = last;
    this.#lastSend = send;
  }

  /** A send that is over refers to no other, or old garbage would keep all that came after it. */
  leave(send: PendingSend): void {
    const { previousPending: previous, nextPending: next } = send;
    if (previous !== undefined) previous.nextPending = next;
    if (next !== undefined) next.previousPending = previous;
    else this.#lastSend = previous;
    send.previousPending = undefined;
    send.nextPending = undefined;
  }

  /** Rare, and not worth that every batch knows its sends: all that are pending look through their messages. */
  move(from: BatchFate, division: Division): void {
    for (let send = this.#lastSend; send !== undefined; send = send.previousPending) send.move(from, division);
  }
}

/** The fate of one batch, and how many messages share it. */
export class BatchFate {
  readonly page: FatePage;
  /** Which one of the page it is. */
  readonly number: number;
  /** Messages that have joined. */
  count = 0;

  constructor({ page }: FateLedger, partition: number) {
    this.page = page;
    this.number = page.usedCount;
    page.usedCount += 1;
    page.partitions[this.number] = partition;
  }

  /** @param baseOffset −1 when nobody tells; the message at position p has baseOffset + p */
  persist(baseOffset: number, logAppendTimeMs: number, possibleDuplicates: number): void {
    const { page, number } = this;
    page.baseOffsets[number] = baseOffset;
    page.logAppendTimesMs[number] = logAppendTimeMs;
    this.#mayRepeat(possibleDuplicates);
    page.settle(number, PERSISTED);
  }

  fail(status: 'notPersisted' | 'possiblyPersisted', error: KafkaHotpathError, possibleDuplicates = 0): void {
    const { page, number } = this;
    page.errors.set(number, error);
    this.#mayRepeat(possibleDuplicates);
    page.settle(number, status === 'notPersisted' ? NOT_PERSISTED : POSSIBLY_PERSISTED);
  }

  /** The fates of two batches in its place: that of the messages whose position is wanted, and of the others. */
  divide(ledger: FateLedger, wanted: (position: number) => boolean): [BatchFate, BatchFate] {
    const { page, number, count } = this;
    const partition = page.partitions[number] as number;
    const parts: [BatchFate, BatchFate] = [new BatchFate(ledger, partition), new BatchFate(ledger, partition)];
    const partOf = new Uint8Array(count);
    const positions = new Int32Array(count);
    for (let position = 0; position < count; position++) {
      const part = wanted(position) ? 0 : 1;
      partOf[position] = part;
      positions[position] = parts[part].count;
      parts[part].count += 1;
    }
    ledger.move(this, { parts, partOf, positions });
    page.settle(number, DIVIDED);
    return parts;
  }

  #mayRepeat(possibleDuplicates: number): void {
    if (possibleDuplicates > 0) this.page.possibleDuplicates.set(this.number, possibleDuplicates);
  }
}
