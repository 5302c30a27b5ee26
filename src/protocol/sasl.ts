/**
 * SaslHandshake v1 and SaslAuthenticate v0–v2 as a client sends them.
 *
 *   SaslHandshake request     = STRING mechanism
 *   SaslHandshake response    = INT16 error, ARRAY STRING enabled mechanisms
 *   SaslAuthenticate request  = [TAGS v2+] BYTES token, [TAGS]
 *   SaslAuthenticate response = [TAGS v2+] INT16 error, nullable STRING error message, BYTES token,
 *                               v1+: INT64 session lifetime ms, [TAGS]
 */
import { isFlexible } from './api-keys.ts';
import { Reader } from './reader.ts';
import type { SaslAuthenticateResponse } from './sasl-server.ts';
import { Writer } from './writer.ts';

export interface SaslHandshakeResponse {
  errorCode: number;
  /** What the listener has enabled; some brokers leave it empty. */
  mechanisms: string[];
}

/** Kafka has a handful; the rest of a longer list would only be kept to be shown. */
const MECHANISMS_MAX = 100;

export function encodeSaslHandshake(mechanism: string): Buffer {
  const writer = new Writer(false, 32);
  writer.string(mechanism);
  return writer.cut();
}

/** Takes what follows the correlation id. */
export function decodeSaslHandshakeResponse(version: number, bytes: Uint8Array): SaslHandshakeResponse {
  const reader = new Reader(bytes, `SaslHandshake v${version} response`, false);
  const errorCode = reader.int16('error code');
  const count = reader.int32('mechanism count');
  if (count > MECHANISMS_MAX) throw reader.error(`${count} mechanisms, allowed: at most ${MECHANISMS_MAX}`);
  const mechanisms: string[] = [];
  for (let index = 0; index < count; index++) mechanisms.push(reader.string('mechanism'));
  return { errorCode, mechanisms };
}

export function encodeSaslAuthenticate(version: number, token: Uint8Array): Buffer {
  const writer = new Writer(isFlexible('SaslAuthenticate', version), token.length + 16);
  writer.noTags();
  writer.bytes(token);
  writer.noTags();
  return writer.cut();
}

/** Takes what follows the correlation id. */
export function decodeSaslAuthenticateResponse(version: number, bytes: Uint8Array): SaslAuthenticateResponse {
  const reader = new Reader(bytes, `SaslAuthenticate v${version} response`, isFlexible('SaslAuthenticate', version));
  reader.tags();
  const errorCode = reader.int16('error code');
  const errorMessage = reader.nullableString('error message');
  // Null where there is nothing to say: some brokers do so with a refusal.
  const token = reader.nullableBytes('token') ?? new Uint8Array(0);
  const sessionLifetimeMs = version >= 1 ? reader.safeInt64('session lifetime') : 0;
  reader.tags();
  return { errorCode, errorMessage, token, sessionLifetimeMs };
}
