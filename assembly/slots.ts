/** Partition buffers: a slot header in the table, the bytes of the batch in a chunk of the arena. */
import { chunkBytes, classFor, freeChunk, generousClass, takeChunk } from './arena';
import {
  SLACK,
  SLOTS,
  SLOTS_MAX,
  SLOT_BASE_TIMESTAMP,
  SLOT_CHUNK,
  SLOT_CLASS,
  SLOT_MAX_TIMESTAMP,
  SLOT_RECORD_COUNT,
  SLOT_STRIDE,
  SLOT_USED_BYTES,
} from './layout';
import { putHeader } from './record-batch';

/** The slot's chunk once it has room for `usedAfter` bytes, or 0 when the memory has to grow first. */
// @ts-ignore: decorator
@inline
export function chunkFor(slot: usize, used: u32, usedAfter: u32): u32 {
  const chunk = load<u32>(slot, SLOT_CHUNK);
  if (chunk != 0 && usedAfter + SLACK <= chunkBytes(load<u32>(slot, SLOT_CLASS))) return chunk;
  return moveToLargerChunk(slot, used, usedAfter);
}

function moveToLargerChunk(slot: usize, used: u32, usedAfter: u32): u32 {
  const needed = classFor(usedAfter);
  const chunk = load<u32>(slot, SLOT_CHUNK);
  const chunkClass = load<u32>(slot, SLOT_CLASS);
  let sizeClass = chunk == 0 ? generousClass(needed, chunkClass) : needed;
  let larger = takeChunk(sizeClass);
  if (larger == 0 && sizeClass != needed) {
    sizeClass = needed;
    larger = takeChunk(sizeClass);
  }
  if (larger == 0) return 0;
  if (chunk != 0) memory.copy(larger, chunk, used);
  store<u32>(slot, larger, SLOT_CHUNK);
  store<u32>(slot, sizeClass, SLOT_CLASS);
  if (chunk != 0) freeChunk(chunk, chunkClass);
  return larger;
}

/** The record is fully written: from here on it belongs to the batch. */
// @ts-ignore: decorator
@inline
export function commitRecord(slot: usize, timestamp: i64, used: u32, recordCount: u32): void {
  if (recordCount == 1) {
    store<i64>(slot, timestamp, SLOT_BASE_TIMESTAMP);
    store<i64>(slot, timestamp, SLOT_MAX_TIMESTAMP);
  } else if (timestamp > load<i64>(slot, SLOT_MAX_TIMESTAMP)) {
    store<i64>(slot, timestamp, SLOT_MAX_TIMESTAMP);
  }
  store<u32>(slot, used, SLOT_USED_BYTES);
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
  const sizeClass = classFor(load<u32>(slot, SLOT_USED_BYTES));
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
  store<u32>(slot, 0, SLOT_USED_BYTES);
  store<u32>(slot, 0, SLOT_CHUNK);
  freeChunk(chunk, load<u32>(slot, SLOT_CLASS));
}
