/** What every engine must write: vectors made by others, and the plain reference for all kinds of content. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Engine, RecordInput } from '../../src/engine/engine.ts';
import { stampProducerState } from '../../src/engine/stamp.ts';
import { readRecordBatches } from '../../src/protocol/record-batch-reader.ts';
import { BATCH_A, BATCH_B } from '../protocol/vectors.ts';
import { referenceBatch } from './reference.ts';
import { batchesOf, DEFAULT_LIMITS } from './support.ts';

const RECORDS_B: RecordInput[] = [
  { key: 'k', value: 'v1', headers: [{ key: 'h', value: 'x' }], timestamp: 1_700_000_000_000 },
  { key: '', value: '', headers: [{ key: 'n', value: null }], timestamp: 1_700_000_000_005 },
  { key: null, value: null, timestamp: 1_699_999_999_999 },
];

const STATE_B = { producerId: 4000n, producerEpoch: 1, baseSequence: 2_147_483_646 };

/** Text of every UTF-8 width, and surrogates without a partner at both ends. */
const TEXTS: string[] = [
  '',
  'a',
  'plain ascii of more than sixteen units',
  'ÿ\u0080\u007f',
  'Grüße aus Zürich, naïve café',
  'привет мир, это длиннее восьми',
  '߿ࠀ',
  '中文字符串测试，长度超过十六个单元，一二三',
  '\uffff\ufeff',
  '😀👍🏽 family 👩‍👩‍👧‍👦',
  '\ud83d',
  '\ude00',
  'ends with half \ud83d',
  '\ude00 begins with half',
  '\ude00\ud83d turned round',
  '\ud83d\ud83d\ude00 half, then whole',
  `${'x'.repeat(15)}é`,
  `${'x'.repeat(16)}é`,
  `${'x'.repeat(511)}\ud83d`,
  `\ude00${'x'.repeat(512)}`,
  'é'.repeat(511),
  '中'.repeat(600),
];

function sameBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  assert.equal(Buffer.from(actual).toString('hex'), Buffer.from(expected).toString('hex'), what);
}

/** Through both ways in: a list of records, and an accumulator. */
function checkRecords(engine: Engine, records: RecordInput[], what: string): void {
  const expected = referenceBatch(records);
  sameBytes(engine.encodeRecordBatch(records), expected, `${what}, encoded`);
  const accumulator = engine.openAccumulator(DEFAULT_LIMITS);
  const batches = batchesOf(accumulator, records);
  assert.equal(batches.length, 1);
  sameBytes(batches[0]!, expected, `${what}, accumulated`);
  accumulator.dispose();
}

