/**
 * Numbers of the record batch format (magic 2) that every writer here shares. The Wasm module has its own copy in
 * assembly/record-batch.ts; a test compares the two.
 */

/** int64, 0 from a producer. */
export const BASE_OFFSET = 0;
/** int32, all bytes behind this field. */
export const BATCH_LENGTH: number = BASE_OFFSET + 8;
/** int32, −1; the broker writes it, so the CRC leaves it out. */
export const PARTITION_LEADER_EPOCH: number = BATCH_LENGTH + 4;
/** int8, 2. */
export const MAGIC: number = PARTITION_LEADER_EPOCH + 4;
/** uint32, CRC-32C of all bytes behind this field. */
export const CRC: number = MAGIC + 1;
/** int16, 0: no compression, create time, no transaction. */
export const ATTRIBUTES: number = CRC + 4;
/** int32, records − 1. */
export const LAST_OFFSET_DELTA: number = ATTRIBUTES + 2;
/** int64, of the first record. */
export const BASE_TIMESTAMP: number = LAST_OFFSET_DELTA + 4;
/** int64, the greatest of all records. */
export const MAX_TIMESTAMP: number = BASE_TIMESTAMP + 8;
/** int64, −1 when not idempotent, as the two fields that follow. */
export const PRODUCER_ID: number = MAX_TIMESTAMP + 8;
/** int16. */
export const PRODUCER_EPOCH: number = PRODUCER_ID + 8;
/** int32. */
export const BASE_SEQUENCE: number = PRODUCER_EPOCH + 2;
/** int32. */
export const RECORD_COUNT: number = BASE_SEQUENCE + 4;

/** Bytes of the header. */
export const RECORD_BATCH_OVERHEAD: number = RECORD_COUNT + 4;

/**
 * What librdkafka adds to key, value and headers before it compares with message.max.bytes: its bound of the fields
 * of variable length (5 length, 1 attributes, 10 timestamp, 5 offset, 5 key, 5 value, 5 header count).
 */
export const RECORD_OVERHEAD_MAX = 36;

/** A group holds this many records at most, in both engines. */
export const GROUP_RECORDS_MAX = 4096;
/** A group with this many bytes takes no more records, so that what append reads is still in the processor’s cache. */
export const GROUP_BYTES_SOFT_MAX = 262_144;
