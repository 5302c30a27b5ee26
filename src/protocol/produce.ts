/**
 * Produce as a client sends it, v3–v12.
 *
 *   request  = [TAGS v9+] nullable STRING transactional id (null), INT16 acks, INT32 timeout ms,
 *              ARRAY { STRING topic, ARRAY { INT32 partition, BYTES record batch, [TAGS] }, [TAGS] }, [TAGS]
 *   response = [TAGS v9+]
 *              ARRAY { STRING topic, ARRAY {
 *                INT32 partition, INT16 error, INT64 base offset, INT64 log append time ms,
 *                v5+: INT64 log start offset,
 *                v8+: ARRAY { INT32 index in batch, nullable STRING message, [TAGS] }, nullable STRING error message,
 *                [TAGS, v10+: 0 = { INT32 leader id, INT32 leader epoch, TAGS }] }, [TAGS] },
 *              INT32 throttle ms
 *              [TAGS, v10+: 0 = ARRAY { INT32 node id, STRING host, INT32 port, nullable STRING rack, TAGS }]
 * v9+ is flexible. v8 adds the record errors of KIP-467, v10 the leader hints of KIP-951; v4, v6, v7, v11 and v12
 * change only what a broker may answer.
 */
import { isFlexible } from './api-keys.ts';
import type {
  BrokerEndpoint,
  ProducePartitionResponse,
  ProduceRequest,
  ProduceResponse,
  RecordError,
} from './messages.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** A request as pieces to be written one after the other; the batches among them are the caller's own bytes. */
export interface ProduceChunks {
  chunks: Uint8Array[];
  byteLength: number;
}

/**
 * A smaller batch is copied in between its fields: a piece of its own costs the socket more than copying it does. The
 * boundary is where both cost about the same, a microsecond.
 */
const COPIED_BYTES_MAX = 8192;

/** The body of a Produce request as [fields, large batch, …, fields?]; no large batch is copied. */
export function encodeProduceChunks(version: number, request: ProduceRequest): ProduceChunks {
  const writer = new Writer(isFlexible('Produce', version), capacityFor(request));
  const chunks: Uint8Array[] = [];
  let byteLength = 0;
  const push = (chunk: Uint8Array): void => {
    if (chunk.length === 0) return;
    chunks.push(chunk);
    byteLength += chunk.length;
  };

  writer.noTags();
  writer.nullableString(null);
  writer.int16(request.acks);
  writer.int32(request.timeoutMs);
  writer.arrayLength(request.topics.length);
  for (const { topic, partitions } of request.topics) {
    writer.string(topic);
    writer.arrayLength(partitions.length);
    for (const { partition, batch } of partitions) {
      writer.int32(partition);
      writer.bytesLength(batch.length);
      if (batch.length <= COPIED_BYTES_MAX) writer.raw(batch);
      else {
        push(writer.cut());
        push(batch);
      }
      writer.noTags();
    }
    writer.noTags();
  }
  writer.noTags();
  push(writer.cut());
  return { chunks, byteLength };
}

/** Room for all fields and the batches among them, so that the writer need not grow; 64 bytes take any fields. */
function capacityFor({ topics }: ProduceRequest): number {
  let capacity = 64;
  for (const { topic, partitions } of topics) {
    capacity += 64 + topic.length;
    for (const { batch } of partitions) capacity += 64 + (batch.length <= COPIED_BYTES_MAX ? batch.length : 0);
  }
  return capacity;
}

/** The same body in one buffer. */
export function encodeProduce(version: number, request: ProduceRequest): Buffer {
  const { chunks, byteLength } = encodeProduceChunks(version, request);
  return Buffer.concat(chunks, byteLength);
}

/** Takes what follows the correlation id. */
export function decodeProduceResponse(version: number, bytes: Uint8Array): ProduceResponse {
  const reader = new Reader(bytes, `Produce v${version} response`, isFlexible('Produce', version));
  reader.tags();
  const topics = reader.array('topics', () => {
    const topic = reader.string('topic');
    const partitions = reader.array('partitions', () => decodePartition(reader, version));
    reader.tags();
    return { topic, partitions };
  });
  const response: ProduceResponse = { topics, throttleMs: reader.int32('throttle'), nodeEndpoints: [] };
  reader.tags((tag, fields) => {
    if (version >= 10 && tag === 0) response.nodeEndpoints = fields.array('node endpoints', decodeEndpoint);
  });
  return response;
}

function decodePartition(reader: Reader, version: number): ProducePartitionResponse {
  const response: ProducePartitionResponse = {
    partition: reader.int32('partition'),
    errorCode: reader.int16('error code'),
    baseOffset: reader.safeInt64('base offset'),
    logAppendTimeMs: reader.safeInt64('log append time'),
    logStartOffset: version >= 5 ? reader.safeInt64('log start offset') : -1,
    recordErrors: version >= 8 ? reader.array('record errors', decodeRecordError) : [],
    errorMessage: version >= 8 ? reader.nullableString('error message') : null,
  };
  reader.tags((tag, fields) => {
    if (version < 10 || tag !== 0) return;
    response.currentLeader = { leaderId: fields.int32('leader id'), leaderEpoch: fields.int32('leader epoch') };
  });
  return response;
}

function decodeRecordError(reader: Reader): RecordError {
  const recordError = { batchIndex: reader.int32('record index'), message: reader.nullableString('record message') };
  reader.tags();
  return recordError;
}

function decodeEndpoint(reader: Reader): BrokerEndpoint {
  const endpoint = {
    nodeId: reader.int32('node id'),
    host: reader.string('host'),
    port: reader.int32('port'),
    rack: reader.nullableString('rack'),
  };
  reader.tags();
  return endpoint;
}
