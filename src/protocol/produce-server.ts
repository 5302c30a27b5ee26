/** Produce as a broker sees it, v3–v12; the grammar is in produce.ts. */
import { isFlexible } from './api-keys.ts';
import type { BrokerEndpoint, ProducePartitionResponse, ProduceRequest, ProduceResponse } from './messages.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

export interface DecodedProduceRequest extends ProduceRequest {
  transactionalId: string | null;
}

/** Takes what follows the client id. The batches are views of the bytes given; null ones are refused. */
export function decodeProduce(version: number, body: Uint8Array): DecodedProduceRequest {
  const reader = new Reader(body, `Produce v${version} request`, isFlexible('Produce', version));
  reader.tags();
  const transactionalId = reader.nullableString('transactional id');
  const acks = reader.int16('acks');
  const timeoutMs = reader.int32('timeout');
  const topics = reader.array('topics', () => {
    const topic = reader.string('topic');
    const partitions = reader.array('partitions', () => {
      const entry = { partition: reader.int32('partition'), batch: reader.bytes('records') };
      reader.tags();
      return entry;
    });
    reader.tags();
    return { topic, partitions };
  });
  reader.tags();
  reader.expectEnd();
  return { transactionalId, acks, timeoutMs, topics };
}

/** What follows the correlation id. */
export function encodeProduceResponse(version: number, response: ProduceResponse): Buffer {
  const writer = new Writer(isFlexible('Produce', version));
  writer.noTags();
  writer.array(response.topics, ({ topic, partitions }) => {
    writer.string(topic);
    writer.array(partitions, (partition) => {
      writePartition(writer, version, partition);
    });
    writer.noTags();
  });
  writer.int32(response.throttleMs);
  const hasEndpoints = version >= 10 && response.nodeEndpoints.length > 0;
  writer.tags(hasEndpoints ? [{ tag: 0, content: encodeEndpoints(response.nodeEndpoints) }] : []);
  return writer.cut();
}

function writePartition(writer: Writer, version: number, response: ProducePartitionResponse): void {
  writer.int32(response.partition);
  writer.int16(response.errorCode);
  writer.int64(response.baseOffset);
  writer.int64(response.logAppendTimeMs);
  if (version >= 5) writer.int64(response.logStartOffset);
  if (version >= 8) {
    writer.array(response.recordErrors, ({ batchIndex, message }) => {
      writer.int32(batchIndex);
      writer.nullableString(message);
      writer.noTags();
    });
    writer.nullableString(response.errorMessage);
  }
  const leader = version >= 10 ? response.currentLeader : undefined;
  writer.tags(leader === undefined ? [] : [{ tag: 0, content: encodeLeader(leader) }]);
}

function encodeLeader(leader: { leaderId: number; leaderEpoch: number }): Buffer {
  const writer = new Writer(true, 16);
  writer.int32(leader.leaderId);
  writer.int32(leader.leaderEpoch);
  writer.noTags();
  return writer.cut();
}

function encodeEndpoints(endpoints: readonly BrokerEndpoint[]): Buffer {
  const writer = new Writer(true);
  writer.array(endpoints, (endpoint) => {
    writer.int32(endpoint.nodeId);
    writer.string(endpoint.host);
    writer.int32(endpoint.port);
    writer.nullableString(endpoint.rack);
    writer.noTags();
  });
  return writer.cut();
}
