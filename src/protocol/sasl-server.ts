/**
 * SaslHandshake v0–v1 and SaslAuthenticate v0–v2 as a broker sees them.
 *
 *   SaslHandshake request     = STRING mechanism
 *   SaslHandshake response    = INT16 error, ARRAY STRING enabled mechanisms
 *   SaslAuthenticate request  = [TAGS v2+] BYTES token, [TAGS]
 *   SaslAuthenticate response = [TAGS v2+] INT16 error, nullable STRING error message, BYTES token,
 *                               v1+: INT64 session lifetime ms, [TAGS]
 * After a v0 handshake the tokens travel as bare INT32-prefixed bytes, without request headers; only v1 is served.
 */
import { isFlexible } from './api-keys.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

export interface SaslAuthenticateResponse {
  errorCode: number;
  errorMessage: string | null;
  token: Uint8Array;
  /** 0: the session does not end. */
  sessionLifetimeMs: number;
}

export function decodeSaslHandshake(version: number, body: Uint8Array): string {
  const reader = new Reader(body, `SaslHandshake v${version} request`, false);
  const mechanism = reader.string('mechanism');
  reader.expectEnd();
  return mechanism;
}

export function encodeSaslHandshakeResponse(errorCode: number, mechanisms: readonly string[]): Buffer {
  const writer = new Writer(false);
  writer.int16(errorCode);
  writer.array(mechanisms, (mechanism) => {
    writer.string(mechanism);
  });
  return writer.cut();
}

export function decodeSaslAuthenticate(version: number, body: Uint8Array): Buffer {
  const reader = new Reader(body, `SaslAuthenticate v${version} request`, isFlexible('SaslAuthenticate', version));
  reader.tags();
  const token = reader.bytes('token');
  reader.tags();
  reader.expectEnd();
  return token;
}

export function encodeSaslAuthenticateResponse(version: number, response: SaslAuthenticateResponse): Buffer {
  const writer = new Writer(isFlexible('SaslAuthenticate', version));
  writer.noTags();
  writer.int16(response.errorCode);
  writer.nullableString(response.errorMessage);
  writer.bytes(response.token);
  if (version >= 1) writer.int64(response.sessionLifetimeMs);
  writer.noTags();
  return writer.cut();
}
