/**
 * Puts records on the tape without entering the module. Short strings are concatenated and cross in one native write
 * per 16 Ki units, as UTF-16 so that the module can cut them apart by their known lengths; a native write each would
 * cost several times as much (wasm.md §4). Long strings cross alone, as UTF-8.
 */
import { KafkaHotpathError } from '../../errors.ts';
import type { Field, HeaderList } from '../engine.ts';
import { GROUP_BYTES_SOFT_MAX, GROUP_RECORDS_MAX } from '../layout.ts';
import { ruleBytesMin, toOversizeRecord } from '../record-size.ts';
import { putField } from '../typescript/record.ts';
import type { EngineMemory } from './memory.ts';
import {
  FIELD_BYTES,
  FIELD_NULL,
  FIELD_TEXT,
  GROUP_HEADERS_MAX,
  HEADERS,
  HEADER_COUNT_REFUSED,
  HEADER_COUNT_SERIALIZED,
  HEADER_NAME,
  HEADER_STRIDE,
  HEADER_VALUE,
  TAPE,
  TAPE_BYTES,
  TAPE_HEADERS,
  TAPE_HEADER_COUNT,
  TAPE_KEY,
  TAPE_PARTITION,
  TAPE_STRIDE,
  TAPE_TEXT,
  TAPE_VALUE,
  TEXT,
  TEXT_UNITS_MAX,
  TIMESTAMPS,
} from './memory-map.ts';

/** From here on a string crosses alone. */
const LONG_TEXT_UNITS = 512;

/** Concatenated strings are written at this many units; much longer ones are slow to flatten. */
const PENDING_UNITS_MAX = 16_384;

/** More headers than this are serialised here, so that the tape and the text area can be small. */
const TAPED_HEADERS_MAX = 64;

export class Staging {
  count = 0;
  readonly #memory: EngineMemory;
  readonly #recordBytesMax: number;
  /** Short strings not yet in memory. */
  #pending = '';
  /** Units in memory. */
  #textUnits = 0;
  #bytesEnd = 0;
  #headerEnd = 0;

  constructor(memory: EngineMemory, recordBytesMax: number) {
    this.#memory = memory;
    this.#recordBytesMax = recordBytesMax;
  }

  /** False when the group has no room for the record. */
  stage(partition: number, timestampMs: number, key: Field, value: Field, headers: HeaderList | null): boolean {
    const index = this.count;
    const bytesMin = ruleBytesMin(key, value, headers);
    if (!this.#hasRoom(bytesMin, headers)) return false;
    const { int32, float64 } = this.#memory;
    const entry = (TAPE + index * TAPE_STRIDE) >> 2;
    float64[(TIMESTAMPS >> 3) + index] = timestampMs;
    int32[entry + (TAPE_PARTITION >> 2)] = partition;
    this.count = index + 1;
    if (bytesMin > this.#recordBytesMax) {
      this.#stageOversize(entry, partition, key, value, headers);
      return true;
    }
    int32[entry + (TAPE_TEXT >> 2)] = (this.#textUnits + this.#pending.length) << 1;
    int32[entry + (TAPE_BYTES >> 2)] = this.#bytesEnd;
    int32[entry + (TAPE_KEY >> 2)] = this.#putField(key);
    int32[entry + (TAPE_VALUE >> 2)] = this.#putField(value);
    if (headers === null || headers.length === 0) int32[entry + (TAPE_HEADER_COUNT >> 2)] = 0;
    else this.#stageHeaders(entry, headers);
    if (this.#pending.length >= PENDING_UNITS_MAX) this.flush();
    return true;
  }

  /** Brings the pending strings into memory; before every append. */
  flush(): void {
    const pending = this.#pending;
    if (pending.length === 0) return;
    const written = this.#memory.bytes.write(pending, TEXT + this.#textUnits * 2, 'utf16le');
    if (written !== pending.length * 2) {
      const lengths = `${written} of ${pending.length * 2} bytes`;
      throw new KafkaHotpathError('ERR_ENGINE', `staging text wrote ${lengths}; this is a fault of the engine`);
    }
    this.#textUnits += pending.length;
    this.#pending = '';
  }

  clear(): void {
    this.count = 0;
    this.#pending = '';
    this.#textUnits = 0;
    this.#bytesEnd = 0;
    this.#headerEnd = 0;
  }

  #hasRoom(bytesMin: number, headers: HeaderList | null): boolean {
    if (this.count === 0) return true;
    if (this.count === GROUP_RECORDS_MAX || this.#bytesEnd >= GROUP_BYTES_SOFT_MAX) return false;
    if (headers !== null && this.#headerEnd + TAPED_HEADERS_MAX > GROUP_HEADERS_MAX) return false;
    // A record has fewer units of text than bytes by the size rule, except that one too large has none staged.
    return this.#textUnits + this.#pending.length + bytesMin <= TEXT_UNITS_MAX || bytesMin > this.#recordBytesMax;
  }

  /** Returns the field's descriptor. */
  #putField(field: Field): number {
    if (field === null) return FIELD_NULL;
    let length = field.length;
    if (typeof field !== 'string') {
      this.#memory.bytes.set(field, this.#memory.staging + this.#bytesEnd);
    } else if (length < LONG_TEXT_UNITS) {
      this.#pending += field;
      return (length << 2) | FIELD_TEXT;
    } else {
      length = this.#memory.bytes.write(field, this.#memory.staging + this.#bytesEnd);
    }
    this.#bytesEnd += length;
    return (length << 2) | FIELD_BYTES;
  }

  #stageHeaders(entry: number, headers: HeaderList): void {
    const { int32 } = this.#memory;
    let header = (HEADERS + this.#headerEnd * HEADER_STRIDE) >> 2;
    const headerCount = headers.length >>> 1;
    int32[entry + (TAPE_HEADERS >> 2)] = this.#headerEnd;
    if (headerCount > TAPED_HEADERS_MAX) {
      int32[entry + (TAPE_HEADER_COUNT >> 2)] = HEADER_COUNT_SERIALIZED;
      int32[header + (HEADER_NAME >> 2)] = this.#serializeHeaders(headers);
      int32[header + (HEADER_VALUE >> 2)] = headerCount;
      this.#headerEnd += 1;
      return;
    }
    int32[entry + (TAPE_HEADER_COUNT >> 2)] = headerCount;
    for (let index = 0; index < headers.length; index += 2) {
      int32[header + (HEADER_NAME >> 2)] = this.#putField(headers[index] as Field);
      int32[header + (HEADER_VALUE >> 2)] = this.#putField(headers[index + 1] as Field);
      header += HEADER_STRIDE >> 2;
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

  #stageOversize(entry: number, partition: number, key: Field, value: Field, headers: HeaderList | null): void {
    const { int32 } = this.#memory;
    const oversize = toOversizeRecord(partition, key, value, headers);
    int32[entry + (TAPE_HEADER_COUNT >> 2)] = HEADER_COUNT_REFUSED;
    int32[entry + (TAPE_VALUE >> 2)] = oversize.ruleBytes;
    int32[entry + (TAPE_TEXT >> 2)] = oversize.crc32;
    int32[entry + (TAPE_BYTES >> 2)] = oversize.murmur2;
  }
}
