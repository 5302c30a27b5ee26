/**
 * Reads the open group back from the tape and the staging areas. The fields of the records lie end to end, so each
 * begins where the one before ended, and all together are as long as what the host has staged.
 */
import { RecordCursor } from '../../protocol/record-cursor.ts';
import type { Field, KeyHash, SalvagedRecord } from '../engine.ts';
import { hashToPartition } from '../record-size.ts';
import type { EngineMemory } from './memory.ts';
import {
  FIELD_BYTES,
  FIELD_LATIN1,
  FIELD_NULL,
  FIELD_TEXT,
  HEADERS,
  HEADER_COUNT_REFUSED,
  HEADER_COUNT_SERIALIZED,
  HEADER_FIELD_STRIDE,
  HEADER_STRIDE,
  TAPE,
  TAPE_BYTES,
  TAPE_HEADERS,
  TAPE_HEADER_COUNT,
  TAPE_KEY,
  TAPE_PARTITION,
  TAPE_STRIDE,
  TAPE_TEXT,
  TAPE_VALUE,
  TAPE_VALUE_AT,
  TEXT,
  TIMESTAMPS,
  VALUES,
} from './memory-map.ts';
import type { StagedTotals, Staging } from './staging.ts';

/** What stands in front of one of the values that cross together: padding, tag, length. */
const VALUE_PREFIX_BYTES_MAX = 4;

export class StagedReader {
  readonly #memory: EngineMemory;
  readonly #totals: StagedTotals;
  /** How far the records read so far reach in the four areas. */
  #textUnits = 0;
  #valuesEnd: number = VALUES;
  #bytes = 0;
  #headers = 0;

  constructor(memory: EngineMemory, staging: Staging) {
    this.#memory = memory;
    this.#totals = staging.totals(memory.bytes);
  }

  /** Every staged record; undefined from the first one on whose numbers do not fit, for all when the totals differ. */
  readAll(partitionCount: number, hash: KeyHash): (SalvagedRecord | undefined)[] {
    const { count, text, valuesEnd, bytes, headers } = this.#totals;
    const records: (SalvagedRecord | undefined)[] = [];
    while (records.length < count) {
      const record = this.#read(records.length, partitionCount, hash);
      if (record === undefined) return [...records, ...nothing(count - records.length)];
      records.push(record);
    }
    const isComplete =
      this.#textUnits === text.length &&
      this.#valuesEnd === valuesEnd &&
      this.#bytes === bytes &&
      this.#headers === headers;
    return isComplete ? records : nothing(count);
  }

