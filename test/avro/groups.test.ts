/** Groups against the same values one by one, field by field: what is usual, and one that is not at each place. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AvroType } from '../../src/engine/engine.ts';
import { ENGINES, record } from './support.ts';

const symbols = (...names: string[]): object => ({ type: 'enum', name: 'E', symbols: names });

/** Of each field: its type, values as it usually gets them, others that it takes as well, and some that it refuses. */
const FIELDS: Record<string, { type: unknown; usual: unknown[]; unusual?: unknown[]; wrong: unknown[] }> = {
  boolean: { type: 'boolean', usual: [true, false, true], wrong: [undefined, 1, 'true'] },
  'enum of one': { type: symbols('A'), usual: ['A', 'A'], wrong: [undefined, 'B', 0] },
  'enum of two': { type: symbols('A', 'B'), usual: ['A', 'B'], wrong: [undefined, 'C', ''] },
  'enum of five': { type: symbols('A', 'B', 'C', 'D', 'E'), usual: ['A', 'B', 'C', 'D', 'E'], wrong: ['F', null] },
  'enum, symbols spelled anew': {
    type: symbols('Alpha', 'Beta'),
    usual: ['Al'.concat('pha'), 'Beta'],
    wrong: ['Alph'],
  },
  'null or text': { type: ['null', 'string'], usual: [null, 'a', '', null], unusual: [{ string: 'b' }], wrong: [1] },
  'text or null': { type: ['string', 'null'], usual: ['é', null, 'x'.repeat(20_000)], wrong: [undefined, true] },
  'null or int': {
    type: ['null', 'int'],
    usual: [null, 1, -(2 ** 31)],
    unusual: [5n, { int: 7 }],
    wrong: [1.5, 2 ** 31],
  },
  'long or null': { type: ['long', 'null'], usual: [2 ** 53 - 1, null], unusual: [2n ** 63n - 1n], wrong: [2 ** 53] },
  'null or double': { type: ['null', 'double'], usual: [null, 0.1, Number.NaN, -0], wrong: ['1'] },
  'null or boolean': { type: ['null', 'boolean'], usual: [null, true, false], wrong: [0] },
  'null or enum': { type: ['null', symbols('A', 'B')], usual: [null, 'B', 'A'], wrong: ['C'] },
  texts: { type: { type: 'array', items: 'string' }, usual: [[], ['a'], ['é', '', 'b'.repeat(70)]], wrong: [['a', 1]] },
  records: {
    type: { type: 'array', items: record({ x: 'int', y: ['null', 'string'] }, 'Inner') },
    usual: [
      [],
      [{ x: 1, y: null }],
      [
        { x: 2, y: 'b' },
        { x: 3, y: null },
      ],
    ],
    wrong: [[{ x: 1 }, { x: 'a', y: null }]],
  },
  'map of texts': { type: { type: 'map', values: 'string' }, usual: [{}, { a: 'b', é: 'c' }], wrong: [{ a: 1 }] },
};

/** So many that a group is taken apart, and each cell comes at every place of a few. */
function rowsOf(cells: readonly unknown[]): { before: number; field: unknown; after: string }[] {
  return Array.from({ length: 24 }, (_, index) => ({
    before: index,
    field: cells[index % cells.length],
    after: `text ${index}`,
  }));
}

function oneByOne(type: AvroType, values: readonly unknown[]): Buffer {
  return Buffer.concat(values.map((value) => type.encode(value)));
}

for (const engine of ENGINES) {
  void describe(`groups of Avro, ${engine.kind}`, () => {
    for (const [name, { type: fieldType, usual, unusual = [], wrong }] of Object.entries(FIELDS)) {
      const type = engine.compileAvro(record({ before: 'long', field: fieldType, after: 'string' }));

      void it(`${name}: as one by one, whatever is among them`, () => {
        assert.deepEqual(type.encodeGroup(rowsOf(usual)).bytes, oneByOne(type, rowsOf(usual)));
        for (const other of unusual) {
          for (let place = 0; place < 24; place++) {
            const values = rowsOf(usual);
            values[place]!.field = other;
            assert.deepEqual(type.encodeGroup(values).bytes, oneByOne(type, values), `at ${place}`);
          }
        }
      });

      void it(`${name}: a value that does not fit is named`, () => {
        for (const bad of wrong) {
          for (const place of [0, 11, 23]) {
            const values = rowsOf(usual);
            values[place]!.field = bad;
            assert.throws(() => type.encodeGroup(values), {
              code: 'ERR_AVRO_VALUE',
              message: new RegExp(`^\\$\\[${place}\\]\\.field`),
            });
          }
        }
      });
    }

    void it('cuts texts of every length apart, ASCII or not', () => {
      const type = engine.compileAvro(record({ a: 'string' }));
      const texts = Array.from({ length: 140 }, (_, units) => 'a'.repeat(units));
      for (const last of ['b', 'é', '€', '😀', '\ud83d']) {
        const values = texts.flatMap((text) => [{ a: text + last }, { a: last + text }]);
        assert.deepEqual(type.encodeGroup(values).bytes, oneByOne(type, values));
      }
    });

    void it('writes into memory that has room, and leaves alone what has none', () => {
      const type = engine.compileAvro('string');
      const values = Array.from({ length: 20 }, (_, index) => `value ${index}`);
      const texts = values.map((value) => JSON.stringify(value));
      const expected = oneByOne(type, values);
      const group = (into: Uint8Array): Uint8Array => type.encodeGroup(values, into).bytes;
      const groupOfTexts = (into: Uint8Array): Uint8Array => type.encodeJsonGroup(texts, into).bytes;
      for (const encode of [group, groupOfTexts]) {
        for (const room of [expected.length, expected.length + 50]) {
          const into = new Uint8Array(room + 10).fill(7).subarray(5, room + 5);
          const bytes = encode(into);
          assert.equal(bytes.buffer, into.buffer);
          assert.ok(expected.equals(bytes));
          assert.ok(new Uint8Array(into.buffer, 0, 5).every((byte) => byte === 7));
          assert.ok(new Uint8Array(into.buffer, 5 + expected.length).every((byte) => byte === 7));
        }
        const small = new Uint8Array(expected.length - 1).fill(7);
        assert.ok(expected.equals(encode(small)));
        assert.ok(small.every((byte) => byte === 7));
      }
    });
  });
}
