/** Asks the schema registry for what the configuration leaves to it: ids, and schemas. */
import { frontOf } from '../formats/wire-format.ts';
import type { ValueFormat } from '../formats/value-format.ts';
import type { RegistryCredentials } from '../registry/endpoints.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { SchemaRegistry } from '../registry/schema-registry.ts';
import { subjectOf } from '../registry/subject.ts';
import type { RegistryConfig } from './registry-config.ts';

export type Role = 'key' | 'value';

/** What the registry says of a schema. */
export interface FoundSchema {
  readonly id: number;
  /** What goes before each key or value. */
  readonly front: Uint8Array;
  /** Under which it was found; undefined: by its id. */
  readonly subject: string | undefined;
}

export class SchemaLookup {
  readonly #client: SchemaRegistry;
  readonly #config: RegistryConfig;
  readonly #topic: string;

  constructor(config: RegistryConfig, topic: string) {
    const { urls, tlsMaterial, timeoutMs, retries } = config;
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
      retries,
    });
  }

  /** The schema of a format of our own. An id that is given is asked for only where its schema is needed, too. */
  async ofFormat(format: ValueFormat, role: Role, given: number | undefined): Promise<FoundSchema> {
    const { schema, schemaType } = format;
    if (schema !== undefined) {
      if (given !== undefined) return { id: given, front: frontOf(given), subject: undefined };
      const subject = this.subjectOf(format, role);
      const text = { schema, schemaType };
      const { autoRegister } = this.#config;
      const id = await (autoRegister ? this.#client.register(subject, text) : this.#client.lookUp(subject, text));
      return { id, front: frontOf(id), subject };
    }
    // A descriptor set is not the text that a registry has, so it cannot be looked for; the subject's latest counts.
    const subject = given === undefined ? this.subjectOf(format, role) : undefined;
    const found = await (given === undefined ? this.#client.latest(subject ?? '') : this.#client.byId(given));
    const indexes = found.schemaType === schemaType ? format.indexes?.(found.schema) : undefined;
    if (indexes !== undefined) return { id: found.id, front: frontOf(found.id, indexes), subject };
    const which = subject === undefined ? `schema ${found.id} of the registry` : `the latest schema of ${subject}`;
    const got = found.schemaType === schemaType ? 'does not declare it' : `is ${found.schemaType}`;
    const message = `${which} ${got}; allowed for the ${role}s: ${schemaType} with ${format.recordName ?? 'a message'}`;
    throw new RegistryError(message, { code: 'ERR_REGISTRY_SCHEMA' });
  }

  /** The Avro schema of that id, or the latest of the role's subject. */
  async ofRegistry(given: number | undefined, role: Role): Promise<FoundSchema & { readonly schema: string }> {
    const subject = given === undefined ? `${this.#topic}-${role}` : undefined;
    const found = await (given === undefined ? this.#client.latest(subject ?? '') : this.#client.byId(given));
    if (found.schemaType !== 'AVRO') {
      const message = `schema ${found.id} of the registry is ${found.schemaType}; allowed for a ${role}: AVRO`;
      throw new RegistryError(message, { code: 'ERR_REGISTRY_SCHEMA' });
    }
    if (found.referenceCount === 0) return { ...found, front: frontOf(found.id), subject };
    const what = `schema ${found.id} of the registry refers to ${found.referenceCount} others, which is not supported`;
    const message = `${what}; register it as one text that defines all its types, or give that as the schema`;
    throw new RegistryError(message, { code: 'ERR_REGISTRY_SCHEMA' });
  }

  /** @throws RegistryError where the strategy needs a name and the schema has none */
  subjectOf({ recordName }: ValueFormat, role: Role): string {
    const { subjectNameStrategy } = this.#config;
    const subject = subjectOf(subjectNameStrategy, { topic: this.#topic, role, recordName });
    if (subject !== undefined) return subject;
    const what = `the schema of the ${role}s has no name, which ${subjectNameStrategy} goes by`;
    const message = `${what}; name it, or use schemaRegistrySubjectNameStrategy TopicName`;
    throw new RegistryError(message, { code: 'ERR_REGISTRY_SCHEMA' });
  }

  /**
   * Whether registering would do, without registering. Rejects with ERR_REGISTRY_INCOMPATIBLE when not.
   * @returns the subject
   */
  async checkRegistering(format: ValueFormat, role: Role): Promise<string> {
    const subject = this.subjectOf(format, role);
    const { schema = '', schemaType } = format;
    await this.#client.checkCompatible(subject, { schema, schemaType });
    return subject;
  }

  close(): void {
    this.#client.close();
  }
}

function credentialsOf({ basic, token }: RegistryConfig): RegistryCredentials | undefined {
  if (token !== undefined) return { kind: 'bearer', token: token.reveal() };
  return basic && { kind: 'basic', username: basic.username, password: basic.password.reveal() };
}
