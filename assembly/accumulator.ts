/**
 * The hot path: staged records go into the buffers of their partitions, one call for a whole group. A record is
 * committed to its slot only when it is fully written, so the slots are consistent whatever happens.
 */
import { hashKey, toPartition } from './key-hash';
import {
  CONTROL_BYTES,
  CONTROL_NEXT,
  CONTROL_RECORD_BYTES_MAX,
  HASH_CRC32,
  HEADERS,
  HEADER_COUNT_REFUSED,
  HEADER_COUNT_SERIALIZED,
  HEADER_FIELD_STRIDE,
  HEADER_STRIDE,
  OUTCOMES,
  PARTITIONS,
  SLOTS,
  SLOTS_MAX,
  SLOT_BASE_TIMESTAMP,
  SLOT_CHUNK,
  SLOT_RECORDS_BYTES,
  SLOT_RECORD_COUNT,
  SLOT_STRIDE,
  STOP_DONE,
  STOP_PARTITION,
  TAPE,
  TAPE_BYTES,
  TAPE_HEADERS,
  TAPE_HEADER_COUNT,
  TAPE_KEY,
  TAPE_PARTITION,
  TAPE_STRIDE,
  TAPE_TEXT,
  TAPE_VALUE,
  TAPE_VALUE_AT,
  TEXT,
  TIMESTAMPS,
} from './layout';
import {
  RECORD_OVERHEAD_MAX,
  bytesOf,
  isText,
  lengthOf,
  measureHeaders,
  putField,
  putHeaders,
  putPrefix,
  sizeOfPrefix,
} from './record';
import { copyBytes } from './bytes';
import { appendPlain } from './plain-record';
import { appendRun } from './plain-run';
import { RECORD_BATCH_OVERHEAD } from './record-batch';
import { commitRecord, makeRoom } from './slots';
import { putLength, sizeOfLength, zigzagLong } from './varint';

/** Moves the staged records from index `from` on; CONTROL_NEXT tells the first one that is not in. */
export function append(slotBase: u32, partitionCount: u32, hash: u32, from: u32, count: u32): i32 {
  assert(from <= count);
  assert(slotBase + partitionCount <= SLOTS_MAX);
  let stop = STOP_DONE;
  let index = from;
  while (index < count) {
    const entry: usize = TAPE + index * TAPE_STRIDE;
    // Neither key nor headers.
    if (load<u64>(entry, TAPE_KEY) == 0) {
      const next = appendRun(index, count, slotBase, partitionCount);
      if (next != index) {
        index = next;
        continue;
      }
    } else if (
      load<i32>(entry, TAPE_HEADER_COUNT) == 0 &&
      appendPlain(entry, index, slotBase, partitionCount, hash)
    ) {
      index += 1;
      continue;
    }
    stop = appendRecord(entry, index, slotBase, partitionCount, hash);
    if (stop != STOP_DONE) break;
    index += 1;
  }
  store<u32>(CONTROL_NEXT, index);
  return stop;
}

/** A record known to be too large when it was staged: only its size and the hashes of its key are on the tape. */
function refuse(entry: usize, index: u32, partitionCount: u32, hash: u32): i32 {
  let partition = load<i32>(entry, TAPE_PARTITION);
  if (partition < 0) {
    const keyHash = hash == HASH_CRC32 ? load<u32>(entry, TAPE_TEXT) : load<u32>(entry, TAPE_BYTES);
    partition = toPartition(keyHash, partitionCount, hash);
  }
  if (<u32>partition >= partitionCount) return STOP_PARTITION;
  store<i32>(PARTITIONS + (index << 2), partition);
  store<i32>(OUTCOMES + (index << 2), -load<i32>(entry, TAPE_VALUE) - 1);
  return STOP_DONE;
}

