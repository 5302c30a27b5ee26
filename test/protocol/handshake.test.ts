/** The messages before the first Produce: ApiVersions, Metadata, InitProducerId, in every version. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CLIENT_VERSIONS } from '../../src/protocol/api-keys.ts';
import { decodeApiVersions, encodeApiVersionsResponse } from '../../src/protocol/api-versions-server.ts';
import {
  type ApiVersionsResponse,
  decodeApiVersionsResponse,
  encodeApiVersions,
} from '../../src/protocol/api-versions.ts';
import { decodeInitProducerId, encodeInitProducerIdResponse } from '../../src/protocol/init-producer-id-server.ts';
import { decodeInitProducerIdResponse, encodeInitProducerId } from '../../src/protocol/init-producer-id.ts';
import type { ClusterMetadata } from '../../src/protocol/messages.ts';
import { decodeMetadata, encodeMetadataResponse } from '../../src/protocol/metadata-server.ts';
import { decodeMetadataResponse, encodeMetadata } from '../../src/protocol/metadata.ts';
import {
  endpoint,
  int16,
  int32,
  int64,
  nullableText,
  partitionMetadata,
  refusesEveryTruncation,
  struct,
  survivesEveryChangedByte,
  text,
  versions,
} from './support.ts';

const metadata: fc.Arbitrary<ClusterMetadata> = struct({
  clusterId: nullableText,
  controllerId: int32,
  brokers: fc.array(endpoint, { maxLength: 3 }),
  topics: fc.array(
    struct({
      topic: text,
      topicId: fc.uuid().map((uuid) => uuid.replaceAll('-', '')),
      errorCode: int16,
      partitions: fc.array(partitionMetadata, { maxLength: 3 }),
    }),
    { maxLength: 3 },
  ),
  throttleMs: int32,
});

const apiVersions: fc.Arbitrary<ApiVersionsResponse> = struct({
  errorCode: int16.filter((code) => code !== 35),
  throttleMs: int32,
  ranges: fc
    .array(fc.tuple(int16, struct({ min: int16, max: int16 })), { maxLength: 60 })
    .map((entries) => new Map(entries)),
});

function metadataCarriedBy(version: number, sent: ClusterMetadata): ClusterMetadata {
  const topics = sent.topics.map((topic) => ({
    ...topic,
    topicId: version >= 10 ? topic.topicId : '',
    partitions: topic.partitions.map((partition) => ({
      ...partition,
      leaderEpoch: version >= 7 ? partition.leaderEpoch : -1,
    })),
  }));
  const clusterId = version >= 2 ? sent.clusterId : null;
  return { ...sent, topics, clusterId, throttleMs: version >= 3 ? sent.throttleMs : 0 };
}

function holdsTogether(message: Uint8Array, decode: (bytes: Uint8Array) => unknown): void {
  refusesEveryTruncation(message, decode);
  survivesEveryChangedByte(message, decode);
}

describe('Metadata', () => {
  for (const version of versions(CLIENT_VERSIONS.Metadata)) {
    it(`v${version} asks for the topics that were named, for none, and for all`, () => {
      const allowAutoTopicCreation = version < 4;
      for (const topics of [['a', 'ä'], [], null]) {
        const request = { topics, allowAutoTopicCreation };
        const body = encodeMetadata(version, request);
        assert.deepEqual(decodeMetadata(version, body), request);
        holdsTogether(body, (bytes) => decodeMetadata(version, bytes));
      }
    });

    it(`v${version} responses keep every topic and partition, sick or well`, () => {
      fc.assert(
        fc.property(metadata, (sent) => {
          const received = decodeMetadataResponse(version, encodeMetadataResponse(version, sent));
          assert.deepEqual(received, metadataCarriedBy(version, sent));
        }),
      );
      const [sample] = fc.sample(metadata, { seed: version, numRuns: 1 });
      holdsTogether(encodeMetadataResponse(version, sample!), (bytes) => decodeMetadataResponse(version, bytes));
    });
  }

  it('v0 asks for everything with an empty list', () => {
    assert.deepEqual(decodeMetadata(0, Buffer.alloc(4)), { topics: null, allowAutoTopicCreation: true });
  });
});

describe('InitProducerId', () => {
  for (const version of versions(CLIENT_VERSIONS.InitProducerId)) {
    it(`v${version} asks for a new id and reads the answer`, () => {
      const body = encodeInitProducerId(version);
      const request = decodeInitProducerId(version, body);
      const { transactionalId, producerId, producerEpoch } = request;
      assert.deepEqual([transactionalId, producerId, producerEpoch], [null, -1n, -1]);
      holdsTogether(body, (bytes) => decodeInitProducerId(version, bytes));
      const identity = struct({ throttleMs: int32, errorCode: int16, producerId: int64, producerEpoch: int16 });
      fc.assert(
        fc.property(identity, (sent) => {
          const bytes = encodeInitProducerIdResponse(version, sent);
          assert.deepEqual(decodeInitProducerIdResponse(version, bytes), sent);
          holdsTogether(bytes, (part) => decodeInitProducerIdResponse(version, part));
        }),
        { numRuns: 10 },
      );
    });
  }
});

describe('ApiVersions', () => {
  for (const version of versions(CLIENT_VERSIONS.ApiVersions)) {
    it(`v${version} names the client from v3 on, and reads the ranges`, () => {
      const client = { name: 'kafka-hotpath', version: '1.0.0' };
      const body = encodeApiVersions(version, client);
      assert.deepEqual(decodeApiVersions(version, body), version >= 3 ? client : null);
      holdsTogether(body, (bytes) => decodeApiVersions(version, bytes));
      fc.assert(
        fc.property(apiVersions, (sent) => {
          const bytes = encodeApiVersionsResponse(version, sent);
          const throttleMs = version >= 1 ? sent.throttleMs : 0;
          assert.deepEqual(decodeApiVersionsResponse(version, bytes), { ...sent, throttleMs });
        }),
      );
      const [sample] = fc.sample(apiVersions, { seed: version, numRuns: 1 });
      const bytes = encodeApiVersionsResponse(version, sample!);
      holdsTogether(bytes, (part) => decodeApiVersionsResponse(version, part));
    });
  }

  it('reads the v0 answer of a broker that does not know v4 (KIP-511)', () => {
    const sent = { errorCode: 35, throttleMs: 0, ranges: new Map([[18, { min: 0, max: 3 }]]) };
    assert.deepEqual(decodeApiVersionsResponse(4, encodeApiVersionsResponse(0, sent)), sent);
  });
});
