/** What only the WebAssembly engine has: planned memory that can run out, and an instance that can fail. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BufferRun } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/select.ts';
import type { Abi } from '../../src/engine/wasm/abi.ts';
import { WasmAccumulator } from '../../src/engine/wasm/accumulator.ts';
import {
  CONTROL_NEED_BYTES,
  CONTROL_NEXT,
  FIELD_LATIN1,
  OUTCOMES,
  SLOT_RECORDS_BYTES,
  SLOTS,
  STOP_DONE,
  TAPE,
  TAPE_STRIDE,
  TAPE_VALUE,
} from '../../src/engine/wasm/memory-map.ts';
import { EngineMemory } from '../../src/engine/wasm/memory.ts';
import { compileEmbedded, instantiate } from '../../src/engine/wasm/module.ts';
import { Staging } from '../../src/engine/wasm/staging.ts';
import { readRecordBatches } from '../../src/protocol/record-batch-reader.ts';
import { appendGroup, closeAll, DEFAULT_LIMITS, stageRecord } from './support.ts';

const MEBIBYTE = 1_048_576;

/** Puts one record of that size into every partition until memory runs out; returns how many went in. */
function fillUntilMemory(accumulator: WasmAccumulator, run: BufferRun, bytes: number): number {
  for (let partition = 0; partition < run.partitionCount; partition++) {
    assert.ok(stageRecord(accumulator, { value: Buffer.alloc(bytes, partition) }, partition));
    const stop = accumulator.append(run, 'crc32', 0);
    if (stop === 'memory') {
      assert.equal(accumulator.next, 0);
      assert.equal(accumulator.recordCount(run, partition), 0, 'nothing of the record is in');
      return partition;
    }
    assert.equal(stop, 'done');
    accumulator.clear();
  }
  throw new Error('memory never ran out');
}

describe('WebAssembly memory', () => {
  it('grows to its maximum, then append stops until the buffers are closed', () => {
    const accumulator = new WasmAccumulator(instantiate(compileEmbedded()), DEFAULT_LIMITS);
    const before = accumulator.memoryBytes;
    assert.ok(before < 16 * MEBIBYTE, `${before} bytes at start`);
    const run = accumulator.reserve(10_000)!;
    for (const bytes of [900_000, 20_000, 400_000]) {
      const filled = fillUntilMemory(accumulator, run, bytes);
      assert.ok(filled * bytes > 100 * MEBIBYTE, `${filled} records of ${bytes} bytes`);
      assert.ok(accumulator.memoryBytes > 200 * MEBIBYTE && accumulator.memoryBytes <= 256 * MEBIBYTE);
      const batches = closeAll(accumulator, run);
      assert.equal(batches.length, filled);
      for (const { partition, bytes: batch } of batches) {
        const value = readRecordBatches(batch)[0]!.records[0]!.value!;
        assert.ok(value.length === bytes && value.every((byte) => byte === partition % 256));
        break;
      }
      assert.equal(accumulator.append(run, 'crc32', 0), 'done', 'the record that had no room');
      assert.equal(accumulator.recordCount(run, filled), 1);
      accumulator.clear();
      closeAll(accumulator, run);
    }
  });

  it('never stops an append into empty buffers', () => {
    const limits = { recordBytesMax: 16_777_216, batchBytesMax: 60_000_000, batchRecordsMax: 10_000 };
    const accumulator = new WasmAccumulator(instantiate(compileEmbedded()), limits);
    const run = accumulator.reserve(2)!;
    for (const length of [1, 16_777_180, 100_000]) {
      assert.ok(stageRecord(accumulator, { value: Buffer.alloc(length) }, 0));
      assert.equal(appendGroup(accumulator, run, 'crc32').batches.length, 0);
      closeAll(accumulator, run);
    }
  });

  it('is left to the TypeScript engine when limits are beyond its plan', () => {
    const engine = openEngine('wasm');
    assert.equal(engine.openAccumulator(DEFAULT_LIMITS).kind, 'wasm');
    assert.equal(engine.openAccumulator({ ...DEFAULT_LIMITS, recordBytesMax: 16_777_217 }).kind, 'typescript');
    assert.equal(engine.openAccumulator({ ...DEFAULT_LIMITS, batchBytesMax: 1_000_000_000 }).kind, 'typescript');
  });

  it('takes values whose units are bytes, as compiled code of Node 24 stages them', () => {
    const texts = ['a'.repeat(16), 'b'.repeat(64), `${'c'.repeat(99)}é`, `ÿ${'d'.repeat(30)}`, '\x80'.repeat(500)];
    const memory = new EngineMemory(instantiate(compileEmbedded()), DEFAULT_LIMITS);
    const staging = new Staging(memory, DEFAULT_LIMITS.recordBytesMax);
    // Each twice, since the first record of a batch takes another way, and with a key, which takes a third.
    const records = [...texts, ...texts].flatMap((text) => [
      { key: null, text },
      { key: 'key', text },
    ]);
    for (const [index, { key, text }] of records.entries()) {
      assert.ok(staging.stage(0, 1, key, Buffer.from(text, 'latin1'), null));
      const word = (TAPE + index * TAPE_STRIDE + TAPE_VALUE) >> 2;
      memory.int32[word] = (text.length << 2) | FIELD_LATIN1;
    }
    assert.ok(staging.flush());
    for (let next = 0; memory.abi.append(0, 1, 0, next, records.length) !== STOP_DONE; ) {
      assert.ok(memory.growTo(memory.load(CONTROL_NEED_BYTES)), 'it stops for memory only');
      next = memory.load(CONTROL_NEXT);
    }
    for (const [index, { key, text }] of records.entries()) {
      const bytes = Buffer.byteLength(text) + (key ?? '').length + 36;
      assert.equal(memory.load(OUTCOMES + index * 4), bytes);
    }
    const length = 61 + memory.load(SLOTS + SLOT_RECORDS_BYTES);
    const batch = Buffer.from(memory.bytes.subarray(memory.abi.close(0, -1, -1, -1, -1)).subarray(0, length));
    const read = readRecordBatches(batch)[0]!.records.map(({ key, value }) => ({
      key: key === null ? null : Buffer.from(key).toString(),
      text: Buffer.from(value!).toString(),
    }));
    assert.deepEqual(read, records);
  });

  it('is never entered again after a fault inside, and what was in stays countable', () => {
    let faulty = false;
    const exports = instantiate(compileEmbedded());
    const abi: Abi = {
      ...exports,
      append: (...args) => {
        if (faulty) throw new WebAssembly.RuntimeError('unreachable');
        return exports.append(...args);
      },
    };
    const accumulator = new WasmAccumulator(abi, DEFAULT_LIMITS);
    const run = accumulator.reserve(2)!;
    stageRecord(accumulator, { value: 'in' }, 1);
    appendGroup(accumulator, run, 'crc32');
    faulty = true;
    stageRecord(accumulator, { value: 'next' }, 1);
    assert.equal(accumulator.wreck, undefined);
    assert.throws(() => accumulator.append(run, 'crc32', 0), { code: 'ERR_ENGINE' });
    assert.match(accumulator.wreck!.reason, /failed inside: unreachable/);
    faulty = false;
    assert.throws(() => accumulator.append(run, 'crc32', 0), { code: 'ERR_ENGINE' });
    assert.throws(() => accumulator.close(run, 1), { code: 'ERR_ENGINE' });
    assert.equal(accumulator.recordCount(run, 1), 1);
    assert.equal(accumulator.batchBytes(run, 1), 70);
  });
});
