/** Partition buffers: a slot header in the table, the bytes of the batch in a chunk of the arena. */
import { chunkBytes, classFor, freeChunk, generousClass, takeChunk } from './arena';
import {
  CONTROL_BATCH_BYTES_MAX,
  CONTROL_BATCH_RECORDS_MAX,
  SLACK,
  SLOTS,
  SLOTS_MAX,
  SLOT_BASE_TIMESTAMP,
  SLOT_CHUNK,
  SLOT_CLASS,
  SLOT_EASY_BYTES,
  SLOT_MAX_TIMESTAMP,
  SLOT_RECORDS_BYTES,
  SLOT_RECORD_COUNT,
  SLOT_STRIDE,
  STOP_DONE,
  STOP_FULL,
  STOP_MEMORY,
} from './layout';
import { RECORD_BATCH_OVERHEAD, putHeader } from './record-batch';

/** STOP_DONE when the slot takes a record that brings it to `bytesAfter` bytes of records, else what is against it. */
// @ts-ignore: decorator
@inline
export function makeRoom(slot: usize, recordCount: u32, bytesAfter: u32): i32 {
  if (bytesAfter <= load<u32>(slot, SLOT_EASY_BYTES) && recordCount < load<u32>(CONTROL_BATCH_RECORDS_MAX)) {
    return STOP_DONE;
  }
  return lookCloser(slot, recordCount, bytesAfter);
}

/** The batch has no chunk yet, or its chunk is too small, or it is full. */
function lookCloser(slot: usize, recordCount: u32, bytesAfter: u32): i32 {
  const batchBytesMax = load<u32>(CONTROL_BATCH_BYTES_MAX);
  const usedAfter = RECORD_BATCH_OVERHEAD + bytesAfter;
  // A single record fits a batch of its own, whatever its size.
  if (recordCount > 0) {
    if (usedAfter > batchBytesMax) return STOP_FULL;
    if (recordCount >= load<u32>(CONTROL_BATCH_RECORDS_MAX)) return STOP_FULL;
  }
  if (!moveToLargerChunk(slot, usedAfter)) return STOP_MEMORY;
  const easyBytes = min<u32>(chunkBytes(load<u32>(slot, SLOT_CLASS)) - SLACK, batchBytesMax);
  store<u32>(slot, max<u32>(easyBytes, RECORD_BATCH_OVERHEAD) - RECORD_BATCH_OVERHEAD, SLOT_EASY_BYTES);
  return STOP_DONE;
}

/** False when the memory has to grow first. */
function moveToLargerChunk(slot: usize, usedAfter: u32): bool {
  const needed = classFor(usedAfter);
  const chunk = load<u32>(slot, SLOT_CHUNK);
  const chunkClass = load<u32>(slot, SLOT_CLASS);
  let sizeClass = chunk == 0 ? generousClass(needed, chunkClass) : needed;
  let larger = takeChunk(sizeClass);
  if (larger == 0 && sizeClass != needed) {
    sizeClass = needed;
    larger = takeChunk(sizeClass);
  }
  if (larger == 0) return false;
  if (chunk != 0) memory.copy(larger, chunk, RECORD_BATCH_OVERHEAD + load<u32>(slot, SLOT_RECORDS_BYTES));
  store<u32>(slot, larger, SLOT_CHUNK);
  store<u32>(slot, sizeClass, SLOT_CLASS);
  if (chunk != 0) freeChunk(chunk, chunkClass);
  return true;
}

/** The record is fully written: from here on it belongs to the batch. */
// @ts-ignore: decorator
@inline
export function commitRecord(slot: usize, timestamp: i64, recordsBytes: u32, recordCount: u32): void {
  if (recordCount == 1) {
    store<i64>(slot, timestamp, SLOT_BASE_TIMESTAMP);
    store<i64>(slot, timestamp, SLOT_MAX_TIMESTAMP);
  } else if (timestamp > load<i64>(slot, SLOT_MAX_TIMESTAMP)) {
    store<i64>(slot, timestamp, SLOT_MAX_TIMESTAMP);
  }
  store<u32>(slot, recordsBytes, SLOT_RECORDS_BYTES);
  store<u32>(slot, recordCount, SLOT_RECORD_COUNT);
}

/**
 * Finishes the batch of a slot that has records and empties the slot. Returns the address of the batch, whose bytes
 * stay there until the next append; the host copies them out at once.
 */
export function close(id: u32, producerIdHigh: i32, producerIdLow: i32, producerEpoch: i32, baseSequence: i32): u32 {
  assert(id < SLOTS_MAX);
  const slot: usize = SLOTS + id * SLOT_STRIDE;
  const chunk = load<u32>(slot, SLOT_CHUNK);
  assert(chunk != 0);
  putHeader(chunk, slot, producerIdHigh, producerIdLow, producerEpoch, baseSequence);
  const sizeClass = classFor(RECORD_BATCH_OVERHEAD + load<u32>(slot, SLOT_RECORDS_BYTES));
  emptySlot(slot, chunk);
  store<u32>(slot, sizeClass, SLOT_CLASS);
  return chunk;
}

/** Empties a slot without finishing its batch. */
export function discard(id: u32): void {
  assert(id < SLOTS_MAX);
  const slot: usize = SLOTS + id * SLOT_STRIDE;
  const chunk = load<u32>(slot, SLOT_CHUNK);
  if (chunk != 0) emptySlot(slot, chunk);
}

function emptySlot(slot: usize, chunk: u32): void {
  store<u32>(slot, 0, SLOT_RECORD_COUNT);
  store<u32>(slot, 0, SLOT_RECORDS_BYTES);
  store<u32>(slot, 0, SLOT_EASY_BYTES);
  store<u32>(slot, 0, SLOT_CHUNK);
  freeChunk(chunk, load<u32>(slot, SLOT_CLASS));
}
