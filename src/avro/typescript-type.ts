/** A compiled schema in plain TypeScript. */
import { toAvroError, within, wrongValue } from './fault.ts';
import { ByteWriter } from './byte-writer.ts';
import { Decoder } from './decoder.ts';
import { JsonEncoder } from './json-encoder.ts';
import type { AvroGroup, AvroType } from './avro-type.ts';
import type { AvroSchema } from './schema.ts';
import { requireList, requireText } from './require-input.ts';
import { walkValue } from './value-walk.ts';

/** A writer that held a huge value is not kept. */
const KEPT_BYTES_MAX = 1_048_576;

export class TypeScriptAvroType implements AvroType {
  readonly schema: string;
  readonly warnings: readonly string[];
  readonly #parsed: AvroSchema;
  readonly #decoder = new Decoder();
  #writer = new ByteWriter();
  #json = new JsonEncoder();
  #isBusy = false;
  /** For values one by one; it hands out the memory that it has written. */
  readonly #single = new ByteWriter();
  #isSingleBusy = false;

  constructor(parsed: AvroSchema) {
    this.schema = parsed.text;
    this.warnings = parsed.warnings;
    this.#parsed = parsed;
  }

  encode(value: unknown): Buffer {
    // A getter of the value may encode with the same type.
    const writer = this.#isSingleBusy ? new ByteWriter() : this.#single;
    const wasBusy = this.#isSingleBusy;
    const start = writer.at;
    this.#isSingleBusy = true;
    try {
      walkValue(this.#parsed.root, value, writer, 0);
      return writer.take(start);
    } catch (error) {
      writer.at = start;
      throw toAvroError(error);
    } finally {
      this.#isSingleBusy = wasBusy;
    }
  }

  encodeGroup(values: readonly unknown[], into?: Uint8Array): AvroGroup {
    requireList(values, 'values');
    const writer = this.#begin();
    const ends = new Uint32Array(values.length);
    let index = 0;
    try {
      for (; index < values.length; index++) {
        walkValue(this.#parsed.root, values[index], writer, 0);
        ends[index] = writer.at;
      }
      return { bytes: writer.copyInto(into), ends };
    } catch (error) {
      throw toAvroError(within(error, index));
    } finally {
      this.#end(writer);
    }
  }

  encodeJson(text: string): Buffer {
    requireText(text);
    try {
      return this.#json.encode(this.#parsed.root, text);
    } catch (error) {
      throw toAvroError(error);
    } finally {
      this.#trim();
    }
  }

  /** @param first the index of the first text, where these are some of many */
  encodeJsonGroup(texts: readonly string[], into?: Uint8Array, first = 0): AvroGroup {
    requireList(texts, 'JSON texts');
    const { writer } = this.#json;
    const ends = new Uint32Array(texts.length);
    let index = 0;
    writer.at = 0;
    try {
      for (; index < texts.length; index++) {
        const text = texts[index] as string;
        if (typeof text !== 'string') throw wrongValue(text, 'JSON text');
        this.#json.append(this.#parsed.root, text);
        ends[index] = writer.at;
      }
      return { bytes: writer.copyInto(into), ends };
    } catch (error) {
      throw toAvroError(within(error, first + index));
    } finally {
      this.#trim();
    }
  }

  decode(bytes: Uint8Array): unknown {
    try {
      if (!((bytes as unknown) instanceof Uint8Array)) throw wrongValue(bytes, 'a Uint8Array');
      return this.#decoder.decode(this.#parsed.root, bytes);
    } catch (error) {
      throw toAvroError(error);
    }
  }

  #trim(): void {
    if (this.#json.writer.buffer.length > KEPT_BYTES_MAX) this.#json = new JsonEncoder();
  }

  /** A getter of the value may encode with the same type: it gets a writer of its own. */
  #begin(): ByteWriter {
    if (this.#isBusy) return new ByteWriter();
    this.#isBusy = true;
    this.#writer.at = 0;
    return this.#writer;
  }

  #end(writer: ByteWriter): void {
    if (writer !== this.#writer) return;
    this.#isBusy = false;
    if (writer.buffer.length > KEPT_BYTES_MAX) this.#writer = new ByteWriter();
  }
}
