/**
 * A group's committed offsets as a broker sees them: OffsetCommit v2–v7 and OffsetFetch v1–v5; both classic.
 *
 *   OffsetCommit request  = STRING group, INT32 generation, STRING member, v7+: nullable STRING instance,
 *                           v2–v4: INT64 retention ms,
 *                           ARRAY { STRING topic, ARRAY { INT32 partition, INT64 offset, v6+: INT32 leader epoch,
 *                             nullable STRING metadata } }
 *   OffsetCommit response = v3+: INT32 throttle ms, ARRAY { STRING topic, ARRAY { INT32 partition, INT16 error } }
 *   OffsetFetch request   = STRING group, ARRAY { STRING topic, ARRAY INT32 partition }, v2+: null array asks for all
 *   OffsetFetch response  = v3+: INT32 throttle ms, ARRAY { STRING topic, ARRAY { INT32 partition, INT64 offset,
 *                             v5+: INT32 leader epoch, nullable STRING metadata, INT16 error } }, v2+: INT16 error
 */
import { type ByTopic, readByTopic, writeByTopic } from './fetch-server.ts';
import type { MemberRequest } from './group-server.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

export interface CommittedOffset {
  partition: number;
  offset: number;
  metadata: string | null;
}

export interface OffsetCommitRequest extends MemberRequest {
  topics: ByTopic<CommittedOffset>[];
}

export interface OffsetFetchRequest {
  group: string;
  /** Null asks for everything the group has committed. */
  topics: ByTopic<number>[] | null;
}

export function decodeOffsetCommit(version: number, body: Uint8Array): OffsetCommitRequest {
  const reader = new Reader(body, `OffsetCommit v${version} request`, false);
  const group = reader.string('group');
  const generation = reader.int32('generation');
  const memberId = reader.string('member');
  if (version >= 7) reader.nullableString('instance');
  if (version <= 4) reader.int64('retention');
  const topics = readByTopic(reader, () => {
    const partition = reader.int32('partition');
    const offset = reader.safeInt64('offset');
    if (version >= 6) reader.int32('leader epoch');
    return { partition, offset, metadata: reader.nullableString('metadata') };
  });
  reader.expectEnd();
  return { group, generation, memberId, topics };
}

export function encodeOffsetCommitResponse(
  version: number,
  topics: readonly ByTopic<{ partition: number; errorCode: number }>[],
): Buffer {
  const writer = new Writer(false);
  if (version >= 3) writer.int32(0);
  writeByTopic(writer, topics, (entry) => {
    writer.int32(entry.partition);
    writer.int16(entry.errorCode);
  });
  return writer.cut();
}

export function decodeOffsetFetch(version: number, body: Uint8Array): OffsetFetchRequest {
  const reader = new Reader(body, `OffsetFetch v${version} request`, false);
  const group = reader.string('group');
  const topics = reader.nullableArray('topics', () => ({
    topic: reader.string('topic'),
    partitions: reader.array('partitions', () => reader.int32('partition')),
  }));
  if (topics === null && version < 2) throw reader.error('topics is null');
  reader.expectEnd();
  return { group, topics };
}

export function encodeOffsetFetchResponse(version: number, topics: readonly ByTopic<CommittedOffset>[]): Buffer {
  const writer = new Writer(false);
  if (version >= 3) writer.int32(0);
  writeByTopic(writer, topics, (entry) => {
    writer.int32(entry.partition);
    writer.int64(entry.offset);
    if (version >= 5) writer.int32(-1);
    writer.nullableString(entry.metadata);
    writer.int16(0);
  });
  if (version >= 2) writer.int16(0);
  return writer.cut();
}
