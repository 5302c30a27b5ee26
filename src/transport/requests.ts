/** The requests of a producer, as an exchange carries them. */
import { decodeInitProducerIdResponse, encodeInitProducerId } from '../protocol/init-producer-id.ts';
import type { InitProducerIdResponse } from '../protocol/init-producer-id.ts';
import type { ClusterMetadata, ProduceRequest, ProduceResponse } from '../protocol/messages.ts';
import { decodeMetadataResponse, encodeMetadata } from '../protocol/metadata.ts';
import { decodeProduceResponse, encodeProduceChunks } from '../protocol/produce.ts';
import {
  decodeSaslAuthenticateResponse,
  decodeSaslHandshakeResponse,
  encodeSaslAuthenticate,
  encodeSaslHandshake,
  type SaslHandshakeResponse,
} from '../protocol/sasl.ts';
import type { SaslAuthenticateResponse } from '../protocol/sasl-server.ts';
import type { RequestBody, RequestSpec } from './exchange.ts';

function throttleMs(response: { throttleMs: number }): number {
  return response.throttleMs;
}

function oneChunk(bytes: Buffer): RequestBody {
  return { chunks: [bytes], byteLength: bytes.length };
}

/** @param shown makes a text of the broker's fit to be shown */
export function produceSpec(request: ProduceRequest, shown: (text: string) => string): RequestSpec<ProduceResponse> {
  return {
    api: 'Produce',
    encode: (version) => encodeProduceChunks(version, request),
    decode: (version, payload) => withShownTexts(decodeProduceResponse(version, payload), shown),
    throttleMs,
    clientThrottleFrom: 6,
  };
}

function withShownTexts(response: ProduceResponse, shown: (text: string) => string): ProduceResponse {
  for (const { partitions } of response.topics) {
    for (const answer of partitions) {
      if (answer.errorMessage !== null) answer.errorMessage = shown(answer.errorMessage);
      for (const culprit of answer.recordErrors) {
        if (culprit.message !== null) culprit.message = shown(culprit.message);
      }
    }
  }
  return response;
}

export function metadataSpec(
  topics: readonly string[],
  options: { allowAutoTopicCreation: boolean },
): RequestSpec<ClusterMetadata> {
  return {
    api: 'Metadata',
    encode: (version) => oneChunk(encodeMetadata(version, { topics, ...options })),
    decode: decodeMetadataResponse,
    throttleMs,
    clientThrottleFrom: 6,
  };
}

export function initProducerIdSpec(): RequestSpec<InitProducerIdResponse> {
  return {
    api: 'InitProducerId',
    encode: (version) => oneChunk(encodeInitProducerId(version)),
    decode: decodeInitProducerIdResponse,
    throttleMs,
    clientThrottleFrom: 1,
  };
}

/** The SASL requests tell nothing about throttling. */
const UNTHROTTLED = { throttleMs: (): number => 0, clientThrottleFrom: Number.POSITIVE_INFINITY };

export function saslHandshakeSpec(mechanism: string): RequestSpec<SaslHandshakeResponse> {
  return {
    api: 'SaslHandshake',
    encode: () => oneChunk(encodeSaslHandshake(mechanism)),
    decode: decodeSaslHandshakeResponse,
    ...UNTHROTTLED,
  };
}

export function saslAuthenticateSpec(token: Uint8Array): RequestSpec<SaslAuthenticateResponse> {
  return {
    api: 'SaslAuthenticate',
    encode: (version) => oneChunk(encodeSaslAuthenticate(version, token)),
    decode: decodeSaslAuthenticateResponse,
    ...UNTHROTTLED,
  };
}
