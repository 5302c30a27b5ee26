/**
 * The memory of the instance that encodes Avro: one for the process, because V8 reserves about 10 GiB of address space
 * for each. It never grows after it is laid out, so its views hold for ever:
 *
 *     module | cells | text | bytes | ends | program | blocks | spans | output
 *
 * What does not fit is encoded in TypeScript.
 */
import type { AvroProgram } from '../../avro/program.ts';
import type { Abi } from './abi.ts';
import { SLACK } from './memory-map.ts';

/** Numbers, lengths and counts of the columns of one group. */
export const AVRO_CELL_BYTES_MAX = 1_048_576;
/** Units of text in columns, and of JSON text: what a megabyte of it mostly is. */
export const AVRO_TEXT_UNITS_MAX = 524_288;
export const AVRO_BYTES_MAX = 524_288;
/** Values in one call. */
export const AVRO_VALUES_MAX = 4096;
/** Columns of one schema. */
export const AVRO_COLUMNS_MAX = 1024;
const BLOCK_BYTES = 16;
const PROGRAM_BYTES_MAX = 524_288;
const SPANS_BYTES = 131_072;
const PAGE_BYTES = 65_536;
/** A cell of four bytes becomes a varint of five, and the end of a list one more. */
const OUTPUT_BYTES_PER_CELL_BYTE = 2;

export class AvroMemory {
  readonly abi: Abi;
  /** A value is being read: its getters may ask for more, which then has to be done elsewhere. */
  isBusy = false;
  readonly cells: number;
  readonly text: number;
  readonly bytes: number;
  readonly ends: number;
  readonly blocks: number;
  readonly spans: number;
  readonly output: number;
  readonly outputEnd: number;
  readonly view: Buffer;
  readonly doubleView: Float64Array;
  readonly intView: Int32Array;
  readonly endView: Uint32Array;
  readonly #program: number;
  #placed: AvroProgram | undefined;

  /** Throws when the memory cannot be had. */
  constructor(abi: Abi) {
    this.abi = abi;
    let end = abi.heapStart();
    const place = (bytes: number): number => {
      const start = Math.ceil(end / SLACK) * SLACK;
      end = start + bytes + SLACK;
      return start;
    };
    this.cells = place(AVRO_CELL_BYTES_MAX);
    this.text = place((AVRO_TEXT_UNITS_MAX + 1) * 2);
    this.bytes = place(AVRO_BYTES_MAX);
    this.ends = place(AVRO_VALUES_MAX * 4);
    this.#program = place(PROGRAM_BYTES_MAX);
    this.blocks = place(AVRO_COLUMNS_MAX * BLOCK_BYTES);
    this.spans = place(SPANS_BYTES);
    // A unit becomes three bytes at most; whatever the columns hold has room.
    const outputBytes = AVRO_CELL_BYTES_MAX * OUTPUT_BYTES_PER_CELL_BYTE + AVRO_TEXT_UNITS_MAX * 3 + AVRO_BYTES_MAX;
    this.output = place(outputBytes);
    this.outputEnd = this.output + outputBytes;
    const { memory } = abi;
    const missing = end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
    this.view = Buffer.from(memory.buffer);
    this.doubleView = new Float64Array(memory.buffer);
    this.intView = new Int32Array(memory.buffer);
    this.endView = new Uint32Array(memory.buffer, this.ends, AVRO_VALUES_MAX);
  }

  get spansEnd(): number {
    return this.spans + SPANS_BYTES;
  }

  /** The address of the program, which is brought there unless it was the last one; 0 when it is too large. */
  programAddress(program: AvroProgram): number {
    if (program.bytes > PROGRAM_BYTES_MAX) return 0;
    if (this.#placed !== program) {
      this.view.set(program.place(this.#program), this.#program);
      this.#placed = program;
    }
    return this.#program;
  }
}
