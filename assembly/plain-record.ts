/**
 * The short way for the usual record with a key: no headers, key and value bytes or ASCII, room in the buffer.
 * It writes the same bytes as the long way (record.ts has the grammar) in one pass: ASCII is taken for granted while it
 * is written and looked at afterwards, when nothing is committed yet.
 */
import { copyBytes } from './bytes';
import { hashKey, toPartition } from './key-hash';
import {
  CONTROL_BATCH_RECORDS_MAX,
  CONTROL_BYTES,
  CONTROL_RECORD_BYTES_MAX,
  FIELD_NULL,
  OUTCOMES,
  PARTITIONS,
  SLOTS,
  SLOT_BASE_TIMESTAMP,
  SLOT_CHUNK,
  SLOT_EASY_BYTES,
  SLOT_RECORDS_BYTES,
  SLOT_RECORD_COUNT,
  SLOT_STRIDE,
  TAPE_BYTES,
  TAPE_KEY,
  TAPE_PARTITION,
  TAPE_TEXT,
  TAPE_VALUE,
  TAPE_VALUE_AT,
  TEXT,
  TIMESTAMPS,
} from './layout';
import { NULL_LENGTH, RECORD_OVERHEAD_MAX, isLatin1, isText, lengthOf, putPrefix, sizeOfPrefix } from './record';
import { RECORD_BATCH_OVERHEAD } from './record-batch';
import { commitRecord } from './slots';
import { copyAscii, narrow, notAscii } from './utf8';
import { putLength, sizeOfLength, zigzagLong } from './varint';

/** True when the record is in; false when anything about it is unusual, and then nothing has changed. */
export function appendPlain(entry: usize, index: u32, slotBase: u32, partitionCount: u32, hash: u32): bool {
  const key = load<u32>(entry, TAPE_KEY);
  const keyLength = lengthOf(key);
  const keySource: usize = isText(key)
    ? TEXT + load<u32>(entry, TAPE_TEXT)
    : load<u32>(CONTROL_BYTES) + load<u32>(entry, TAPE_BYTES);
  const value = load<u32>(entry, TAPE_VALUE);
  const valueLength = lengthOf(value);

  let partition = load<i32>(entry, TAPE_PARTITION);
  // Of a text key that is not ASCII this is not the hash, and the partition will not be used.
  if (partition < 0) partition = toPartition(hashKey(key, keySource, keyLength, hash), partitionCount, hash);
  const ruleBytes = RECORD_OVERHEAD_MAX + keyLength + valueLength;
  if (<u32>partition >= partitionCount || ruleBytes > load<u32>(CONTROL_RECORD_BYTES_MAX)) return false;

  const slot: usize = SLOTS + (slotBase + partition) * SLOT_STRIDE;
  const offsetDelta = load<u32>(slot, SLOT_RECORD_COUNT);
  const timestamp = <i64>load<f64>(TIMESTAMPS + (index << 3));
  const timestampDelta = offsetDelta == 0 ? 0 : zigzagLong(timestamp - load<i64>(slot, SLOT_BASE_TIMESTAMP));
  const fieldBytes = sizeOfLength(keyLength) + keyLength + sizeOfLength(valueLength) + valueLength;
  const bodyLength = sizeOfPrefix(timestampDelta, offsetDelta) + fieldBytes + 1;
  const recordsBytes = load<u32>(slot, SLOT_RECORDS_BYTES);
  const bytesAfter = recordsBytes + sizeOfLength(bodyLength) + bodyLength;
  if (bytesAfter > load<u32>(slot, SLOT_EASY_BYTES)) return false;
  if (offsetDelta >= load<u32>(CONTROL_BATCH_RECORDS_MAX)) return false;

  const start: usize = load<u32>(slot, SLOT_CHUNK) + RECORD_BATCH_OVERHEAD;
  let at = putPrefix(start + recordsBytes, bodyLength, timestampDelta, offsetDelta);
  let seen = i16x8.splat(0);
  at = putLengthOf(at, key);
  if (isText(key)) seen = narrow(at, keySource, keyLength);
  else copyBytes(at, keySource, keyLength);
  at = putLengthOf(at + keyLength, value);
  if (!putAsAscii(at, value, load<u32>(entry, TAPE_VALUE_AT), valueLength) || notAscii(seen)) return false;
  store<u8>(at + valueLength, 0);
  commitRecord(slot, timestamp, bytesAfter, offsetDelta + 1);
  store<i32>(PARTITIONS + (index << 2), partition);
  store<i32>(OUTCOMES + (index << 2), ruleBytes);
  return true;
}

/** Writes the content of a field as if it were ASCII, unless it is bytes; false when it is text and was none. */
// @ts-ignore: decorator
@inline
export function putAsAscii(target: usize, field: u32, source: usize, length: u32): bool {
  if (isText(field)) return !notAscii(narrow(target, source, length));
  if (isLatin1(field)) return copyAscii(target, source, length);
  copyBytes(target, source, length);
  return true;
}

// @ts-ignore: decorator
@inline
function putLengthOf(target: usize, field: u32): usize {
  if (field != FIELD_NULL) return putLength(target, lengthOf(field));
  store<u8>(target, NULL_LENGTH);
  return target + 1;
}
