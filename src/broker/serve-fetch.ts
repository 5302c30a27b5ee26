/** Reading back: Fetch with its long poll, and ListOffsets. */
import { KafkaErrorCode } from '../protocol/error-codes.ts';
import {
  decodeFetch,
  decodeListOffsets,
  encodeFetchResponse,
  encodeListOffsetsResponse,
  type FetchPartition,
  type FetchPartitionResponse,
  type FetchRequest,
  type ListOffsetsPartition,
  type ListOffsetsPartitionResponse,
} from '../protocol/fetch-server.ts';
import type { Partition } from './cluster.ts';
import type { ServeContext } from './serve.ts';

/** ListOffsets: the offset the next record gets. */
const LATEST = -1n;
/** ListOffsets: the first offset there is. */
const EARLIEST = -2n;

export async function serveFetch(context: ServeContext): Promise<Buffer> {
  const { version, body } = context.request;
  const fetch = decodeFetch(version, body);
  await waitForBytes(context, fetch);
  let bytesLeft = fetch.maxBytes;
  const topics = fetch.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((wanted) => {
      const response = readPartition(context, topic, wanted, Math.min(wanted.maxBytes, bytesLeft));
      bytesLeft = Math.max(0, bytesLeft - response.batches.reduce((total, batch) => total + batch.length, 0));
      return response;
    }),
  }));
  return encodeFetchResponse(version, topics);
}

export function serveListOffsets(context: ServeContext): Buffer {
  const { version, body } = context.request;
  const topics = decodeListOffsets(version, body).map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((wanted) => listOffset(context, topic, wanted)),
  }));
  return encodeListOffsetsResponse(version, topics);
}

/** Holds the answer until there is something to say: enough bytes, an error, or the client's patience is over. */
async function waitForBytes(context: ServeContext, fetch: FetchRequest): Promise<void> {
  const { cluster, closed } = context;
  const isReady = (): boolean => hasEnough(context, fetch);
  if (closed.aborted || isReady()) return;
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      stopListening();
      closed.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, fetch.maxWaitMs);
    const stopListening = cluster.changed.listen(() => {
      if (isReady()) finish();
    });
    closed.addEventListener('abort', finish);
  });
}

function hasEnough(context: ServeContext, fetch: FetchRequest): boolean {
  let byteLength = 0;
  for (const { topic, partitions } of fetch.topics) {
    for (const wanted of partitions) {
      const response = readPartition(context, topic, wanted, fetch.minBytes - byteLength);
      if (response.errorCode !== 0) return true;
      byteLength += response.batches.reduce((total, batch) => total + batch.length, 0);
    }
  }
  return byteLength >= fetch.minBytes;
}

function readPartition(
  context: ServeContext,
  topic: string,
  wanted: FetchPartition,
  maxBytes: number,
): FetchPartitionResponse {
  const empty = { partition: wanted.partition, highWatermark: -1, logStartOffset: -1, batches: [] };
  const found = findPartition(context, topic, wanted.partition);
  if ('errorCode' in found) return { ...empty, errorCode: found.errorCode };
  const { log } = found.partition;
  const watermarks = { highWatermark: log.endOffset, logStartOffset: log.startOffset };
  if (wanted.offset < log.startOffset || wanted.offset > log.endOffset) {
    return { ...empty, ...watermarks, errorCode: KafkaErrorCode.OFFSET_OUT_OF_RANGE };
  }
  const batches = maxBytes > 0 ? log.read(wanted.offset, maxBytes) : [];
  return { ...empty, ...watermarks, errorCode: 0, batches };
}

function listOffset(context: ServeContext, topic: string, wanted: ListOffsetsPartition): ListOffsetsPartitionResponse {
  const { partition: index, timestamp } = wanted;
  const unknown = { partition: index, errorCode: 0, timestamp: -1n, offset: -1, leaderEpoch: -1 };
  const found = findPartition(context, topic, index);
  if ('errorCode' in found) return { ...unknown, errorCode: found.errorCode };
  const { log, leaderEpoch } = found.partition;
  if (timestamp === LATEST) return { ...unknown, offset: log.endOffset, leaderEpoch };
  if (timestamp === EARLIEST) return { ...unknown, offset: log.startOffset, leaderEpoch };
  const record = log.findByTimestamp(timestamp);
  return record === undefined ? unknown : { ...unknown, ...record, leaderEpoch };
}

function findPartition(
  { cluster, request }: ServeContext,
  topic: string,
  index: number,
): { partition: Partition } | { errorCode: number } {
  const partition = cluster.topics.get(topic)?.partitions[index];
  if (partition === undefined) return { errorCode: KafkaErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
  if (partition.leaderId !== request.nodeId) return { errorCode: KafkaErrorCode.NOT_LEADER_OR_FOLLOWER };
  return { partition };
}
