/**
 * The instance that serves single calls: checksums and encodeRecordBatch. One for the whole process, because V8
 * reserves about 10 GiB of address space for each memory.
 */
import type { AccumulatorOptions, ProducerState, RecordInput } from '../engine.ts';
import { RECORD_BATCH_OVERHEAD } from '../layout.ts';
import { type ProducerFields, toProducerFields } from '../producer-fields.ts';
import { requireRecords } from '../record-input.ts';
import { crc32c } from '../typescript/crc32c.ts';
import { encodeRecordBatch } from '../typescript/encode.ts';
import { copyBatch } from '../batch-memory.ts';
import type { Abi } from './abi.ts';
import { EngineMemory } from './memory.ts';
import {
  CONTROL_NEED_BYTES,
  CONTROL_NEXT,
  HASH_CRC32,
  SLOTS,
  SLOT_RECORD_COUNT,
  SLOT_RECORDS_BYTES,
  STOP_DONE,
  STOP_MEMORY,
} from './memory-map.ts';
import { Staging } from './staging.ts';

/** What does not fit goes to the TypeScript encoder, whose buffer can be of any size. */
const LIMITS: AccumulatorOptions = {
  recordBytesMax: 1_048_576,
  batchBytesMax: 33_554_432,
  batchRecordsMax: 0x7fff_ffff,
};

/** Bytes are copied into memory and checked in pieces that stay in the processor's cache. */
const PIECE_BYTES = 65_536;

/** The only slot in use here. */
const SLOT = 0;

export class WasmService {
  readonly #memory: EngineMemory;
  readonly #staging: Staging;
  /** After a fault inside the module all calls go to the TypeScript engine, which gives the same results. */
  fault: string | undefined;

  constructor(abi: Abi) {
    this.#memory = new EngineMemory(abi, LIMITS);
    this.#staging = new Staging(this.#memory, LIMITS.recordBytesMax);
  }

  /** Unsigned. */
  crc32c(bytes: Uint8Array): number {
    if (this.fault !== undefined) return crc32c(bytes);
    try {
      return this.#crc32c(bytes);
    } catch (error) {
      this.#noteFault(error);
      return crc32c(bytes);
    }
  }

  encodeRecordBatch(records: readonly RecordInput[], producer?: ProducerState): Uint8Array {
    if (this.fault !== undefined) return encodeRecordBatch(records, producer);
    requireRecords(records);
    const fields = toProducerFields(producer);
    try {
      return this.#encode(records, fields) ?? encodeRecordBatch(records, producer);
    } catch (error) {
      this.#noteFault(error);
      return encodeRecordBatch(records, producer);
    }
  }

  /** Passes on what is not a trap: unusable records, or an accessor of the caller's that throws. */
  #noteFault(error: unknown): void {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    this.fault = `the WebAssembly engine failed inside: ${error.message}`;
  }

  #crc32c(bytes: Uint8Array): number {
    const memory = this.#memory;
    let state = -1;
    for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
      const piece = bytes.length <= PIECE_BYTES ? bytes : bytes.subarray(start, start + PIECE_BYTES);
      memory.bytes.set(piece, memory.staging);
      state = memory.abi.crc32cAdvance(state, memory.staging, piece.length);
    }
    return ~state >>> 0;
  }

  /** Undefined when not all records fit. */
  #encode(records: readonly RecordInput[], fields: ProducerFields): Buffer | undefined {
    const { abi } = this.#memory;
    try {
      if (!this.#appendAll(records)) return undefined;
      const bytes = RECORD_BATCH_OVERHEAD + this.#memory.load(SLOTS + SLOT_RECORDS_BYTES);
      const { producerIdHigh, producerIdLow, producerEpoch, baseSequence } = fields;
      const address = abi.close(SLOT, producerIdHigh, producerIdLow, producerEpoch, baseSequence);
      return copyBatch(this.#memory.bytes, address, bytes);
    } finally {
      this.#staging.clear();
      if (this.#memory.load(SLOTS + SLOT_RECORD_COUNT) > 0) abi.discard(SLOT);
    }
  }

  /** False when not all records fit. */
  #appendAll(records: readonly RecordInput[]): boolean {
    let index = 0;
    for (;;) {
      index = this.#staging.stageRecords(records, index);
      if (index === records.length) break;
      if (!this.#appendGroup()) return false;
    }
    // A record that is too large is left out by append: the count tells.
    return this.#appendGroup() && this.#memory.load(SLOTS + SLOT_RECORD_COUNT) === records.length;
  }

  #appendGroup(): boolean {
    const memory = this.#memory;
    const { count } = this.#staging;
    if (!this.#staging.flush()) return false;
    let stop = memory.abi.append(SLOT, 1, HASH_CRC32, 0, count);
    while (stop === STOP_MEMORY && memory.growTo(memory.load(CONTROL_NEED_BYTES))) {
      stop = memory.abi.append(SLOT, 1, HASH_CRC32, memory.load(CONTROL_NEXT), count);
    }
    this.#staging.clear();
    return stop === STOP_DONE;
  }
}
