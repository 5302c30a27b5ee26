/** HTTP requests and responses, between Node's form and the one that functions take and give. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpCookie, HttpData, TypedData } from './core-api.ts';

/** The request is not one that a function could be given; the status says why. */
export class RequestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** @throws RequestError 413 */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += (part as Buffer).length;
    if (bytes > bytesMax) throw new RequestError(413, `the body has more than ${bytesMax} bytes`);
    parts.push(part as Buffer);
  }
  return parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts);
}

/** @throws RequestError 400 */
export function urlOf(request: IncomingMessage): URL {
  const { host = 'localhost' } = request.headers;
  const target = request.url ?? '/';
  const text = target.startsWith('/') ? `http://${host}${target}` : target;
  if (!URL.canParse(text)) throw new RequestError(400, 'the address of the request cannot be read');
  return new URL(text);
}

export function requestData(
  request: IncomingMessage,
  given: { url: URL; params: Record<string, string>; body: Uint8Array },
): TypedData {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const http: HttpData = {
    method: request.method ?? 'GET',
    url: given.url.href,
    headers,
    params: given.params,
    ...(given.body.length === 0 ? {} : { body: { bytes: given.body } }),
  };
  return { http };
}

/** What the function returned; 204 when that is nothing. */
export function sendResponse(response: ServerResponse, returned: TypedData | null | undefined): void {
  const http = returned?.http;
  if (http === undefined) {
    response.writeHead(204).end();
    return;
  }
  for (const [name, value] of Object.entries(http.headers ?? {})) response.setHeader(name, value);
  const cookies = (http.cookies ?? []).map(cookieText);
  if (cookies.length > 0) response.setHeader('set-cookie', cookies);
  response.statusCode = Number(http.statusCode ?? 200);
  response.end(bytesOf(http.body));
}

function bytesOf(body: TypedData | null | undefined): Uint8Array | string {
  return body?.bytes ?? body?.string ?? body?.json ?? '';
}

/** In the library's words "none" is no attribute, and explicitNone is None. */
const SAME_SITE: ReadonlyMap<unknown, string> = new Map([
  ['lax', 'Lax'],
  ['strict', 'Strict'],
  ['explicitNone', 'None'],
]);

function cookieText({ name, value, domain, path, expires, secure, httpOnly, sameSite, maxAge }: HttpCookie): string {
  const parts = [`${name}=${encodeURIComponent(value)}`];
  if (domain?.value !== undefined) parts.push(`Domain=${domain.value}`);
  if (path?.value !== undefined) parts.push(`Path=${path.value}`);
  const seconds = expires?.value?.seconds;
  if (seconds !== undefined) parts.push(`Expires=${new Date(seconds * 1000).toUTCString()}`);
  if (maxAge?.value !== undefined) parts.push(`Max-Age=${Math.floor(maxAge.value)}`);
  if (secure?.value === true) parts.push('Secure');
  if (httpOnly?.value === true) parts.push('HttpOnly');
  const site = SAME_SITE.get(sameSite);
  if (site !== undefined) parts.push(`SameSite=${site}`);
  return parts.join('; ');
}
