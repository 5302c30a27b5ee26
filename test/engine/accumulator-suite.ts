/** Partition buffers: what is accepted, when a buffer is full, and that nothing is lost or reordered on the way. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Engine, RecordInput } from '../../src/engine/engine.ts';
import { readRecordBatches } from '../../src/protocol/record-batch-reader.ts';
import { referenceBatch, referenceRuleBytes } from './reference.ts';
import { appendGroup, batchesOf, closeAll, DEFAULT_LIMITS, stageRecord } from './support.ts';

const NO_LIMITS = { recordBytesMax: 1_000_000, batchBytesMax: 10_000_000, batchRecordsMax: 1_000_000 };

function sizeRuleTests(open: () => Engine): void {
  describe('size rule', () => {
    it('admits 999 964 bytes of bare payload at a million, and not one more', () => {
      const accumulator = open().openAccumulator(DEFAULT_LIMITS);
      const run = accumulator.reserve(1)!;
      for (const [length, outcome] of [[999_964, 1_000_000] as const, [999_965, -1_000_002] as const]) {
        for (const value of [Buffer.alloc(length), 'x'.repeat(length)]) {
          assert.ok(stageRecord(accumulator, { value }, 0));
          assert.deepEqual(appendGroup(accumulator, run, 'crc32').outcomes, [outcome]);
          assert.equal(accumulator.recordCount(run, 0), outcome > 0 ? 1 : 0);
          closeAll(accumulator, run);
        }
      }
    });

    it('counts key, value and headers by their UTF-8 bytes', () => {
      const records: RecordInput[] = [
        {},
        { key: 'schlüssel', value: '值' },
        { value: 'v', headers: [{ key: 'a', value: null }] },
        {
          value: 'v',
          headers: [
            { key: '', value: '' },
            { key: 'größe', value: 'é'.repeat(40) },
          ],
        },
        { value: 'v', headers: Array.from({ length: 100 }, (_, index) => ({ key: `n${index}`, value: 'é' })) },
      ];
      for (const record of records) {
        const bytes = referenceRuleBytes(record);
        for (const [recordBytesMax, outcome] of [[bytes, bytes] as const, [bytes - 1, -bytes - 1] as const]) {
          const accumulator = open().openAccumulator({ ...DEFAULT_LIMITS, recordBytesMax });
          const run = accumulator.reserve(1)!;
          assert.ok(stageRecord(accumulator, record, 0));
          assert.deepEqual(appendGroup(accumulator, run, 'crc32').outcomes, [outcome]);
          accumulator.dispose();
        }
      }
    });

    it('refuses text that only its UTF-8 makes too large', () => {
      const accumulator = open().openAccumulator({ ...DEFAULT_LIMITS, recordBytesMax: 1_000 });
      const run = accumulator.reserve(1)!;
      for (const value of ['é'.repeat(483), '中'.repeat(800), '\ud83d'.repeat(322)]) {
        assert.ok(stageRecord(accumulator, { value }, 0));
        assert.deepEqual(appendGroup(accumulator, run, 'crc32').outcomes, [-Buffer.byteLength(value) - 36 - 1]);
      }
    });

    it('finds the partition of what it refuses, and goes on behind it', () => {
      const engine = open();
      const accumulator = engine.openAccumulator({ ...DEFAULT_LIMITS, recordBytesMax: 200 });
      const run = accumulator.reserve(6)!;
      const value = 'x'.repeat(500);
      const records = [{ key: 'hejsan', value }, { key: 'a', value: 'fits' }, { key: 'key', value }, { key: value }];
      for (const record of records) assert.ok(stageRecord(accumulator, record, -1));
      assert.ok(stageRecord(accumulator, { value }, 4));
      const { partitions, outcomes } = appendGroup(accumulator, run, 'crc32');
      assert.deepEqual(partitions, [0, 3, 1, engine.crc32(Buffer.from(value)) % 6, 4]);
      assert.deepEqual(outcomes, [-543, 41, -540, -537, -537]);
      assert.deepEqual(
        closeAll(accumulator, run).map(({ partition }) => partition),
        [3],
      );
    });
  });
}

function fullnessTests(open: () => Engine): void {
  describe('a full buffer', () => {
    it('is full before its exact size would exceed the limit', () => {
      const record = { value: 'x'.repeat(50) };
      const size = (count: number): number => referenceBatch(new Array<RecordInput>(count).fill(record)).length;
      for (const [batchBytesMax, fit] of [[size(3), 3] as const, [size(4) - 1, 3] as const, [size(4), 4] as const]) {
        const accumulator = open().openAccumulator({ ...DEFAULT_LIMITS, batchBytesMax });
        const run = accumulator.reserve(1)!;
        for (let index = 0; index < 5; index++) stageRecord(accumulator, record, 0);
        assert.equal(accumulator.append(run, 'crc32', 0), 'full');
        assert.equal(accumulator.next, fit);
        assert.equal(accumulator.group.partitions[fit], 0, 'the partition to close');
        assert.equal(accumulator.recordCount(run, 0), fit);
        assert.equal(accumulator.batchBytes(run, 0), size(fit));
        assert.equal(accumulator.close(run, 0).length, size(fit));
        assert.equal(accumulator.append(run, 'crc32', fit), 'done');
        assert.equal(accumulator.recordCount(run, 0), 5 - fit);
        accumulator.dispose();
      }
    });

    it('is full at its number of records', () => {
      const accumulator = open().openAccumulator({ ...DEFAULT_LIMITS, batchRecordsMax: 3 });
      const records = Array.from({ length: 8 }, (_, index) => ({ value: `${index}`, timestamp: index }));
      const batches = batchesOf(accumulator, records);
      assert.deepEqual(batches, [records.slice(0, 3), records.slice(3, 6), records.slice(6)].map(toReference));
    });

    it('stops only for its own partition', () => {
      const accumulator = open().openAccumulator({ ...DEFAULT_LIMITS, batchRecordsMax: 2 });
      const run = accumulator.reserve(3)!;
      const partitions = [0, 1, 0, 1, 2, 0, 1, 2, 2];
      for (const partition of partitions) stageRecord(accumulator, { value: 'v' }, partition);
      const { batches } = appendGroup(accumulator, run, 'crc32');
      assert.deepEqual(
        batches.map(({ partition }) => partition),
        [0, 1, 2],
      );
      assert.deepEqual(
        [0, 1, 2].map((partition) => accumulator.recordCount(run, partition)),
        [1, 1, 1],
      );
    });

    it('takes a record larger than a batch may be, alone', () => {
      const accumulator = open().openAccumulator({ ...DEFAULT_LIMITS, batchBytesMax: 1_000 });
      const small = { value: 'small' };
      const large = { value: 'x'.repeat(100_000), timestamp: 5 };
      const batches = batchesOf(accumulator, [small, small, large, small]);
      assert.deepEqual(batches, [[small, small], [large], [small]].map(toReference));
    });

    it('holds the largest record in a batch of the same limit', () => {
      const accumulator = open().openAccumulator(DEFAULT_LIMITS);
      const records = [{ value: Buffer.alloc(999_964, 1) }, { key: Buffer.alloc(999_964, 2), timestamp: 9 }];
      assert.deepEqual(
        batchesOf(accumulator, records),
        records.map((record) => toReference([record])),
      );
    });
  });
}

function bufferTests(open: () => Engine): void {
  describe('buffers', () => {
    it('grow with their batches and keep every byte', () => {
      const accumulator = open().openAccumulator(NO_LIMITS);
      const records = Array.from({ length: 4_000 }, (_, index) => ({
        key: `${index}`,
        value: Buffer.alloc((index * 7) % 2_500, index),
      }));
      assert.deepEqual(batchesOf(accumulator, records), [toReference(records)]);
    });

    it('are told apart by run and partition, 8 192 and more of them', () => {
      const accumulator = open().openAccumulator(DEFAULT_LIMITS);
      const small = accumulator.reserve(3)!;
      const run = accumulator.reserve(8_192)!;
      assert.equal(run.partitionCount, 8_192);
      for (let partition = 0; partition < 8_192; partition++) {
        const record = { value: `of ${partition}` };
        if (stageRecord(accumulator, record, partition)) continue;
        assert.deepEqual(appendGroup(accumulator, run, 'crc32').batches, []);
        assert.ok(stageRecord(accumulator, record, partition));
      }
      assert.deepEqual(appendGroup(accumulator, run, 'crc32').batches, []);
      stageRecord(accumulator, { value: 'of the first run' }, 2);
      appendGroup(accumulator, small, 'crc32');
      assert.equal(accumulator.recordCount(small, 0), 0);
      const batches = closeAll(accumulator, run);
      assert.equal(batches.length, 8_192);
      for (const { partition, bytes } of batches) assert.deepEqual(bytes, toReference([{ value: `of ${partition}` }]));
      assert.deepEqual(accumulator.close(small, 2), toReference([{ value: 'of the first run' }]));
    });

    it('are given back and reserved again, empty', () => {
      const accumulator = open().openAccumulator(DEFAULT_LIMITS);
      const first = accumulator.reserve(10)!;
      const second = accumulator.reserve(10)!;
      stageRecord(accumulator, { value: 'left behind' }, 3);
      appendGroup(accumulator, first, 'crc32');
      accumulator.release(first);
      assert.throws(() => {
        accumulator.release(first);
      }, /not reserved/);
      const third = accumulator.reserve(10)!;
      assert.equal(third.base, first.base);
      assert.notEqual(third.base, second.base);
      assert.equal(accumulator.recordCount(third, 3), 0);
      assert.equal(accumulator.batchBytes(third, 3), 61);
    });

    it('cannot be reserved without end, nor closed when empty', () => {
      const accumulator = open().openAccumulator(DEFAULT_LIMITS);
      assert.equal(accumulator.reserve(10_000_000), undefined);
      const run = accumulator.reserve(2)!;
      assert.throws(() => accumulator.close(run, 1), { code: 'ERR_ENGINE', message: /partition 1/ });
    });

    it('refuse a partition the run does not have', () => {
      const accumulator = open().openAccumulator(DEFAULT_LIMITS);
      const run = accumulator.reserve(2)!;
      stageRecord(accumulator, { value: 'in' }, 1);
      stageRecord(accumulator, { value: 'out' }, 2);
      assert.throws(() => accumulator.append(run, 'crc32', 0), { code: 'ERR_PARTITION', message: /partition 2/ });
    });

    it('yield batches that stay as they are while the next ones are filled', () => {
      const accumulator = open().openAccumulator(DEFAULT_LIMITS);
      const groups = Array.from({ length: 20 }, (_, group) => [{ value: Buffer.alloc(group * 1_000, group) }]);
      const batches = groups.map((records) => batchesOf(accumulator, records)[0]!);
      assert.deepEqual(batches, groups.map(toReference));
    });
  });
}

function groupTests(open: () => Engine): void {
  describe('a group', () => {
    it('takes copies: the caller may reuse its bytes at once', () => {
      const accumulator = open().openAccumulator(DEFAULT_LIMITS);
      const run = accumulator.reserve(1)!;
      const reused = Buffer.from('first');
      stageRecord(accumulator, { value: reused, headers: [{ key: 'h', value: reused }] }, 0);
      reused.write('OTHER');
      appendGroup(accumulator, run, 'crc32');
      const expected = { value: 'first', headers: [{ key: 'h', value: 'first' }] };
      assert.deepEqual(accumulator.close(run, 0), toReference([expected]));
    });

    it('says when it has no room, and stages nothing then', () => {
      const accumulator = open().openAccumulator(NO_LIMITS);
      const run = accumulator.reserve(1)!;
      const kinds: RecordInput[] = [
        { value: '' },
        { value: 'x'.repeat(300) },
        { value: 'é'.repeat(5_000) },
        { value: Buffer.alloc(3_000) },
        { value: 'v', headers: Array.from({ length: 60 }, () => ({ key: 'k', value: 'v' })) },
        { value: 'v', headers: Array.from({ length: 600 }, () => ({ key: 'key', value: 'value' })) },
        { value: 'x'.repeat(999_964) },
      ];
      for (const record of kinds) {
        let staged = 0;
        while (stageRecord(accumulator, record, 0)) staged += 1;
        assert.ok(staged > 0, 'an empty group takes any record');
        assert.equal(accumulator.stagedCount, staged);
        const [batch, ...others] = [...appendGroup(accumulator, run, 'crc32').batches, ...closeAll(accumulator, run)];
        assert.deepEqual(others, []);
        assert.equal(readRecordBatches(batch!.bytes)[0]!.records.length, staged);
      }
    });

    it('goes on from where it stopped, more than once, records whole', () => {
      const accumulator = open().openAccumulator({ ...DEFAULT_LIMITS, batchRecordsMax: 1 });
      const records = Array.from({ length: 600 }, (_, index) => ({
        key: index % 2 === 0 ? `ключ ${index}` : Buffer.from([index & 0xff]),
        value: index % 3 === 0 ? null : 'text '.repeat(index % 200),
        headers: index % 5 === 0 ? [{ key: 'h', value: Buffer.from(`${index}`) }] : [],
      }));
      assert.deepEqual(
        batchesOf(accumulator, records),
        records.map((record) => toReference([record])),
      );
    });

    it('may be given up', () => {
      const accumulator = open().openAccumulator(DEFAULT_LIMITS);
      const run = accumulator.reserve(1)!;
      stageRecord(accumulator, { key: 'dropped', value: 'x'.repeat(700) }, 0);
      accumulator.clear();
      assert.equal(accumulator.stagedCount, 0);
      stageRecord(accumulator, { value: 'kept' }, 0);
      appendGroup(accumulator, run, 'crc32');
      assert.deepEqual(accumulator.close(run, 0), toReference([{ value: 'kept' }]));
    });
  });
}

function toReference(records: readonly RecordInput[]): Buffer {
  return referenceBatch(records);
}

export function accumulatorSuite(open: () => Engine): void {
  sizeRuleTests(open);
  fullnessTests(open);
  bufferTests(open);
  groupTests(open);
}
