/**
 * Puts records on the tape without entering the module. Short strings are concatenated and cross in one native write
 * per 32 Ki units, as UTF-16 so that the module can cut them apart by their known lengths; a native write each would
 * cost several times as much (wasm.md §4). Long strings cross alone, as UTF-8; values in between by themselves
 * (value-texts.ts).
 */
import { ByteSlice } from '../byte-slice.ts';
import type { HeaderList, RecordInput, StagedField } from '../engine.ts';
import { GROUP_BYTES_SOFT_MAX, GROUP_RECORDS_MAX, RECORD_OVERHEAD_MAX } from '../layout.ts';
import { toField, toHeaderList, toTimestamp } from '../record-input.ts';
import { ruleBytesMin, toOversizeRecord } from '../record-size.ts';
import { oneBytePrefix, SERIALIZED_UNITS_MIN } from '../serialized-texts.ts';
import { putField } from '../typescript/record.ts';
import { writeUtf8 } from '../write-utf8.ts';
import type { EngineMemory } from './memory.ts';
import {
  FIELD_BYTES,
  FIELD_LATIN1,
  FIELD_NULL,
  FIELD_TEXT,
  GROUP_HEADERS_MAX,
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
  TEXT_UNITS_MAX,
  TIMESTAMPS,
  VALUES,
  VALUES_BYTES_MAX,
} from './memory-map.ts';
import { ValueTexts } from './value-texts.ts';

/** From here on a string crosses alone. */
const LONG_TEXT_UNITS = 512;

/** From here on a value crosses with those of its kind; a shorter one takes less in a concatenation. */
const VALUE_TEXT_UNITS_MIN: number = SERIALIZED_UNITS_MIN;

/** Concatenated strings are written at this many units; much longer ones are slow to flatten. */
const PENDING_UNITS_MAX = 32_768;

/** More headers than this are serialised here, so that the tape and the text area can be small. */
const TAPED_HEADERS_MAX = 64;

// Copies, in words of the views, because an imported constant is read from memory each time it is used: 10 ns a record.
const ENTRIES_WORD = TAPE >> 2;
const ENTRY_WORDS = TAPE_STRIDE >> 2;
const PARTITION_WORD = TAPE_PARTITION >> 2;
const VALUE_WORD = TAPE_VALUE >> 2;
const KEY_WORD = TAPE_KEY >> 2;
const HEADER_COUNT_WORD = TAPE_HEADER_COUNT >> 2;
const VALUE_AT_WORD = TAPE_VALUE_AT >> 2;
const TEXT_WORD = TAPE_TEXT >> 2;
const BYTES_WORD = TAPE_BYTES >> 2;
const FIRST_HEADER_WORD = TAPE_HEADERS >> 2;
/** Of key and header count, which are one 64-bit word. */
const ENTRIES_DOUBLE = (TAPE + TAPE_KEY) >> 3;
const ENTRY_DOUBLES = TAPE_STRIDE >> 3;
const TIMESTAMPS_DOUBLE = TIMESTAMPS >> 3;
const HEADERS_WORD = HEADERS >> 2;
const HEADER_WORDS = HEADER_STRIDE >> 2;
const FIELD_WORDS = HEADER_FIELD_STRIDE >> 2;
const RECORDS_MAX: number = GROUP_RECORDS_MAX;
const UNITS_MAX: number = TEXT_UNITS_MAX;
const TEXT_START: number = TEXT;
const VALUES_END_MAX: number = VALUES + VALUES_BYTES_MAX;
const BYTES_SOFT_MAX: number = GROUP_BYTES_SOFT_MAX;
const HEADERS_SOFT_MAX: number = GROUP_HEADERS_MAX - TAPED_HEADERS_MAX;
const KIND_NULL: number = FIELD_NULL;
const KIND_TEXT: number = FIELD_TEXT;
const KIND_BYTES: number = FIELD_BYTES;
const KIND_LATIN1: number = FIELD_LATIN1;
const OVERHEAD_MAX: number = RECORD_OVERHEAD_MAX;

export interface StagedTotals {
  readonly count: number;
  /** All short strings of the group, end to end. */
  readonly text: string;
  /** Address behind the last of the values that crossed together. */
  readonly valuesEnd: number;
  /** Bytes in the byte staging. */
  readonly bytes: number;
  /** Entries in the table of headers. */
  readonly headers: number;
}

export class Staging {
  count = 0;
  readonly #memory: EngineMemory;
  readonly #recordBytesMax: number;
  /** Short strings not yet in memory. */
  #pending = '';
  /** Units of text in all, and how many of them are in memory. */
  #textUnits = 0;
  #writtenUnits = 0;
  readonly #values = new ValueTexts();
  #bytesEnd = 0;
  #headerEnd = 0;

  constructor(memory: EngineMemory, recordBytesMax: number) {
    this.#memory = memory;
    this.#recordBytesMax = recordBytesMax;
  }

