/** Memory of finished batches, used again only when it is given back. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { recycleBatch } from '../../src/engine/batch-memory.ts';
import { openEngine } from '../../src/engine/select.ts';
import { readRecordBatches } from '../../src/protocol/record-batch-reader.ts';

for (const kind of ['wasm', 'typescript'] as const) {
  describe(`memory of finished batches, ${kind}`, () => {
    const engine = openEngine(kind);
    const batchOf = (letter: string, bytes: number): Uint8Array =>
      engine.encodeRecordBatch([{ value: letter.repeat(bytes) }]);
    const valueOf = (batch: Uint8Array): string => String(readRecordBatches(batch)[0]?.records[0]?.value);

    it('is used again after it was given back', () => {
      const first = batchOf('a', 20_000);
      const memory = first.buffer;
      recycleBatch(first);
      const second = batchOf('b', 30_000);
      assert.equal(second.buffer, memory);
      assert.equal(valueOf(second), 'b'.repeat(30_000));
    });

    it('is left alone while it is not given back', () => {
      const batches = Array.from({ length: 50 }, (_, index) => batchOf(String(index % 10), 5_000));
      assert.equal(new Set(batches.map(({ buffer }) => buffer)).size, 50);
      for (const [index, batch] of batches.entries()) assert.equal(valueOf(batch), String(index % 10).repeat(5_000));
    });

    it('is not lent twice when it is given back twice', () => {
      const batch = batchOf('a', 20_000);
      recycleBatch(batch);
      recycleBatch(batch);
      const [second, third] = [batchOf('b', 20_000), batchOf('c', 20_000)];
      assert.notEqual(second.buffer, third.buffer);
      assert.equal(valueOf(second), 'b'.repeat(20_000));
    });

    it('is not taken from bytes of somebody else', () => {
      const foreign = Buffer.allocUnsafeSlow(32_768).fill('x');
      recycleBatch(foreign);
      recycleBatch(foreign.subarray(1));
      const batches = Array.from({ length: 5 }, () => batchOf('b', 30_000));
      for (const batch of batches) assert.notEqual(batch.buffer, foreign.buffer);
      assert.equal(foreign.toString(), 'x'.repeat(32_768));
    });

    it('fits batches of every size', () => {
      for (const bytes of [0, 1, 4_000, 4_031, 4_032, 4_033, 8_130, 65_475, 2_097_152, 16_777_300]) {
        for (let turn = 0; turn < 2; turn++) {
          const batch = batchOf('z', bytes);
          assert.equal(valueOf(batch), 'z'.repeat(bytes));
          recycleBatch(batch);
        }
      }
    });
  });
}
