/** The keys or values of some messages of a send, gathered, encoded in one call and handed out as slices. */
import { ByteSlice } from '../engine/byte-slice.ts';
import { ValueError } from '../errors.ts';
import type { EncodedGroup, ValueFormat } from '../formats/value-format.ts';
import { isBytes } from './bytes.ts';
import { isPlain } from './json.ts';
import { Refusal } from './refusal.ts';

/** The schema of keys or of values, and what goes before each of them. */
export interface FieldEncoder {
  readonly format: ValueFormat;
  /** The id of the schema in its wire format; empty for none. */
  readonly front: Uint8Array;
}

const EMPTY: EncodedGroup = { bytes: Buffer.alloc(0), ends: [] };

/** Inputs of one kind: values, or JSON texts. */
class Inputs<T> {
  readonly #encodeAll: (inputs: readonly T[], into: Buffer | undefined) => EncodedGroup;
  readonly #encodeOne: (input: T) => Uint8Array;
  inputs: T[] = [];
  paths: string[] = [];

  constructor(
    encodeAll: (inputs: readonly T[], into: Buffer | undefined) => EncodedGroup,
    encodeOne: (input: T) => Uint8Array,
  ) {
    this.#encodeAll = encodeAll;
    this.#encodeOne = encodeOne;
  }

  add(input: T, path: string): number {
    this.paths.push(path);
    return this.inputs.push(input) - 1;
  }

  /** What is gathered, encoded and forgotten; one that cannot be encoded fails alone. */
  take(into: Buffer | undefined): EncodedColumn {
    const { inputs, paths } = this;
    if (inputs.length === 0) return new EncodedColumn(EMPTY, undefined);
    this.inputs = [];
    this.paths = [];
    if (inputs.length > 1) {
      try {
        return new EncodedColumn(this.#encodeAll(inputs, into), undefined);
      } catch {
        // One by one shows which it is.
      }
    }
    return this.#takeOneByOne(inputs, paths);
  }

  #takeOneByOne(inputs: readonly T[], paths: readonly string[]): EncodedColumn {
    const parts: Uint8Array[] = [];
    const ends: number[] = [];
    let faults: Map<number, unknown> | undefined;
    let end = 0;
    for (const [index, input] of inputs.entries()) {
      try {
        const part = this.#encodeOne(input);
        parts.push(part);
        end += part.length;
      } catch (error) {
        faults ??= new Map();
        faults.set(index, below(error, paths[index] as string));
      }
      ends.push(end);
    }
    const [only] = parts;
    const bytes = parts.length === 1 ? (only as Uint8Array) : Buffer.concat(parts);
    return new EncodedColumn({ bytes, ends }, faults);
  }
}

/** The error as it looks from the message: `$.price` of the field at `$.Value` is `$.Value.price`. */
function below(error: unknown, path: string): unknown {
  if (!(error instanceof ValueError) || path === '$') return error;
  return new ValueError(error.code, path + error.path.slice(1), error.reason);
}

class EncodedColumn {
  readonly #bytes: Buffer;
  readonly #ends: ArrayLike<number>;
  readonly #faults: ReadonlyMap<number, unknown> | undefined;

  constructor({ bytes, ends }: EncodedGroup, faults: ReadonlyMap<number, unknown> | undefined) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#ends = ends;
    this.#faults = faults;
  }

  get byteLength(): number {
    return this.#bytes.length;
  }

  fault(index: number): unknown {
    return this.#faults?.get(index);
  }

  point(slice: ByteSlice, index: number): ByteSlice {
    return slice.point(this.#bytes, index === 0 ? 0 : (this.#ends[index - 1] as number), this.#ends[index] as number);
  }
}

/** Encoded fields, by the tickets they were gathered under. */
export class EncodedFields {
  readonly #values: EncodedColumn;
  readonly #texts: EncodedColumn;

  constructor(values: EncodedColumn, texts: EncodedColumn) {
    this.#values = values;
    this.#texts = texts;
  }

  get byteLength(): number {
    return this.#values.byteLength + this.#texts.byteLength;
  }

  /** Why it could not be encoded; undefined when it was. */
  fault(ticket: number): unknown {
    return (ticket % 2 === 0 ? this.#values : this.#texts).fault(ticket >>> 1);
  }

  point(slice: ByteSlice, ticket: number): ByteSlice {
    return (ticket % 2 === 0 ? this.#values : this.#texts).point(slice, ticket >>> 1);
  }
}

export class FieldGatherer {
  /** What stands for a gathered field until it is encoded, and is pointed at it then. */
  readonly slice: ByteSlice;
  /** Of the field gathered last: even for values, odd for JSON texts. */
  ticket = -1;
  readonly #format: ValueFormat;
  readonly #values: Inputs<unknown>;
  readonly #texts: Inputs<string>;

  constructor({ format, front }: FieldEncoder) {
    this.slice = new ByteSlice(front);
    this.#format = format;
    this.#values = new Inputs<unknown>(
      (values, into) => format.encodeGroup(values, into),
      (value) => format.encode(value),
    );
    this.#texts = new Inputs<string>(
      (texts, into) => format.encodeJsonGroup(texts, into),
      (text) => format.encodeJson(text),
    );
  }

  gather(value: unknown, path: string): ByteSlice {
    if (typeof value === 'object' && value !== null && !isPlain(value)) this.#checkBytes(value, path);
    if (typeof value === 'string' && this.#format.isJson(value)) this.ticket = this.#texts.add(value, path) * 2 + 1;
    else this.ticket = this.#values.add(value, path) * 2;
    return this.slice;
  }

  #checkBytes(value: object, path: string): void {
    if (this.#format.takesBytes || !isBytes(value)) return;
    const allowed = 'an object or JSON text that the schema fits; bytes are not sent past it';
    throw new Refusal(path, `got ${value.byteLength} bytes; allowed: ${allowed}`);
  }

  /** @param into memory for them, which nobody else uses while they are */
  take(into: Buffer | undefined): EncodedFields {
    const hasValues = this.#values.inputs.length > 0;
    return new EncodedFields(this.#values.take(into), this.#texts.take(hasValues ? undefined : into));
  }
}
