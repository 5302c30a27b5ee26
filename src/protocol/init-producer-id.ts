/**
 * InitProducerId as a client sends it, v0–v4, for producers without transactions.
 *
 *   request  = [TAGS v2+] nullable STRING transactional id (null), INT32 transaction timeout ms,
 *              v3+: INT64 producer id, INT16 producer epoch, [TAGS]
 *   response = [TAGS v2+] INT32 throttle ms, INT16 error, INT64 producer id, INT16 producer epoch, [TAGS]
 */
import { isFlexible } from './api-keys.ts';
import type { ProducerIdentity } from './messages.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** Unused without a transactional id, but brokers refuse 0 and less. */
const TRANSACTION_TIMEOUT_MS = 60_000;

export interface InitProducerIdResponse extends ProducerIdentity {
  throttleMs: number;
  errorCode: number;
}

/** Asks for a new producer id: id and epoch go as −1, which is "I have none" (KIP-360). */
export function encodeInitProducerId(version: number): Buffer {
  const writer = new Writer(isFlexible('InitProducerId', version), 32);
  writer.noTags();
  writer.nullableString(null);
  writer.int32(TRANSACTION_TIMEOUT_MS);
  if (version >= 3) {
    writer.int64(-1);
    writer.int16(-1);
  }
  writer.noTags();
  return writer.cut();
}

/** Takes what follows the correlation id. */
export function decodeInitProducerIdResponse(version: number, bytes: Uint8Array): InitProducerIdResponse {
  const reader = new Reader(bytes, `InitProducerId v${version} response`, isFlexible('InitProducerId', version));
  reader.tags();
  const response = {
    throttleMs: reader.int32('throttle'),
    errorCode: reader.int16('error code'),
    producerId: reader.int64('producer id'),
    producerEpoch: reader.int16('producer epoch'),
  };
  reader.tags();
  return response;
}
