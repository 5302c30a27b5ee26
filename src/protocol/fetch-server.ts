/**
 * Fetch v4–v11 and ListOffsets v1–v5 as a broker sees them; both classic.
 *
 *   Fetch request        = INT32 replica id, INT32 max wait ms, INT32 min bytes, INT32 max bytes, INT8 isolation level,
 *                          v7+: INT32 session id, INT32 session epoch,
 *                          ARRAY { STRING topic, ARRAY { INT32 partition, v9+: INT32 leader epoch, INT64 offset,
 *                            v5+: INT64 log start offset, INT32 max bytes } },
 *                          v7+: ARRAY { STRING topic, ARRAY INT32 partition }, v11+: STRING rack
 *   Fetch response       = INT32 throttle ms, v7+: INT16 error, INT32 session id,
 *                          ARRAY { STRING topic, ARRAY { INT32 partition, INT16 error, INT64 high watermark,
 *                            INT64 last stable offset, v5+: INT64 log start offset, nullable ARRAY aborted (null),
 *                            v11+: INT32 preferred replica, BYTES record batches } }
 *   ListOffsets request  = INT32 replica id, v2+: INT8 isolation level,
 *                          ARRAY { STRING topic, ARRAY { INT32 partition, v4+: INT32 leader epoch, INT64 timestamp } }
 *   ListOffsets response = v2+: INT32 throttle ms, ARRAY { STRING topic, ARRAY { INT32 partition, INT16 error,
 *                            INT64 timestamp, INT64 offset, v4+: INT32 leader epoch } }
 */
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** Things per partition, in the nesting every request and response uses. */
export interface ByTopic<Partition> {
  topic: string;
  partitions: Partition[];
}

export interface FetchPartition {
  partition: number;
  offset: number;
  maxBytes: number;
}

export interface FetchRequest {
  maxWaitMs: number;
  minBytes: number;
  maxBytes: number;
  topics: ByTopic<FetchPartition>[];
}

export interface FetchPartitionResponse {
  partition: number;
  errorCode: number;
  highWatermark: number;
  logStartOffset: number;
  batches: readonly Uint8Array[];
}

export interface ListOffsetsPartition {
  partition: number;
  /** −1 asks for the end, −2 for the start, else for the first record at or after it. */
  timestamp: bigint;
}

export interface ListOffsetsPartitionResponse {
  partition: number;
  errorCode: number;
  timestamp: bigint;
  offset: number;
  leaderEpoch: number;
}

/** Reads ARRAY { STRING topic, ARRAY partition }. */
export function readByTopic<P>(reader: Reader, readPartition: (reader: Reader) => P): ByTopic<P>[] {
  return reader.array('topics', () => ({
    topic: reader.string('topic'),
    partitions: reader.array('partitions', readPartition),
  }));
}

/** Writes ARRAY { STRING topic, ARRAY partition }. */
export function writeByTopic<P>(
  writer: Writer,
  topics: readonly ByTopic<P>[],
  writePartition: (entry: P) => void,
): void {
  writer.array(topics, ({ topic, partitions }) => {
    writer.string(topic);
    writer.array(partitions, writePartition);
  });
}

export function decodeFetch(version: number, body: Uint8Array): FetchRequest {
  const reader = new Reader(body, `Fetch v${version} request`, false);
  reader.int32('replica id');
  const maxWaitMs = reader.int32('max wait');
  const minBytes = reader.int32('min bytes');
  const maxBytes = reader.int32('max bytes');
  reader.int8('isolation level');
  if (version >= 7) {
    reader.int32('session id');
    reader.int32('session epoch');
  }
  const topics = readByTopic(reader, () => {
    const partition = reader.int32('partition');
    if (version >= 9) reader.int32('leader epoch');
    const offset = reader.safeInt64('fetch offset');
    if (version >= 5) reader.int64('log start offset');
    return { partition, offset, maxBytes: reader.int32('partition max bytes') };
  });
  if (version >= 7) readByTopic(reader, () => reader.int32('forgotten partition'));
  if (version >= 11) reader.string('rack');
  reader.expectEnd();
  return { maxWaitMs, minBytes, maxBytes, topics };
}

/** Session id 0 tells the client that there are no fetch sessions here, so it names every partition each time. */
export function encodeFetchResponse(version: number, topics: readonly ByTopic<FetchPartitionResponse>[]): Buffer {
  const writer = new Writer(false, 1024);
  writer.int32(0);
  if (version >= 7) {
    writer.int16(0);
    writer.int32(0);
  }
  writeByTopic(writer, topics, (entry) => {
    writer.int32(entry.partition);
    writer.int16(entry.errorCode);
    writer.int64(entry.highWatermark);
    writer.int64(entry.highWatermark);
    if (version >= 5) writer.int64(entry.logStartOffset);
    writer.nullArray();
    if (version >= 11) writer.int32(-1);
    writer.bytesLength(entry.batches.reduce((total, batch) => total + batch.length, 0));
    for (const batch of entry.batches) writer.raw(batch);
  });
  return writer.cut();
}

export function decodeListOffsets(version: number, body: Uint8Array): ByTopic<ListOffsetsPartition>[] {
  const reader = new Reader(body, `ListOffsets v${version} request`, false);
  reader.int32('replica id');
  if (version >= 2) reader.int8('isolation level');
  const topics = readByTopic(reader, () => {
    const partition = reader.int32('partition');
    if (version >= 4) reader.int32('leader epoch');
    return { partition, timestamp: reader.int64('timestamp') };
  });
  reader.expectEnd();
  return topics;
}

export function encodeListOffsetsResponse(
  version: number,
  topics: readonly ByTopic<ListOffsetsPartitionResponse>[],
): Buffer {
  const writer = new Writer(false);
  if (version >= 2) writer.int32(0);
  writeByTopic(writer, topics, (entry) => {
    writer.int32(entry.partition);
    writer.int16(entry.errorCode);
    writer.int64(entry.timestamp);
    writer.int64(entry.offset);
    if (version >= 4) writer.int32(entry.leaderEpoch);
  });
  return writer.cut();
}
