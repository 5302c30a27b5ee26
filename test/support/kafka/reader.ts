/** What a topic really holds, by programs that are not ours: Kafka's Java consumer and Kafka's log dump tool. */
import { createHash } from 'node:crypto';
import type { RealKafka } from './broker.ts';
import { runJava } from './install.ts';

/** A record as Dump.java prints it; key, value and headers in the notation of describeField and describeHeaders. */
export interface StoredRecord {
  partition: number;
  offset: number;
  timestamp: number;
  key: string;
  value: string;
  headers: string;
}

const HEX_BYTES_MAX = 64;

/** `-` is null, `x…` the bytes in hex, `length:sha256` what is longer than 64 bytes. */
export function describeField(value: Uint8Array | string | null): string {
  if (value === null) return '-';
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  if (bytes.length <= HEX_BYTES_MAX) return `x${Buffer.from(bytes).toString('hex')}`;
  return `${bytes.length}:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** `name=value;` for each header, the name in hex. */
export function describeHeaders(headers: readonly (readonly [string, Uint8Array | string | null])[]): string {
  return headers.map(([name, value]) => `${Buffer.from(name).toString('hex')}=${describeField(value)};`).join('');
}

/** Hands over every record of the topic, each partition in the order of its offsets. */
export async function visitTopic(
  kafka: { readonly address: string },
  topic: string,
  visit: (record: StoredRecord) => void,
): Promise<void> {
  await runJava({ jvm: ['-Xmx512m'], main: 'Dump', arguments: [kafka.address, topic] }, (line) => {
    const [partition = '', offset = '', timestamp = '', key = '', value = '', headers = ''] = line.split(' ');
    visit({ partition: +partition, offset: +offset, timestamp: +timestamp, key, value, headers });
  });
}

export async function readTopic(kafka: RealKafka, topic: string): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  await visitTopic(kafka, topic, (record) => records.push(record));
  return records;
}

export interface StoredBatch {
  baseOffset: number;
  lastOffset: number;
  count: number;
  baseSequence: number;
  producerId: number;
  producerEpoch: number;
  /** Whether the log dump tool found the checksum right. */
  isValid: boolean;
}

/** Every record batch in the topic's segments, as Kafka's own tool sees it. */
export async function dumpBatches(kafka: RealKafka, topic: string): Promise<StoredBatch[]> {
  const files = kafka.logSegments(topic).join(',');
  const batches: StoredBatch[] = [];
  const dump = { main: 'kafka.tools.DumpLogSegments', arguments: ['--deep-iteration', '--files', files] };
  await runJava(dump, (line) => {
    if (line.startsWith('baseOffset:')) batches.push(parseBatch(line));
  });
  return batches;
}

function parseBatch(line: string): StoredBatch {
  const field = (name: string): string => new RegExp(`\\b${name}: (\\S+)`).exec(line)?.[1] ?? '';
  return {
    baseOffset: Number(field('baseOffset')),
    lastOffset: Number(field('lastOffset')),
    count: Number(field('count')),
    baseSequence: Number(field('baseSequence')),
    producerId: Number(field('producerId')),
    producerEpoch: Number(field('producerEpoch')),
    isValid: field('isvalid') === 'true',
  };
}
