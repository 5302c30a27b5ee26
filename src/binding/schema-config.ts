/** By which schemas keys and values are encoded, and what goes before each: out of the properties, checked. */
import { parseSchema } from '../avro/parse-schema.ts';
import { KafkaHotpathError } from '../errors.ts';
import type { ConfigProblem, ConfigProblemCode } from './config-error.ts';
import type { PropertyReading } from './property-reading.ts';
import type { PropertyValue } from './property-spec.ts';

export interface SchemaConfig {
  /** JSON text. */
  readonly avro: string;
  /** As a registry has given it; undefined: nothing goes before the bytes. */
  readonly id: number | undefined;
}

/** At least one of the two. */
export interface SchemasConfig {
  readonly key: SchemaConfig | undefined;
  readonly value: SchemaConfig | undefined;
}

export interface SchemasReading {
  readonly config: SchemasConfig | undefined;
  readonly problems: ConfigProblem[];
  readonly warnings: string[];
}

interface Role {
  readonly avro: 'avroSchema' | 'keyAvroSchema';
  readonly id: 'schemaId' | 'keySchemaId';
}

const VALUE: Role = { avro: 'avroSchema', id: 'schemaId' };
const KEY: Role = { avro: 'keyAvroSchema', id: 'keySchemaId' };

export function readSchemas(reading: PropertyReading): SchemasReading {
  return new SchemaReader(reading).read();
}

class SchemaReader {
  readonly #reading: PropertyReading;
  readonly #problems: ConfigProblem[] = [];
  readonly #warnings: string[] = [];

  constructor(reading: PropertyReading) {
    this.#reading = reading;
  }

  read(): SchemasReading {
    const value = this.#role(VALUE);
    const key = this.#role(KEY);
    this.#checkKeyType(key);
    const isNone = value === undefined && key === undefined;
    if (isNone && this.#isSet('schemaFraming')) this.#warnUnused('schemaFraming');
    const config = isNone || this.#problems.length > 0 ? undefined : Object.freeze({ key, value });
    return { config, problems: this.#problems, warnings: this.#warnings };
  }

  #role({ avro, id }: Role): SchemaConfig | undefined {
    const text = this.#value(avro);
    const number = this.#value(id);
    if (text === undefined) {
      if (number !== undefined && !this.#reading.faulty.has(avro)) this.#warnUnused(id);
      return undefined;
    }
    try {
      this.#warnings.push(...parseSchema(String(text)).warnings.map((warning) => `${avro}: ${warning}`));
    } catch (error) {
      if (!(error instanceof KafkaHotpathError)) throw error;
      this.#refuse(avro, 'format', error.message);
    }
    const framing = this.#value('schemaFraming');
    if (framing === 'Raw' && number !== undefined) {
      this.#refuse(id, 'conflict', 'does not go with schemaFraming Raw, which writes no id; keep one of them');
    }
    if (framing === 'Confluent' && number === undefined && !this.#reading.faulty.has(id)) {
      this.#refuse(
        id,
        'missing',
        'is missing; schemaFraming Confluent writes the id of the schema before each message',
      );
    }
    return Object.freeze({ avro: String(text), id: number === undefined ? undefined : Number(number) });
  }

  #checkKeyType(key: SchemaConfig | undefined): void {
    const type = this.#value('keyDataType');
    if (key === undefined || type === 'String' || !this.#isSet('keyDataType')) return;
    this.#refuse('keyDataType', 'conflict', `got ${String(type)}; keys go by keyAvroSchema; remove one of them`);
  }

  #warnUnused(name: string): void {
    this.#warnings.push(`${name}: is not used, because there is no schema; avroSchema and keyAvroSchema give one`);
  }

  #isSet(name: string): boolean {
    return this.#reading.values.get(name)?.set === true;
  }

  /** Undefined when absent or faulty in itself. */
  #value(name: string): PropertyValue | undefined {
    return this.#reading.faulty.has(name) ? undefined : this.#reading.values.get(name)?.value;
  }

  #refuse(property: string, code: ConfigProblemCode, what: string): void {
    this.#problems.push({ property, code, message: `${property}: ${what}` });
  }
}
