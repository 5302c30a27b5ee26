/** Varints against BigInt arithmetic, and the fields that a record's walk writes in place against the long way. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { putHalves, putLong, putShortText, SHORT_UNITS_MAX } from '../../src/avro/put.ts';
import { openEngine } from '../../src/engine/index.ts';

/** Zigzag, then seven bits a byte, as the specification says it. */
function varint(value: bigint): Buffer {
  let bits = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  for (; bits > 0x7fn; bits >>= 7n) bytes.push(Number(bits & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(bits)]);
}

/** Every power of two below this one, its neighbours, and their negatives. */
function around(exponents: number): bigint[] {
  const powers = Array.from({ length: exponents }, (_, exponent) => 2n ** BigInt(exponent));
  return [0n, ...powers.flatMap((power) => [power - 1n, power, power + 1n])].flatMap((value) => [value, -value]);
}

describe('varints', () => {
  it('are those of the specification for every number of bits that a double holds', () => {
    const target = Buffer.alloc(12);
    for (const value of around(53)) {
      const end = putLong(target, 1, Number(value));
      assert.deepEqual(target.subarray(1, end), varint(value), String(value));
    }
  });

  it('are those of the specification for 64 bits', () => {
    const target = Buffer.alloc(12);
    for (const value of [...around(63), 2n ** 63n - 1n, -(2n ** 63n)]) {
      const high = Number(BigInt.asIntN(32, value >> 32n));
      const end = putHalves(target, 1, high, Number(BigInt.asIntN(32, value)));
      assert.deepEqual(target.subarray(1, end), varint(value), String(value));
    }
  });
});

describe('a short text', () => {
  it('is its length and its bytes', () => {
    const target = Buffer.alloc(SHORT_UNITS_MAX + 2);
    for (const text of ['', 'a', '\u007f'.repeat(SHORT_UNITS_MAX)]) {
      const end = putShortText(target, 1, text);
      assert.deepEqual(target.subarray(1, end), Buffer.concat([varint(BigInt(text.length)), Buffer.from(text)]));
    }
  });

  it('is left to others when a unit is not ASCII', () => {
    assert.equal(putShortText(Buffer.alloc(8), 0, 'aé'), -1);
    assert.equal(putShortText(Buffer.alloc(8), 0, '\ud800'), -1);
  });
});

describe('a field written in place', () => {
  const symbols = ['A', 'B', 'C', 'D', 'E'];
  const types: [unknown, unknown[]][] = [
    ['boolean', [true, false]],
    ['int', [0, -1, 300, 2 ** 31 - 1, -(2 ** 31)]],
    ['long', [0, -1, 2 ** 31, 1.7e12, -(2 ** 53 - 1), 5n]],
    ['float', [0.5, NaN]],
    ['double', [0.5, -0, NaN, Infinity]],
    ['string', ['', 'short', 'é', '\ud800', 'x'.repeat(SHORT_UNITS_MAX), 'y'.repeat(SHORT_UNITS_MAX + 1)]],
    [{ type: 'long', logicalType: 'timestamp-millis' }, [1.7e12, new Date(5), '2020-01-01T00:00:00Z']],
    [{ type: 'enum', name: 'Letter', symbols }, symbols],
  ];
  const engine = openEngine('typescript');

  for (const [type, values] of types) {
    const name = typeof type === 'string' ? type : JSON.stringify(type);
    it(`is what the type by itself is: ${name}`, () => {
      const alone = engine.compileAvro(type);
      const record = engine.compileAvro({ type: 'record', name: 'R', fields: [{ name: 'f', type }] });
      for (const value of values) assert.deepEqual(record.encode({ f: value }), alone.encode(value));
    });

    it(`has its branch in front where null stands first or last: ${name}`, () => {
      const alone = engine.compileAvro(type);
      for (const [union, nullBranch] of [
        [['null', type], 0],
        [[type, 'null'], 1],
      ] as const) {
        const fields = [
          { name: 'f', type: union },
          { name: 'g', type: 'int' },
        ];
        const record = engine.compileAvro({ type: 'record', name: 'R', fields });
        assert.deepEqual([...record.encode({ f: null, g: 3 })], [nullBranch * 2, 6]);
        for (const value of values) {
          const expected = Buffer.concat([Buffer.from([2 - nullBranch * 2]), alone.encode(value), Buffer.from([6])]);
          assert.deepEqual(record.encode({ f: value, g: 3 }), expected);
        }
      }
    });
  }

  it('takes its default where the value is undefined, whatever stands before and behind', () => {
    const fields = [
      { name: 'a', type: ['null', 'string'], default: null },
      { name: 'b', type: ['int', 'null'], default: 7 },
      { name: 'c', type: 'string' },
    ];
    const type = engine.compileAvro({ type: 'record', name: 'R', fields });
    assert.deepEqual([...type.encode({ a: undefined, b: undefined, c: 'x' })], [0, 0, 14, 2, 0x78]);
  });

  it('finds room for many of them', () => {
    const fields = Array.from({ length: 300 }, (_, index) => ({ name: `f${index}`, type: 'string' }));
    const type = engine.compileAvro({ type: 'record', name: 'R', fields });
    const long = 'z'.repeat(2000);
    const entries = fields.map(({ name }, index) => [name, index % 100 === 50 ? long : 'q'.repeat(SHORT_UNITS_MAX)]);
    const value = Object.fromEntries(entries) as Record<string, string>;
    const expected = Buffer.concat(
      Object.values(value).map((text) => Buffer.concat([varint(BigInt(text.length)), Buffer.from(text)])),
    );
    for (let time = 0; time < 3; time++) assert.deepEqual(type.encode(value), expected);
    assert.deepEqual(type.encodeGroup([value, value]).bytes, Buffer.concat([expected, expected]));
  });
});
