/**
 * The messages of consumers, which this package only serves: kafkajs' own encoders and decoders are the other side, in
 * every version that both know.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import {
  decodeFetch,
  decodeListOffsets,
  encodeFetchResponse,
  encodeListOffsetsResponse,
} from '../../src/protocol/fetch-server.ts';
import {
  decodeOffsetCommit,
  decodeOffsetFetch,
  encodeOffsetCommitResponse,
  encodeOffsetFetchResponse,
} from '../../src/protocol/group-offsets-server.ts';
import {
  decodeFindCoordinator,
  decodeHeartbeat,
  decodeJoinGroup,
  decodeLeaveGroup,
  decodeSyncGroup,
  encodeFindCoordinatorResponse,
  encodeHeartbeatResponse,
  encodeJoinGroupResponse,
  encodeLeaveGroupResponse,
  encodeSyncGroupResponse,
} from '../../src/protocol/group-server.ts';
import { decodeSaslAuthenticate, decodeSaslHandshake } from '../../src/protocol/sasl-server.ts';
import { Writer } from '../../src/protocol/writer.ts';
import { refusesEveryTruncation, survivesEveryChangedByte } from './support.ts';
import { BATCH_A } from './vectors.ts';

/** What kafkajs keeps for one version of one request. */
interface KafkajsMessage {
  request: { encode: () => Promise<{ buffer: Buffer }> };
  response: { decode: (bytes: Buffer) => Promise<unknown> };
}

interface KafkajsProtocol {
  protocol: (options: { version: number }) => (fields: object) => KafkajsMessage;
}

interface Case {
  name: string;
  versions: number[];
  /** As kafkajs wants it. */
  fields: object;
  decode: (version: number, body: Uint8Array) => unknown;
  decoded: (version: number) => object;
  encode: (version: number) => Buffer;
  /** What of the answer kafkajs must understand. */
  understood: object;
}

const require = createRequire(import.meta.url);
const metadata = Buffer.from('meta');
const member = { groupId: 'g', groupGenerationId: 3, generationId: 3, memberId: 'm' };
const decodedMember = { group: 'g', generation: 3, memberId: 'm' };

const CASES: Case[] = [
  {
    name: 'listOffsets',
    versions: [1, 2, 3],
    fields: {
      replicaId: -1,
      isolationLevel: 1,
      topics: [{ topic: 't', partitions: [{ partition: 4, timestamp: -1 }] }],
    },
    decode: decodeListOffsets,
    decoded: () => [{ topic: 't', partitions: [{ partition: 4, timestamp: -1n }] }],
    encode: (version) => {
      const entry = { partition: 4, errorCode: 0, timestamp: -1n, offset: 77, leaderEpoch: 1 };
      return encodeListOffsetsResponse(version, [{ topic: 't', partitions: [entry] }]);
    },
    understood: {
      responses: [{ topic: 't', partitions: [{ partition: 4, errorCode: 0, timestamp: '-1', offset: '77' }] }],
    },
  },
  {
    name: 'findCoordinator',
    versions: [0, 1, 2],
    fields: { coordinatorKey: 'g', coordinatorType: 0, groupId: 'g' },
    decode: decodeFindCoordinator,
    decoded: () => ({ key: 'g', keyType: 0 }),
    encode: (version) => encodeFindCoordinatorResponse(version, 0, { nodeId: 2, host: 'h', port: 9, rack: null }),
    understood: { errorCode: 0, coordinator: { nodeId: 2, host: 'h', port: 9 } },
  },
  {
    name: 'joinGroup',
    versions: [0, 1, 2, 3, 4, 5],
    fields: {
      groupId: 'g',
      sessionTimeout: 10,
      rebalanceTimeout: 20,
      memberId: 'm',
      protocolType: 'consumer',
      groupProtocols: [{ name: 'p', metadata }],
    },
    decode: decodeJoinGroup,
    decoded: (version) => ({
      group: 'g',
      sessionTimeoutMs: 10,
      rebalanceTimeoutMs: version >= 1 ? 20 : 10,
      memberId: 'm',
      protocolType: 'consumer',
      protocols: [{ name: 'p', metadata }],
    }),
    encode: (version) =>
      encodeJoinGroupResponse(version, {
        errorCode: 0,
        generation: 3,
        protocol: 'p',
        leaderId: 'm',
        memberId: 'm',
        members: [{ memberId: 'm', metadata }],
      }),
    understood: { errorCode: 0, generationId: 3, groupProtocol: 'p', leaderId: 'm', memberId: 'm' },
  },
  {
    name: 'syncGroup',
    versions: [0, 1, 2, 3],
    fields: { ...member, groupAssignment: [{ memberId: 'm', memberAssignment: metadata }] },
    decode: decodeSyncGroup,
    decoded: () => ({ ...decodedMember, assignments: [{ memberId: 'm', assignment: metadata }] }),
    encode: (version) => encodeSyncGroupResponse(version, 0, metadata),
    understood: { errorCode: 0, memberAssignment: metadata },
  },
  {
    name: 'heartbeat',
    versions: [0, 1, 2, 3],
    fields: { ...member, groupInstanceId: null },
    decode: decodeHeartbeat,
    decoded: () => decodedMember,
    encode: (version) => encodeHeartbeatResponse(version, 27),
    understood: { errorCode: 27 },
  },
  {
    name: 'leaveGroup',
    versions: [0, 1, 2, 3],
    fields: { groupId: 'g', memberId: 'm', members: [{ memberId: 'm' }] },
    decode: decodeLeaveGroup,
    decoded: () => ({ group: 'g', memberIds: ['m'] }),
    encode: (version) => encodeLeaveGroupResponse(version, 0, [{ memberId: 'm', errorCode: 0 }]),
    understood: { errorCode: 0 },
  },
  {
    name: 'offsetCommit',
    versions: [2, 3, 4, 5],
    fields: { ...member, topics: [{ topic: 't', partitions: [{ partition: 1, offset: '5' }] }] },
    decode: decodeOffsetCommit,
    decoded: () => ({
      ...decodedMember,
      topics: [{ topic: 't', partitions: [{ partition: 1, offset: 5, metadata: null }] }],
    }),
    encode: (version) =>
      encodeOffsetCommitResponse(version, [{ topic: 't', partitions: [{ partition: 1, errorCode: 25 }] }]),
    understood: { responses: [{ topic: 't', partitions: [{ partition: 1, errorCode: 25 }] }] },
  },
  {
    name: 'offsetFetch',
    versions: [1, 2, 3, 4],
    fields: { groupId: 'g', topics: [{ topic: 't', partitions: [{ partition: 1 }] }] },
    decode: decodeOffsetFetch,
    decoded: () => ({ group: 'g', topics: [{ topic: 't', partitions: [1] }] }),
    encode: (version) =>
      encodeOffsetFetchResponse(version, [{ topic: 't', partitions: [{ partition: 1, offset: 5, metadata: 'x' }] }]),
    understood: {
      responses: [{ topic: 't', partitions: [{ partition: 1, offset: '5', metadata: 'x', errorCode: 0 }] }],
    },
  },
];

