/** Values of 64 to 511 units, which cross together: serialised when there are many, else by themselves or joined. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Serializer } from 'node:v8';
import type { Engine, RecordInput } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/select.ts';
import { copyTexts, SERIALIZED_TEXTS_MIN, serializesAsExpected } from '../../src/engine/serialized-texts.ts';
import type { Abi } from '../../src/engine/wasm/abi.ts';
import { WasmAccumulator } from '../../src/engine/wasm/accumulator.ts';
import { compileEmbedded, instantiate } from '../../src/engine/wasm/module.ts';
import { appendGroup, closeAll, DEFAULT_LIMITS, stageRecord } from './support.ts';

const COUNTS = [1, 2, SERIALIZED_TEXTS_MIN - 1, SERIALIZED_TEXTS_MIN, SERIALIZED_TEXTS_MIN + 1, 999, 4000];
const UNITS = [64, 65, 126, 127, 128, 129, 255, 256, 510, 511];

const TEXTS: Readonly<Record<string, (index: number, units: number) => string>> = {
  ASCII: (index, units) => String(index).padStart(units, 'event '),
  'Latin-1': (index, units) => String(index).padStart(units, 'é'),
  'UTF-16': (index, units) => String(index).padStart(units, '€'),
  'a lone surrogate at each end': (index, units) => `\udc00${String(index).padStart(units - 2, '😀')}\ud83d`,
  'all of these in turn': (index, units) => String(index).padStart(units, ['plain', 'ÿ', 'ю', '\ud800'][index % 4]),
  'joined and cut': (index, units) => `${'left '.repeat(units)}${String(index)}`.slice(-units),
};

/** What may stand between the texts, each of which has a way of its own. */
function between(index: number, value: string): RecordInput {
  switch (index % 8) {
    case 1:
      return { key: `key ${index}`, value };
    case 2:
      return { key: Buffer.from([index & 0xff]), value, headers: [{ key: 'name', value: 'header' }] };
    case 3:
      return { value: Buffer.from(value) };
    case 4:
      return { value: null, headers: [{ key: 'bytes', value: Buffer.from('b') }] };
    case 5:
      return { value: value.slice(0, 20) };
    case 6:
      return { key: null, value: value.repeat(9) };
    default:
      return { value, headers: [{ key: 'nothing', value: null }] };
  }
}

function recordsOf(count: number, form: string, isMixed: boolean): RecordInput[] {
  const textOf = TEXTS[form]!;
  return Array.from({ length: count }, (_, index) => {
    const value = textOf(index, UNITS[index % UNITS.length]!);
    return isMixed ? { timestamp: index, ...between(index, value) } : { timestamp: index, value };
  });
}

function appended(engine: Engine, records: readonly RecordInput[]): object {
  const accumulator = engine.openAccumulator(DEFAULT_LIMITS);
  const run = accumulator.reserve(3)!;
  const out: object[] = [];
  for (const [index, record] of records.entries()) {
    if (stageRecord(accumulator, record, index % 3)) continue;
    out.push(...appendGroup(accumulator, run, 'crc32').batches);
    assert.ok(stageRecord(accumulator, record, index % 3));
  }
  out.push(...appendGroup(accumulator, run, 'crc32').batches, ...closeAll(accumulator, run));
  accumulator.dispose();
  // Groups end elsewhere in the other engine, but batches do not.
  return out;
}

describe('values that cross together', () => {
  const wasm = openEngine('wasm');
  const typescript = openEngine('typescript');

  for (const form of Object.keys(TEXTS)) {
    it(`are the same bytes in both engines: ${form}`, () => {
      for (const count of COUNTS) {
        for (const isMixed of [false, true]) {
          const records = recordsOf(count, form, isMixed);
          const expected = Buffer.from(typescript.encodeRecordBatch(records));
          assert.deepEqual(Buffer.from(wasm.encodeRecordBatch(records)), expected, `${count} records`);
          assert.deepEqual(appended(wasm, records), appended(typescript, records), `${count} records`);
        }
      }
    });

    it(`are read back after a fault: ${form}`, () => {
      for (const count of [3, 250]) {
        const exports = instantiate(compileEmbedded());
        const abi: Abi = {
          ...exports,
          append: () => {
            throw new WebAssembly.RuntimeError('unreachable');
          },
        };
        const accumulator = new WasmAccumulator(abi, DEFAULT_LIMITS);
        const run = accumulator.reserve(1)!;
        const records = recordsOf(count, form, true);
        for (const record of records) assert.ok(stageRecord(accumulator, record, 0));
        assert.throws(() => accumulator.append(run, 'crc32', 0), { code: 'ERR_ENGINE' });
        const values = accumulator.wreck!.stagedRecords(run, 'crc32', 0).map((record) => record?.value);
        assert.deepEqual(
          values.map(toBytes),
          records.map(({ value }) => toBytes(value)),
        );
      }
    });
  }
});

describe('the serializer', () => {
  it('writes texts as they are read here', () => {
    assert.equal(serializesAsExpected(), true);
  });

  it('keeps no text, and tells when there is no room', () => {
    const texts = Array.from({ length: SERIALIZED_TEXTS_MIN }, () => 'x'.repeat(64));
    const target = Buffer.alloc(1000);
    assert.equal(copyTexts(texts, target, 0), target.length);
    assert.equal(texts.length, 0);
  });
});

// The last one, because nobody asks the serializer again.
describe('a serializer that throws', () => {
  it('costs no record: the texts cross in another way, then and later', (t) => {
    assert.equal(serializesAsExpected(), true);
    const { mock } = t.mock.method(Serializer.prototype, 'writeValue', () => {
      throw new Error('no memory');
    });
    const records = Array.from({ length: 2 * SERIALIZED_TEXTS_MIN }, (_, index) => ({
      timestamp: index,
      value: String(index).padStart(100, ['plain', 'ÿ', 'ю', '\ud800'][index % 4]),
    }));
    const expected = appended(openEngine('typescript'), records);
    for (let time = 0; time < 2; time++) assert.deepEqual(appended(openEngine('wasm'), records), expected);
    assert.equal(mock.callCount(), 1);
    assert.equal(serializesAsExpected(), false);
  });
});

function toBytes(field: string | Uint8Array | null | undefined): Buffer | null | undefined {
  return field === null || field === undefined ? field : Buffer.from(field);
}
