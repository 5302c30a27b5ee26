/** Encodes the defaults of all fields once, so that a missing field costs a copy. */
import { KafkaHotpathError } from '../errors.ts';
import { ByteWriter } from './byte-writer.ts';
import { AvroFault, fault, pathStep, tooDeep } from './fault.ts';
import { JsonEncoder } from './json-encoder.ts';
import { type AvroField, type AvroNode, DEFAULT_BYTES_MAX, VALUE_DEPTH_MAX } from './schema.ts';

export function fillDefaults(records: readonly AvroNode[], paths: ReadonlyMap<AvroNode, string>): void {
  const filler = new Filler();
  for (const record of records) {
    for (const field of record.fields) {
      try {
        filler.fill(field);
      } catch (error) {
        throw asSchemaError(error, `${paths.get(record) ?? '$'}.fields${pathStep(field.name)}.default`);
      }
    }
  }
}

/**
 * A default may leave out fields that have defaults themselves, so those come first; one that needs itself that way
 * has no value.
 */
class Filler {
  /** Those that are being encoded, each for the one before it. */
  readonly #open: AvroField[] = [];
  /** How many defaults stand inside each other in a default. */
  readonly #levels = new Map<AvroField, number>();
  #bytes = 0;

  fill(field: AvroField): void {
    if (field.defaultText === undefined) return;
    if (field.defaultBytes === undefined) this.#encode(field, field.defaultText);
    const outer = this.#open.at(-1);
    if (outer === undefined) return;
    const level = Math.max(this.#levels.get(outer) ?? 0, (this.#levels.get(field) ?? 0) + 1);
    if (level > VALUE_DEPTH_MAX) throw tooDeep();
    this.#levels.set(outer, level);
  }

  #encode(field: AvroField, text: string): void {
    if (this.#open.includes(field)) throw new AvroFault('the default contains itself');
    if (this.#open.length === VALUE_DEPTH_MAX) throw tooDeep();
    this.#open.push(field);
    const onMissing = (missing: AvroField): void => {
      this.fill(missing);
    };
    const bytes = new JsonEncoder(onMissing, new ByteWriter(DEFAULT_BYTES_MAX)).encode(field.node, text);
    this.#bytes += bytes.length;
    if (this.#bytes > DEFAULT_BYTES_MAX) {
      throw fault(`defaults of more than ${DEFAULT_BYTES_MAX} bytes`, 'as many in a schema');
    }
    field.defaultBytes = bytes;
    this.#open.pop();
  }
}

function asSchemaError(error: unknown, path: string): unknown {
  if (!(error instanceof AvroFault)) return error;
  return new KafkaHotpathError('ERR_AVRO_SCHEMA', `Avro schema ${path}${error.path}: ${error.message}`);
}
