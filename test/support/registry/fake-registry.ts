/** A schema registry on loopback: subjects, versions and ids by Confluent's REST API, and faults on demand. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

interface Stored {
  id: number;
  schema: string;
  schemaType: string;
}

interface Body {
  schema?: string;
  schemaType?: string;
}

export interface Seen {
  method: string;
  path: string;
  authorization: string | undefined;
  accept: string | undefined;
  contentType: string | undefined;
  body: Body | undefined;
}

export interface FakeRegistryOptions {
  tls?: { cert: string; key: string; ca?: string };
  /** The header that calls must have. */
  authorization?: string;
  /** Before every path. */
  base?: string;
  firstId?: number;
}

/** Takes the place of an answer. */
export type Fault = (response: ServerResponse, request: IncomingMessage) => void;

export class FakeRegistry {
  readonly #server: Server;
  readonly #options: FakeRegistryOptions;
  readonly #schemas: Stored[] = [];
  readonly #subjects = new Map<string, Stored[]>();
  #nextId: number;
  readonly seen: Seen[] = [];
  /** The next calls are answered by these, one each. */
  readonly faults: Fault[] = [];
  /** Called before each answer. */
  gate: Promise<unknown> | undefined;
  url = '';
  authorization: string | undefined;

  private constructor(options: FakeRegistryOptions) {
    this.#options = options;
    this.#nextId = options.firstId ?? 1;
    this.authorization = options.authorization;
    const serve = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#serve(request, response);
    };
    const { tls } = options;
    this.#server =
      tls === undefined
        ? createServer(serve)
        : createHttpsServer(
            { ...tls, requestCert: tls.ca !== undefined, rejectUnauthorized: tls.ca !== undefined },
            serve,
          );
  }

  static async start(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
    const registry = new FakeRegistry(options);
    registry.#server.listen(0, '127.0.0.1');
    await once(registry.#server, 'listening');
    const { port } = registry.#server.address() as AddressInfo;
    registry.url = `http${options.tls === undefined ? '' : 's'}://127.0.0.1:${port}${options.base ?? ''}`;
    return registry;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** As if somebody else had registered it. */
  register(subject: string, schema: string, schemaType = 'AVRO'): number {
    const versions = this.#subjects.get(subject) ?? [];
    this.#subjects.set(subject, versions);
    let stored = this.#schemas.find((other) => isSame(other, { schema, schemaType }));
    if (stored === undefined) {
      stored = { id: this.#nextId++, schema, schemaType };
      this.#schemas.push(stored);
    }
    if (!versions.includes(stored)) versions.push(stored);
    return stored.id;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const { method = '', url = '', headers } = request;
    this.seen.push({
      method,
      path: url,
      authorization: headers.authorization,
      accept: headers.accept,
      contentType: headers['content-type'],
      body: text === '' ? undefined : (JSON.parse(text) as Body),
    });
    await this.gate;
    const fault = this.faults.shift();
    if (fault !== undefined) {
      fault(response, request);
      return;
    }
    if (this.authorization !== undefined && headers.authorization !== this.authorization) {
      refuse(response, 401, 40101, `no such login: ${headers.authorization ?? 'none'}`);
      return;
    }
    const base = this.#options.base ?? '';
    if (!url.startsWith(base)) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>');
      return;
    }
    this.#answer(`${method} ${url.slice(base.length)}`, this.seen.at(-1)?.body ?? {}, response);
  }

  #answer(call: string, body: Body, response: ServerResponse): void {
    const [, id] = /^GET \/schemas\/ids\/(\d+)$/.exec(call) ?? [];
    if (id !== undefined) {
      const stored = this.#schemas.find((one) => one.id === Number(id));
      if (stored === undefined) refuse(response, 404, 40403, 'Schema not found');
      else reply(response, shown(stored));
      return;
    }
    const [, encoded = '', rest = ''] = /^\w+ \/subjects\/([^/]+)(.*)$/.exec(call) ?? [];
    const subject = decodeURIComponent(encoded);
    const { schema = '', schemaType = 'AVRO' } = body;
    const wanted = { schema, schemaType };
    if (call.startsWith('POST') && rest === '/versions') {
      const { schema, schemaType } = wanted;
      reply(response, { id: this.register(subject, schema, schemaType) });
      return;
    }
    const versions = this.#subjects.get(subject);
    if (versions === undefined) {
      refuse(response, 404, 40401, `Subject '${subject}' not found.`);
      return;
    }
    const index = rest === '' ? versions.findIndex((one) => isSame(one, wanted)) : versions.length - 1;
    const stored = versions[index];
    if (stored === undefined) refuse(response, 404, 40403, 'Schema not found');
    else reply(response, { subject, id: stored.id, version: index + 1, ...shown(stored) });
  }
}

/** The type of Avro is left out, as Confluent's does. */
function shown({ schema, schemaType }: Stored): object {
  return schemaType === 'AVRO' ? { schema } : { schema, schemaType };
}

function isSame(a: { schema: string; schemaType: string }, b: { schema: string; schemaType: string }): boolean {
  return a.schemaType === b.schemaType && a.schema === b.schema;
}

export function reply(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/vnd.schemaregistry.v1+json' }).end(JSON.stringify(body));
}

export function refuse(response: ServerResponse, status: number, code: number, message: string): void {
  response
    .writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' })
    .end(JSON.stringify({ error_code: code, message }));
}
