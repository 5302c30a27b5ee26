/**
 * Bytes made by others. A and B are what Kafka's own MemoryRecordsBuilder (Java) writes for these records; A is also
 * what kafkajs writes, and librdkafka accepted both with check.crcs=true.
 */

/** Not idempotent, timestamp 0, null key, value "a". */
export const BATCH_A: Buffer = Buffer.from(
  '000000000000000000000039ffffffff02dbe9c876000000000000000000000000000000000000' +
    '00000000ffffffffffffffffffffffffffff000000010e00000001026100',
  'hex',
);

/**
 * Producer 4000, epoch 1, sequences 2147483646, 2147483647, 0. Timestamp 1700000000000 with key "k", value "v1", header
 * h=x; 5 ms later empty key and value, header n=null; 1 ms before the first, null key and value.
 */
export const BATCH_B: Buffer = Buffer.from(
  '000000000000000000000050ffffffff028fa3cd0b0000000000020000018bcfe568000000018bcfe568050000000000000fa000017ffffffe' +
    '000000031a000000026b047631020268027812000a02000002026e010c000104010100',
  'hex',
);

/**
 * A whole Produce v7 request: correlation id 1, client "vec", acks −1, timeout 5000, topic "t" partition 0, batch A.
 */
export const PRODUCE_V7_FRAME_C: Buffer = Buffer.concat([
  Buffer.from('0000006d00000007000000010003766563ffffffff0000138800000001000174000000010000000000000045', 'hex'),
  BATCH_A,
]);