  /** False when the group has no room for the record. */
  stage(
    partition: number,
    timestampMs: number,
    key: StagedField,
    value: StagedField,
    headers: HeaderList | null,
  ): boolean {
    const index = this.count;
    const textUnits = this.#textUnits;
    const bytesMin = ruleBytesMin(key, value, headers);
    // A record has no more units of text than bytes by the size rule. An empty group has room for any record.
    if (
      textUnits + bytesMin > UNITS_MAX ||
      this.#values.end + bytesMin > VALUES_END_MAX ||
      this.#bytesEnd >= BYTES_SOFT_MAX
    ) {
      if (index > 0) return false;
    }
    if (index === RECORDS_MAX || this.#headerEnd > HEADERS_SOFT_MAX) return false;
    const { int32, float64 } = this.#memory;
    const entry = ENTRIES_WORD + index * ENTRY_WORDS;
    float64[TIMESTAMPS_DOUBLE + index] = timestampMs;
    int32[entry + PARTITION_WORD] = partition;
    if (bytesMin > this.#recordBytesMax) {
      this.#stageOversize(entry, partition, key, value, headers);
      this.count = index + 1;
      return true;
    }
    if (key === null && headers === null) {
      float64[ENTRIES_DOUBLE + index * ENTRY_DOUBLES] = 0;
    } else {
      int32[entry + TEXT_WORD] = textUnits << 1;
      int32[entry + BYTES_WORD] = this.#bytesEnd;
      int32[entry + KEY_WORD] = this.#putField(key);
      if (headers === null) int32[entry + HEADER_COUNT_WORD] = 0;
      else this.#stageHeaders(entry, headers);
    }
    this.#putValue(entry, value);
    this.count = index + 1;
    if (this.#textUnits - this.#writtenUnits >= PENDING_UNITS_MAX) this.#writePending();
    return true;
  }

  /**
   * Stages records for partition 0 from index `from` on, each as stage does it; returns the index of the first that
   * has no room in the group. Throws ERR_RECORD_BATCH for a record that is none.
   */
  stageRecords(records: readonly RecordInput[], from: number): number {
    let index = from;
    let isUsual = true;
    while (index < records.length) {
      if (isUsual) {
        const reached = this.#stageUsual(records, index);
        isUsual = reached > index;
        index = reached;
        if (index === records.length) break;
      }
      const record = records[index] as RecordInput;
      const key = toField(record.key, 'key', index);
      const value = toField(record.value, 'value', index);
      const headers = toHeaderList(record.headers, index);
      if (!this.stage(0, toTimestamp(record.timestamp, index), key, value, headers)) break;
      index += 1;
    }
    return index;
  }

  /**
   * Records that are nothing but a short text and a timestamp, with the state of the group in variables as long as they
   * come: reading and writing it for each record takes half as long as all else. Returns the index of the first other.
   */
  #stageUsual(records: readonly RecordInput[], from: number): number {
    const { int32, float64 } = this.#memory;
    const unitsMax = Math.min(LONG_TEXT_UNITS - 1, this.#recordBytesMax - OVERHEAD_MAX);
    const end = Math.min(records.length, from + RECORDS_MAX - this.count);
    const values = this.#values;
    const { texts } = values;
    let textCount = values.count;
    let valuesEnd = values.end;
    let entry = ENTRIES_WORD + this.count * ENTRY_WORDS;
    let keyAndHeaders = ENTRIES_DOUBLE + this.count * ENTRY_DOUBLES;
    let time = TIMESTAMPS_DOUBLE + this.count;
    let textUnits = this.#textUnits;
    let pending = this.#pending;
    let index = from;
    for (; index < end && pending.length < PENDING_UNITS_MAX; index++) {
      const { key, value, headers, timestamp } = records[index] as RecordInput;
      if (typeof value !== 'string' || value.length > unitsMax || !Number.isSafeInteger(timestamp)) break;
      if ((key !== undefined && key !== null) || headers !== undefined) break;
      const units = value.length;
      if (textUnits + units > UNITS_MAX || valuesEnd + units + OVERHEAD_MAX > VALUES_END_MAX) break;
      float64[time] = timestamp as number;
      int32[entry + PARTITION_WORD] = 0;
      float64[keyAndHeaders] = 0;
      if (units >= VALUE_TEXT_UNITS_MIN) {
        texts[textCount] = value;
        textCount += 1;
        valuesEnd += oneBytePrefix(units);
        int32[entry + VALUE_WORD] = (units << 2) | KIND_LATIN1;
        int32[entry + VALUE_AT_WORD] = valuesEnd;
        valuesEnd += units;
      } else {
        int32[entry + VALUE_WORD] = (units << 2) | KIND_TEXT;
        int32[entry + VALUE_AT_WORD] = TEXT_START + (textUnits << 1);
        pending += value;
        textUnits += units;
      }
      entry += ENTRY_WORDS;
      keyAndHeaders += ENTRY_DOUBLES;
      time += 1;
    }
    this.count += index - from;
    this.#pending = pending;
    this.#textUnits = textUnits;
    values.count = textCount;
    values.end = valuesEnd;
    if (pending.length >= PENDING_UNITS_MAX) this.#writePending();
    return index;
  }

  /** Brings all strings into memory; before every append. False when some did not arrive. */
  flush(): boolean {
    return this.#writePending() && this.#values.flush(this.#memory, this.count);
  }

  #writePending(): boolean {
    const pending = this.#pending;
    if (pending.length === 0) return true;
    // V8 ignores writes through a detached view on Node 20 and 22 (wasm.md §5): only the count tells.
    const written = this.#memory.bytes.write(pending, TEXT + this.#writtenUnits * 2, 'utf16le');
    if (written !== pending.length * 2) return false;
    this.#writtenUnits = this.#textUnits;
    this.#pending = '';
    return true;
  }

  /** What is known here of the open group, to judge by it what a failed module has left in memory. */
  totals(memory: Buffer): StagedTotals {
    this.#values.flush(this.#memory, this.count);
    return {
      count: this.count,
      text: memory.toString('utf16le', TEXT, TEXT + this.#writtenUnits * 2) + this.#pending,
      valuesEnd: this.#values.end,
      bytes: this.#bytesEnd,
      headers: this.#headerEnd,
    };
  }

  clear(): void {
    this.count = 0;
    this.#pending = '';
    this.#textUnits = 0;
    this.#writtenUnits = 0;
    this.#values.clear();
    this.#bytesEnd = 0;
    this.#headerEnd = 0;
  }

  /** Returns the field's descriptor. */
  #putField(field: StagedField): number {
    if (field === null) return KIND_NULL;
    if (typeof field === 'string' && field.length < LONG_TEXT_UNITS) {
      this.#pending += field;
      this.#textUnits += field.length;
      return (field.length << 2) | KIND_TEXT;
    }
    return this.#putBytes(field);
  }

  #putValue(entry: number, field: StagedField): void {
    const { int32, staging } = this.#memory;
    if (typeof field !== 'string' || field.length >= LONG_TEXT_UNITS) {
      int32[entry + VALUE_AT_WORD] = staging + this.#bytesEnd;
      int32[entry + VALUE_WORD] = field === null ? KIND_NULL : this.#putBytes(field);
    } else if (field.length < VALUE_TEXT_UNITS_MIN) {
      int32[entry + VALUE_AT_WORD] = TEXT + this.#textUnits * 2;
      int32[entry + VALUE_WORD] = this.#putField(field);
    } else {
      int32[entry + VALUE_AT_WORD] = this.#values.add(field);
      int32[entry + VALUE_WORD] = (field.length << 2) | KIND_LATIN1;
    }
  }

