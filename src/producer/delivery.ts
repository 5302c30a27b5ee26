/**
 * The reports of one send: which batch each message is in and where, as numbers in one array. What became of it is what
 * became of the batch (fates.ts); an object per message exists only when somebody looks at one.
 *
 *   places   = { place, position } per message
 *   place    = page of the batch's fate, as this send counts them, and number in the page; below 0: in no batch
 *   position = where in the batch; of a refused message its partition, −1 (none was chosen) or NOT_TAKEN
 *
 * With many partitions the messages of a batch are those of many sends, so an answer looks into none of them: a send
 * watches the batch of one message, and once that is settled goes on from there to the first that is not.
 */
import { KafkaHotpathError } from '../errors.ts';
import type { DeliveryReport, DeliveryReports } from './api.ts';
import {
  type BatchFate,
  type Division,
  type FateLedger,
  type FatePage,
  type FateWatcher,
  PAGE_BITS,
  PENDING,
  type PendingSend,
  PERSISTED,
  POSSIBLY_PERSISTED,
  STATUSES,
} from './fates.ts';

/** Numbers of a message. */
const STRIDE = 2;

/** Places of messages that are in no batch: not yet, and never. */
const UNPLACED = -1;
const REFUSED = -2;

/** In place of the partition of a message that was refused before it was handed over: it has no timestamp either. */
export const NOT_TAKEN = -2;

const NUMBER_MASK: number = (1 << PAGE_BITS) - 1;

/** A typed array costs some 100 ns to make; a send of a few messages is cheaper with a plain one. */
const SMALL_SEND = 16;

/** At least one message of a send is not known to be persisted; `reports` holds the fate of each. */
export class DeliveryError extends KafkaHotpathError {
  readonly reports: DeliveryReports;

  constructor(reports: DeliveryReports) {
    const failed = [...reports].filter((report) => report.error !== undefined);
    const first = failed[0];
    super(
      'ERR_DELIVERY',
      `${failed.length} of ${reports.length} messages to topic ${reports.topic} are not known to be persisted; ` +
        `the first is message ${first?.index ?? -1} (${first?.status ?? ''}): ${first?.error?.message ?? ''}`,
      { cause: first?.error },
    );
    this.name = 'DeliveryError';
    this.reports = reports;
  }
}

/** The numbers of a single message are a literal: Array and fill are calls into C++. */
function newPlaces(length: number): number[] | Int32Array {
  if (length === 1) return [UNPLACED, -1];
  const count = length * STRIDE;
  return length <= SMALL_SEND ? new Array<number>(count).fill(UNPLACED) : new Int32Array(count).fill(UNPLACED);
}

/** Counts the sends that a flush has to wait for. */
export interface DeliveryGeneration {
  pendingCount: number;
  onEmpty: (() => void) | undefined;
}

/** One for all promises: a closure for each would be as large as the promise itself. */
function takeResolve(resolve: (reports: DeliveryReports) => void): void {
  takenResolve = resolve;
}
let takenResolve: (reports: DeliveryReports) => void;

export class Delivery implements DeliveryReports, FateWatcher, PendingSend {
  readonly topic: string;
  readonly length: number;
  readonly promise: Promise<DeliveryReports>;
  /** From when messageTimeoutMs counts for the messages taken next, on the producer's clock. */
  handedOverAtMs: number;
  nextWatcher: FateWatcher | undefined = undefined;
  previousPending: PendingSend | undefined = undefined;
  nextPending: PendingSend | undefined = undefined;
  readonly #fates: FateLedger;
  readonly #places: number[] | Int32Array;
  /** Of the message that joined last, and the place of that page's first batch. */
  #page: FatePage | undefined;
  #pageStart = 0;
  /** Most sends know a single page, and need no list. */
  #firstPage: FatePage | undefined;
  #pages: FatePage[] | undefined;
  /** Of all messages, as long as they agree; then each has its own. */
  #timestampMs = NaN;
  #timestampsMs: Float64Array | undefined;
  readonly #generation: DeliveryGeneration;
  #errors: Map<number, KafkaHotpathError> | undefined;
  readonly #resolve: (reports: DeliveryReports) => void;
  /** The message watched, or not placed yet; those behind it are settled. The last one mostly is the last settled. */
  #cursor: number;
  #persistedCount = 0;
  #possiblyPersistedCount = 0;

  constructor(
    topic: string,
    length: number,
    fates: FateLedger,
    generation: DeliveryGeneration,
    handedOverAtMs: number,
  ) {
    this.topic = topic;
    this.length = length;
    this.handedOverAtMs = handedOverAtMs;
    this.#places = newPlaces(length);
    this.#cursor = length - 1;
    this.#fates = fates;
    fates.enter(this);
    this.#generation = generation;
    generation.pendingCount += 1;
    this.promise = new Promise(takeResolve);
    this.#resolve = takenResolve;
    if (length === 0) this.#finish();
  }

  get failedCount(): number {
    return this.length - this.#persistedCount;
  }

  get persistedCount(): number {
    return this.#persistedCount;
  }

  get possiblyPersistedCount(): number {
    return this.#possiblyPersistedCount;
  }

