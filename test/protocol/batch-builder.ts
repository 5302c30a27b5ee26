/**
 * Record batches made by hand for tests, so that each can be wrong in one chosen way. It shares nothing with the
 * engines and takes no care of speed.
 */
import { crc32c } from '../../src/protocol/crc32c.ts';

export interface BuiltRecord {
  key?: Uint8Array | null;
  value?: Uint8Array | null;
  headers?: [string, Uint8Array | null][];
  timestamp?: bigint;
  offsetDelta?: number;
  attributes?: number;
  /** Put after the headers, inside the record. */
  extra?: Uint8Array;
}

export interface BuiltBatch {
  records?: BuiltRecord[];
  baseOffset?: bigint;
  magic?: number;
  attributes?: number;
  lastOffsetDelta?: number;
  maxTimestamp?: bigint;
  producerId?: bigint;
  producerEpoch?: number;
  baseSequence?: number;
  recordCount?: number;
  /** The records section as is, in place of the records. */
  recordBytes?: Uint8Array;
}

export function zigzag(value: bigint): Buffer {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const groups: number[] = [];
  do {
    groups.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(groups);
}

export function varint(value: number): Buffer {
  return zigzag(BigInt(value));
}

export function buildBatch(batch: BuiltBatch = {}): Buffer {
  const records: BuiltRecord[] = batch.records ?? [{ value: Buffer.from('a') }];
  const timestamps = records.map((record) => record.timestamp ?? 0n);
  const baseTimestamp = timestamps[0] ?? 0n;
  const latest = timestamps.reduce((max, timestamp) => (timestamp > max ? timestamp : max), baseTimestamp);
  const body =
    batch.recordBytes ?? Buffer.concat(records.map((record, index) => buildRecord(record, index, baseTimestamp)));
  const bytes = Buffer.alloc(61 + body.length);
  bytes.writeBigInt64BE(batch.baseOffset ?? 0n, 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt32BE(-1, 12);
  bytes.writeInt8(batch.magic ?? 2, 16);
  bytes.writeUInt16BE(batch.attributes ?? 0, 21);
  bytes.writeInt32BE(batch.lastOffsetDelta ?? records.length - 1, 23);
  bytes.writeBigInt64BE(baseTimestamp, 27);
  bytes.writeBigInt64BE(batch.maxTimestamp ?? latest, 35);
  bytes.writeBigInt64BE(batch.producerId ?? -1n, 43);
  bytes.writeInt16BE(batch.producerEpoch ?? -1, 51);
  bytes.writeInt32BE(batch.baseSequence ?? -1, 53);
  bytes.writeInt32BE(batch.recordCount ?? records.length, 57);
  bytes.set(body, 61);
  return withCrc(bytes);
}

/** Puts the right CRC into bytes that were changed on purpose. */
export function withCrc(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}

function buildRecord(record: BuiltRecord, index: number, baseTimestamp: bigint): Buffer {
  const headers = record.headers ?? [];
  const body = Buffer.concat([
    Buffer.of(record.attributes ?? 0),
    zigzag(BigInt.asIntN(64, (record.timestamp ?? 0n) - baseTimestamp)),
    varint(record.offsetDelta ?? index),
    field(record.key ?? null),
    field(record.value ?? null),
    varint(headers.length),
    ...headers.flatMap(([key, value]) => [field(Buffer.from(key)), field(value)]),
    record.extra ?? Buffer.alloc(0),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

function field(value: Uint8Array | null): Buffer {
  return value === null ? varint(-1) : Buffer.concat([varint(value.length), value]);
}
