/**
 * Views on the memory of one instance, and the only place where it grows. Growing detaches all views, and V8 ignores
 * writes through detached ones, so nobody keeps a view longer than one call.
 */
import type { AccumulatorOptions } from '../engine.ts';
import { GROUP_BYTES_SOFT_MAX } from '../layout.ts';
import type { Abi } from './abi.ts';
import { CHUNK_BYTES_MIN, CHUNK_CLASSES, CONTROL_ARENA_START, CONTROL_BYTES, MAP_END, SLACK } from './memory-map.ts';

const PAGE_BYTES = 65_536;

/** Growing in steps of 4 MiB keeps the number of detached generations small; untouched pages cost no memory. */
const GROWTH_BYTES_MIN = 4_194_304;

/** Records beyond are for the TypeScript engine: three times this much is laid out for staging one. */
const RECORD_BYTES_MAX = 16_777_216;

/** What a chunk of the largest class holds. */
const BATCH_BYTES_MAX: number = CHUNK_BYTES_MIN * 2 ** (CHUNK_CLASSES - 1) - SLACK;

/** Header, lengths and deltas of the batch that holds a single record of recordBytesMax. */
const SINGLE_RECORD_OVERHEAD_MAX = 128;

/** Varints of headers that are serialised by the host beyond three bytes a field. */
const STAGING_MARGIN_BYTES = 1024;

/** Whether the memory plan has room for such limits. */
export function fitsMemoryPlan({ recordBytesMax, batchBytesMax }: AccumulatorOptions): boolean {
  return recordBytesMax <= RECORD_BYTES_MAX && batchBytesMax <= BATCH_BYTES_MAX;
}

export class EngineMemory {
  readonly abi: Abi;
  /** Address of the byte staging. */
  readonly staging: number;
  bytes: Buffer;
  int32: Int32Array;
  float64: Float64Array;

  /**
   * Lays out the memory for these limits. From then on there is always room for staging a record and for one batch of
   * any admitted size, so an append into empty buffers cannot stop for want of memory. Throws when it cannot be had.
   */
  constructor(abi: Abi, { recordBytesMax, batchBytesMax, batchRecordsMax }: AccumulatorOptions) {
    this.abi = abi;
    // A UTF-16 unit becomes three bytes at most; a record may start anywhere below the soft limit.
    const stagingBytes = GROUP_BYTES_SOFT_MAX + 3 * recordBytesMax + STAGING_MARGIN_BYTES;
    abi.configure(recordBytesMax, batchBytesMax, batchRecordsMax, stagingBytes);
    this.bytes = Buffer.from(abi.memory.buffer);
    this.int32 = new Int32Array(abi.memory.buffer);
    this.float64 = new Float64Array(abi.memory.buffer);
    this.staging = this.load(CONTROL_BYTES);
    if (this.staging < MAP_END) throw new RangeError(`byte staging at ${this.staging} lies inside the memory map`);
    let chunkBytes = CHUNK_BYTES_MIN;
    while (chunkBytes < Math.max(batchBytesMax, recordBytesMax + SINGLE_RECORD_OVERHEAD_MAX) + SLACK) chunkBytes *= 2;
    const bytesMin = this.load(CONTROL_ARENA_START) + chunkBytes;
    if (!this.growTo(bytesMin)) throw new RangeError(`a memory of ${bytesMin} bytes could not be had`);
  }

  /** The 32-bit integer at that address. */
  load(address: number): number {
    return this.int32[address >> 2] as number;
  }

  /** Grows to at least that many bytes and renews the views; false when there is no more to be had. */
  growTo(bytesMin: number): boolean {
    const { memory } = this.abi;
    const missing = bytesMin - this.bytes.length;
    if (missing <= 0) return true;
    if (!tryGrow(memory, Math.max(missing, GROWTH_BYTES_MIN)) && !tryGrow(memory, missing)) return false;
    this.bytes = Buffer.from(memory.buffer);
    this.int32 = new Int32Array(memory.buffer);
    this.float64 = new Float64Array(memory.buffer);
    return true;
  }
}

function tryGrow(memory: WebAssembly.Memory, bytes: number): boolean {
  try {
    memory.grow(Math.ceil(bytes / PAGE_BYTES));
    return true;
  } catch {
    // A RangeError: the declared maximum is reached or the system has no more; grow has no other way to say so.
    return false;
  }
}
