/** Encodes the defaults of all fields once, so that a missing field costs a copy. */
import { KafkaHotpathError } from '../errors.ts';
import { AvroFault, pathStep } from './fault.ts';
import { JsonEncoder } from './json-encoder.ts';
import type { AvroField, AvroNode } from './schema.ts';

/**
 * A default may leave out fields that have defaults themselves, so those come first; one that needs itself that way
 * has no value.
 */
export function fillDefaults(records: readonly AvroNode[], paths: ReadonlyMap<AvroNode, string>): void {
  const open = new Set<AvroField>();
  const encoder = new JsonEncoder((field) => {
    fill(field);
  });
  const fill = (field: AvroField): void => {
    if (field.defaultText === undefined || field.defaultBytes !== undefined) return;
    if (open.has(field)) throw new AvroFault('the default contains itself');
    open.add(field);
    field.defaultBytes = new JsonEncoder(encoder.onMissing).encode(field.node, field.defaultText);
    open.delete(field);
  };
  for (const record of records) {
    for (const field of record.fields) {
      try {
        fill(field);
      } catch (error) {
        throw asSchemaError(error, `${paths.get(record) ?? '$'}.fields${pathStep(field.name)}.default`);
      }
    }
  }
}

function asSchemaError(error: unknown, path: string): unknown {
  if (!(error instanceof AvroFault)) return error;
  return new KafkaHotpathError('ERR_AVRO_SCHEMA', `Avro schema ${path}${error.path}: ${error.message}`);
}
