/** Values and texts made to break the encoder: whatever they do, there are bytes, or one error of ours. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AvroType } from '../../src/engine/engine.ts';
import { ENGINES, hex, record, refuses } from './support.ts';

const SCHEMA = record({ a: 'int', b: ['null', 'string'], c: { type: 'array', items: 'int' } });
const GOOD = { a: 1, b: 'x', c: [2] };
const GOOD_HEX = '02020278020400';

/** The bad value among good ones: enough for the columns of a group. */
function among(bad: unknown, good: unknown = GOOD): unknown[] {
  return [good, good, good, bad, good, good, good, good, good];
}

/** Single and in a group both refuse, at the same place. */
function refusesEverywhere(schema: unknown, bad: unknown, path: string, expected: RegExp, good: unknown = GOOD): void {
  const at = (prefix: string): RegExp => new RegExp(`^\\$${prefix}${path}: ${expected.source}`);
  refuses(schema, (type) => type.encode(bad), at(''));
  refuses(schema, (type) => type.encodeGroup(among(bad, good)), at('\\[3\\]'));
}

describe('a hostile Avro value', () => {
  it('may throw when it is read', () => {
    const mine = new Error('mine');
    const throwing = {
      a: 1,
      get b(): string {
        throw mine;
      },
      c: [],
    };
    const list = new Proxy([1], {
      get(target, key) {
        if (key === '0') throw mine;
        return Reflect.get(target, key) as unknown;
      },
    });
    const keys = new Proxy(GOOD, {
      ownKeys() {
        throw mine;
      },
    });
    refusesEverywhere(SCHEMA, throwing, '\\.b', /got a value that threw when it was read/);
    refusesEverywhere(SCHEMA, { ...GOOD, c: list }, '\\.c\\[0\\]', /got a value that threw when it was read/);
    refuses(SCHEMA, (type) => type.encode(keys), /^\$\.a: got a value that threw when it was read/);
    refuses({ type: 'map', values: 'int' }, (type) => type.encode(keys), /^\$: got a value that threw/);
    for (const engine of ENGINES) {
      const type = engine.compileAvro(SCHEMA);
      assert.throws(() => type.encode(throwing), { code: 'ERR_AVRO_VALUE', cause: mine });
      assert.throws(() => type.encodeGroup(among(throwing)), { code: 'ERR_AVRO_VALUE', cause: mine });
      // Nothing of it is left behind.
      assert.equal(hex(type.encodeGroup(among(GOOD)).bytes), GOOD_HEX.repeat(9));
      assert.equal(hex(type.encode(GOOD)), GOOD_HEX);
    }
  });

  it('may be a proxy: what it shows is what is written', () => {
    const proxy = new Proxy(GOOD, {});
    const inherited = Object.create({ ...GOOD, b: null }) as object;
    const lazy = Object.defineProperty({ a: 1, c: [2] }, 'b', { get: () => 'x', enumerable: false });
    for (const engine of ENGINES) {
      const type = engine.compileAvro(SCHEMA);
      for (const [value, expected] of [
        [proxy, GOOD_HEX],
        [inherited, '0200020400'],
        [lazy, GOOD_HEX],
      ] as const) {
        assert.equal(hex(type.encode(value)), expected);
        assert.equal(
          hex(type.encodeGroup(among(value)).bytes),
          `${GOOD_HEX.repeat(3)}${expected}${GOOD_HEX.repeat(5)}`,
        );
      }
    }
    for (const length of [1.5, -1, Number.NaN, 2 ** 31, 2 ** 53, '1', undefined]) {
      const liar = new Proxy([1, 2, 3], {
        get: (target, key) => (key === 'length' ? length : (Reflect.get(target, key) as unknown)),
      });
      refusesEverywhere(SCHEMA, { ...GOOD, c: liar }, '\\.c', /got an array of .*at most 2147483647 items/);
    }
    const growing: number[] = [1];
    const grows = new Proxy(growing, {
      get(target, key) {
        if (key === '0') target.push(1);
        return Reflect.get(target, key) as unknown;
      },
    });
    for (const engine of ENGINES) {
      assert.match(
        hex(engine.compileAvro({ type: 'array', items: 'int' }).encode(grows)),
        /^0[2468ace]0200|^..(02)+00$/,
      );
    }
  });

  it('may encode itself while it is encoded', () => {
    for (const engine of ENGINES) {
      const type = engine.compileAvro(SCHEMA);
      const other = engine.compileAvro('string');
      let inner = '';
      const value = {
        a: 1,
        get b(): string {
          inner = hex(type.encode(GOOD)) + hex(type.encodeGroup(among(GOOD)).bytes);
          inner += hex(type.encodeJson(JSON.stringify(GOOD))) + hex(other.encodeGroup(among('y', 'y')).bytes);
          return 'x';
        },
        c: [2],
      };
      const expected = GOOD_HEX.repeat(11) + '0279'.repeat(9);
      assert.equal(hex(type.encode(value)), GOOD_HEX);
      assert.equal(inner, expected);
      inner = '';
      assert.equal(hex(type.encodeGroup(among(value)).bytes), GOOD_HEX.repeat(9));
      assert.equal(inner, expected);
    }
  });

  it('has no toJSON, no primitive value, no symbol', () => {
    const asked = { toJSON: (): never => assert.fail('toJSON was asked'), valueOf: (): number => 1 };
    refusesEverywhere(SCHEMA, { ...GOOD, a: asked }, '\\.a', /got an object; allowed: a whole number/);
    refusesEverywhere(SCHEMA, { ...GOOD, a: Symbol('s') }, '\\.a', /got a symbol/);
    refusesEverywhere(SCHEMA, { ...GOOD, a: () => 1 }, '\\.a', /got a function/);
    refusesEverywhere(SCHEMA, { ...GOOD, b: new String('x') }, '\\.b', /got an object; allowed: one of null, string/);
    refusesEverywhere(SCHEMA, { ...GOOD, c: { length: 1, 0: 1 } }, '\\.c', /got an object; allowed: an array/);
    refusesEverywhere(
      SCHEMA,
      Object.assign(() => 1, GOOD),
      '',
      /got a function/,
    );
    refusesEverywhere(SCHEMA, 'text', '', /got a string/);
    refusesEverywhere(SCHEMA, Object.assign([], GOOD), '', /got an array/);
    // An array with a hole has nothing there.
    const holes: number[] = [1];
    holes[2] = 3;
    refusesEverywhere(SCHEMA, { ...GOOD, c: holes }, '\\.c\\[1\\]', /got nothing/);
  });

  it('may hold itself', () => {
    const tree = { type: 'record', name: 'T', fields: [{ name: 'kids', type: { type: 'array', items: 'T' } }] };
    const leaves = { type: 'record', name: 'M', fields: [{ name: 'm', type: { type: 'map', values: ['int', 'M'] } }] };
    const cyclicTree: { kids: unknown[] } = { kids: [] };
    cyclicTree.kids.push(cyclicTree);
    const cyclicMap: { m: Record<string, unknown> } = { m: {} };
    cyclicMap.m['k'] = { M: cyclicMap };
    let deep: unknown = { kids: [] };
    for (let level = 0; level < 20_000; level++) deep = { kids: [deep] };
    refusesEverywhere(tree, cyclicTree, '.*', /got more than 256 levels/, { kids: [] });
    refusesEverywhere(tree, deep, '.*', /got more than 256 levels/, { kids: [] });
    refusesEverywhere(leaves, cyclicMap, '.*', /got more than 256 levels/, { m: {} });
  });

  it('is one of many, and the others are not touched', () => {
    for (const engine of ENGINES) {
      const type: AvroType = engine.compileAvro(SCHEMA);
      const values: unknown[] = Array.from({ length: 3000 }, () => GOOD);
      values[2222] = { ...GOOD, a: 2 ** 31 };
      assert.throws(() => type.encodeGroup(values), { message: /^\$\[2222\]\.a: got the number 2147483648/ });
      const texts = values.map((value) => JSON.stringify(value));
      assert.throws(() => type.encodeJsonGroup(texts), { message: /^\$\[2222\]\.a: got the number 2147483648/ });
      values.splice(2222, 1);
      texts.splice(2222, 1);
      assert.equal(hex(type.encodeGroup(values).bytes), GOOD_HEX.repeat(2999));
      assert.equal(hex(type.encodeJsonGroup(texts).bytes), GOOD_HEX.repeat(2999));
    }
  });
});
