/**
 * JSON texts through the module: many cross in one native write, as UTF-16, a unit 0 behind each. A text that the
 * module leaves out is encoded in TypeScript, and the module goes on behind it.
 */
import type { AvroGroup } from '../../avro/avro-type.ts';
import type { AvroProgram } from '../../avro/program.ts';
import type { TypeScriptAvroType } from '../../avro/typescript-type.ts';
import { copyInto, copyOut } from '../copy-out.ts';
import { NO_ROOM } from './avro-area.ts';
import { AVRO_TEXT_UNITS_MAX, AVRO_VALUES_MAX, type AvroMemory } from './avro-memory.ts';

/** Texts are joined up to so many units; longer joins leave the processor's cache. */
const JOINED_UNITS_MAX = 16_384;
/** When less is left of the output, what is there is taken out first. */
const OUTPUT_BYTES_MIN = 2_097_152;

export class AvroTexts {
  readonly #memory: AvroMemory;
  readonly #program: AvroProgram;
  readonly #twin: TypeScriptAvroType;

  constructor(memory: AvroMemory, program: AvroProgram, twin: TypeScriptAvroType) {
    this.#memory = memory;
    this.#program = program;
    this.#twin = twin;
  }

  /** Undefined when TypeScript has to do it. */
  encode(text: string): Buffer | undefined {
    const { view, output, outputEnd } = this.#memory;
    const program = text.length <= AVRO_TEXT_UNITS_MAX ? this.#memory.programAddress(this.#program) : 0;
    if (program === 0) return undefined;
    this.#bring(text);
    this.#memory.intView[this.#memory.cells >> 2] = text.length;
    const done = this.#run(program, 0, 0, 1, output, outputEnd, output);
    return done === 1 ? copyOut(view, output, this.#memory.abi.avroJsonEnd() - output) : undefined;
  }

  /** All of them strings. */
  encodeGroup(texts: readonly string[], into: Uint8Array | undefined): AvroGroup {
    const { view, output } = this.#memory;
    const ends = new Uint32Array(texts.length);
    const parts: Buffer[] = [];
    let written = 0;
    let at = output;
    for (let from = 0; from < texts.length; ) {
      if (this.#memory.outputEnd - at < OUTPUT_BYTES_MIN) {
        parts.push(copyOut(view, output, at - output));
        written += at - output;
        at = output;
      }
      const to = this.#pieceEnd(texts, from);
      at = this.#encodePiece(texts, from, to, at, output - written, ends);
      from = to;
    }
    if (parts.length === 0) return { bytes: copyInto(into, view, output, at - output), ends };
    return { bytes: Buffer.concat([...parts, copyOut(view, output, at - output)]), ends };
  }

  /** Notes the units of the texts that are to cross together, and returns the index behind the last of them. */
  #pieceEnd(texts: readonly string[], from: number): number {
    const { intView, cells } = this.#memory;
    const last = Math.min(texts.length, from + AVRO_VALUES_MAX);
    let to = from;
    for (let units = 0; to < last && units < JOINED_UNITS_MAX; to++) {
      const { length } = texts[to] as string;
      units += length + 1;
      // A long one goes by itself.
      if (to > from && units > AVRO_TEXT_UNITS_MAX) break;
      intView[(cells >> 2) + to - from] = length;
    }
    return to;
  }

  #encodePiece(
    texts: readonly string[],
    from: number,
    to: number,
    at: number,
    base: number,
    ends: Uint32Array,
  ): number {
    const { intView, cells, outputEnd, endView, view, abi } = this.#memory;
    const isHere = to - from > 1 || (texts[from] as string).length <= AVRO_TEXT_UNITS_MAX;
    const program = isHere ? this.#memory.programAddress(this.#program) : 0;
    if (program !== 0) this.#bring(to - from === 1 ? (texts[from] as string) : texts.slice(from, to).join('\0'));
    let units = 0;
    for (let next = from; next < to; ) {
      const done = program === 0 ? 0 : this.#run(program, units, next - from, to - next, at, outputEnd, base);
      if (done > 0) {
        at = abi.avroJsonEnd();
        ends.set(done === endView.length ? endView : endView.subarray(0, done), next);
        for (let index = 0; index < done; index++) units += (intView[(cells >> 2) + next - from + index] as number) + 1;
        next += done;
        if (next === to) break;
      }
      const { bytes } = this.#twin.encodeJsonGroup([texts[next] as string], undefined, next);
      if (bytes.length > outputEnd - at) throw NO_ROOM;
      view.set(bytes, at);
      at += bytes.length;
      ends[next] = at - base;
      units += (texts[next] as string).length + 1;
      next += 1;
    }
    return at;
  }

  /** How many of the texts from this one on the module has encoded. */
  #run(program: number, units: number, index: number, count: number, at: number, end: number, base: number): number {
    const { abi, text, cells, ends, spans, spansEnd } = this.#memory;
    try {
      return abi.avroEncodeJson(
        program,
        text + units * 2,
        cells + index * 4,
        count,
        at,
        end,
        base,
        ends,
        spans,
        spansEnd,
      );
    } catch {
      // The caller's stack was nearly used up; TypeScript says so.
      return 0;
    }
  }

  #bring(texts: string): void {
    const { view, text } = this.#memory;
    view.write(texts, text, 'utf16le');
    const end = text + texts.length * 2;
    view[end] = 0;
    view[end + 1] = 0;
  }
}
