/** kafkajs' own encoder, decoder, checksum and hash, taken from inside its package: they have no public entry. */
import { createRequire } from 'node:module';
import type { RecordInput } from 'kafka-hotpath/engine';

interface Encoder {
  buffer: Buffer;
}

type EncodeRecord = (record: {
  offsetDelta: number;
  timestampDelta: number;
  key: unknown;
  value: unknown;
  headers: Record<string, unknown>;
}) => Encoder;

type EncodeBatch = (batch: {
  firstTimestamp: number;
  maxTimestamp: number;
  lastOffsetDelta: number;
  producerEpoch: number;
  firstSequence: number;
  records: Encoder[];
}) => Promise<Encoder>;

const require = createRequire(import.meta.url);
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0') as EncodeRecord;
type DecodeBatch = (decoder: object) => Promise<{ records: unknown[] }>;
type NewDecoder = new (bytes: Buffer) => object;

const Decoder = require('kafkajs/src/protocol/decoder') as NewDecoder;
const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder') as DecodeBatch;

export const kafkajsCrc32c = require('kafkajs/src/protocol/recordBatch/crc32C') as (bytes: Buffer) => number;
export const kafkajsMurmur2 = require('kafkajs/src/producer/partitioners/default/murmur2') as (key: Buffer) => number;

const { RecordBatch: encodeBatch } = require('kafkajs/src/protocol/recordBatch/v0') as { RecordBatch: EncodeBatch };

/**
 * The two steps of its Produce request, for one partition. It writes epoch and sequence 0 for a producer without
 * idempotence, every other client −1: passed here so that the bytes can be compared.
 */
export async function encodeWithKafkajs(records: readonly RecordInput[]): Promise<Uint8Array> {
  const firstTimestamp = records[0]?.timestamp ?? 0;
  const encoded = records.map((record, offsetDelta) =>
    encodeRecord({
      offsetDelta,
      timestampDelta: (record.timestamp ?? 0) - firstTimestamp,
      key: record.key ?? null,
      value: record.value ?? null,
      headers: Object.fromEntries((record.headers ?? []).map(({ key, value }) => [key, value])),
    }),
  );
  const batch = await encodeBatch({
    firstTimestamp,
    maxTimestamp: records[records.length - 1]?.timestamp ?? 0,
    lastOffsetDelta: records.length - 1,
    producerEpoch: -1,
    firstSequence: -1,
    records: encoded,
  });
  return batch.buffer;
}

export async function decodeWithKafkajs(bytes: Buffer): Promise<number> {
  return (await decodeBatch(new Decoder(bytes))).records.length;
}
