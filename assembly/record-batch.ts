/**
 * The header of a record batch (magic 2), 61 bytes, big-endian:
 *
 *     RecordBatch => baseOffset batchLength partitionLeaderEpoch magic crc attributes lastOffsetDelta
 *                    baseTimestamp maxTimestamp producerId producerEpoch baseSequence recordCount [Record]
 *       baseOffset           => int64     0
 *       batchLength          => int32     all bytes behind this field
 *       partitionLeaderEpoch => int32     −1
 *       magic                => int8      2
 *       crc                  => uint32    CRC-32C of all bytes behind this field
 *       attributes           => int16     0: no compression, create time, no transaction
 *       lastOffsetDelta      => int32     recordCount − 1
 *       baseTimestamp        => int64     of the first record
 *       maxTimestamp         => int64     greatest of all records
 *       producerId           => int64     −1: not idempotent
 *       producerEpoch        => int16     −1
 *       baseSequence         => int32     −1
 *       recordCount          => int32
 */
import { crc32c } from './crc32c';
import { SLOT_BASE_TIMESTAMP, SLOT_MAX_TIMESTAMP, SLOT_RECORDS_BYTES, SLOT_RECORD_COUNT } from './layout';

const BASE_OFFSET: u32 = 0;
const BATCH_LENGTH: u32 = BASE_OFFSET + 8;
const PARTITION_LEADER_EPOCH: u32 = BATCH_LENGTH + 4;
const MAGIC: u32 = PARTITION_LEADER_EPOCH + 4;
const CRC: u32 = MAGIC + 1;
const ATTRIBUTES: u32 = CRC + 4;
const LAST_OFFSET_DELTA: u32 = ATTRIBUTES + 2;
const BASE_TIMESTAMP: u32 = LAST_OFFSET_DELTA + 4;
const MAX_TIMESTAMP: u32 = BASE_TIMESTAMP + 8;
const PRODUCER_ID: u32 = MAX_TIMESTAMP + 8;
const PRODUCER_EPOCH: u32 = PRODUCER_ID + 8;
const BASE_SEQUENCE: u32 = PRODUCER_EPOCH + 2;
const RECORD_COUNT: u32 = BASE_SEQUENCE + 4;

/** Bytes of the header. */
export const RECORD_BATCH_OVERHEAD: u32 = RECORD_COUNT + 4;

const MAGIC_VALUE: u8 = 2;

/** Writes the header in front of the records of a slot, the checksum last. */
export function putHeader(
  batch: usize,
  slot: usize,
  producerIdHigh: i32,
  producerIdLow: i32,
  producerEpoch: i32,
  baseSequence: i32,
): void {
  const used = RECORD_BATCH_OVERHEAD + load<u32>(slot, SLOT_RECORDS_BYTES);
  const count = load<u32>(slot, SLOT_RECORD_COUNT);
  assert(used > RECORD_BATCH_OVERHEAD);
  assert(count > 0);
  store<u64>(batch, 0, BASE_OFFSET);
  store<u32>(batch, bswap<u32>(used - PARTITION_LEADER_EPOCH), BATCH_LENGTH);
  store<i32>(batch, -1, PARTITION_LEADER_EPOCH);
  store<u8>(batch, MAGIC_VALUE, MAGIC);
  store<u16>(batch, 0, ATTRIBUTES);
  store<u32>(batch, bswap<u32>(count - 1), LAST_OFFSET_DELTA);
  store<u64>(batch, bswap<u64>(load<u64>(slot, SLOT_BASE_TIMESTAMP)), BASE_TIMESTAMP);
  store<u64>(batch, bswap<u64>(load<u64>(slot, SLOT_MAX_TIMESTAMP)), MAX_TIMESTAMP);
  store<u32>(batch, bswap<u32>(producerIdHigh), PRODUCER_ID);
  store<u32>(batch, bswap<u32>(producerIdLow), PRODUCER_ID + 4);
  store<u16>(batch, bswap<u16>(<u16>producerEpoch), PRODUCER_EPOCH);
  store<u32>(batch, bswap<u32>(baseSequence), BASE_SEQUENCE);
  store<u32>(batch, bswap<u32>(count), RECORD_COUNT);
  store<u32>(batch, bswap<u32>(crc32c(batch + ATTRIBUTES, used - ATTRIBUTES)), CRC);
}
