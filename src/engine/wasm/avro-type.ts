/**
 * A compiled schema whose hot paths run in WebAssembly. The module says yes or no, never why: whatever it does not take
 * is done again in TypeScript, which either finds the fault and says it in its own words, or encodes what the module
 * leaves to it (numbers of more digits than a multiplication rounds rightly, decimals, values of a megabyte). So both
 * engines have the same errors by construction.
 */
import type { AvroGroup, AvroType } from '../../avro/avro-type.ts';
import { compileProgram, type AvroProgram } from '../../avro/program.ts';
import { requireText } from '../../avro/require-text.ts';
import type { AvroSchema } from '../../avro/schema.ts';
import { TypeScriptAvroType } from '../../avro/typescript-type.ts';
import { walkValue } from '../../avro/value-walk.ts';
import { copyOut } from '../copy-out.ts';
import { AVRO_TEXT_UNITS_MAX, type AvroMemory } from './avro-memory.ts';
import { AvroTape } from './avro-tape.ts';

export class WasmAvroType implements AvroType {
  readonly schema: string;
  readonly warnings: readonly string[];
  readonly #memory: AvroMemory;
  readonly #tape: AvroTape;
  readonly #parsed: AvroSchema;
  readonly #twin: TypeScriptAvroType;
  readonly #program: AvroProgram;

  constructor(memory: AvroMemory, parsed: AvroSchema) {
    this.schema = parsed.text;
    this.warnings = parsed.warnings;
    this.#memory = memory;
    this.#tape = new AvroTape(memory);
    this.#parsed = parsed;
    this.#twin = new TypeScriptAvroType(parsed);
    this.#program = compileProgram(parsed.root);
  }

  /** In JavaScript: a single value is over before its strings have crossed into the module. */
  encode(value: unknown): Uint8Array {
    return this.#twin.encode(value);
  }

  encodeGroup(values: readonly unknown[]): AvroGroup {
    // A getter of a value may come back here while the memory is in use.
    if (this.#memory.isBusy) return this.#twin.encodeGroup(values);
    this.#memory.isBusy = true;
    try {
      return this.#encodeGroup(values);
    } catch {
      return this.#twin.encodeGroup(values);
    } finally {
      this.#memory.isBusy = false;
      this.#tape.clear();
    }
  }

  encodeJson(text: string): Uint8Array {
    requireText(text);
    const memory = this.#memory;
    const units = text.length;
    const isHere = units <= AVRO_TEXT_UNITS_MAX && !memory.isBusy;
    const program = isHere ? memory.programAddress(this.#program) : 0;
    if (program === 0) return this.#twin.encodeJson(text);
    const { view, abi, output, outputEnd, spans, spansEnd } = memory;
    view.write(text, memory.text, 'utf16le');
    // The unit that ends the text.
    view[memory.text + units * 2] = 0;
    view[memory.text + units * 2 + 1] = 0;
    let end = 0;
    try {
      end = abi.avroEncodeJson(program, memory.text, units, output, outputEnd, spans, spansEnd);
    } catch {
      // The caller's stack was nearly used up; what comes next says so.
    }
    if (end === 0) return this.#twin.encodeJson(text);
    return copyOut(view, output, end - output);
  }

  encodeJsonGroup(texts: readonly string[]): AvroGroup {
    return this.#twin.encodeJsonGroup(texts);
  }

  decode(bytes: Uint8Array): unknown {
    return this.#twin.decode(bytes);
  }

  #encodeGroup(values: readonly unknown[]): AvroGroup {
    const tape = this.#tape;
    const { root } = this.#parsed;
    const ends = new Uint32Array(values.length);
    const parts: Uint8Array[] = [];
    let partBytes = 0;
    let written = 0;
    for (const value of values) {
      walkValue(root, value, tape, 0);
      tape.end();
      if (!tape.isHalfFull && written + tape.valueCount < values.length) continue;
      const part = this.#write();
      for (let index = 0; index < tape.valueCount; index++) {
        ends[written + index] = partBytes + (this.#memory.endView[index] as number);
      }
      written += tape.valueCount;
      partBytes += part.length;
      parts.push(part);
      tape.clear();
    }
    return { bytes: parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts), ends };
  }

  /** What is on the tape, encoded. */
  #write(): Uint8Array {
    const tape = this.#tape;
    const { abi, kinds, numbers, text, bytes, output, ends, view } = this.#memory;
    tape.flush();
    const end = abi.avroWriteTape(kinds, numbers, tape.count, text, bytes, output, ends);
    return copyOut(view, output, end - output);
  }
}
