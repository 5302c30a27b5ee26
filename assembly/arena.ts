/**
 * Memory for the batches being filled: chunks of power-of-two size classes behind the byte staging. A chunk that
 * becomes free goes on the list of its class; when no chunk is in use the arena starts afresh, so classes that are no
 * longer wanted cannot hold memory for ever. Nothing here grows the memory: the host does, between calls.
 */
import {
  CHUNK_BYTES_GENEROUS_MAX,
  CHUNK_BYTES_MIN,
  CHUNK_CLASSES,
  CONTROL_ARENA_NEXT,
  CONTROL_ARENA_START,
  CONTROL_BYTES,
  CONTROL_CHUNK_BYTES,
  CONTROL_FREE_LISTS,
  CONTROL_NEED_BYTES,
  SLACK,
} from './layout';

const CHUNK_BITS_MIN: u32 = 31 - <u32>clz<u32>(CHUNK_BYTES_MIN);

/** Places the byte staging and the first chunk behind the static data. */
export function placeArena(bytesCapacity: u32): void {
  const bytes = align(<u32>__heap_base);
  const start = align(bytes + bytesCapacity + SLACK);
  store<u32>(CONTROL_BYTES, bytes);
  store<u32>(CONTROL_ARENA_START, start);
  resetArena();
}

/** Address of a chunk of that class, or 0 when the memory has to grow first (CONTROL_NEED_BYTES says to what size). */
export function takeChunk(sizeClass: u32): u32 {
  assert(sizeClass < CHUNK_CLASSES);
  const list = CONTROL_FREE_LISTS + (sizeClass << 2);
  const free = load<u32>(list);
  if (free != 0) {
    store<u32>(list, load<u32>(linkOf(free, sizeClass)));
    store<u32>(CONTROL_CHUNK_BYTES, load<u32>(CONTROL_CHUNK_BYTES) + chunkBytes(sizeClass));
    return free;
  }
  const chunk = load<u32>(CONTROL_ARENA_NEXT);
  const end = chunk + chunkBytes(sizeClass);
  if (end > <u32>memory.size() << 16) {
    store<u32>(CONTROL_NEED_BYTES, end);
    return 0;
  }
  store<u32>(CONTROL_ARENA_NEXT, end);
  store<u32>(CONTROL_CHUNK_BYTES, load<u32>(CONTROL_CHUNK_BYTES) + chunkBytes(sizeClass));
  return chunk;
}

/** The class to start a batch with: that of the batch before, while memory is plenty. */
export function generousClass(needed: u32, previous: u32): u32 {
  if (previous <= needed) return needed;
  return load<u32>(CONTROL_CHUNK_BYTES) + chunkBytes(previous) <= CHUNK_BYTES_GENEROUS_MAX ? previous : needed;
}

/** Gives a chunk back; its content stays readable until the next takeChunk. */
export function freeChunk(chunk: u32, sizeClass: u32): void {
  assert(chunk >= load<u32>(CONTROL_ARENA_START));
  const inUse = load<u32>(CONTROL_CHUNK_BYTES) - chunkBytes(sizeClass);
  store<u32>(CONTROL_CHUNK_BYTES, inUse);
  if (inUse == 0) {
    resetArena();
    return;
  }
  const list = CONTROL_FREE_LISTS + (sizeClass << 2);
  store<u32>(linkOf(chunk, sizeClass), load<u32>(list));
  store<u32>(list, chunk);
}

export function chunkBytes(sizeClass: u32): u32 {
  return CHUNK_BYTES_MIN << sizeClass;
}

/** The smallest class whose chunk holds that many bytes and the slack behind them. */
export function classFor(bytes: u32): u32 {
  const bits: u32 = 32 - <u32>clz<u32>(bytes + SLACK - 1);
  return bits <= CHUNK_BITS_MIN ? 0 : bits - CHUNK_BITS_MIN;
}

function resetArena(): void {
  store<u32>(CONTROL_ARENA_NEXT, load<u32>(CONTROL_ARENA_START));
  store<u32>(CONTROL_CHUNK_BYTES, 0);
  memory.fill(CONTROL_FREE_LISTS, 0, CHUNK_CLASSES << 2);
}

/** The link of the free list lies in the slack at the chunk's end, which never holds bytes of a batch. */
// @ts-ignore: decorator
@inline
function linkOf(chunk: u32, sizeClass: u32): usize {
  return chunk + chunkBytes(sizeClass) - 4;
}

function align(address: u32): u32 {
  return (address + 63) & ~63;
}