  #read(index: number, partitionCount: number, hash: KeyHash): SalvagedRecord | undefined {
    const entry = TAPE + index * TAPE_STRIDE;
    const headerCount = this.#word(entry + TAPE_HEADER_COUNT);
    const partition = this.#word(entry + TAPE_PARTITION);
    const timestampMs = this.#memory.float64[(TIMESTAMPS >> 3) + index] as number;
    if (partition < -1 || partition >= partitionCount || !Number.isSafeInteger(timestampMs)) return undefined;
    if (headerCount === HEADER_COUNT_REFUSED) return this.#refused(entry, partition, timestampMs, partitionCount, hash);
    const keyField = this.#word(entry + TAPE_KEY);
    if (keyField !== FIELD_NULL || headerCount !== 0) {
      if (this.#word(entry + TAPE_TEXT) !== this.#textUnits * 2) return undefined;
      if (this.#word(entry + TAPE_BYTES) !== this.#bytes) return undefined;
    }
    const key = this.#field(keyField);
    if (key === undefined || (partition < 0 && key === null)) return undefined;
    const headers: Field[] = [];
    if (headerCount !== 0 && !this.#readHeaders(this.#word(entry + TAPE_HEADERS), headerCount, headers))
      return undefined;
    const value = this.#value(this.#word(entry + TAPE_VALUE), this.#word(entry + TAPE_VALUE_AT));
    if (value === undefined) return undefined;
    return { partition, timestampMs, key, value, headers, refusedBytes: 0 };
  }

  /** A value lies behind key and headers, unless it is a text that crossed with others of its kind. */
  #value(descriptor: number, at: number): Field | undefined {
    const kind = descriptor & 3;
    const isText = kind === FIELD_TEXT;
    if (isText ? at === TEXT + this.#textUnits * 2 : at === this.#memory.staging + this.#bytes) {
      return this.#field(descriptor);
    }
    const end = at + (descriptor >>> 2) * (isText ? 2 : 1);
    const isNext = at >= this.#valuesEnd && at <= this.#valuesEnd + VALUE_PREFIX_BYTES_MAX;
    if (!isNext || end > this.#totals.valuesEnd || (!isText && kind !== FIELD_LATIN1)) return undefined;
    this.#valuesEnd = end;
    return this.#memory.bytes.toString(isText ? 'utf16le' : 'latin1', at, end);
  }

  /** Only its size and the hashes of its key were staged. */
  #refused(
    entry: number,
    staged: number,
    timestampMs: number,
    partitionCount: number,
    hash: KeyHash,
  ): SalvagedRecord | undefined {
    const refusedBytes = this.#word(entry + TAPE_VALUE);
    if (refusedBytes <= 0) return undefined;
    const keyHash = this.#word(entry + (hash === 'crc32' ? TAPE_TEXT : TAPE_BYTES)) >>> 0;
    const partition = staged >= 0 ? staged : hashToPartition(keyHash, hash, partitionCount);
    return { partition, timestampMs, key: null, value: null, headers: null, refusedBytes };
  }

  /** Adds names and values to `headers`; false when they are not what was staged. */
  #readHeaders(first: number, headerCount: number, headers: Field[]): boolean {
    if (first !== this.#headers) return false;
    if (headerCount === HEADER_COUNT_SERIALIZED) return this.#readSerialized(headers);
    if (headerCount < 0 || first + headerCount > this.#totals.headers) return false;
    this.#headers += headerCount;
    for (let index = 0; index < 2 * headerCount; index++) {
      const field = this.#field(this.#word(HEADERS + first * HEADER_STRIDE + index * HEADER_FIELD_STRIDE));
      if (field === undefined) return false;
      headers.push(field);
    }
    return true;
  }

  /** Headers that stand in the byte staging as they will stand in the record; one entry tells length and count. */
  #readSerialized(headers: Field[]): boolean {
    const at = HEADERS + this.#headers * HEADER_STRIDE;
    this.#headers += 1;
    const serialized = this.#takeBytes(this.#word(at));
    const headerCount = this.#word(at + HEADER_FIELD_STRIDE);
    if (serialized === undefined || headerCount < 0 || 2 * headerCount > serialized.length) return false;
    const cursor = new RecordCursor(serialized, 0, serialized.length);
    try {
      for (let index = 0; index < 2 * headerCount; index++) headers.push(cursor.nullableBytes('header'));
    } catch {
      // ERR_RECORD_BATCH: a length that leads out of the run.
      return false;
    }
    return cursor.remaining === 0;
  }

  /** Undefined for a descriptor that cannot be one. */
  #field(descriptor: number): Field | undefined {
    if (descriptor === FIELD_NULL) return null;
    const length = descriptor >>> 2;
    switch (descriptor & 3) {
      case FIELD_BYTES:
        return this.#takeBytes(length);
      case FIELD_TEXT: {
        const start = this.#textUnits;
        if (start + length > this.#totals.text.length) return undefined;
        this.#textUnits += length;
        return this.#totals.text.slice(start, start + length);
      }
      default:
        return undefined;
    }
  }

  #takeBytes(length: number): Buffer | undefined {
    if (length < 0 || this.#bytes + length > this.#totals.bytes) return undefined;
    const start = this.#memory.staging + this.#bytes;
    this.#bytes += length;
    return Buffer.from(this.#memory.bytes.subarray(start, start + length));
  }

  #word(address: number): number {
    return this.#memory.load(address);
  }
}

function nothing(count: number): undefined[] {
  return new Array<undefined>(count).fill(undefined);
}
