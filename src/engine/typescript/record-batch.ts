/**
 * The header of a record batch (magic 2), 61 bytes, big-endian:
 *
 *     RecordBatch => baseOffset batchLength partitionLeaderEpoch magic crc attributes lastOffsetDelta
 *                    baseTimestamp maxTimestamp producerId producerEpoch baseSequence recordCount [Record]
 *
 * The widths and values of the fields are with their positions in ../layout.ts.
 */
import {
  ATTRIBUTES,
  BASE_OFFSET,
  BASE_SEQUENCE,
  BASE_TIMESTAMP,
  BATCH_LENGTH,
  CRC,
  LAST_OFFSET_DELTA,
  MAGIC,
  MAX_TIMESTAMP,
  PARTITION_LEADER_EPOCH,
  PRODUCER_EPOCH,
  PRODUCER_ID,
  RECORD_COUNT,
} from '../layout.ts';
import type { ProducerFields } from '../producer-fields.ts';
import { crc32cRange } from './crc32c.ts';
import { highHalf, lowHalf } from './varint.ts';

const MAGIC_VALUE = 2;

export interface BatchSummary {
  /** All bytes of the batch, header included. */
  usedBytes: number;
  recordCount: number;
  baseTimestamp: number;
  maxTimestamp: number;
}

/** Writes the header in front of records that start at byte 61 of `batch`, the checksum last. */
export function putHeader(batch: Buffer, summary: BatchSummary, producer: ProducerFields): void {
  batch.fill(0, BASE_OFFSET, BATCH_LENGTH);
  batch.writeInt32BE(summary.usedBytes - PARTITION_LEADER_EPOCH, BATCH_LENGTH);
  batch.writeInt32BE(-1, PARTITION_LEADER_EPOCH);
  batch[MAGIC] = MAGIC_VALUE;
  batch.writeInt16BE(0, ATTRIBUTES);
  batch.writeInt32BE(summary.recordCount - 1, LAST_OFFSET_DELTA);
  putTimestamp(batch, BASE_TIMESTAMP, summary.baseTimestamp);
  putTimestamp(batch, MAX_TIMESTAMP, summary.maxTimestamp);
  batch.writeInt32BE(producer.producerIdHigh, PRODUCER_ID);
  batch.writeInt32BE(producer.producerIdLow, PRODUCER_ID + 4);
  batch.writeInt16BE(producer.producerEpoch, PRODUCER_EPOCH);
  batch.writeInt32BE(producer.baseSequence, BASE_SEQUENCE);
  batch.writeInt32BE(summary.recordCount, RECORD_COUNT);
  batch.writeUInt32BE(crc32cRange(batch, ATTRIBUTES, summary.usedBytes), CRC);
}

function putTimestamp(batch: Buffer, at: number, timestamp: number): void {
  batch.writeInt32BE(highHalf(timestamp), at);
  batch.writeUInt32BE(lowHalf(timestamp), at + 4);
}
