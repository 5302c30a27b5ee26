/** InitProducerId as a broker sees it, v0–v4; the grammar is in init-producer-id.ts. */
import { isFlexible } from './api-keys.ts';
import type { InitProducerIdResponse } from './init-producer-id.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

export interface InitProducerIdRequest {
  transactionalId: string | null;
  transactionTimeoutMs: number;
  /** −1 before v3 and for "I have none". */
  producerId: bigint;
  producerEpoch: number;
}

/** Takes what follows the client id. */
export function decodeInitProducerId(version: number, body: Uint8Array): InitProducerIdRequest {
  const reader = new Reader(body, `InitProducerId v${version} request`, isFlexible('InitProducerId', version));
  reader.tags();
  const request = {
    transactionalId: reader.nullableString('transactional id'),
    transactionTimeoutMs: reader.int32('transaction timeout'),
    producerId: version >= 3 ? reader.int64('producer id') : -1n,
    producerEpoch: version >= 3 ? reader.int16('producer epoch') : -1,
  };
  reader.tags();
  reader.expectEnd();
  return request;
}

/** What follows the correlation id. */
export function encodeInitProducerIdResponse(version: number, response: InitProducerIdResponse): Buffer {
  const writer = new Writer(isFlexible('InitProducerId', version), 32);
  writer.noTags();
  writer.int32(response.throttleMs);
  writer.int16(response.errorCode);
  writer.int64(response.producerId);
  writer.int16(response.producerEpoch);
  writer.noTags();
  return writer.cut();
}
