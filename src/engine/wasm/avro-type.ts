/**
 * A compiled schema whose hot paths run in WebAssembly. The module says yes or no, never why: whatever it does not take
 * is done again in TypeScript, which either finds the fault and says it in its own words, or encodes what the module
 * leaves to it (numbers of more digits than a multiplication rounds rightly, decimals, values of a megabyte). So both
 * engines have the same errors by construction.
 */
import type { AvroGroup, AvroType } from '../../avro/avro-type.ts';
import { compileProgram } from '../../avro/program.ts';
import { requireList, requireText } from '../../avro/require-input.ts';
import type { AvroSchema } from '../../avro/schema.ts';
import { TypeScriptAvroType } from '../../avro/typescript-type.ts';
import { ByteWriter } from '../../avro/byte-writer.ts';
import { copyInto } from '../copy-out.ts';
import { AvroArea, NO_ROOM } from './avro-area.ts';
import { type ColumnTree, columnTree } from './avro-column-tree.ts';
import type { ColumnSink } from './avro-column.ts';
import type { AvroMemory } from './avro-memory.ts';
import { AvroTexts } from './avro-texts.ts';

/** Values taken apart at a time: their columns stay in the processor's cache. */
const CHUNK_VALUES = 1024;
/** Fewer are over before their columns have been begun. */
const GROUP_VALUES_MIN = 8;
/** Thrown when the module refuses a value; TypeScript finds out why. */
const REFUSED = new Error('a value is refused; this never leaves the engine');

export class WasmAvroType implements AvroType {
  readonly schema: string;
  readonly warnings: readonly string[];
  readonly #memory: AvroMemory;
  readonly #twin: TypeScriptAvroType;
  readonly #texts: AvroTexts;
  readonly #columns: ColumnTree;
  readonly #sink: ColumnSink;

  constructor(memory: AvroMemory, parsed: AvroSchema) {
    this.schema = parsed.text;
    this.warnings = parsed.warnings;
    this.#memory = memory;
    this.#twin = new TypeScriptAvroType(parsed);
    this.#texts = new AvroTexts(memory, compileProgram(parsed.root), this.#twin);
    this.#columns = columnTree(parsed.root, memory.blocks);
    const blocks = Int32Array.from(this.#columns.blocks);
    this.#sink = { blocks, area: new AvroArea(memory), writer: new ByteWriter() };
  }

  /** In JavaScript: a single value is over before its strings have crossed into the module. */
  encode(value: unknown): Uint8Array {
    return this.#twin.encode(value);
  }

  encodeGroup(values: readonly unknown[], into?: Uint8Array): AvroGroup {
    requireList(values, 'values');
    // A getter of a value may come back here while the memory is in use.
    if (this.#memory.isBusy || values.length < GROUP_VALUES_MIN) return this.#twin.encodeGroup(values, into);
    this.#memory.isBusy = true;
    try {
      return this.#encodeColumns(values, into);
    } catch {
      return this.#twin.encodeGroup(values, into);
    } finally {
      this.#memory.isBusy = false;
    }
  }

  encodeJson(text: string): Uint8Array {
    requireText(text);
    const bytes = this.#memory.isBusy ? undefined : this.#texts.encode(text);
    return bytes ?? this.#twin.encodeJson(text);
  }

  encodeJsonGroup(texts: readonly string[], into?: Uint8Array): AvroGroup {
    requireList(texts, 'JSON texts');
    const isHere = !this.#memory.isBusy && texts.every((text) => typeof (text as unknown) === 'string');
    if (!isHere) return this.#twin.encodeJsonGroup(texts, into);
    try {
      return this.#texts.encodeGroup(texts, into);
    } catch (error) {
      if (error === NO_ROOM) return this.#twin.encodeJsonGroup(texts, into);
      throw error;
    }
  }

  decode(bytes: Uint8Array): unknown {
    return this.#twin.decode(bytes);
  }

  #encodeColumns(values: readonly unknown[], into: Uint8Array | undefined): AvroGroup {
    const { abi, view, intView, endView, blocks, output, outputEnd, ends: endsAddress } = this.#memory;
    const { blocks: filled, area } = this.#sink;
    const ends = new Uint32Array(values.length);
    let end = output;
    let count = CHUNK_VALUES;
    for (let from = 0; from < values.length; ) {
      const chunk = from === 0 && values.length <= count ? values : values.slice(from, from + count);
      if (!this.#fill(chunk) || area.outputBytesMax > outputEnd - end) {
        if (count === 1) throw NO_ROOM;
        count = Math.ceil(count / 4);
        continue;
      }
      intView.set(filled, blocks >> 2);
      end = abi.avroWriteColumns(blocks, chunk.length, end, output, endsAddress);
      if (end === 0) throw REFUSED;
      ends.set(endView.subarray(0, chunk.length), from);
      from += chunk.length;
    }
    return { bytes: copyInto(into, view, output, end - output), ends };
  }

  /** False when there is no room for so many; throws when something is wrong with one. */
  #fill(values: readonly unknown[]): boolean {
    const sink = this.#sink;
    sink.area.clear();
    sink.blocks.set(this.#columns.blocks);
    try {
      this.#columns.root.fill(values, sink);
      return true;
    } catch (error) {
      if (error === NO_ROOM) return false;
      throw error;
    }
  }
}
