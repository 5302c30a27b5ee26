/** The formats beside Avro that keys and values may have, out of the properties, checked. */
import { KafkaHotpathError } from '../errors.ts';
import { JsonFormat } from '../formats/json-format.ts';
import type { ConfigProblem, ConfigProblemCode } from './config-error.ts';
import type { PropertyReading } from './property-reading.ts';
import type { RegistryContext } from './registry-config.ts';
import { placesOf, readPlaces } from './tls-files.ts';

export type OtherFormat =
  | { readonly kind: 'json'; readonly schema: string }
  /** A descriptor set in binary form, and the full name of the message in it. */
  | { readonly kind: 'protobuf'; readonly descriptorSet: Uint8Array; readonly message: string };

export interface FormatsReading {
  readonly key: OtherFormat | undefined;
  readonly value: OtherFormat | undefined;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
}

const DESCRIPTORS = 'protobufDescriptorLocation';

export function readFormats(reading: PropertyReading, context: RegistryContext): FormatsReading {
  return new FormatReader(reading, context).read();
}

class FormatReader {
  readonly #reading: PropertyReading;
  readonly #context: RegistryContext;
  readonly #problems: ConfigProblem[] = [];

  constructor(reading: PropertyReading, context: RegistryContext) {
    this.#reading = reading;
    this.#context = context;
  }

  read(): FormatsReading {
    const messages = [this.#text('protobufMessage'), this.#text('keyProtobufMessage')];
    const isUsed = messages.some((message) => message !== undefined);
    const descriptorSet = isUsed ? this.#descriptorSet() : undefined;
    const warnings =
      !isUsed && this.#text(DESCRIPTORS) !== undefined
        ? [`${DESCRIPTORS}: is not used, because neither protobufMessage nor keyProtobufMessage is given`]
        : [];
    const value = this.#format('', { message: messages[0], descriptorSet });
    const key = this.#format('key', { message: messages[1], descriptorSet });
    return { key, value, problems: this.#problems, warnings };
  }

  #format(
    prefix: '' | 'key',
    { message, descriptorSet }: { message: string | undefined; descriptorSet: Uint8Array | undefined },
  ): OtherFormat | undefined {
    const name = (plain: string): string =>
      prefix === '' ? plain : prefix + plain.charAt(0).toUpperCase() + plain.slice(1);
    const schema = this.#text(name('jsonSchema'));
    const given = ['avroSchema', 'jsonSchema', 'protobufMessage'].filter(
      (plain) => this.#text(name(plain)) !== undefined,
    );
    if (given.length > 1) {
      const [first = '', ...others] = given.map(name);
      this.#refuse(first, 'conflict', `does not go with ${others.join(' and ')}; keep one of them`);
      return undefined;
    }
    if (schema !== undefined) {
      this.#checkJson(name('jsonSchema'), schema);
      return Object.freeze({ kind: 'json', schema });
    }
    return message === undefined || descriptorSet === undefined
      ? undefined
      : Object.freeze({ kind: 'protobuf', descriptorSet, message });
  }

  #checkJson(property: string, schema: string): void {
    try {
      new JsonFormat(schema);
    } catch (error) {
      if (!(error instanceof KafkaHotpathError)) throw error;
      this.#refuse(property, 'format', error.message);
    }
  }

  /** Its content is looked at when the output is opened: that takes a package which is loaded only then. */
  #descriptorSet(): Uint8Array | undefined {
    const path = this.#text(DESCRIPTORS);
    if (path === undefined) {
      if (this.#reading.faulty.has(DESCRIPTORS)) return undefined;
      const how = 'protoc --include_imports --descriptor_set_out=FILE makes one';
      this.#refuse(DESCRIPTORS, 'missing', `is missing; a Protobuf message needs a descriptor set, ${how}`);
      return undefined;
    }
    const file = readPlaces(placesOf(path, this.#context.settings, this.#context.folder));
    if ('text' in file) return Buffer.from(file.text, 'latin1');
    this.#refuse(DESCRIPTORS, 'file', file.fault);
    return undefined;
  }

  #text(name: string): string | undefined {
    const value = this.#reading.faulty.has(name) ? undefined : this.#reading.values.get(name)?.value;
    return value === undefined ? undefined : String(value);
  }

  #refuse(property: string, code: ConfigProblemCode, what: string): void {
    this.#problems.push({ property, code, message: `${property}: ${what}` });
  }
}
