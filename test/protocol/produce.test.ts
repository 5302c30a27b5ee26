import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ApiKey, CLIENT_VERSIONS } from '../../src/protocol/api-keys.ts';
import { decodeRequestHeader, encodeRequestHeader } from '../../src/protocol/frame.ts';
import type { ProduceResponse } from '../../src/protocol/messages.ts';
import { decodeProduce, encodeProduceResponse } from '../../src/protocol/produce-server.ts';
import { decodeProduceResponse, encodeProduce, encodeProduceChunks } from '../../src/protocol/produce.ts';
import {
  isProtocolError,
  produceRequest,
  produceResponse,
  refusesEveryTruncation,
  survivesEveryChangedByte,
  versions,
} from './support.ts';
import { BATCH_A, PRODUCE_V7_FRAME_C } from './vectors.ts';

const VECTOR_REQUEST = {
  acks: -1,
  timeoutMs: 5000,
  topics: [{ topic: 't', partitions: [{ partition: 0, batch: BATCH_A }] }],
};

/** What the version can carry of a response. */
function asCarriedBy(version: number, response: ProduceResponse): ProduceResponse {
  const topics = response.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ currentLeader, ...partition }) => ({
      ...partition,
      logStartOffset: version >= 5 ? partition.logStartOffset : -1,
      recordErrors: version >= 8 ? partition.recordErrors : [],
      errorMessage: version >= 8 ? partition.errorMessage : null,
      ...(version >= 10 && currentLeader !== undefined ? { currentLeader } : {}),
    })),
  }));
  return { ...response, topics, nodeEndpoints: version >= 10 ? response.nodeEndpoints : [] };
}

describe('Produce', () => {
  it('writes the v7 frame of vector C byte for byte, and reads it', () => {
    const body = encodeProduce(7, VECTOR_REQUEST);
    const header = { apiKey: ApiKey.Produce, version: 7, correlationId: 1, clientId: 'vec' };
    const frame = Buffer.concat([encodeRequestHeader(header, body.length), body]);
    assert.equal(frame.toString('hex'), PRODUCE_V7_FRAME_C.toString('hex'));
    const decoded = decodeRequestHeader(frame.subarray(4));
    assert.deepEqual(decoded.header, header);
    assert.deepEqual(decodeProduce(7, decoded.body), { ...VECTOR_REQUEST, transactionalId: null });
  });

  for (const version of versions(CLIENT_VERSIONS.Produce)) {
    it(`v${version} requests reach the broker as they were meant`, () => {
      fc.assert(
        fc.property(produceRequest, (request) => {
          const decoded = decodeProduce(version, encodeProduce(version, request));
          assert.deepEqual(decoded, { ...request, transactionalId: null });
        }),
      );
    });

    it(`v${version} responses reach the client as they were meant`, () => {
      fc.assert(
        fc.property(produceResponse, (response) => {
          const decoded = decodeProduceResponse(version, encodeProduceResponse(version, response));
          assert.deepEqual(decoded, asCarriedBy(version, response));
        }),
      );
    });

    it(`v${version} cut or changed anywhere is ERR_PROTOCOL or another message, never a crash`, () => {
      const [request] = fc.sample(produceRequest, { seed: version, numRuns: 1 });
      const [response] = fc.sample(produceResponse, { seed: version, numRuns: 1 });
      const requestBytes = encodeProduce(version, request!);
      const responseBytes = encodeProduceResponse(version, response!);
      const decodeRequest = (bytes: Uint8Array): unknown => decodeProduce(version, bytes);
      const decodeResponse = (bytes: Uint8Array): unknown => decodeProduceResponse(version, bytes);
      refusesEveryTruncation(requestBytes, decodeRequest);
      refusesEveryTruncation(responseBytes, decodeResponse);
      survivesEveryChangedByte(requestBytes, decodeRequest);
      survivesEveryChangedByte(responseBytes, decodeResponse);
    });
  }

  it('gives large batches themselves among the chunks, small ones in between, and the total length', () => {
    const sizes = fc.array(fc.constantFrom(0, 1, 8191, 8192, 8193, 20_000), { maxLength: 12 });
    fc.assert(
      fc.property(sizes, fc.constantFrom(7, 9), (batchSizes, version) => {
        const partitions = batchSizes.map((size, partition) => ({ partition, batch: Buffer.alloc(size, partition) }));
        const request = { acks: -1, timeoutMs: 1, topics: [{ topic: 'orders', partitions }] };
        const { chunks, byteLength } = encodeProduceChunks(version, request);
        const body = Buffer.concat(chunks);
        assert.equal(body.length, byteLength);
        assert.deepEqual(decodeProduce(version, body), { ...request, transactionalId: null });
        const large = partitions.map(({ batch }) => batch).filter(({ length }) => length > 8192);
        assert.deepEqual(
          chunks.filter((chunk) => large.some((batch) => batch === chunk)),
          large,
        );
        assert.ok(chunks.length <= 2 * large.length + 1, 'a small batch is a piece of its own');
      }),
    );
  });

  it('keeps chunks intact while the writer grows past its first buffer', () => {
    const partitions = Array.from({ length: 500 }, (_, partition) => ({ partition, batch: BATCH_A }));
    const request = { acks: -1, timeoutMs: 1, topics: [{ topic: 'a'.repeat(249), partitions }] };
    assert.deepEqual(decodeProduce(9, encodeProduce(9, request)), { ...request, transactionalId: null });
  });

  it('refuses bytes after a request', () => {
    const body = Buffer.concat([encodeProduce(7, VECTOR_REQUEST), Buffer.of(0)]);
    assert.throws(() => decodeProduce(7, body), isProtocolError);
  });

  it('reads a response with tagged fields it has never heard of', () => {
    // Flexible: no header tags, no topics, throttle 3, then tags 7 (two bytes) and 300 (empty).
    const bytes = Buffer.from('0001000000030207020102ac0200', 'hex');
    assert.deepEqual(decodeProduceResponse(9, bytes), { topics: [], throttleMs: 3, nodeEndpoints: [] });
  });
});
