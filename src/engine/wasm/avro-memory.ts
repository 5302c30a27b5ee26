/**
 * The memory of the instance that encodes Avro: one for the process, because V8 reserves about 10 GiB of address space
 * for each. It never grows after it is laid out, so its views hold for ever:
 *
 *     module | kinds | numbers | text | bytes | ends | program | spans | output
 *
 * What does not fit is encoded in TypeScript.
 */
import type { AvroProgram } from '../../avro/program.ts';
import type { Abi } from './abi.ts';
import { SLACK } from './memory-map.ts';

/** Primitives on the tape. */
export const TAPE_ENTRIES_MAX = 16_384;
/** Units of text on the tape, and of JSON text: what a megabyte of it mostly is. */
export const AVRO_TEXT_UNITS_MAX = 524_288;
export const AVRO_BYTES_MAX = 524_288;
const PROGRAM_BYTES_MAX = 524_288;
const SPANS_BYTES = 131_072;
const PAGE_BYTES = 65_536;
/** Of a long, and of the length in front of text and bytes. */
const VARINT_BYTES_MAX = 10;

export class AvroMemory {
  readonly abi: Abi;
  /** A value is being walked: its getters may ask for more, which then has to be done elsewhere. */
  isBusy = false;
  readonly kinds: number;
  readonly numbers: number;
  readonly text: number;
  readonly bytes: number;
  readonly ends: number;
  readonly spans: number;
  readonly output: number;
  readonly outputEnd: number;
  readonly view: Buffer;
  readonly kindView: Uint8Array;
  readonly numberView: Float64Array;
  readonly bigView: BigInt64Array;
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
    this.kinds = place(TAPE_ENTRIES_MAX);
    this.numbers = place(TAPE_ENTRIES_MAX * 8);
    this.text = place((AVRO_TEXT_UNITS_MAX + 1) * 2);
    this.bytes = place(AVRO_BYTES_MAX);
    this.ends = place(TAPE_ENTRIES_MAX * 4);
    this.#program = place(PROGRAM_BYTES_MAX);
    this.spans = place(SPANS_BYTES);
    // A unit becomes three bytes at most; whatever the tape holds has room.
    const outputBytes = TAPE_ENTRIES_MAX * VARINT_BYTES_MAX + AVRO_TEXT_UNITS_MAX * 3 + AVRO_BYTES_MAX;
    this.output = place(outputBytes);
    this.outputEnd = this.output + outputBytes;
    const { memory } = abi;
    const missing = end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
    this.view = Buffer.from(memory.buffer);
    this.kindView = new Uint8Array(memory.buffer, this.kinds, TAPE_ENTRIES_MAX);
    this.numberView = new Float64Array(memory.buffer, this.numbers, TAPE_ENTRIES_MAX);
    this.bigView = new BigInt64Array(memory.buffer, this.numbers, TAPE_ENTRIES_MAX);
    this.endView = new Uint32Array(memory.buffer, this.ends, TAPE_ENTRIES_MAX);
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
