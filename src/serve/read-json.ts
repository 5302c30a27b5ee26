/** Bodies that are one JSON value, within their limits. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Exchange } from './exchange.ts';
import { malformed, Problem } from './problem.ts';

/** The media type alone, in lower case. */
export function mediaTypeOf({ headers }: IncomingMessage): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/**
 * The media type, which must be one of these: a page in a browser cannot send any of them without asking first.
 * @throws Problem 415
 */
export function requireMediaType({ request }: Exchange, allowed: readonly string[]): string {
  const type = mediaTypeOf(request);
  const encoding = request.headers['content-encoding'];
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
  let fault: string | undefined;
  if (!allowed.includes(type)) fault = `content type; allowed: ${allowed.join(', ')}`;
  else if (encoding !== undefined && encoding !== 'identity') fault = 'content encoding; allowed: identity';
  else if (charset !== undefined && !/^utf-?8$/i.test(charset)) fault = 'charset; allowed: utf-8';
  if (fault === undefined) return type;
  throw new Problem(415, 'ERR_UNSUPPORTED_MEDIA_TYPE', `unsupported ${fault}`, { isBodyUnread: true });
}

/** @throws Problem 400, 408, 413, 429; ClientGone */
export async function readJson(exchange: Exchange): Promise<unknown> {
  const bytes = await readBody(exchange);
  if (!isUtf8(bytes)) throw malformed('the body is not UTF-8');
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    // The engine's own words would repeat a part of the body.
    throw malformed(bytes.length === 0 ? 'the body is empty; JSON is needed' : 'the body is not JSON');
  }
}

/** @throws Problem 400 unless the body is a JSON object */
export async function readObject(exchange: Exchange): Promise<Readonly<Record<string, unknown>>> {
  const value = await readJson(exchange);
  if (isObject(value)) return value;
  throw malformed('the body must be a JSON object');
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function readBody({ request, body, lease, service }: Exchange): Promise<Buffer> {
  const { bodyBytesMax, bodyTimeoutMs } = service.settings;
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > bodyBytesMax) throw tooLarge(announced, bodyBytesMax);
  lease.take(announced, 0);
  const deadlineMs = performance.now() + bodyTimeoutMs;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for (;;) {
    const chunk = await body.next(Math.max(1, deadlineMs - performance.now()));
    if (chunk === undefined) return Buffer.concat(chunks);
    bytes += chunk.length;
    service.metrics.receivedBytes += chunk.length;
    if (bytes > bodyBytesMax) throw tooLarge(bytes, bodyBytesMax);
    if (bytes > announced) lease.take(Math.min(chunk.length, bytes - announced), 0);
    chunks.push(chunk);
  }
}

function tooLarge(bytes: number, bytesMax: number): Problem {
  return new Problem(413, 'ERR_BODY_TOO_LARGE', `the body has ${bytes} bytes or more; allowed: ${bytesMax}`, {
    isBodyUnread: true,
  });
}
