/** What the protocol tests share: generators for messages, and checks every decoder has to pass. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { KafkaHotpathError } from '../../src/errors.ts';
import type { VersionRange } from '../../src/protocol/api-keys.ts';
import type {
  BrokerEndpoint,
  PartitionMetadata,
  ProducePartitionResponse,
  ProduceRequest,
  ProduceResponse,
} from '../../src/protocol/messages.ts';

export const int16: fc.Arbitrary<number> = fc.integer({ min: -32_768, max: 32_767 });
export const int32: fc.Arbitrary<number> = fc.integer({ min: -2_147_483_648, max: 2_147_483_647 });
export const int64: fc.Arbitrary<bigint> = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
export const safeInt: fc.Arbitrary<number> = fc.maxSafeInteger();
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constant('ä€😀'),
  fc.constant('x'.repeat(200)),
);
export const nullableText: fc.Arbitrary<string | null> = fc.option(text);
export const bytes: fc.Arbitrary<Buffer> = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));

/** Like fc.record, but plain objects as the decoders make them. */
export function struct<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true });
}

const few = { maxLength: 4 };

export const produceRequest: fc.Arbitrary<ProduceRequest> = struct({
  acks: fc.constantFrom(-1, 1),
  timeoutMs: int32,
  topics: fc.array(struct({ topic: text, partitions: fc.array(struct({ partition: int32, batch: bytes }), few) }), few),
});

export const endpoint: fc.Arbitrary<BrokerEndpoint> = struct({
  nodeId: int32,
  host: text,
  port: int32,
  rack: nullableText,
});

const producePartition: fc.Arbitrary<ProducePartitionResponse> = struct({
  partition: int32,
  errorCode: int16,
  baseOffset: safeInt,
  logAppendTimeMs: safeInt,
  logStartOffset: safeInt,
  recordErrors: fc.array(struct({ batchIndex: int32, message: nullableText }), few),
  errorMessage: nullableText,
  currentLeader: fc.option(struct({ leaderId: int32, leaderEpoch: int32 }), { nil: undefined }),
}).map(({ currentLeader, ...rest }) => (currentLeader === undefined ? rest : { ...rest, currentLeader }));

export const produceResponse: fc.Arbitrary<ProduceResponse> = struct({
  topics: fc.array(struct({ topic: text, partitions: fc.array(producePartition, few) }), few),
  throttleMs: int32,
  nodeEndpoints: fc.array(endpoint, few),
});

export const partitionMetadata: fc.Arbitrary<PartitionMetadata> = struct({
  partition: int32,
  errorCode: int16,
  leaderId: int32,
  leaderEpoch: int32,
  replicaIds: fc.array(int32, few),
  isrIds: fc.array(int32, few),
});

/** Every version of the range, lowest first. */
export function versions({ min, max }: VersionRange): number[] {
  return Array.from({ length: max - min + 1 }, (_, index) => min + index);
}

export function isProtocolError(error: unknown): true {
  assert.ok(error instanceof KafkaHotpathError, `a ${String(error)} escaped`);
  assert.equal(error.code, 'ERR_PROTOCOL');
  return true;
}

/** A message cut short anywhere is ERR_PROTOCOL, and nothing else. */
export function refusesEveryTruncation(message: Uint8Array, decode: (bytes: Uint8Array) => unknown): void {
  for (let length = 0; length < message.length; length++) {
    assert.throws(() => decode(message.subarray(0, length)), isProtocolError, `cut at ${length} of ${message.length}`);
  }
}

/** A message with any one byte changed is decoded or ERR_PROTOCOL, and nothing else. */
export function survivesEveryChangedByte(message: Uint8Array, decode: (bytes: Uint8Array) => unknown): void {
  for (let index = 0; index < message.length; index++) {
    for (const value of [0x00, 0x01, 0x7f, 0x80, 0xff]) {
      const changed = Buffer.from(message);
      changed[index] = value;
      try {
        decode(changed);
      } catch (error) {
        isProtocolError(error);
      }
    }
  }
}
