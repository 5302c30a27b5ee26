/**
 * ApiVersions as a client sends it, v0–v4.
 *
 *   request  = v3+: TAGS, STRING client software name, STRING client software version, TAGS; before v3 empty
 *   response = INT16 error, ARRAY { INT16 api key, INT16 min, INT16 max, [TAGS] }, v1+: INT32 throttle ms, [TAGS]
 * The response header never has tags, so that a client can read it before it knows the broker. A broker that does not
 * know the version asked for answers error 35 in the layout of v0 (KIP-511).
 */
import { isFlexible, type VersionRange } from './api-keys.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

const UNSUPPORTED_VERSION = 35;

export interface ApiVersionsResponse {
  errorCode: number;
  throttleMs: number;
  /** By api key, as advertised. */
  ranges: Map<number, VersionRange>;
}

export function encodeApiVersions(version: number, client: { name: string; version: string }): Buffer {
  const writer = new Writer(isFlexible('ApiVersions', version), 64);
  if (version < 3) return writer.cut();
  writer.noTags();
  writer.string(client.name);
  writer.string(client.version);
  writer.noTags();
  return writer.cut();
}

/** Takes what follows the correlation id. */
export function decodeApiVersionsResponse(version: number, bytes: Uint8Array): ApiVersionsResponse {
  const errorCode = new Reader(bytes, `ApiVersions v${version} response`, false).int16('error code');
  const layout = errorCode === UNSUPPORTED_VERSION ? 0 : version;
  const reader = new Reader(bytes, `ApiVersions v${version} response`, isFlexible('ApiVersions', layout));
  const response: ApiVersionsResponse = { errorCode: reader.int16('error code'), throttleMs: 0, ranges: new Map() };
  reader.array('api keys', () => {
    const apiKey = reader.int16('api key');
    response.ranges.set(apiKey, { min: reader.int16('min version'), max: reader.int16('max version') });
    reader.tags();
  });
  if (layout >= 1) response.throttleMs = reader.int32('throttle');
  reader.tags();
  return response;
}
