/** A client of a schema registry by Confluent's REST API. What cannot change is asked for once. */
import {
  compatibilityIn,
  idIn,
  type RegisteredSchema,
  schemaIn,
  type SchemaType,
  type SubjectSchema,
  subjectSchemaIn,
} from './answers.ts';
import { type ApiCall, Endpoints, type EndpointsOptions } from './endpoints.ts';
import { RegistryError } from './registry-error.ts';

export interface SchemaText {
  readonly schema: string;
  readonly schemaType: SchemaType;
}

/** Schemas are few; this only bounds the memory of a process that meets new ids all the time. */
const CACHED_MAX = 1000;

export class SchemaRegistry {
  readonly #endpoints: Endpoints;
  readonly #byId = new Cache<RegisteredSchema>();
  readonly #ids = new Cache<number>();
  /** Calls under way, by what they ask for. */
  readonly #flights = new Map<string, Promise<unknown>>();

  constructor(options: EndpointsOptions) {
    this.#endpoints = new Endpoints(options);
  }

  /** The schema of an id; it never changes. Rejects with RegistryError, as all of them do. */
  async byId(id: number): Promise<RegisteredSchema> {
    const call: ApiCall<RegisteredSchema> = {
      method: 'GET',
      path: `/schemas/ids/${id}`,
      what: `schema ${id}`,
      read: (answer, where) => schemaIn(answer, where, id),
    };
    return this.#byId.get(String(id)) ?? this.#once(call, (found) => this.#byId.put(String(id), found));
  }

  /** The newest version of a subject; asked for each time, because it changes. */
  async latest(subject: string): Promise<SubjectSchema> {
    const path = `${pathOf(subject)}/versions/latest`;
    const what = `latest of subject ${JSON.stringify(subject)}`;
    return this.#once({ method: 'GET', path, what, read: subjectSchemaIn });
  }

  /** The id that a schema has under a subject; ERR_REGISTRY_NOT_FOUND when it has none. */
  lookUp(subject: string, text: SchemaText): Promise<number> {
    return this.#idOf(subject, text, { path: '', what: 'look up in subject' });
  }

  /** The id of a schema under a subject; it is registered there if it is not yet. */
  register(subject: string, text: SchemaText): Promise<number> {
    return this.#idOf(subject, text, { path: '/versions', what: 'register in subject' });
  }

  /**
   * Whether a schema may be registered under a subject, which it is not. Rejects with ERR_REGISTRY_INCOMPATIBLE when it
   * breaks with the latest version; a subject that is not there yet takes any.
   */
  async checkCompatible(subject: string, { schema, schemaType }: SchemaText): Promise<void> {
    const call: ApiCall<boolean> = {
      method: 'POST',
      path: `/compatibility${pathOf(subject)}/versions/latest`,
      body: schemaType === 'AVRO' ? { schema } : { schema, schemaType },
      what: `compatibility with subject ${JSON.stringify(subject)}`,
      read: compatibilityIn,
    };
    let isCompatible: boolean;
    try {
      isCompatible = await this.#once(call);
    } catch (error) {
      if (error instanceof RegistryError && error.code === 'ERR_REGISTRY_NOT_FOUND') return;
      throw error;
    }
    if (isCompatible) return;
    const what = `the schema is not compatible with the latest version of subject ${JSON.stringify(subject)}`;
    throw new RegistryError(`schema registry: ${what}`, { code: 'ERR_REGISTRY_INCOMPATIBLE' });
  }

  /** Calls under way and later ones fail with ERR_CLOSED. */
  close(): void {
    this.#endpoints.close();
  }

  async #idOf(subject: string, text: SchemaText, { path, what }: { path: string; what: string }): Promise<number> {
    const { schema, schemaType } = text;
    const key = JSON.stringify([subject, schemaType, schema]);
    const call: ApiCall<number> = {
      method: 'POST',
      path: pathOf(subject) + path,
      // Registries of before other kinds of schemas do not know the field.
      body: schemaType === 'AVRO' ? { schema } : { schema, schemaType },
      what: `${what} ${JSON.stringify(subject)}`,
      read: idIn,
    };
    return this.#ids.get(key) ?? this.#once(call, (id) => this.#ids.put(key, id));
  }

  /** Callers that ask for the same at the same time share one call. */
  #once<T>(call: ApiCall<T>, keep: (found: T) => T = (found) => found): Promise<T> {
    const key = JSON.stringify([call.method, call.path, call.body]);
    const running = this.#flights.get(key) as Promise<T> | undefined;
    if (running !== undefined) return running;
    const flight = this.#endpoints
      .call(call)
      .then(keep)
      .finally(() => {
        this.#flights.delete(key);
      });
    this.#flights.set(key, flight);
    return flight;
  }
}

/** @throws RegistryError for what cannot be a step of a path: URLs take dots for the folder itself and the one above */
function pathOf(subject: string): string {
  if (/^\.{0,2}$/.test(subject)) {
    const message = `got ${JSON.stringify(subject)} for the name of a subject; allowed: anything but "", "." and ".."`;
    throw new RegistryError(`${message}; rename topic or record`, { code: 'ERR_REGISTRY_SCHEMA' });
  }
  // Half a surrogate pair has no URL; it becomes U+FFFD as in UTF-8 everywhere.
  return `/subjects/${encodeURIComponent(Buffer.from(subject).toString())}`;
}

/** Forgets what was put in first. */
class Cache<T> {
  readonly #entries = new Map<string, T>();

  get(key: string): T | undefined {
    return this.#entries.get(key);
  }

  put(key: string, value: T): T {
    if (this.#entries.size >= CACHED_MAX) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    this.#entries.set(key, value);
    return value;
  }
}