function kafkajsMessage(name: string, version: number, fields: object): KafkajsMessage {
  const { protocol } = require(`kafkajs/src/protocol/requests/${name}`) as KafkajsProtocol;
  return protocol({ version })(fields);
}

describe('messages of consumers', () => {
  for (const { name, versions, fields, decode, decoded, encode, understood } of CASES) {
    for (const version of versions) {
      it(`${name} v${version} reads what kafkajs writes, and the other way round`, async () => {
        const { request, response } = kafkajsMessage(name, version, fields);
        const { buffer } = await request.encode();
        assert.deepEqual(decode(version, buffer), decoded(version));
        refusesEveryTruncation(buffer, (bytes) => decode(version, bytes));
        survivesEveryChangedByte(buffer, (bytes) => decode(version, bytes));
        const answer = (await response.decode(encode(version))) as object;
        assert.deepEqual({ ...answer, ...understood }, answer);
      });
    }
  }

  for (const version of [4, 5, 6, 7, 8, 9, 10, 11]) {
    it(`fetch v${version} reads what kafkajs writes, and the other way round`, async () => {
      const partition = { partition: 1, currentLeaderEpoch: -1, fetchOffset: '8', logStartOffset: -1, maxBytes: 99 };
      const topics = [{ topic: 't', partitions: [partition] }];
      const fields = { replicaId: -1, maxWaitTime: 5, minBytes: 1, maxBytes: 100, isolationLevel: 1, topics };
      const { request, response } = kafkajsMessage('fetch', version, fields);
      const { buffer } = await request.encode();
      const wanted = [{ topic: 't', partitions: [{ partition: 1, offset: 8, maxBytes: 99 }] }];
      assert.deepEqual(decodeFetch(version, buffer), { maxWaitMs: 5, minBytes: 1, maxBytes: 100, topics: wanted });
      refusesEveryTruncation(buffer, (bytes) => decodeFetch(version, bytes));
      survivesEveryChangedByte(buffer, (bytes) => decodeFetch(version, bytes));
      const entry = { partition: 1, errorCode: 0, highWatermark: 9, logStartOffset: 2, batches: [BATCH_A] };
      const answer = (await response.decode(encodeFetchResponse(version, [{ topic: 't', partitions: [entry] }]))) as {
        responses: { partitions: { highWatermark: string; messages: { value: Buffer }[] }[] }[];
      };
      const [read] = answer.responses[0]?.partitions ?? [];
      assert.equal(read?.highWatermark, '9');
      assert.deepEqual(
        read.messages.map(({ value }) => value.toString()),
        ['a'],
      );
    });
  }

  it('versions beyond kafkajs differ by the fields librdkafka sends', () => {
    const commit = new Writer(false);
    for (const text of ['g', 'm']) {
      commit.string(text);
      if (text === 'g') commit.int32(3);
    }
    commit.nullableString(null);
    commit.arrayLength(1);
    commit.string('t');
    commit.arrayLength(1);
    commit.int32(1);
    commit.int64(5);
    commit.int32(-1);
    commit.nullableString('x');
    const committed = { partition: 1, offset: 5, metadata: 'x' };
    const expected = { ...decodedMember, topics: [{ topic: 't', partitions: [committed] }] };
    assert.deepEqual(decodeOffsetCommit(7, commit.cut()), expected);
  });

  it('SASL requests are read in both encodings', () => {
    const handshake = new Writer(false);
    handshake.string('PLAIN');
    const mechanism = handshake.cut();
    assert.equal(decodeSaslHandshake(1, mechanism), 'PLAIN');
    refusesEveryTruncation(mechanism, (bytes) => decodeSaslHandshake(1, bytes));
    for (const version of [0, 1, 2]) {
      const authenticate = new Writer(version === 2);
      authenticate.noTags();
      authenticate.bytes(metadata);
      authenticate.noTags();
      const body = authenticate.cut();
      assert.deepEqual(decodeSaslAuthenticate(version, body), metadata);
      refusesEveryTruncation(body, (bytes) => decodeSaslAuthenticate(version, bytes));
    }
  });
});
