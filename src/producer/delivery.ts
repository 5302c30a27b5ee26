/**
 * The fate of every message of one send, as columns: a number per message and property, and an object per message only
 * when somebody looks at one. A message is settled exactly once; nothing revises it (R7).
 */
import { KafkaHotpathError } from '../errors.ts';
import type { DeliveryReport, DeliveryReports, DeliveryStatus } from './api.ts';

const PENDING = 0;
const PERSISTED = 1;
const NOT_PERSISTED = 2;
const POSSIBLY_PERSISTED = 3;

/** Typed arrays cost some 100 ns each to make; a send of a few messages is cheaper with plain ones. */
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
 * Columns of a few messages are plain arrays, that of a single one a literal: Array and fill are calls into C++. Each
 * kind has its place in the code, because V8 remembers by the place what numbers its arrays hold.
 */
function integers(length: number, initial: number): number[] | Int32Array {
  if (length === 1) return [initial];
  return length <= SMALL_SEND ? new Array<number>(length).fill(initial) : new Int32Array(length).fill(initial);
}

function doubles(length: number): number[] | Float64Array {
  if (length === 1) return [-1];
  return length <= SMALL_SEND ? new Array<number>(length).fill(-1) : new Float64Array(length).fill(-1);
}

/** Counts the sends that a flush has to wait for. */
export interface DeliveryGeneration {
  pendingCount: number;
  onEmpty: (() => void) | undefined;
}

export class Delivery implements DeliveryReports {
  readonly topic: string;
  readonly length: number;
  readonly promise: Promise<DeliveryReports>;
  /** From when messageTimeoutMs counts for the messages taken next, on the producer's clock. */
  handedOverAtMs: number;
  readonly #statuses: number[] | Int32Array | Uint8Array;
  readonly #partitions: number[] | Int32Array;
  readonly #offsets: number[] | Float64Array;
  readonly #timestamps: number[] | Float64Array;
  /** For each message the next one of this send in the same batch: a batch needs no list of its members. */
  readonly #following: number[] | Int32Array;
  readonly #generation: DeliveryGeneration;
  #errors: Map<number, KafkaHotpathError> | undefined;
  /** Only the messages that may be stored more than once. */
  #duplicates: Map<number, number> | undefined;
  #resolve: (reports: DeliveryReports) => void = () => undefined;
  #pendingCount: number;
  #persistedCount = 0;
  #possiblyPersistedCount = 0;

  constructor(topic: string, length: number, generation: DeliveryGeneration, handedOverAtMs: number) {
    this.topic = topic;
    this.length = length;
    this.handedOverAtMs = handedOverAtMs;
    this.#statuses = length <= SMALL_SEND ? integers(length, PENDING) : new Uint8Array(length);
    this.#partitions = integers(length, -1);
    this.#offsets = doubles(length);
    this.#timestamps = doubles(length);
    this.#following = integers(length, -1);
    this.#pendingCount = length;
    this.#generation = generation;
    generation.pendingCount += 1;
    this.promise = new Promise((resolve) => {
      this.#resolve = resolve;
    });
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
    this.#timestamps[index] = timestampMs;
  }

  /** Notes the partition a message went to (R3: once). */
  place(index: number, partition: number): void {
    this.#partitions[index] = partition;
  }

  /** Notes that `next` follows the message in their batch. */
  link(index: number, next: number): void {
    this.#following[index] = next;
  }

  /** The message that follows in the same batch; only for one that was linked. */
  following(index: number): number {
    return this.#following[index] as number;
  }

  /** Settles `count` linked messages of one acknowledged batch, the k-th of which has offset firstOffset + k. */
  persist(
    first: number,
    count: number,
    firstOffset: number,
    logAppendTimeMs: number,
    possibleDuplicates: number,
  ): void {
    let index = first;
    for (let k = 0; k < count; k++) {
      if (this.#statuses[index] !== PENDING) throw new Error(`message ${index} was settled twice`);
      this.#statuses[index] = PERSISTED;
      if (firstOffset >= 0) this.#offsets[index] = firstOffset + k;
      if (logAppendTimeMs >= 0) this.#timestamps[index] = logAppendTimeMs;
      if (possibleDuplicates > 0) this.#mayRepeat(index, possibleDuplicates);
      index = this.#following[index] as number;
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
    if (this.#statuses[index] !== PENDING) throw new Error(`message ${index} was settled twice`);
    this.#statuses[index] = status === 'notPersisted' ? NOT_PERSISTED : POSSIBLY_PERSISTED;
    if (status === 'possiblyPersisted') this.#possiblyPersistedCount += 1;
    this.#errors ??= new Map();
    this.#errors.set(index, error);
    if (possibleDuplicates > 0) this.#mayRepeat(index, possibleDuplicates);
    this.#settled(1);
  }

  at(index: number): DeliveryReport | undefined {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) return undefined;
    return {
      index,
      status: this.#status(index),
      topic: this.topic,
      partition: this.#partitions[index] as number,
      offset: this.#offsets[index] as number,
      timestamp: this.#timestamps[index] as number,
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
    switch (this.#statuses[index]) {
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
