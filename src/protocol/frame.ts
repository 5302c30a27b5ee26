/**
 * Requests and responses as they travel, without their bodies.
 *
 *   request  = INT32 length of all that follows
 *              INT16 api key, INT16 version, INT32 correlation id, classic nullable STRING client id
 *              [TAGS, in flexible versions: part of the body here]
 *              body
 *   response = INT32 length of all that follows, INT32 correlation id
 *              [TAGS, in flexible versions except those of ApiVersions: part of the body here]
 *              body
 */
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

export interface RequestHeader {
  apiKey: number;
  version: number;
  correlationId: number;
  clientId: string | null;
}

/** Length prefix and header of a request whose body has that many bytes. */
export function encodeRequestHeader(header: RequestHeader, bodyBytes: number): Buffer {
  const fields = new Writer(false, 64);
  fields.int16(header.apiKey);
  fields.int16(header.version);
  fields.int32(header.correlationId);
  fields.nullableString(header.clientId);
  const headerBytes = fields.cut();
  const frame = Buffer.allocUnsafe(4 + headerBytes.length);
  frame.writeInt32BE(headerBytes.length + bodyBytes, 0);
  frame.set(headerBytes, 4);
  return frame;
}

/** Splits a request, given without its length prefix, into header and body. */
export function decodeRequestHeader(frame: Uint8Array): { header: RequestHeader; body: Buffer } {
  const reader = new Reader(frame, 'request header', false);
  const header: RequestHeader = {
    apiKey: reader.int16('api key'),
    version: reader.int16('version'),
    correlationId: reader.int32('correlation id'),
    clientId: reader.classicNullableString('client id'),
  };
  return { header, body: reader.raw('body', reader.remaining) };
}

/** Length prefix and header of a response whose body has that many bytes. */
export function encodeResponseHeader(correlationId: number, bodyBytes: number): Buffer {
  const frame = Buffer.allocUnsafe(8);
  frame.writeInt32BE(4 + bodyBytes, 0);
  frame.writeInt32BE(correlationId, 4);
  return frame;
}
