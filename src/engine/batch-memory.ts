/**
 * Memory for finished batches. New memory costs more than the copy into it: the system hands out zeroed pages one fault
 * at a time, which for a batch of a megabyte takes longer than framing it. So memory that is given back is used again.
 */
import { copyOut } from './copy-out.ts';

/** Smaller batches share Node's pooled buffers and are left to the garbage collector. */
const RECYCLED_BYTES_MIN = 4096;
const RECYCLED_BYTES_MAX = 16_777_216;

/** What is kept for later at most, all sizes together; more goes to the garbage collector. */
const IDLE_BYTES_MAX = 16_777_216;

/** Idle memory in sizes of powers of two, by the exponent; the last one given back is the first to be used again. */
const idle: ArrayBuffer[][] = Array.from({ length: 32 }, () => []);
let idleBytes = 0;

/** Which memory is out, so that nothing is taken back twice or from somebody else. */
const lent = new WeakSet<ArrayBufferLike>();

/** Copies a finished batch out of the memory it was built in. */
export function copyBatch(source: Buffer, start: number, bytes: number): Buffer {
  if (bytes < RECYCLED_BYTES_MIN || bytes > RECYCLED_BYTES_MAX) return copyOut(source, start, bytes);
  const memory = take(bytes);
  const batch = Buffer.from(memory, 0, bytes);
  source.copy(batch, 0, start, start + bytes);
  lent.add(memory);
  return batch;
}

/**
 * Gives the memory of a batch made by this package back, for a later batch: nothing may read or write it afterwards.
 * Without this call the garbage collector takes it, as usual. Other bytes, and a batch given back before, are ignored.
 */
export function recycleBatch(batch: Uint8Array): void {
  const memory = batch.buffer as ArrayBuffer;
  if (!lent.delete(memory) || idleBytes + memory.byteLength > IDLE_BYTES_MAX) return;
  idleBytes += memory.byteLength;
  listFor(memory.byteLength).push(memory);
}

function take(bytesMin: number): ArrayBuffer {
  const bytes = 1 << (32 - Math.clz32(bytesMin - 1));
  const memory = listFor(bytes).pop();
  if (memory === undefined) return Buffer.allocUnsafeSlow(bytes).buffer;
  idleBytes -= bytes;
  return memory;
}

function listFor(bytes: number): ArrayBuffer[] {
  return idle[31 - Math.clz32(bytes)] as ArrayBuffer[];
}
