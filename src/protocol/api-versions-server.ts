/** ApiVersions as a broker sees it, v0–v4; the grammar is in api-versions.ts. */
import { isFlexible } from './api-keys.ts';
import type { ApiVersionsResponse } from './api-versions.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** Takes what follows the client id; null before v3, where the client does not say what it is. */
export function decodeApiVersions(version: number, body: Uint8Array): { name: string; version: string } | null {
  const reader = new Reader(body, `ApiVersions v${version} request`, isFlexible('ApiVersions', version));
  reader.tags();
  const client =
    version >= 3
      ? { name: reader.string('client software name'), version: reader.string('client software version') }
      : null;
  reader.tags();
  reader.expectEnd();
  return client;
}

/** What follows the correlation id. Pass version 0 to refuse a version (KIP-511). */
export function encodeApiVersionsResponse(version: number, response: ApiVersionsResponse): Buffer {
  const writer = new Writer(isFlexible('ApiVersions', version));
  writer.int16(response.errorCode);
  writer.array([...response.ranges], ([apiKey, range]) => {
    writer.int16(apiKey);
    writer.int16(range.min);
    writer.int16(range.max);
    writer.noTags();
  });
  if (version >= 1) writer.int32(response.throttleMs);
  writer.noTags();
  return writer.cut();
}