/** Measures a record and finds its partition, then writes it unless it is too large or its buffer has no room. */
function appendRecord(entry: usize, index: u32, slotBase: u32, partitionCount: u32, hash: u32): i32 {
  let headerCount = load<i32>(entry, TAPE_HEADER_COUNT);
  if (headerCount == HEADER_COUNT_REFUSED) return refuse(entry, index, partitionCount, hash);
  // Cursors in the two staging areas: key and headers take their own from one of them, field by field.
  let text: usize = TEXT + load<u32>(entry, TAPE_TEXT);
  let bytes: usize = load<u32>(CONTROL_BYTES) + load<u32>(entry, TAPE_BYTES);
  const key = load<u32>(entry, TAPE_KEY);
  const keySource = isText(key) ? text : bytes;
  if (isText(key)) text += <usize>lengthOf(key) << 1;
  else bytes += lengthOf(key);
  const keyLength = bytesOf(key, keySource);
  const value = load<u32>(entry, TAPE_VALUE);
  const valueSource: usize = load<u32>(entry, TAPE_VALUE_AT);
  const valueLength = bytesOf(value, valueSource);
  const headers: usize = HEADERS + load<u32>(entry, TAPE_HEADERS) * HEADER_STRIDE;
  const serialized = headerCount == HEADER_COUNT_SERIALIZED;
  let headersLength: u32 = 0;
  if (serialized) {
    headerCount = load<i32>(headers, HEADER_FIELD_STRIDE);
    headersLength = load<u32>(headers);
  } else if (headerCount != 0) {
    headersLength = measureHeaders(headers, headerCount, text);
  }

  let partition = load<i32>(entry, TAPE_PARTITION);
  if (partition < 0) partition = toPartition(hashKey(key, keySource, keyLength, hash), partitionCount, hash);
  if (<u32>partition >= partitionCount) return STOP_PARTITION;
  store<i32>(PARTITIONS + (index << 2), partition);
  const ruleBytes = RECORD_OVERHEAD_MAX + keyLength + valueLength + headersLength;
  if (ruleBytes > load<u32>(CONTROL_RECORD_BYTES_MAX)) {
    store<i32>(OUTCOMES + (index << 2), -(<i32>ruleBytes) - 1);
    return STOP_DONE;
  }

  const slot: usize = SLOTS + (slotBase + partition) * SLOT_STRIDE;
  const offsetDelta = load<u32>(slot, SLOT_RECORD_COUNT);
  const timestamp = <i64>load<f64>(TIMESTAMPS + (index << 3));
  const timestampDelta = offsetDelta == 0 ? 0 : zigzagLong(timestamp - load<i64>(slot, SLOT_BASE_TIMESTAMP));
  const bodyLength =
    sizeOfPrefix(timestampDelta, offsetDelta) +
    (sizeOfLength(keyLength) + keyLength + sizeOfLength(valueLength) + valueLength) +
    (headerCount == 0 ? 1 : sizeOfLength(headerCount) + headersLength);
  const recordsBytes = load<u32>(slot, SLOT_RECORDS_BYTES);
  const bytesAfter = recordsBytes + sizeOfLength(bodyLength) + bodyLength;
  const stop = makeRoom(slot, offsetDelta, bytesAfter);
  if (stop != STOP_DONE) return stop;

  const start: usize = load<u32>(slot, SLOT_CHUNK) + RECORD_BATCH_OVERHEAD;
  let at = putPrefix(start + recordsBytes, bodyLength, timestampDelta, offsetDelta);
  at = putField(at, key, keySource, keyLength);
  at = putField(at, value, valueSource, valueLength);
  if (headerCount == 0) store<u8>(at++, 0);
  else {
    at = putLength(at, headerCount);
    if (serialized) at = copyBytes(at, bytes, headersLength);
    else at = putHeaders(at, headers, headerCount, text, bytes);
  }
  assert(at == start + bytesAfter);
  commitRecord(slot, timestamp, bytesAfter, offsetDelta + 1);
  store<i32>(OUTCOMES + (index << 2), ruleBytes);
  return STOP_DONE;
}
