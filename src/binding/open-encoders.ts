/** Makes the encoders that the configuration asks for, with what the schema registry knows. */
import type { Engine } from '../engine/engine.ts';
import { AvroFormat } from '../formats/avro-format.ts';
import { JsonFormat, type ValidateHook } from '../formats/json-format.ts';
import { openProtobufFormat } from '../formats/protobuf-format.ts';
import { frontOf } from '../formats/wire-format.ts';
import type { ValueFormat } from '../formats/value-format.ts';
import type { FieldEncoder } from './encoded-field.ts';
import type { Encoders } from './encoded-source.ts';
import type { SchemaConfig, SchemasConfig } from './schema-config.ts';
import { type FoundSchema, type Role, SchemaLookup } from './schema-lookup.ts';

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
  const lookup = schemas.registry && new SchemaLookup(schemas.registry, context.topic);
  const opening = (role: Role): Promise<FieldEncoder> | undefined => {
    const schema = schemas[role];
    return schema && openEncoder(schema, role, lookup, context);
  };
  try {
    const [key, value] = await Promise.all([opening('key'), opening('value')]);
    return { key, value };
  } finally {
    lookup?.close();
  }
}

export interface OpenedEncoder extends FieldEncoder {
  /** What the registry said, where it was asked. */
  readonly found?: FoundSchema;
}

export async function openEncoder(
  schema: SchemaConfig,
  role: Role,
  lookup: SchemaLookup | undefined,
  context: EncoderContext,
): Promise<OpenedEncoder> {
  const { engine, strict } = context;
  const { id } = schema;
  const format = await openFormat(schema, role, context);
  if (format !== undefined) {
    if (lookup === undefined) return { format, front: id === undefined ? NOTHING : frontOf(id, format.indexes?.()) };
    const found = await lookup.ofFormat(format, role, id);
    return { format, front: found.front, found };
  }
  if (lookup === undefined) throw new Error('without a registry there is a schema');
  const found = await lookup.ofRegistry(id, role);
  return { format: new AvroFormat(engine, found.schema, { strict }), front: found.front, found };
}

/** Undefined when the registry has the schema. */
export async function openFormat(
  { avro, format }: SchemaConfig,
  role: Role,
  { engine, strict, validate }: EncoderContext,
): Promise<ValueFormat | undefined> {
  if (format?.kind === 'json') return new JsonFormat(format.schema, { validate: validate?.[role] });
  if (format?.kind === 'protobuf') return openProtobufFormat(format, { strict });
  return avro === undefined ? undefined : new AvroFormat(engine, avro, { strict });
}
