/**
 * Reads the records out of the memory of an instance that has trapped. The module is never entered again, so the memory
 * lies still; but a fault may have left anything in it, so every length is checked against what the host knows before
 * what stands there is believed. What comes out is copied: nobody gets a view of this memory.
 */
import { RecordCursor } from '../../protocol/record-cursor.ts';
import { readRecordBatchHeader } from '../../protocol/record-batch-header.ts';
import { readCheckedBatch } from '../../protocol/record-batch-reader.ts';
import type { BufferRun, KeyHash, SalvagedRecord, Wreck } from '../engine.ts';
import { RECORD_BATCH_OVERHEAD } from '../layout.ts';
import { NO_PRODUCER } from '../producer-fields.ts';
import { ruleBytes as ruleBytesOf } from '../record-size.ts';
import { putHeader } from '../typescript/record-batch.ts';
import type { EngineMemory } from './memory.ts';
import {
  CONTROL_ARENA_START,
  SLOTS,
  SLOT_BASE_TIMESTAMP,
  SLOT_CHUNK,
  SLOT_RECORDS_BYTES,
  SLOT_RECORD_COUNT,
  SLOT_STRIDE,
} from './memory-map.ts';
import { StagedReader } from './staged-reader.ts';
import type { Staging } from './staging.ts';

export class WasmWreck implements Wreck {
  readonly cause: unknown;
  readonly #memory: EngineMemory;
  readonly #staging: Staging;

  constructor(memory: EngineMemory, staging: Staging, cause: unknown) {
    this.#memory = memory;
    this.#staging = staging;
    this.cause = cause;
  }

  get reason(): string {
    const { cause } = this;
    return `the WebAssembly engine failed inside: ${cause instanceof Error ? cause.message : String(cause)}`;
  }

  bufferRecords(run: BufferRun, partition: number, count: number, ruleBytes: number): SalvagedRecord[] | undefined {
    let records: SalvagedRecord[];
    try {
      records = this.#readBuffer(run.base + partition, partition, count);
    } catch {
      // ERR_RECORD_BATCH or a RangeError: what is there is not what the host put in, and the caller reports that.
      return undefined;
    }
    const bytes = records.reduce((sum, { key, value, headers }) => sum + ruleBytesOf(key, value, headers), 0);
    return bytes === ruleBytes ? records : undefined;
  }

  stagedRecords(run: BufferRun, hash: KeyHash, from: number): (SalvagedRecord | undefined)[] {
    const reader = new StagedReader(this.#memory, this.#staging);
    const records = reader.readAll(run.partitionCount, hash);
    return records.slice(from);
  }

  /**
   * Throws when the first `count` records are not there. The slot may hold more of them: those that went in during the
   * call that failed, which are still staged.
   */
  #readBuffer(slot: number, partition: number, count: number): SalvagedRecord[] {
    const { bytes } = this.#memory;
    const address = SLOTS + slot * SLOT_STRIDE;
    const held = bytes.readUInt32LE(address + SLOT_RECORD_COUNT);
    const recordsBytes = bytes.readUInt32LE(address + SLOT_RECORDS_BYTES);
    const start = bytes.readUInt32LE(address + SLOT_CHUNK);
    const end = start + RECORD_BATCH_OVERHEAD + recordsBytes;
    if (held < count || start < bytes.readUInt32LE(CONTROL_ARENA_START) || end > bytes.length) {
      throw new RangeError(`slot ${slot} holds ${held} records from ${start} to ${end}, not ${count}`);
    }
    const chunk = Buffer.from(bytes.subarray(start, end));
    const cursor = new RecordCursor(chunk, RECORD_BATCH_OVERHEAD, chunk.length);
    for (let index = 0; index < count; index++) cursor.slice('record', cursor.varint('length'));
    if (held === count && cursor.remaining > 0)
      throw new RangeError(`${cursor.remaining} bytes follow the last record`);
    const baseTimestamp = Number(bytes.readBigInt64LE(address + SLOT_BASE_TIMESTAMP));
    // A header of our own, so that the reader judges the records; the latest timestamp is of no concern here.
    const summary = { usedBytes: cursor.position, recordCount: count, baseTimestamp, maxTimestamp: baseTimestamp };
    putHeader(chunk, summary, NO_PRODUCER);
    return readCheckedBatch(chunk, 0, readRecordBatchHeader(chunk, 0)).records.map((record) => ({
      partition,
      timestampMs: Number(record.timestamp),
      key: record.key,
      value: record.value,
      headers: record.headers.flatMap(({ key, value }) => [key, value]),
      refusedBytes: 0,
    }));
  }
}
