/** Values of an Avro schema. */
import { parseSchema } from '../avro/parse-schema.ts';
import { type AvroNode, OP } from '../avro/schema.ts';
import type { AvroType, Engine } from '../engine/engine.ts';
import type { EncodedGroup, ValueFormat } from './value-format.ts';

/** Ops that take a text as their value. */
const TEXT_OPS: ReadonlySet<number> = new Set([
  OP.bytes,
  OP.string,
  OP.fixed,
  OP.enum,
  OP.decimalBytes,
  OP.decimalFixed,
  OP.uuidString,
  OP.uuidFixed,
]);
const BYTES_OPS: ReadonlySet<number> = new Set([
  OP.bytes,
  OP.fixed,
  OP.decimalBytes,
  OP.decimalFixed,
  OP.uuidFixed,
  OP.duration,
  // Lists of numbers in typed arrays.
  OP.array,
]);
const JSON_OPENERS: ReadonlySet<string> = new Set(['{', '[']);

export class AvroFormat implements ValueFormat {
  readonly schemaType = 'AVRO';
  readonly schema: string;
  readonly recordName: string | undefined;
  readonly takesBytes: boolean;
  readonly #type: AvroType;
  readonly #takesTexts: boolean;
  readonly #takesObjects: boolean;

  /** Throws ERR_AVRO_SCHEMA. */
  constructor(engine: Engine, schema: string, options: { strict: boolean }) {
    this.#type = engine.compileAvro(schema, options);
    const { root } = parseSchema(schema);
    const branches = root.op === OP.union ? root.branches : [root];
    this.schema = schema;
    this.recordName = isNamed(root) ? root.name : undefined;
    this.takesBytes = branches.some(({ op }) => BYTES_OPS.has(op));
    this.#takesTexts = branches.some(({ op }) => TEXT_OPS.has(op));
    this.#takesObjects = branches.some(({ op }) => op === OP.record || op === OP.map || op === OP.array);
  }

  /**
   * The schema decides, so that no text changes its meaning with its content: where it has no texts, every text is
   * JSON; where it has only texts, none is; where it has both, what opens with a brace or bracket.
   */
  isJson(text: string): boolean {
    if (!this.#takesTexts) return true;
    return this.#takesObjects && JSON_OPENERS.has(text.trimStart().charAt(0));
  }

  encodeGroup(values: readonly unknown[], into?: Uint8Array): EncodedGroup {
    return this.#type.encodeGroup(values, into);
  }

  encodeJsonGroup(texts: readonly string[], into?: Uint8Array): EncodedGroup {
    return this.#type.encodeJsonGroup(texts, into);
  }

  encode(value: unknown): Uint8Array {
    return this.#type.encode(value);
  }

  encodeJson(text: string): Uint8Array {
    return this.#type.encodeJson(text);
  }
}

function isNamed({ op, symbols, size }: AvroNode): boolean {
  return op === OP.record || symbols.length > 0 || size > 0;
}
