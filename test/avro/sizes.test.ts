/** Values at the edges of what engines have room for: long lists, long strings, many values, wide schemas. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ENGINES, hex, record } from './support.ts';

function counted(items: number): string {
  return hex(ENGINES[0]!.compileAvro('long').encode(items));
}

describe('Avro at its limits', () => {
  it('has lists of any length, from values and from text', () => {
    for (const engine of ENGINES) {
      const ints = engine.compileAvro({ type: 'array', items: 'int' });
      const map = engine.compileAvro({ type: 'map', values: 'boolean' });
      for (const items of [63, 64, 8191, 8192, 100_000, 1_000_000]) {
        const list = Array.from({ length: items }, (_, index) => index % 64);
        const expected = `${counted(items)}${hex(Uint8Array.from(list, (item) => item * 2))}00`;
        assert.ok(hex(ints.encode(list)) === expected, `${items} values`);
        assert.ok(hex(ints.encodeJson(JSON.stringify(list))) === expected, `${items} in text`);
        const group = ints.encodeGroup([[], list, [1], [], [], [], [], []]);
        assert.ok(hex(group.bytes) === `00${expected}0202000000000000`, `${items} in a group`);
      }
      const entries = Array.from({ length: 10_000 }, (_, index) => [`k${index}`, index % 2 === 0]);
      const object = Object.fromEntries(entries) as object;
      const bytes = hex(map.encode(new Map(entries as [string, boolean][])));
      assert.ok(hex(map.encode(object)) === bytes);
      assert.ok(hex(map.encodeJson(JSON.stringify(object))) === bytes);
      assert.ok(hex(map.encodeGroup(Array.from({ length: 8 }, () => object)).bytes) === bytes.repeat(8));
    }
  });

  it('has strings and bytes of 10 MB', () => {
    const text = 'xé'.repeat(5_000_000);
    const utf8 = Buffer.from(text);
    for (const engine of ENGINES) {
      const type = engine.compileAvro('string');
      const length = Buffer.from(counted(utf8.length), 'hex');
      const expected = Buffer.concat([length, utf8]);
      assert.ok(expected.equals(type.encode(text)));
      assert.ok(expected.equals(type.encodeJson(JSON.stringify(text))));
      assert.ok(expected.equals(type.encodeJsonGroup([JSON.stringify(text)]).bytes));
      const group = type.encodeGroup(['', '', '', text, '', '', '', 'a']);
      assert.equal(group.bytes.length, expected.length + 8);
      assert.ok(expected.equals(group.bytes.subarray(3, 3 + expected.length)));
      const bytes = engine.compileAvro('bytes');
      assert.ok(expected.equals(bytes.encode(utf8)));
      assert.ok(
        expected.equals(bytes.encodeGroup(Array.from({ length: 8 }, () => utf8)).bytes.subarray(0, expected.length)),
      );
    }
  });

  it('has as many values in a group as there are', () => {
    const schema = record({ id: 'long', name: 'string', notes: { type: 'array', items: ['null', 'string'] } });
    const values = Array.from({ length: 5000 }, (_, index) => ({
      id: index * 1e9,
      name: `n${index}`.repeat(index % 50),
      notes: Array.from({ length: index % 7 }, (_, note) => (note % 2 === 0 ? null : 'x'.repeat(index % 2000))),
    }));
    for (const engine of ENGINES) {
      const type = engine.compileAvro(schema);
      const parts = values.map((value) => type.encode(value));
      let end = 0;
      const ends = parts.map((part) => (end += part.length));
      for (const group of [
        type.encodeGroup(values),
        type.encodeJsonGroup(values.map((value) => JSON.stringify(value))),
      ]) {
        assert.ok(Buffer.concat(parts).equals(group.bytes), engine.kind);
        assert.deepEqual([...group.ends], ends);
      }
      assert.equal(type.encodeGroup([]).bytes.length, 0);
      assert.equal(type.encodeJsonGroup([]).bytes.length, 0);
    }
  });

  it('has schemas wider and deeper than the columns of an engine', () => {
    const wide = record(Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`f${index}`, 'int'])));
    const value = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`f${index}`, index % 64]));
    let deep: unknown = 'string';
    let inside: unknown = 'x';
    for (let level = 0; level < 100; level++) {
      deep = level % 2 === 0 ? { type: 'array', items: deep } : record({ a: deep }, `L${level}`);
      inside = level % 2 === 0 ? [inside, inside].slice(level % 4 === 0 ? 1 : 0) : { a: inside };
      if (level > 20 && level % 2 === 0) inside = (inside as unknown[]).slice(0, 1);
    }
    for (const engine of ENGINES) {
      for (const [schema, one] of [
        [wide, value],
        [deep, inside],
      ] as const) {
        const type = engine.compileAvro(schema);
        const bytes = hex(type.encode(one));
        assert.equal(hex(type.encodeGroup(Array.from({ length: 9 }, () => one)).bytes), bytes.repeat(9));
        assert.equal(hex(type.encodeJson(JSON.stringify(one))), bytes);
      }
    }
  });
});
