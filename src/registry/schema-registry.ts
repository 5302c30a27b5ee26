/** A client of a schema registry by Confluent's REST API. What cannot change is asked for once. */
import {
  idIn,
  type RegisteredSchema,
  schemaIn,
  type SchemaType,
  type SubjectSchema,
  subjectSchemaIn,
} from './answers.ts';
import { type ApiCall, Endpoints, type EndpointsOptions } from './endpoints.ts';

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
    const call: ApiCall = { method: 'GET', path: `/schemas/ids/${id}`, what: `schema ${id}` };
    return (
      this.#byId.get(String(id)) ??
      this.#once(call, async () => {
        const { answer, where } = await this.#endpoints.call(call);
        return this.#byId.put(String(id), schemaIn(answer, where, id));
      })
    );
  }

  /** The newest version of a subject; asked for each time, because it changes. */
  latest(subject: string): Promise<SubjectSchema> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/latest`;
    const call: ApiCall = { method: 'GET', path, what: `latest of subject ${JSON.stringify(subject)}` };
    return this.#once(call, async () => {
      const { answer, where } = await this.#endpoints.call(call);
      return subjectSchemaIn(answer, where);
    });
  }

  /** The id that a schema has under a subject; ERR_REGISTRY_NOT_FOUND when it has none. */
  lookUp(subject: string, text: SchemaText): Promise<number> {
    return this.#idOf(subject, text, { path: '', what: 'look up in subject' });
  }

  /** The id of a schema under a subject; it is registered there if it is not yet. */
  register(subject: string, text: SchemaText): Promise<number> {
    return this.#idOf(subject, text, { path: '/versions', what: 'register in subject' });
  }

  /** Calls under way and later ones fail with ERR_CLOSED. */
  close(): void {
    this.#endpoints.close();
  }

  async #idOf(subject: string, text: SchemaText, { path, what }: { path: string; what: string }): Promise<number> {
    const { schema, schemaType } = text;
    const key = JSON.stringify([subject, schemaType, schema]);
    const call: ApiCall = {
      method: 'POST',
      path: `/subjects/${encodeURIComponent(subject)}${path}`,
      // Registries of before other kinds of schemas do not know the field.
      body: schemaType === 'AVRO' ? { schema } : { schema, schemaType },
      what: `${what} ${JSON.stringify(subject)}`,
    };
    return (
      this.#ids.get(key) ??
      this.#once(call, async () => {
        const { answer, where } = await this.#endpoints.call(call);
        return this.#ids.put(key, idIn(answer, where));
      })
    );
  }

  /** Callers that ask for the same at the same time share one call. */
  #once<T>(call: ApiCall, start: () => Promise<T>): Promise<T> {
    const key = JSON.stringify([call.method, call.path, call.body]);
    const running = this.#flights.get(key) as Promise<T> | undefined;
    if (running !== undefined) return running;
    const flight = start().finally(() => {
      this.#flights.delete(key);
    });
    this.#flights.set(key, flight);
    return flight;
  }
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