  /** Notes the timestamp a message was handed over with. */
  stamp(index: number, timestampMs: number): void {
    const timestampsMs = this.#timestampsMs;
    if (timestampsMs !== undefined) timestampsMs[index] = timestampMs;
    else if (timestampMs !== this.#timestampMs) this.#stampAnew(index, timestampMs);
  }

  /** The message is the next one of that batch (R3: it joins one partition, once). */
  join(index: number, fate: BatchFate): void {
    if (fate.page !== this.#page) this.#turnTo(fate.page);
    const at = index * STRIDE;
    this.#places[at] = this.#pageStart + fate.number;
    this.#places[at + 1] = fate.count;
    fate.count += 1;
    if (index === this.#cursor) this.onFate();
  }

  /** The message is in no batch and will be in none; `partition` may also be −1 or NOT_TAKEN. */
  refuse(index: number, partition: number, error: KafkaHotpathError): void {
    const at = index * STRIDE;
    if (this.#places[at] !== UNPLACED) throw new Error(`message ${index} was settled twice`);
    this.#places[at] = REFUSED;
    this.#places[at + 1] = partition;
    this.#errors ??= new Map();
    this.#errors.set(index, error);
    if (index === this.#cursor) this.onFate();
  }

  /** Counts what is settled, up to the first message that is not; its batch is watched, if it has one. */
  onFate(): void {
    const places = this.#places;
    let index = this.#cursor;
    for (; index >= 0; index--) {
      const place = places[index * STRIDE] as number;
      if (place === REFUSED) continue;
      if (place === UNPLACED) break;
      const state = this.#pageOf(place).states[place & NUMBER_MASK] as number;
      if (state === PENDING) break;
      if (state === PERSISTED) this.#persistedCount += 1;
      else if (state === POSSIBLY_PERSISTED) this.#possiblyPersistedCount += 1;
    }
    this.#cursor = index;
    if (index < 0) this.#finish();
    else this.#watch(places[index * STRIDE] as number);
  }

  move(from: BatchFate, { parts, partOf, positions }: Division): void {
    if (this.#firstPage !== from.page && this.#pages?.includes(from.page) !== true) return;
    this.#turnTo(from.page);
    const places = this.#places;
    const oldPlace = this.#pageStart + from.number;
    for (let at = 0; at < places.length; at += STRIDE) {
      if (places[at] !== oldPlace) continue;
      const position = places[at + 1] as number;
      const fate = parts[partOf[position] as 0 | 1];
      if (fate.page !== this.#page) this.#turnTo(fate.page);
      places[at] = this.#pageStart + fate.number;
      places[at + 1] = positions[position] as number;
    }
  }

  at(index: number): DeliveryReport | undefined {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) return undefined;
    const { topic } = this;
    const place = this.#places[index * STRIDE] as number;
    const position = this.#places[index * STRIDE + 1] as number;
    if (place < 0) {
      const timestamp = position === NOT_TAKEN ? -1 : this.#timestampOf(index);
      const error = this.#errors?.get(index);
      return {
        ...{ index, status: 'notPersisted', topic, partition: Math.max(position, -1), offset: -1, timestamp },
        ...{ possibleDuplicates: 0, error },
      };
    }
    const page = this.#pageOf(place);
    const number = place & NUMBER_MASK;
    const baseOffset = page.baseOffsets[number] as number;
    const logAppendTimeMs = page.logAppendTimesMs[number] as number;
    return {
      index,
      status: STATUSES[page.states[number] as number] ?? 'possiblyPersisted',
      topic,
      partition: page.partitions[number] as number,
      offset: baseOffset < 0 ? -1 : baseOffset + position,
      timestamp: logAppendTimeMs < 0 ? this.#timestampOf(index) : logAppendTimeMs,
      possibleDuplicates: page.possibleDuplicates.get(number) ?? 0,
      error: page.errors.get(number),
    };
  }

  *[Symbol.iterator](): Iterator<DeliveryReport> {
    for (let index = 0; index < this.length; index++) yield this.at(index) as DeliveryReport;
  }

  orThrow(): DeliveryReports {
    if (this.failedCount > 0) throw new DeliveryError(this);
    return this;
  }

  toJSON(): readonly object[] {
    return [...this].map(({ error, ...report }) =>
      error === undefined ? report : { ...report, code: error.code, message: error.message },
    );
  }

  #timestampOf(index: number): number {
    return this.#timestampsMs?.[index] ?? this.#timestampMs;
  }

  #stampAnew(index: number, timestampMs: number): void {
    if (Number.isNaN(this.#timestampMs)) {
      this.#timestampMs = timestampMs;
      return;
    }
    this.#timestampsMs = new Float64Array(this.length).fill(this.#timestampMs);
    this.#timestampsMs[index] = timestampMs;
  }

  #pageOf(place: number): FatePage {
    const page = place >>> PAGE_BITS;
    return (page === 0 ? this.#firstPage : (this.#pages as FatePage[])[page]) as FatePage;
  }

  /** From here on messages join batches of that page. */
  #turnTo(page: FatePage): void {
    this.#page = page;
    this.#firstPage ??= page;
    if (page === this.#firstPage) {
      this.#pageStart = 0;
      return;
    }
    this.#pages ??= [this.#firstPage];
    let at = this.#pages.indexOf(page);
    if (at < 0) at = this.#pages.push(page) - 1;
    this.#pageStart = at << PAGE_BITS;
  }

  #watch(place: number): void {
    if (place >= 0) this.#pageOf(place).watch(place & NUMBER_MASK, this);
  }

  #finish(): void {
    this.#fates.leave(this);
    this.#generation.pendingCount -= 1;
    if (this.#generation.pendingCount === 0) this.#generation.onEmpty?.();
    this.#resolve(this);
  }
}
