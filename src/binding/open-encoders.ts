/** Makes the encoders that the configuration asks for, with what the schema registry knows. */
import type { Engine } from '../engine/engine.ts';
import { AvroFormat } from '../formats/avro-format.ts';
import { JsonFormat, type ValidateHook } from '../formats/json-format.ts';
import { openProtobufFormat } from '../formats/protobuf-format.ts';
import { frontOf } from '../formats/wire-format.ts';
import type { ValueFormat } from '../formats/value-format.ts';
import type { RegistryCredentials } from '../registry/endpoints.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { SchemaRegistry } from '../registry/schema-registry.ts';
import { subjectOf } from '../registry/subject.ts';
import type { FieldEncoder } from './encoded-field.ts';
import type { Encoders } from './encoded-source.ts';
import type { RegistryConfig } from './registry-config.ts';
import type { SchemaConfig, SchemasConfig } from './schema-config.ts';

const NOTHING = new Uint8Array(0);

export interface EncoderContext {
  readonly engine: Engine;
  readonly topic: string;
  readonly strict: boolean;
  /** Of JSON by a schema. */
  readonly validate?: { readonly key?: ValidateHook | undefined; readonly value?: ValidateHook | undefined };
}

/** @throws RegistryError; ERR_AVRO_SCHEMA for a schema of the registry that cannot be used */
export async function openEncoders(schemas: SchemasConfig, context: EncoderContext): Promise<Encoders> {
  const registry = schemas.registry && new Registry(schemas.registry, context);
  const opening = (role: 'key' | 'value'): Promise<FieldEncoder> | undefined => {
    const schema = schemas[role];
    return schema && openEncoder(schema, role, registry, context);
  };
  try {
    const [key, value] = await Promise.all([opening('key'), opening('value')]);
    return { key, value };
  } finally {
    registry?.close();
  }
}

async function openEncoder(
  schema: SchemaConfig,
  role: 'key' | 'value',
  registry: Registry | undefined,
  context: EncoderContext,
): Promise<FieldEncoder> {
  const { engine, strict } = context;
  const { id } = schema;
  const format = await openFormat(schema, role, context);
  if (format !== undefined) {
    if (registry !== undefined) return { format, front: await registry.frontOf(format, role, id) };
    return { format, front: id === undefined ? NOTHING : frontOf(id, format.indexes?.()) };
  }
  if (registry === undefined) throw new Error('without a registry there is a schema');
  const found = await registry.find(id, role);
  return { format: new AvroFormat(engine, found.schema, { strict }), front: frontOf(found.id) };
}

/** Undefined when the registry has the schema. */
async function openFormat(
  { avro, format }: SchemaConfig,
  role: 'key' | 'value',
  { engine, strict, validate }: EncoderContext,
): Promise<ValueFormat | undefined> {
  if (format?.kind === 'json') return new JsonFormat(format.schema, { validate: validate?.[role] });
  if (format?.kind === 'protobuf') return openProtobufFormat(format, { strict });
  return avro === undefined ? undefined : new AvroFormat(engine, avro, { strict });
}

function credentialsOf({ basic, token }: RegistryConfig): RegistryCredentials | undefined {
  if (token !== undefined) return { kind: 'bearer', token: token.reveal() };
  return basic && { kind: 'basic', username: basic.username, password: basic.password.reveal() };
}

class Registry {
  readonly #client: SchemaRegistry;
  readonly #config: RegistryConfig;
  readonly #topic: string;

  constructor(config: RegistryConfig, { topic }: EncoderContext) {
    const { urls, tlsMaterial, timeoutMs } = config;
    this.#config = config;
    this.#topic = topic;
    this.#client = new SchemaRegistry({
      urls,
      credentials: credentialsOf(config),
      tls: {
        ca: tlsMaterial?.authorities,
        cert: tlsMaterial?.certificates,
        key: tlsMaterial?.key?.reveal(),
      },
      timeoutMs,
    });
  }

  /** What goes before each key or value. An id that is given is asked for only where its schema is needed, too. */
  async frontOf(format: ValueFormat, role: 'key' | 'value', id: number | undefined): Promise<Uint8Array> {
    const { schema, schemaType } = format;
    if (schema !== undefined) return frontOf(id ?? (await this.#idOf(format, schema, role)), format.indexes?.());
    // A descriptor set is not the text that a registry has, so it cannot be looked for; the subject's latest counts.
    const subject = this.#subjectOf(format, role);
    const found = await (id === undefined ? this.#client.latest(subject) : this.#client.byId(id));
    const indexes = found.schemaType === schemaType ? format.indexes?.(found.schema) : undefined;
    if (indexes !== undefined) return frontOf(found.id, indexes);
    const which = id === undefined ? `the latest schema of ${subject}` : `schema ${id} of the registry`;
    const got = found.schemaType === schemaType ? 'does not declare it' : `is ${found.schemaType}`;
    const message = `${which} ${got}; allowed for the ${role}s: ${schemaType} with ${format.recordName ?? 'a message'}`;
    throw new RegistryError(message, { code: 'ERR_REGISTRY_SCHEMA' });
  }

  #subjectOf({ recordName }: ValueFormat, role: 'key' | 'value'): string {
    const { subjectNameStrategy } = this.#config;
    const subject = subjectOf(subjectNameStrategy, { topic: this.#topic, role, recordName });
    if (subject !== undefined) return subject;
    const what = `the schema of the ${role}s has no name, which ${subjectNameStrategy} goes by`;
    const message = `${what}; name it, or use schemaRegistrySubjectNameStrategy TopicName`;
    throw new RegistryError(message, { code: 'ERR_REGISTRY_SCHEMA' });
  }

  #idOf(format: ValueFormat, schema: string, role: 'key' | 'value'): Promise<number> {
    const subject = this.#subjectOf(format, role);
    const text = { schema, schemaType: format.schemaType };
    return this.#config.autoRegister ? this.#client.register(subject, text) : this.#client.lookUp(subject, text);
  }

  /** The schema of that id, or the latest of the role's subject. */
  async find(id: number | undefined, role: 'key' | 'value'): Promise<{ id: number; schema: string }> {
    const found = await (id === undefined ? this.#client.latest(`${this.#topic}-${role}`) : this.#client.byId(id));
    if (found.schemaType !== 'AVRO') {
      const message = `schema ${found.id} of the registry is ${found.schemaType}; allowed for a ${role}: AVRO`;
      throw new RegistryError(message, { code: 'ERR_REGISTRY_SCHEMA' });
    }
    if (found.referenceCount === 0) return found;
    const what = `schema ${found.id} of the registry refers to ${found.referenceCount} others, which is not supported`;
    const message = `${what}; register it as one text that defines all its types, or give that as the schema`;
    throw new RegistryError(message, { code: 'ERR_REGISTRY_SCHEMA' });
  }

  close(): void {
    this.#client.close();
  }
}
