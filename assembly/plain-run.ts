/**
 * The shortest way, for runs of the most usual record: no key, no headers, a short value that is bytes or ASCII, the
 * partition of the record before it. What the slot knows is kept in variables for the length of the run, which takes
 * half as long as reading and writing it for each record (record.ts has the grammar).
 */
import {
  CONTROL_BATCH_RECORDS_MAX,
  CONTROL_RECORD_BYTES_MAX,
  FIELD_NULL,
  OUTCOMES,
  PARTITIONS,
  SLOTS,
  SLOT_BASE_TIMESTAMP,
  SLOT_CHUNK,
  SLOT_EASY_BYTES,
  SLOT_MAX_TIMESTAMP,
  SLOT_RECORDS_BYTES,
  SLOT_RECORD_COUNT,
  SLOT_STRIDE,
  TAPE,
  TAPE_KEY,
  TAPE_PARTITION,
  TAPE_STRIDE,
  TAPE_VALUE,
  TAPE_VALUE_AT,
  TIMESTAMPS,
} from './layout';
import { putAsAscii } from './plain-record';
import { NULL_LENGTH, RECORD_OVERHEAD_MAX, lengthOf } from './record';
import { RECORD_BATCH_OVERHEAD } from './record-batch';
import { putLength, putUnsigned, sizeOfUnsigned, zigzagLong } from './varint';

/** Attributes, a null key and no headers take a byte each. */
const FIXED_BYTES: u32 = 3;

/** Lengths and counts up to here take three bytes at most, and a body of that length still does. */
const SHORT_MAX: u32 = 1_000_000;

// @ts-ignore: decorator
@inline
function sizeOfShort(length: u32): u32 {
  return 1 + <u32>(length >= 0x40) + <u32>(length >= 0x2000);
}

/** Appends records from `index` on while they are usual; returns the index of the first that is not in. */
export function appendRun(index: u32, count: u32, slotBase: u32, partitionCount: u32): u32 {
  const partition = load<i32>(TAPE + index * TAPE_STRIDE, TAPE_PARTITION);
  if (<u32>partition >= partitionCount) return index;
  const slot: usize = SLOTS + (slotBase + partition) * SLOT_STRIDE;
  let offsetDelta = load<u32>(slot, SLOT_RECORD_COUNT);
  // The first record of a batch sets what the others are counted from.
  if (offsetDelta == 0) return index;
  const baseTimestamp = load<i64>(slot, SLOT_BASE_TIMESTAMP);
  const recordsMax = min<u32>(load<u32>(CONTROL_BATCH_RECORDS_MAX), SHORT_MAX);
  const ruleBytesMax = min<u32>(load<u32>(CONTROL_RECORD_BYTES_MAX), SHORT_MAX);
  const start: usize = load<u32>(slot, SLOT_CHUNK) + RECORD_BATCH_OVERHEAD;
  const easyEnd = start + load<u32>(slot, SLOT_EASY_BYTES);
  let end = start + load<u32>(slot, SLOT_RECORDS_BYTES);
  let maxTimestamp = load<i64>(slot, SLOT_MAX_TIMESTAMP);
  // Neighbours have the same timestamp more often than not.
  let time: f64 = NaN;
  let timestamp: i64 = 0;
  let timestampDelta: u32 = 0;
  let timestampBytes: u32 = 0;
  for (; index < count; index++) {
    const entry: usize = TAPE + index * TAPE_STRIDE;
    if (load<i32>(entry, TAPE_PARTITION) != partition) break;
    const value = load<u32>(entry, TAPE_VALUE);
    // Key and header count at once.
    if (load<u64>(entry, TAPE_KEY) != 0 || value == FIELD_NULL) break;
    if (load<f64>(TIMESTAMPS + (index << 3)) != time) {
      time = load<f64>(TIMESTAMPS + (index << 3));
      timestamp = <i64>time;
      const delta = zigzagLong(timestamp - baseTimestamp);
      if (delta > 0xffff_ffff) break;
      timestampDelta = <u32>delta;
      timestampBytes = sizeOfUnsigned(timestampDelta);
    }
    const length = lengthOf(value);
    const ruleBytes = RECORD_OVERHEAD_MAX + length;
    if (offsetDelta >= recordsMax || ruleBytes > ruleBytesMax) break;
    const bodyLength = FIXED_BYTES + timestampBytes + sizeOfShort(offsetDelta) + sizeOfShort(length) + length;
    const next = end + sizeOfShort(bodyLength) + bodyLength;
    if (next > easyEnd) break;
    let at = putLength(end, bodyLength);
    store<u8>(at, 0);
    at = putLength(putUnsigned(at + 1, timestampDelta), offsetDelta);
    store<u8>(at, NULL_LENGTH);
    at = putLength(at + 1, length);
    if (!putAsAscii(at, value, load<u32>(entry, TAPE_VALUE_AT), length)) break;
    store<u8>(at + length, 0);
    end = next;
    offsetDelta += 1;
    if (timestamp > maxTimestamp) maxTimestamp = timestamp;
    store<i32>(PARTITIONS + (index << 2), partition);
    store<i32>(OUTCOMES + (index << 2), ruleBytes);
  }
  store<i64>(slot, maxTimestamp, SLOT_MAX_TIMESTAMP);
  store<u32>(slot, <u32>(end - start), SLOT_RECORDS_BYTES);
  store<u32>(slot, offsetDelta, SLOT_RECORD_COUNT);
  return index;
}
