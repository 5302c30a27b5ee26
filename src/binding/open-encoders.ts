/** Makes the encoders that the configuration asks for. */
import type { Engine } from '../engine/engine.ts';
import { AvroFormat } from '../formats/avro-format.ts';
import { frontOf } from '../formats/wire-format.ts';
import type { FieldEncoder } from './encoded-field.ts';
import type { Encoders } from './encoded-source.ts';
import type { SchemaConfig, SchemasConfig } from './schema-config.ts';

const NOTHING = new Uint8Array(0);

export function openEncoders(schemas: SchemasConfig, engine: Engine, options: { strict: boolean }): Encoders {
  const encoderOf = ({ avro, id }: SchemaConfig): FieldEncoder => ({
    format: new AvroFormat(engine, avro, options),
    front: id === undefined ? NOTHING : frontOf(id),
  });
  return { key: schemas.key && encoderOf(schemas.key), value: schemas.value && encoderOf(schemas.value) };
}
