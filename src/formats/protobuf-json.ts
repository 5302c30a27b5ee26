/**
 * From what JavaScript has to what Protobuf's JSON form has, by the fields of a message: bigint, bytes, Date, Map and
 * typed arrays become their JSON, unknown fields are dropped or refused, and every fault has its place.
 */
import type { DescField, DescMessage, JsonValue, Message, Registry } from '@bufbuild/protobuf';
import { pathStep } from '../avro/fault.ts';
import { ValueError } from '../errors.ts';
import { fieldsOf, noField, PROTOBUF_VALUE, type Place, wrong } from './protobuf-fault.ts';
import type { ProtobufPackage } from './protobuf-package.ts';

/** As Protobuf's own readers have it. */
const DEPTH_MAX = 100;
const OWN_JSON_FORM = /^google\.protobuf\./;
/** Numbers of ScalarType in the specification. */
const WIDE: ReadonlySet<number> = new Set([3, 4, 6, 16, 18]);
const FLOATS: ReadonlySet<number> = new Set([1, 2]);

type Entries = readonly (readonly [unknown, unknown])[];

export class ProtobufJson {
  readonly #package: ProtobufPackage;
  readonly #registry: Registry;
  readonly #isStrict: boolean;
  readonly #fields = new Map<DescMessage, ReadonlyMap<string, DescField>>();

  constructor(loaded: ProtobufPackage, { registry, strict }: { registry: Registry; strict: boolean }) {
    this.#package = loaded;
    this.#registry = registry;
    this.#isStrict = strict;
  }

  /** Throws ValueError. */
  of(message: DescMessage, value: unknown): JsonValue {
    return this.#message(message, value, { path: '$', depth: 0 });
  }

  #message(message: DescMessage, value: unknown, at: Place): JsonValue {
    if (at.depth > DEPTH_MAX) throw tooDeep(at);
    if (isGenerated(value)) return this.#generated(message, value, at);
    if (OWN_JSON_FORM.test(message.typeName)) return this.#anything(value, at);
    const entries = entriesOf(value);
    if (entries === undefined) throw wrong(at, value, `an object for ${message.typeName}`);
    const fields = this.#fieldsOf(message);
    const json: Record<string, JsonValue> = {};
    for (const [key, member] of entries) {
      if (member === undefined) continue;
      const name = String(key);
      const place = below(at, name);
      const field = fields.get(name);
      if (field !== undefined) put(json, name, member === null ? null : this.#field(field, member, place));
      // The package knows extensions by such names, or refuses them.
      else if (name.startsWith('[')) put(json, name, this.#anything(member, place));
      else if (this.#isStrict) throw noField(message, place.path);
    }
    return json;
  }

  #generated(message: DescMessage, value: Message, at: Place): JsonValue {
    if (value.$typeName !== message.typeName) throw wrong(at, value, `a message ${message.typeName}`);
    try {
      return this.#package.toJson(message, value, { registry: this.#registry });
    } catch {
      throw new ValueError(PROTOBUF_VALUE, at.path, `got a message ${message.typeName} with a field that is not valid`);
    }
  }

  #fieldsOf(message: DescMessage): ReadonlyMap<string, DescField> {
    let fields = this.#fields.get(message);
    if (fields === undefined) {
      fields = fieldsOf(message);
      this.#fields.set(message, fields);
    }
    return fields;
  }

  #field(field: DescField, value: unknown, at: Place): JsonValue {
    if (field.fieldKind === 'list') {
      const list = listOf(value);
      if (list === undefined) throw wrong(at, value, 'an array');
      return list.map((item, index) => this.#single(field, item, below(at, index)));
    }
    if (field.fieldKind !== 'map') return this.#single(field, value, at);
    const entries = entriesOf(value);
    if (entries === undefined) throw wrong(at, value, 'an object or a Map');
    const json: Record<string, JsonValue> = {};
    for (const [key, member] of entries) {
      if (member !== undefined) put(json, String(key), this.#single(field, member, below(at, String(key))));
    }
    return json;
  }

  #single(field: DescField, value: unknown, at: Place): JsonValue {
    if (field.message !== undefined) return this.#message(field.message, value, at);
    const type = field.scalar ?? 0;
    if (typeof value === 'number') {
      if (WIDE.has(type) && !Number.isSafeInteger(value)) {
        throw wrong(at, value, 'a whole number up to 2^53 − 1, a bigint, or the digits as text');
      }
      if (FLOATS.has(type) && !Number.isFinite(value)) return String(value);
    }
    return leaf(value, at);
  }

  /** For types with a JSON form of their own, and for what is JSON itself (Struct, Value). */
  #anything(value: unknown, at: Place): JsonValue {
    if (at.depth > DEPTH_MAX) throw tooDeep(at);
    if (Array.isArray(value)) return value.map((item, index) => this.#anything(item, below(at, index)));
    if (typeof value !== 'object' || value === null || value instanceof Date || ArrayBuffer.isView(value)) {
      return leaf(value, at);
    }
    const json: Record<string, JsonValue> = {};
    for (const [key, member] of entriesOf(value) ?? []) {
      if (member !== undefined) put(json, String(key), this.#anything(member, below(at, String(key))));
    }
    return json;
  }
}

function below({ path, depth }: Place, key: string | number): Place {
  return { path: path + pathStep(key), depth: depth + 1 };
}

function tooDeep({ path }: Place): ValueError {
  const shown = path.length > 80 ? `${path.slice(0, 80)}…` : path;
  const got = `more than ${DEPTH_MAX} levels inside each other (does the value contain itself?)`;
  return new ValueError(PROTOBUF_VALUE, shown, `got ${got}; allowed: ${DEPTH_MAX} levels`);
}

/** A member by that name, even if it is __proto__. */
function put(json: Record<string, JsonValue>, name: string, value: JsonValue): void {
  if (name in json) Object.defineProperty(json, name, { value, enumerable: true, configurable: true, writable: true });
  else json[name] = value;
}

/** Undefined for what is no object with members. */
function entriesOf(value: unknown): Entries | undefined {
  if (value instanceof Map) return [...(value as ReadonlyMap<unknown, unknown>)];
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value))
    return undefined;
  return Object.entries(value);
}

function listOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value as readonly unknown[];
  return ArrayBuffer.isView(value) && !(value instanceof DataView)
    ? [...(value as unknown as Iterable<unknown>)]
    : undefined;
}

function leaf(value: unknown, at: Place): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  if (ArrayBuffer.isView(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  }
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString('base64');
  throw wrong(at, value, 'a text, number, bigint, boolean, Date or bytes, as the field has it');
}

/** A message made by generated code, or by create() of the package. */
function isGenerated(value: unknown): value is Message {
  return (
    typeof value === 'object' && value !== null && typeof (value as { $typeName?: unknown }).$typeName === 'string'
  );
}
