/** By which schemas keys and values are encoded, and what goes before each: out of the properties, checked. */
import { parseSchema } from '../avro/parse-schema.ts';
import { KafkaHotpathError } from '../errors.ts';
import type { ConfigProblem, ConfigProblemCode } from './config-error.ts';
import { type FormatsReading, type OtherFormat, readFormats } from './format-config.ts';
import { readRegistry, type RegistryConfig, type RegistryContext } from './registry-config.ts';
import type { PropertyReading } from './property-reading.ts';
import type { PropertyValue } from './property-spec.ts';

export interface SchemaConfig {
  /** JSON text; undefined: the registry has it, by the id or as the latest of the subject. */
  readonly avro: string | undefined;
  /** As a registry has given it; undefined: the registry is asked, or nothing goes before the bytes. */
  readonly id: number | undefined;
  /** What it is when it is not Avro. */
  readonly format?: OtherFormat;
}

/** At least one of the two. */
export interface SchemasConfig {
  readonly key: SchemaConfig | undefined;
  readonly value: SchemaConfig | undefined;
  /** Where ids and schemas that are not given come from. */
  readonly registry: RegistryConfig | undefined;
}

export interface SchemasReading {
  readonly config: SchemasConfig | undefined;
  readonly problems: ConfigProblem[];
  readonly warnings: string[];
}

interface Role {
  readonly name: 'key' | 'value';
  readonly avro: 'avroSchema' | 'keyAvroSchema';
  readonly id: 'schemaId' | 'keySchemaId';
}

/** Instead of a schema: the subject's latest. It is no JSON, so no schema reads so. */
const LATEST = 'latest';

const VALUE: Role = { name: 'value', avro: 'avroSchema', id: 'schemaId' };
const KEY: Role = { name: 'key', avro: 'keyAvroSchema', id: 'keySchemaId' };

export function readSchemas(reading: PropertyReading, context: RegistryContext): SchemasReading {
  return new SchemaReader(reading, context).read();
}

class SchemaReader {
  readonly #reading: PropertyReading;
  readonly #context: RegistryContext;
  readonly #problems: ConfigProblem[] = [];
  readonly #warnings: string[] = [];

  constructor(reading: PropertyReading, context: RegistryContext) {
    this.#reading = reading;
    this.#context = context;
  }

  read(): SchemasReading {
    const formats = readFormats(this.#reading, this.#context);
    this.#problems.push(...formats.problems);
    this.#warnings.push(...formats.warnings);
    const value = this.#role(VALUE, formats);
    const key = this.#role(KEY, formats);
    this.#checkKeyType(key);
    const isNone = value === undefined && key === undefined;
    if (isNone && this.#isSet('schemaFraming')) this.#warnUnused('schemaFraming');
    const registry = readRegistry(this.#reading, this.#context);
    this.#problems.push(...registry.problems);
    this.#warnings.push(...registry.warnings);
    if (isNone && registry.config !== undefined) {
      const latest = `"${LATEST}" takes the latest schema of the subject`;
      this.#warnings.push(`schemaRegistryUrl: is not used, because there is no schema; avroSchema ${latest}`);
    }
    const isFaulty = isNone || this.#problems.length > 0;
    const config = isFaulty ? undefined : Object.freeze({ key, value, registry: registry.config });
    return { config, problems: this.#problems, warnings: this.#warnings };
  }

  #role({ name, avro, id }: Role, formats: FormatsReading): SchemaConfig | undefined {
    const text = this.#value(avro);
    const given = this.#value(id);
    const schemaId = given === undefined ? undefined : Number(given);
    const hasRegistry = this.#isSet('schemaRegistryUrl');
    const format = formats[name];
    if (format !== undefined) {
      this.#checkFraming(id, schemaId, hasRegistry);
      return Object.freeze({ avro: undefined, id: schemaId, format });
    }
    if (text === undefined && (schemaId === undefined || !hasRegistry)) {
      if (schemaId !== undefined && !this.#reading.faulty.has(avro)) this.#warnUnused(id);
      return undefined;
    }
    this.#checkFraming(id, schemaId, hasRegistry);
    if (text !== undefined && text !== LATEST) {
      this.#checkSchema(avro, String(text));
      return Object.freeze({ avro: String(text), id: schemaId });
    }
    if (!hasRegistry && text === LATEST) {
      this.#refuse(avro, 'conflict', `"${LATEST}" needs a schemaRegistryUrl to ask; else give the schema itself`);
    }
    if (schemaId === undefined && this.#value('schemaRegistrySubjectNameStrategy') !== 'TopicName') {
      this.#refuse(avro, 'conflict', `"${LATEST}" goes by the name of the topic; give the schema, or its id`);
    }
    return Object.freeze({ avro: undefined, id: schemaId });
  }

  #checkSchema(property: string, text: string): void {
    try {
      this.#warnings.push(...parseSchema(text).warnings.map((warning) => `${property}: ${warning}`));
    } catch (error) {
      if (!(error instanceof KafkaHotpathError)) throw error;
      this.#refuse(property, 'format', error.message);
    }
  }

  #checkFraming(id: Role['id'], schemaId: number | undefined, hasRegistry: boolean): void {
    const framing = this.#value('schemaFraming');
    if (framing === 'Raw' && schemaId !== undefined) {
      this.#refuse(id, 'conflict', 'does not go with schemaFraming Raw, which writes no id; keep one of them');
    } else if (framing === 'Raw' && hasRegistry) {
      this.#refuse('schemaFraming', 'conflict', 'Raw writes no id, so there is nothing to ask schemaRegistryUrl for');
    }
    if (framing === 'Confluent' && schemaId === undefined && !hasRegistry && !this.#reading.faulty.has(id)) {
      const what = 'schemaFraming Confluent writes the id of the schema before each message';
      this.#refuse(id, 'missing', `is missing; ${what}; give it, or schemaRegistryUrl`);
    }
  }

  #checkKeyType(key: SchemaConfig | undefined): void {
    const type = this.#value('keyDataType');
    if (key === undefined || type === 'String' || !this.#isSet('keyDataType')) return;
    this.#refuse('keyDataType', 'conflict', `got ${String(type)}; keys go by a schema; remove one of them`);
  }

  #warnUnused(name: string): void {
    this.#warnings.push(`${name}: is not used, because there is no schema; avroSchema or keyAvroSchema gives one`);
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
