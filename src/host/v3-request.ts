/** The HTTP request as a function of the v3 model gets it. */
import type { HttpData } from './core-api.ts';

export interface FormPart {
  readonly value: Buffer;
}

const UNDECODED = /^(application\/octet-stream$|multipart\/)/;
const FORM = 'application/x-www-form-urlencoded';

/** Its fields are what handlers read, and change. */
export class V3Request {
  method: string;
  url: string;
  originalUrl: string;
  headers: Record<string, string>;
  query: Record<string, string>;
  params: Record<string, string>;
  /** What the JSON says, else the text; bytes for media types that are none. Undefined when there is no body. */
  body?: unknown;
  rawBody?: string;
  bufferBody?: Buffer;
  /** Who is logged in is for the front end of Azure to say, which is not here. */
  readonly user: null = null;

  constructor({ method = 'GET', url = '', headers = {}, params = {}, body }: HttpData) {
    this.method = method;
    this.url = url;
    this.originalUrl = url;
    this.headers = headers;
    this.params = params;
    this.query = Object.fromEntries(new URL(url).searchParams);
    if (body?.bytes === undefined) return;
    const bytes = Buffer.from(body.bytes);
    const text = bytes.toString('utf8').replace(/^\ufeff/, '');
    this.bufferBody = bytes;
    this.rawBody = text;
    this.body = UNDECODED.test(this.get('content-type')?.toLowerCase() ?? '') ? bytes : valueOf(text);
  }

  get(field: string): string | undefined {
    return this.headers[field.toLowerCase()];
  }

  /** @throws Error for a body that is no urlencoded form */
  parseFormBody(): Form {
    const type = this.get('content-type') ?? '';
    if (type.split(';', 1)[0]?.trim().toLowerCase() === FORM) return new Form(this.rawBody ?? '');
    throw new Error(`parseFormBody: the content type is "${type}"; here only ${FORM} can be read`);
  }
}

/** Many texts are JSON by accident, as numbers are; v3 functions are used to that. */
export function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

class Form implements Iterable<[string, FormPart]> {
  readonly #parts: readonly [string, FormPart][];

  constructor(text: string) {
    this.#parts = [...new URLSearchParams(text)].map(([name, value]) => [name, { value: Buffer.from(value) }]);
  }

  get length(): number {
    return this.#parts.length;
  }

  get(name: string): FormPart | null {
    return this.getAll(name)[0] ?? null;
  }

  getAll(name: string): FormPart[] {
    return this.#parts.filter(([own]) => own === name).map(([, part]) => part);
  }

  has(name: string): boolean {
    return this.getAll(name).length > 0;
  }

  [Symbol.iterator](): Iterator<[string, FormPart]> {
    return this.#parts[Symbol.iterator]();
  }
}
