/** The HTTP response that a function of the v3 model sets on context.res or returns, and what becomes of it. */
import type { HttpCookie, HttpData, TypedData } from './core-api.ts';

/** What a function may put in a cookie. */
interface V3Cookie {
  name: string;
  value: string;
  domain?: string;
  path?: string;
  expires?: Date | number;
  secure?: boolean;
  httpOnly?: boolean;
  sameSite?: string;
  maxAge?: number;
}

/** What a response may have, whoever made it. */
interface V3Fields {
  status: string | number | ((status: string | number) => unknown);
  statusCode: string | number;
  headers: Record<string, unknown>;
  cookies: V3Cookie[];
  body: unknown;
}

/** context.res until a function puts an object of its own there: with methods in the manner of Express. */
export class V3Response {
  statusCode?: string | number;
  headers: Record<string, unknown> = {};
  cookies: V3Cookie[] = [];
  body?: unknown;
  readonly #done: () => void;

  /** @param done ends the function that sends its response */
  constructor(done: () => void) {
    this.#done = done;
  }

  end(body?: unknown): this {
    if (body !== undefined) this.body = body;
    this.#done();
    return this;
  }

  send(body?: unknown): this {
    return this.end(body);
  }

  json(body?: unknown): void {
    this.type('application/json').end(body);
  }

  sendStatus(status: string | number): this {
    return this.status(status).end();
  }

  status(status: string | number): this {
    this.statusCode = status;
    return this;
  }

  type(type: string): this {
    return this.set('content-type', type);
  }

  set(field: string, value: unknown): this {
    this.headers[field.toLowerCase()] = value;
    return this;
  }

  setHeader(field: string, value: unknown): this {
    return this.set(field, value);
  }

  header(field: string, value: unknown): this {
    return this.set(field, value);
  }

  get(field: string): unknown {
    return this.headers[field.toLowerCase()];
  }

  getHeader(field: string): unknown {
    return this.get(field);
  }

  removeHeader(field: string): this {
    this.headers = Object.fromEntries(Object.entries(this.headers).filter(([name]) => name !== field.toLowerCase()));
    return this;
  }
}

const UNTOUCHED_KEYS = new Set(['statusCode', 'headers', 'cookies', 'body']);

/** Whether the function has left context.res as it was. */
export function isUntouched(response: unknown): boolean {
  if (!(response instanceof V3Response)) return false;
  const { statusCode, headers, cookies, body } = response;
  const isBare = Object.keys(response).every((key) => UNTOUCHED_KEYS.has(key));
  return isBare && statusCode === undefined && body === undefined && Object.keys(headers).length + cookies.length === 0;
}

/** @throws Error for what is no response */
export function httpDataOf(response: unknown): HttpData {
  if (typeof response !== 'object' || Array.isArray(response)) {
    throw new Error('the HTTP response must be an object, with properties such as status, headers and body');
  }
  const { status, statusCode, headers, cookies, body } = (response ?? {}) as Readonly<Partial<V3Fields>>;
  const code = statusCode || (typeof status === 'function' ? undefined : status);
  const data = body === undefined ? undefined : typedDataOf(body);
  const given = Object.entries(headers ?? {}).filter(([, value]) => value !== undefined && value !== null);
  const texts = Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
  const hasType = given.some(([name]) => name.toLowerCase() === 'content-type');
  const type = hasType || data === undefined ? {} : { 'content-type': typeOf(data) };
  return {
    ...(code ? { statusCode: String(code) } : {}),
    headers: { ...texts, ...type },
    cookies: (cookies ?? []).map(cookieOf),
    body: data ?? null,
  };
}

/** What Azure's host says of a body that comes without a word about itself. */
function typeOf({ string, bytes }: TypedData): string {
  if (bytes !== undefined) return 'application/octet-stream';
  return string === undefined ? 'application/json; charset=utf-8' : 'text/plain; charset=utf-8';
}

export function typedDataOf(value: unknown): TypedData {
  if (typeof value === 'string') return { string: value };
  if (ArrayBuffer.isView(value)) return { bytes: new Uint8Array(value.buffer, value.byteOffset, value.byteLength) };
  return { json: JSON.stringify(value) };
}

const SAME_SITE: Readonly<Record<string, string>> = { lax: 'lax', strict: 'strict', none: 'explicitNone' };

function cookieOf({ name, value, domain, path, expires, secure, httpOnly, sameSite, maxAge }: V3Cookie): HttpCookie {
  return {
    name,
    value,
    ...(domain === undefined ? {} : { domain: { value: domain } }),
    ...(path === undefined ? {} : { path: { value: path } }),
    ...(expires === undefined ? {} : { expires: { value: { seconds: Math.round(Number(expires) / 1000) } } }),
    ...(secure === undefined ? {} : { secure: { value: secure } }),
    ...(httpOnly === undefined ? {} : { httpOnly: { value: httpOnly } }),
    sameSite: SAME_SITE[sameSite?.toLowerCase() ?? ''] ?? 'none',
    ...(maxAge === undefined ? {} : { maxAge: { value: maxAge } }),
  };
}
