/** Where a value does not fit its message: found by trying its parts, because the package says only which type. */
import type { DescField, DescMessage, JsonValue } from '@bufbuild/protobuf';
import { describe, listed, pathStep } from '../avro/fault.ts';
import { ValueError } from '../errors.ts';

export const PROTOBUF_VALUE = 'ERR_PROTOBUF_VALUE';

export interface Place {
  readonly path: string;
  readonly depth: number;
}

/** Whether the package refuses it as JSON of the message. */
export type Refuses = (message: DescMessage, json: JsonValue) => boolean;

interface Member {
  readonly name: string;
  readonly member: JsonValue;
  readonly at: string;
}

const OWN_JSON_FORM = /^google\.protobuf\./;
/** ScalarType of the package, by its numbers in the specification. */
const NAMES: Readonly<Record<number, string>> = {
  1: 'double',
  2: 'float',
  3: 'int64',
  4: 'uint64',
  5: 'int32',
  6: 'fixed64',
  7: 'fixed32',
  8: 'bool',
  9: 'string',
  12: 'bytes',
  13: 'uint32',
  15: 'sfixed32',
  16: 'sfixed64',
  17: 'sint32',
  18: 'sint64',
};
const BOOL = 8;

export function wrong({ path }: Pick<Place, 'path'>, value: unknown, allowed: string): ValueError {
  return new ValueError(PROTOBUF_VALUE, path, `got ${describe(value)}; allowed: ${allowed}`);
}

export function fieldsOf(message: DescMessage): ReadonlyMap<string, DescField> {
  return new Map(message.fields.flatMap((field) => [[field.name, field] as const, [field.jsonName, field] as const]));
}

/** What is wrong with JSON that the package refused. */
export function explain(message: DescMessage, json: JsonValue, refuses: Refuses, path = '$'): ValueError {
  const fields = fieldsOf(message);
  if (!OWN_JSON_FORM.test(message.typeName) && typeof json === 'object' && json !== null && !Array.isArray(json)) {
    for (const [name, member] of Object.entries(json)) {
      if (!refuses(message, { [name]: member })) continue;
      const field = fields.get(name);
      const at = path + pathStep(name);
      if (field === undefined) return noField(message, at);
      return explainField(message, field, { name, member, at }, refuses);
    }
    // Each field for itself is right: several of a oneof, or one that has to be there.
    return new ValueError(PROTOBUF_VALUE, path, whyTogether(message, json, fields));
  }
  return new ValueError(PROTOBUF_VALUE, path, `got ${describe(json)}; allowed: the JSON form of ${message.typeName}`);
}

function explainField(
  message: DescMessage,
  field: DescField,
  { name, member, at }: Member,
  refuses: Refuses,
): ValueError {
  const isMany = field.fieldKind === 'list' || field.fieldKind === 'map';
  if (!isMany) {
    return field.message === undefined
      ? wrong({ path: at }, member, allowedBy(field))
      : explain(field.message, member, refuses, at);
  }
  const members = Array.isArray(member) ? [...member.entries()] : Object.entries(member as object);
  for (const [key, one] of members as [string | number, JsonValue][]) {
    const alone: JsonValue = typeof key === 'number' ? [one] : { [key]: one };
    if (!refuses(message, { [name]: alone })) continue;
    const place = at + pathStep(key);
    if (
      field.fieldKind === 'map' &&
      !refuses(message, { [name]: { [(field.mapKey as number) === BOOL ? 'true' : '0']: one } })
    ) {
      return new ValueError(PROTOBUF_VALUE, place, `got this key; allowed: keys of ${NAMES[field.mapKey] ?? ''}`);
    }
    return field.message !== undefined && refuses(field.message, one)
      ? explain(field.message, one, refuses, place)
      : wrong({ path: place }, one, allowedBy(field));
  }
  return wrong({ path: at }, member, allowedBy(field));
}

export function noField({ typeName }: DescMessage, path: string): ValueError {
  return new ValueError(PROTOBUF_VALUE, path, `${typeName} has no such field`);
}

function allowedBy(field: DescField): string {
  if (field.message !== undefined) return `the JSON form of ${field.message.typeName}`;
  if (field.enum !== undefined) return `one of ${listed(field.enum.values.map(({ name }) => name))}`;
  return `a value of ${NAMES[field.scalar] ?? field.name}`;
}

function whyTogether(message: DescMessage, json: object, fields: ReadonlyMap<string, DescField>): string {
  const given = new Set(Object.keys(json).map((name) => fields.get(name)));
  for (const { name, fields: choices } of message.oneofs) {
    const set = choices.filter((choice) => given.has(choice)).map((choice) => choice.name);
    if (set.length > 1) return `got ${set.join(' and ')}; allowed: one of the oneof ${name}`;
  }
  return `is no ${message.typeName}: a required field is missing, or a field is given twice`;
}
