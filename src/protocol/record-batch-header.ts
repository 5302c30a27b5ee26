/**
 * The fixed part of a record batch, magic 2: 61 bytes, big-endian.
 *
 *    0  INT64  base offset
 *    8  INT32  batch length: the bytes after this field, so total − 12
 *   12  INT32  partition leader epoch, outside the CRC because the broker sets it
 *   16  INT8   magic, 2
 *   17  UINT32 CRC-32C of everything from byte 21 on
 *   21  INT16  attributes
 *   23  INT32  last offset delta: count − 1
 *   27  INT64  base timestamp
 *   35  INT64  max timestamp
 *   43  INT64  producer id, −1 without idempotence
 *   51  INT16  producer epoch, −1 without
 *   53  INT32  base sequence, −1 without
 *   57  INT32  record count
 *   61         records
 *
 * Attributes:  ┌───────────────┬────────────┬─────────┬───────────────┬────────────────┬───────────┐
 *              │ 15–7 reserved │ 6 horizon  │ 5 control │ 4 transaction │ 3 append time  │ 2–0 codec │
 *              └───────────────┴────────────┴─────────┴───────────────┴────────────────┴───────────┘
 */
import { KafkaHotpathError } from '../errors.ts';
import { crc32c } from './crc32c.ts';

export type CompressionName = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

export type TimestampType = 'createTime' | 'logAppendTime';

export interface RecordBatchHeader {
  baseOffset: bigint;
  /** Bytes after the length field. */
  batchLength: number;
  partitionLeaderEpoch: number;
  magic: number;
  /** As stored, unsigned. */
  crc: number;
  attributes: number;
  compression: CompressionName;
  timestampType: TimestampType;
  isTransactional: boolean;
  isControl: boolean;
  lastOffsetDelta: number;
  baseTimestamp: bigint;
  maxTimestamp: bigint;
  producerId: bigint;
  producerEpoch: number;
  baseSequence: number;
  recordCount: number;
}

export const BATCH_HEADER_BYTES = 61;

/** Base offset and length: what batchLength does not count. */
export const BATCH_LENGTH_OVERHEAD = 12;

const CRC_COVERS_FROM = 21;
const COMPRESSIONS: readonly CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const CODEC_MASK = 0x07;
const APPEND_TIME_BIT = 0x08;
const TRANSACTIONAL_BIT = 0x10;
const CONTROL_BIT = 0x20;
const RESERVED_MASK = 0xff80;

export function recordBatchError(position: number, problem: string): KafkaHotpathError {
  return new KafkaHotpathError('ERR_RECORD_BATCH', `record batch at byte ${position}: ${problem}`);
}

/**
 * The header at that position. Throws ERR_RECORD_BATCH when the batch is not all there, is not magic 2 or sets bits
 * that mean nothing; the CRC and the counts are for the caller to check.
 */
export function readRecordBatchHeader(bytes: Buffer, position: number): RecordBatchHeader {
  const available = bytes.length - position;
  if (available < BATCH_HEADER_BYTES) {
    throw recordBatchError(position, `a header needs ${BATCH_HEADER_BYTES} bytes, ${available} are left`);
  }
  const batchLength = bytes.readInt32BE(position + 8);
  const batchLengthMin = BATCH_HEADER_BYTES - BATCH_LENGTH_OVERHEAD;
  if (batchLength < batchLengthMin || batchLength > available - BATCH_LENGTH_OVERHEAD) {
    const range = `${batchLengthMin} to ${available - BATCH_LENGTH_OVERHEAD}`;
    throw recordBatchError(position, `length is ${batchLength}, the bytes given allow ${range}`);
  }
  const magic = bytes.readInt8(position + 16);
  if (magic !== 2) throw recordBatchError(position, `magic is ${magic}, only 2 is read here`);
  const attributes = bytes.readUInt16BE(position + 21);
  const compression = COMPRESSIONS[attributes & CODEC_MASK];
  if (compression === undefined)
    throw recordBatchError(position, `compression is ${attributes & CODEC_MASK}, of 0 to 4`);
  if ((attributes & RESERVED_MASK) !== 0) {
    throw recordBatchError(position, `attributes are 0x${attributes.toString(16)}, bits 7 to 15 must be clear`);
  }
  return {
    baseOffset: bytes.readBigInt64BE(position),
    batchLength,
    partitionLeaderEpoch: bytes.readInt32BE(position + 12),
    magic,
    crc: bytes.readUInt32BE(position + 17),
    attributes,
    compression,
    timestampType: (attributes & APPEND_TIME_BIT) === 0 ? 'createTime' : 'logAppendTime',
    isTransactional: (attributes & TRANSACTIONAL_BIT) !== 0,
    isControl: (attributes & CONTROL_BIT) !== 0,
    lastOffsetDelta: bytes.readInt32BE(position + 23),
    baseTimestamp: bytes.readBigInt64BE(position + 27),
    maxTimestamp: bytes.readBigInt64BE(position + 35),
    producerId: bytes.readBigInt64BE(position + 43),
    producerEpoch: bytes.readInt16BE(position + 51),
    baseSequence: bytes.readInt32BE(position + 53),
    recordCount: bytes.readInt32BE(position + 57),
  };
}

/** Bytes of the whole batch. */
export function recordBatchBytes(header: Pick<RecordBatchHeader, 'batchLength'>): number {
  return header.batchLength + BATCH_LENGTH_OVERHEAD;
}

/** The CRC the batch at that position ought to have stored. */
export function computeRecordBatchCrc(
  bytes: Buffer,
  position: number,
  header: Pick<RecordBatchHeader, 'batchLength'>,
): number {
  return crc32c(bytes.subarray(position + CRC_COVERS_FROM, position + recordBatchBytes(header)));
}