export function recordSuite(open: () => Engine): void {
  describe('records', () => {
    it('are as Kafka’s own classes write them', () => {
      const engine = open();
      sameBytes(engine.encodeRecordBatch([{ value: 'a' }]), BATCH_A, 'vector A');
      sameBytes(engine.encodeRecordBatch(RECORDS_B, STATE_B), BATCH_B, 'vector B');
    });

    it('hold text of every width, each string by itself', () => {
      const engine = open();
      for (const text of TEXTS) checkRecords(engine, [{ key: text, value: text }], JSON.stringify(text));
      checkRecords(
        engine,
        TEXTS.flatMap((key) => TEXTS.map((value) => ({ key, value, headers: [{ key: value, value: key }] }))),
        'all texts side by side',
      );
    });

    it('hold bytes of every length around the widths of varints and vectors', () => {
      const engine = open();
      const lengths = [0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 191, 192, 193, 8191, 8192, 70_000];
      for (const length of lengths) {
        const bytes = Buffer.alloc(length, 'bytes and ');
        checkRecords(engine, [{ key: bytes, value: bytes }, { value: bytes.toString() }], `${length} bytes`);
      }
    });

    it('keep null and empty apart', () => {
      const engine = open();
      const fields = [null, '', Buffer.alloc(0)];
      const records = fields.flatMap((key) =>
        fields.map((value) => ({ key, value, headers: fields.map((field) => ({ key: '', value: field })) })),
      );
      checkRecords(engine, records, 'null and empty');
      const { records: read } = readRecordBatches(engine.encodeRecordBatch(records))[0]!;
      assert.deepEqual(
        read.map(({ key, value }) => [key?.length, value?.length]),
        records.map(({ key, value }) => [key?.length, value?.length]),
      );
    });

    it('hold few headers and many, in order, names repeated', () => {
      const engine = open();
      for (const count of [1, 2, 63, 64, 65, 66, 1000, 20_000]) {
        const headers = Array.from({ length: count }, (_, index) => ({
          key: index % 3 === 0 ? 'same' : `näme ${index}`,
          value: index % 5 === 0 ? null : index % 2 === 0 ? `wert ${index} \ud83d` : Buffer.from([index & 0xff]),
        }));
        checkRecords(
          engine,
          [
            { value: 'v', headers },
            { key: 'k', headers: headers.slice(0, 3) },
          ],
          `${count} headers`,
        );
      }
    });

    it('hold timestamps that are negative, far apart and going back', () => {
      const engine = open();
      const max = Number.MAX_SAFE_INTEGER;
      const steps = [0, 1, -1, 63, 64, -64, -65, 2 ** 29, 2 ** 30 - 1, 2 ** 30, -(2 ** 30), -(2 ** 30) - 1, 2 ** 31];
      const wide = [2 ** 32 - 1, 2 ** 32, -(2 ** 32), 2 ** 52, max, max - 1, -max, -max + 1];
      for (const base of [0, -1, 1_700_000_000_000, max, -max]) {
        const timestamps = [...steps, ...wide].map((step) => Math.max(-max, Math.min(max, base + step)));
        const records = [base, ...timestamps, ...wide].map((timestamp) => ({ value: 'v', timestamp }));
        checkRecords(engine, records, `from ${base}`);
      }
    });

    it('fill batches of many records and of many bytes', () => {
      const engine = open();
      const small = Array.from({ length: 9_000 }, (_, index) => ({ value: `value ${index}`, timestamp: index }));
      checkRecords(engine, small, '9 000 records');
      const large = Array.from({ length: 30 }, (_, index) => ({ value: Buffer.alloc(30_000, index), key: `${index}` }));
      checkRecords(engine, large, '900 kB');
    });

    it('fill batches beyond the limits of any accumulator', () => {
      const engine = open();
      const records = [{ value: Buffer.alloc(40_000_000, 7) }, { value: 'é'.repeat(1_000_000) }, { value: 'last' }];
      const batch = engine.encodeRecordBatch(records);
      assert.equal(batch.length, referenceBatch(records).length);
      const [first, second, third] = readRecordBatches(batch)[0]!.records;
      assert.equal(first?.value?.length, 40_000_000);
      assert.equal(second?.value?.length, 2_000_000);
      assert.equal(Buffer.from(third!.value!).toString(), 'last');
      sameBytes(engine.encodeRecordBatch([{ value: 'a' }]), BATCH_A, 'and then as before');
    });

    it('refuse an empty list, unusable numbers and values of other types', () => {
      const engine = open();
      const refused = (records: unknown[], state: object | undefined, message: RegExp): void => {
        assert.throws(() => engine.encodeRecordBatch(records as RecordInput[], state), {
          code: 'ERR_RECORD_BATCH',
          message,
        });
      };
      refused([], undefined, /empty/);
      refused([{ value: 'a' }, { timestamp: 0.5 }], undefined, /record 1: timestamp is 0\.5/);
      refused([{ timestamp: 2 ** 53 }], undefined, /timestamp/);
      refused([{ value: 'a' }, { value: 5 }], undefined, /record 1: value is of type number/);
      refused([{ key: {} }], undefined, /key is of type object/);
      refused([{ headers: [{ key: null, value: 'a' }] }], undefined, /header key/);
      refused([{}], { producerId: 1.5 }, /producerId is 1\.5/);
      refused([{}], { producerId: 2n ** 63n }, /producerId/);
      refused([{}], { producerEpoch: 32_768 }, /producerEpoch is 32768/);
      refused([{}], { baseSequence: -2 }, /baseSequence is -2/);
      sameBytes(engine.encodeRecordBatch([{ value: 'a' }]), BATCH_A, 'and then as before');
    });

    it('take producer fields later as if they had been written at once', () => {
      const engine = open();
      const states = [
        STATE_B,
        { producerId: 2n ** 63n - 1n, producerEpoch: 32_767, baseSequence: 2_147_483_647 },
        { producerId: 0n, producerEpoch: 0, baseSequence: 0 },
        { producerId: -1n, producerEpoch: -1, baseSequence: -1 },
      ];
      for (const bytes of [0, 1, 100, 5_000, 300_000]) {
        const records = [{ value: Buffer.alloc(bytes, 'v') }];
        const batch = engine.encodeRecordBatch(records);
        for (const state of states) {
          stampProducerState(batch, state.producerId, state.producerEpoch, state.baseSequence);
          sameBytes(batch, engine.encodeRecordBatch(records, state), `${bytes} bytes`);
        }
      }
    });
  });
}
