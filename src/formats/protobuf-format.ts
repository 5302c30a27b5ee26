/** Messages of Protobuf, by a descriptor set: protoc --include_imports --descriptor_set_out=FILE, buf build -o FILE. */
import type { DescMessage, JsonValue, Registry } from '@bufbuild/protobuf';
import { KafkaHotpathError, ValueError } from '../errors.ts';
import { indexesIn, ownIndexes } from './protobuf-indexes.ts';
import { explain } from './protobuf-fault.ts';
import { ProtobufJson } from './protobuf-json.ts';
import { type LoadPackage, loadProtobuf, type ProtobufPackage } from './protobuf-package.ts';
import { concatenated, type EncodedGroup, type ValueFormat } from './value-format.ts';

export interface ProtobufSchema {
  readonly descriptorSet: Uint8Array;
  /** Full name: shop.Order. */
  readonly message: string;
}

const SHOWN_MESSAGES_MAX = 10;
const MISSING = /^cannot encode field (\S+) to binary: required field not set/;

/** Rejects with ERR_PROTOBUF_SCHEMA or ERR_PROTOBUF_PACKAGE. */
export async function openProtobufFormat(
  schema: ProtobufSchema,
  options: { strict: boolean; load?: LoadPackage },
): Promise<ValueFormat> {
  const loaded = await loadProtobuf(options.load);
  const registry = registryOf(loaded, schema.descriptorSet);
  const message = registry.getMessage(schema.message);
  if (message === undefined) throw unknownMessage(registry, schema.message);
  return new ProtobufFormat(loaded, { registry, message, strict: options.strict });
}

type FileRegistry = ReturnType<ProtobufPackage['createFileRegistry']>;

function registryOf(loaded: ProtobufPackage, descriptorSet: Uint8Array): FileRegistry {
  try {
    return loaded.createFileRegistry(loaded.fromBinary(loaded.FileDescriptorSetSchema, descriptorSet));
  } catch (error) {
    // Either it is something else, or it lacks files: the package names the one.
    const missing = /Cannot find (\S+), imported by (\S+)/.exec(error instanceof Error ? error.message : '');
    const what =
      missing === null
        ? 'is no descriptor set; make it with protoc --include_imports --descriptor_set_out=FILE'
        : `lacks ${missing[1] ?? ''}, which ${missing[2] ?? ''} imports; make it with protoc --include_imports`;
    throw new KafkaHotpathError('ERR_PROTOBUF_SCHEMA', `the Protobuf descriptor set ${what}`, { cause: error });
  }
}

function unknownMessage(registry: FileRegistry, name: string): KafkaHotpathError {
  const all = [...registry].filter(({ kind }) => kind === 'message').map(({ typeName }) => typeName);
  const own = all.filter((typeName) => !typeName.startsWith('google.protobuf.'));
  const shown = own.slice(0, SHOWN_MESSAGES_MAX).join(', ') + (own.length > SHOWN_MESSAGES_MAX ? ', …' : '');
  const text = `the Protobuf descriptor set has no message ${JSON.stringify(name)}; it has: ${shown || 'none'}`;
  return new KafkaHotpathError('ERR_PROTOBUF_SCHEMA', text);
}

interface Parts {
  readonly registry: Registry;
  readonly message: DescMessage;
  readonly strict: boolean;
}

class ProtobufFormat implements ValueFormat {
  readonly schemaType = 'PROTOBUF';
  readonly schema: undefined;
  readonly recordName: string;
  readonly takesBytes = false;
  readonly #package: ProtobufPackage;
  readonly #registry: Registry;
  readonly #message: DescMessage;
  readonly #json: ProtobufJson;

  constructor(loaded: ProtobufPackage, { registry, message, strict }: Parts) {
    this.recordName = message.typeName;
    this.#package = loaded;
    this.#registry = registry;
    this.#message = message;
    this.#json = new ProtobufJson(loaded, { registry, strict });
  }

  indexes(registered?: string): Uint8Array | undefined {
    return registered === undefined ? ownIndexes(this.#message) : indexesIn(registered, this.#message, this.#package);
  }

  /** A message has no text of its own. */
  isJson(): boolean {
    return true;
  }

  encodeGroup(values: readonly unknown[]): EncodedGroup {
    return concatenated(values.map((value) => this.encode(value)));
  }

  encodeJsonGroup(texts: readonly string[]): EncodedGroup {
    return concatenated(texts.map((text) => this.encodeJson(text)));
  }

  encode(value: unknown): Uint8Array {
    const json = this.#json.of(this.#message, value);
    try {
      return this.#bytesOf(this.#message, json);
    } catch (error) {
      // Its words quote what was got, which is payload; but for names of fields that have to be there.
      const [, missing] = MISSING.exec(error instanceof Error ? error.message : '') ?? [];
      if (missing !== undefined) throw new ValueError('ERR_PROTOBUF_VALUE', '$', `the field ${missing} is required`);
      throw explain(this.#message, json, (message, part) => this.#refuses(message, part));
    }
  }

  encodeJson(text: string): Uint8Array {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new ValueError('ERR_PROTOBUF_VALUE', '$', `got a text of ${text.length} characters that is not JSON`);
    }
    return this.encode(value);
  }

  #bytesOf(message: DescMessage, json: JsonValue): Uint8Array {
    return this.#package.toBinary(message, this.#package.fromJson(message, json, { registry: this.#registry }));
  }

  #refuses(message: DescMessage, json: JsonValue): boolean {
    try {
      this.#package.fromJson(message, json, { registry: this.#registry });
      return false;
    } catch {
      return true;
    }
  }
}
