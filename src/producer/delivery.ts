/**
 * The fate of every message of one send, as numbers in two arrays, and an object per message only when somebody looks
 * at one. A message is settled exactly once; nothing revises it (R7).
 *
 *   places = { state, partition } per message
 *   stored = { offset, timestamp ms } per message
 *   state  = while pending the message that follows in the same batch, or −1; afterwards one of the fates
 * With many partitions the messages of a batch are those of many sends, and every array that has to be looked into is
 * one more piece of memory that the processor waits for: hence two and not five.
 */
import { KafkaHotpathError } from '../errors.ts';
import type { DeliveryReport, DeliveryReports, DeliveryStatus } from './api.ts';

/** In places. */
const STATE = 0;
const PARTITION = 1;
/** In stored. */
const OFFSET = 0;
const TIMESTAMP = 1;
/** Numbers of a message in each. */
const STRIDE = 2;

/** States of pending messages are larger. */
const PENDING_LAST = -1;
const PERSISTED = -2;
const NOT_PERSISTED = -3;
const POSSIBLY_PERSISTED = -4;

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

/**
 * The numbers of a few messages are in plain arrays, those of a single one in a literal: Array and fill are calls into
 * C++. Each kind has its place in the code, because V8 remembers by the place what numbers its arrays hold.
 */
function integers(length: number): number[] | Int32Array {
  if (length === 1) return [-1, -1];
  const count = length * STRIDE;
  return length <= SMALL_SEND ? new Array<number>(count).fill(-1) : new Int32Array(count).fill(-1);
}

function doubles(length: number): number[] | Float64Array {
  if (length === 1) return [-1, -1];
  const count = length * STRIDE;
  return length <= SMALL_SEND ? new Array<number>(count).fill(-1) : new Float64Array(count).fill(-1);
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

export class Delivery implements DeliveryReports {
  readonly topic: string;
  readonly length: number;
  readonly promise: Promise<DeliveryReports>;
  /** From when messageTimeoutMs counts for the messages taken next, on the producer's clock. */
  handedOverAtMs: number;
  readonly #places: number[] | Int32Array;
  readonly #stored: number[] | Float64Array;
  readonly #generation: DeliveryGeneration;
  #errors: Map<number, KafkaHotpathError> | undefined;
  /** Only the messages that may be stored more than once. */
  #duplicates: Map<number, number> | undefined;
  readonly #resolve: (reports: DeliveryReports) => void;
  #pendingCount: number;
  #persistedCount = 0;
  #possiblyPersistedCount = 0;

  constructor(topic: string, length: number, generation: DeliveryGeneration, handedOverAtMs: number) {
    this.topic = topic;
    this.length = length;
    this.handedOverAtMs = handedOverAtMs;
    this.#places = integers(length);
    this.#stored = doubles(length);
    this.#pendingCount = length;
    this.#generation = generation;
    generation.pendingCount += 1;
    this.promise = new Promise(takeResolve);
    this.#resolve = takenResolve;
    if (length === 0) this.#finish();
  }

  get failedCount(): number {
    return this.length - this.#pendingCount - this.#persistedCount;
  }

  get persistedCount(): number {
    return this.#persistedCount;
  }

  get possiblyPersistedCount(): number {
    return this.#possiblyPersistedCount;
  }

  /** Notes the timestamp a message was handed over with. */
  stamp(index: number, timestampMs: number): void {
    this.#stored[index * STRIDE + TIMESTAMP] = timestampMs;
  }

  /** Notes the partition a message went to (R3: once). */
  place(index: number, partition: number): void {
    this.#places[index * STRIDE + PARTITION] = partition;
  }

  /** Notes that `next` follows the pending message in their batch: a batch needs no list of its members. */
  link(index: number, next: number): void {
    this.#places[index * STRIDE + STATE] = next;
  }

  /** The message that follows in the same batch; only for a pending one that was linked. */
  following(index: number): number {
    return this.#places[index * STRIDE + STATE] as number;
  }

  /** Settles `count` linked messages of one acknowledged batch, the k-th of which has offset firstOffset + k. */
  persist(
    first: number,
    count: number,
    firstOffset: number,
    logAppendTimeMs: number,
    possibleDuplicates: number,
  ): void {
    const places = this.#places;
    const stored = this.#stored;
    let index = first;
    for (let k = 0; k < count; k++) {
      const at = index * STRIDE;
      const next = places[at + STATE] as number;
      if (next < PENDING_LAST) throw new Error(`message ${index} was settled twice`);
      places[at + STATE] = PERSISTED;
      if (firstOffset >= 0) stored[at + OFFSET] = firstOffset + k;
      if (logAppendTimeMs >= 0) stored[at + TIMESTAMP] = logAppendTimeMs;
      if (possibleDuplicates > 0) this.#mayRepeat(index, possibleDuplicates);
      index = next;
    }
    this.#persistedCount += count;
    this.#settled(count);
  }

  /** Settles one message that is not known to be in the log. */
  fail(
    index: number,
    status: 'notPersisted' | 'possiblyPersisted',
    error: KafkaHotpathError,
    possibleDuplicates = 0,
  ): void {
    const at = index * STRIDE + STATE;
    if ((this.#places[at] as number) < PENDING_LAST) throw new Error(`message ${index} was settled twice`);
    this.#places[at] = status === 'notPersisted' ? NOT_PERSISTED : POSSIBLY_PERSISTED;
    if (status === 'possiblyPersisted') this.#possiblyPersistedCount += 1;
    this.#errors ??= new Map();
    this.#errors.set(index, error);
    if (possibleDuplicates > 0) this.#mayRepeat(index, possibleDuplicates);
    this.#settled(1);
  }

  at(index: number): DeliveryReport | undefined {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) return undefined;
    const at = index * STRIDE;
    return {
      index,
      status: this.#status(index),
      topic: this.topic,
      partition: this.#places[at + PARTITION] as number,
      offset: this.#stored[at + OFFSET] as number,
      timestamp: this.#stored[at + TIMESTAMP] as number,
      possibleDuplicates: this.#duplicates?.get(index) ?? 0,
      error: this.#errors?.get(index),
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

  #mayRepeat(index: number, possibleDuplicates: number): void {
    this.#duplicates ??= new Map();
    this.#duplicates.set(index, possibleDuplicates);
  }

  #status(index: number): DeliveryStatus {
    switch (this.#places[index * STRIDE + STATE]) {
      case PERSISTED:
        return 'persisted';
      case NOT_PERSISTED:
        return 'notPersisted';
      default:
        return 'possiblyPersisted';
    }
  }

  #settled(count: number): void {
    this.#pendingCount -= count;
    if (this.#pendingCount === 0) this.#finish();
  }

  #finish(): void {
    this.#generation.pendingCount -= 1;
    if (this.#generation.pendingCount === 0) this.#generation.onEmpty?.();
    this.#resolve(this);
  }
}
