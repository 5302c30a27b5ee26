/**
 * Where the walk over a value puts its primitives for the module: a kind and a number each. Short strings are
 * concatenated and cross in one native write, as UTF-16 so that the module can cut them apart by their lengths; a
 * native write each would cost several times as much.
 */
import type { AvroSink } from '../../avro/sink.ts';
import {
  AVRO_TAPE_BIG,
  AVRO_TAPE_BOOLEAN,
  AVRO_TAPE_BYTES,
  AVRO_TAPE_DOUBLE,
  AVRO_TAPE_END,
  AVRO_TAPE_FLOAT,
  AVRO_TAPE_LONG,
  AVRO_TAPE_RAW,
  AVRO_TAPE_TEXT,
} from './avro-map.ts';
import { AVRO_BYTES_MAX, AVRO_TEXT_UNITS_MAX, type AvroMemory, TAPE_ENTRIES_MAX } from './avro-memory.ts';

/** From here on a string crosses alone, as UTF-8. */
const LONG_TEXT_UNITS = 512;
/** Concatenated strings are written at this many units; much longer ones are slow to flatten. */
const PENDING_UNITS_MAX = 16_384;

// Copies, because an imported constant is read from memory each time it is used.
const LONG: number = AVRO_TAPE_LONG;
const TEXT: number = AVRO_TAPE_TEXT;
const BOOLEAN: number = AVRO_TAPE_BOOLEAN;
const DOUBLE: number = AVRO_TAPE_DOUBLE;
const ENTRIES_MAX: number = TAPE_ENTRIES_MAX;
const TEXT_MAX: number = AVRO_TEXT_UNITS_MAX;

/** Thrown when a value has no room; nothing is wrong with it. */
const TAPE_FULL = new Error('the tape is full; this never leaves the engine');

export class AvroTape implements AvroSink {
  count = 0;
  /** Values that have ended. */
  valueCount = 0;
  readonly #memory: AvroMemory;
  readonly #kinds: Uint8Array;
  readonly #numbers: Float64Array;
  #pending = '';
  #units = 0;
  #bytes = 0;

  constructor(memory: AvroMemory) {
    this.#memory = memory;
    this.#kinds = memory.kindView;
    this.#numbers = memory.numberView;
  }

  clear(): void {
    this.count = 0;
    this.valueCount = 0;
    this.#pending = '';
    this.#units = 0;
    this.#bytes = 0;
  }

  /** True when what has ended had better be written before the next value is begun. */
  get isHalfFull(): boolean {
    return this.count > ENTRIES_MAX / 2 || this.#units > TEXT_MAX / 4 || this.#bytes > AVRO_BYTES_MAX / 2;
  }

  end(): void {
    this.#put(AVRO_TAPE_END, 0);
    this.valueCount += 1;
  }

  boolean(value: boolean): void {
    this.#put(BOOLEAN, value ? 1 : 0);
  }

  int(value: number): void {
    this.#put(LONG, value);
  }

  long(value: number): void {
    this.#put(LONG, value);
  }

  bigLong(value: bigint): void {
    this.#put(AVRO_TAPE_BIG, 0);
    this.#memory.bigView[this.count - 1] = value;
  }

  float(value: number): void {
    this.#put(AVRO_TAPE_FLOAT, value);
  }

  double(value: number): void {
    this.#put(DOUBLE, value);
  }

  text(value: string): void {
    const { length } = value;
    if (length >= LONG_TEXT_UNITS) {
      this.#longText(value);
      return;
    }
    if (this.#units + this.#pending.length + length > TEXT_MAX) throw TAPE_FULL;
    this.#put(TEXT, length);
    this.#pending += value;
    if (this.#pending.length >= PENDING_UNITS_MAX) this.flush();
  }

  bytes(value: Uint8Array): void {
    this.#putBytes(AVRO_TAPE_BYTES, value);
  }

  raw(value: Uint8Array): void {
    this.#putBytes(AVRO_TAPE_RAW, value);
  }

  /** Brings the pending strings into memory. */
  flush(): void {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#memory.view.write(pending, this.#memory.text + this.#units * 2, 'utf16le');
    this.#units += pending.length;
    this.#pending = '';
  }

  #put(kind: number, value: number): void {
    const index = this.count;
    if (index === ENTRIES_MAX) throw TAPE_FULL;
    this.#kinds[index] = kind;
    this.#numbers[index] = value;
    this.count = index + 1;
  }

  #longText(value: string): void {
    const { view, bytes } = this.#memory;
    if (this.#bytes + value.length * 3 > AVRO_BYTES_MAX) throw TAPE_FULL;
    const written = view.write(value, bytes + this.#bytes);
    this.#put(AVRO_TAPE_BYTES, written);
    this.#bytes += written;
  }

  #putBytes(kind: number, value: Uint8Array): void {
    const { view, bytes } = this.#memory;
    if (this.#bytes + value.length > AVRO_BYTES_MAX) throw TAPE_FULL;
    this.#put(kind, value.length);
    view.set(value, bytes + this.#bytes);
    this.#bytes += value.length;
  }
}