  #putBytes(field: string | Uint8Array | ByteSlice): number {
    const { bytes, staging } = this.#memory;
    const at = staging + this.#bytesEnd;
    let length = field.length;
    if (typeof field === 'string') length = writeUtf8(bytes, field, at);
    else if (field instanceof ByteSlice) field.copyTo(bytes, at);
    else bytes.set(field, at);
    this.#bytesEnd += length;
    return (length << 2) | KIND_BYTES;
  }

  #stageHeaders(entry: number, headers: HeaderList): void {
    const { int32 } = this.#memory;
    let header = HEADERS_WORD + this.#headerEnd * HEADER_WORDS;
    const headerCount = headers.length >>> 1;
    int32[entry + FIRST_HEADER_WORD] = this.#headerEnd;
    if (headerCount > TAPED_HEADERS_MAX) {
      int32[entry + HEADER_COUNT_WORD] = HEADER_COUNT_SERIALIZED;
      int32[header] = this.#serializeHeaders(headers);
      int32[header + FIELD_WORDS] = headerCount;
      this.#headerEnd += 1;
      return;
    }
    int32[entry + HEADER_COUNT_WORD] = headerCount;
    for (const field of headers) {
      int32[header] = this.#putField(field);
      header += FIELD_WORDS;
    }
    this.#headerEnd += headerCount;
  }

  /** Writes the headers as they will stand in the record and returns their bytes. */
  #serializeHeaders(headers: HeaderList): number {
    const { bytes, staging } = this.#memory;
    const start = staging + this.#bytesEnd;
    let at = start;
    for (const field of headers) at = putField(bytes, at, field);
    this.#bytesEnd += at - start;
    return at - start;
  }

  #stageOversize(
    entry: number,
    partition: number,
    key: StagedField,
    value: StagedField,
    headers: HeaderList | null,
  ): void {
    const { int32 } = this.#memory;
    const oversize = toOversizeRecord(partition, key, value, headers);
    int32[entry + HEADER_COUNT_WORD] = HEADER_COUNT_REFUSED;
    int32[entry + VALUE_WORD] = oversize.ruleBytes;
    int32[entry + VALUE_AT_WORD] = 0;
    int32[entry + TEXT_WORD] = oversize.crc32;
    int32[entry + BYTES_WORD] = oversize.murmur2;
  }
}
