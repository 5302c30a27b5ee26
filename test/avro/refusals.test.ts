/** Values that do not fit (reliability B64–B70): what was got, what is allowed, and where. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ENGINES, hex, record, refuses } from './support.ts';

const LIST = { type: 'record', name: 'L', fields: [{ name: 'next', type: ['null', 'L'], default: null }] };
const TREE = { type: 'record', name: 'T', fields: [{ name: 'kids', type: { type: 'array', items: 'T' } }] };

describe('an Avro value', () => {
  it('is refused with its path', () => {
    const line = record({ sku: 'string', price: 'double' }, 'Line');
    const schema = record({ order: record({ lines: { type: 'array', items: line } }, 'Order') });
    const lines: { sku: string; price: unknown }[] = Array.from({ length: 4 }, () => ({ sku: 'a', price: 1 }));
    lines[3]!.price = '1';
    const expected = /^\$\.order\.lines\[3\]\.price: got a string of 1 characters; allowed: a number/;
    refuses(schema, (type) => type.encode({ order: { lines } }), expected);
    refuses(schema, (type) => type.encodeJson(JSON.stringify({ order: { lines } })), expected);
    refuses({ type: 'map', values: 'int' }, (type) => type.encode({ 'a b': '' }), /^\$\["a b"\]: got/);
    refuses(schema, (type) => type.encodeGroup([{ order: { lines: [] } }, {}]), /^\$\[1\]\.order: got nothing/);
  });

  it('has ints of 32 bits (B64)', () => {
    for (const value of [2 ** 31, -(2 ** 31) - 1, 1.5, Number.NaN, Infinity, '5', null, true, [], {}, 2n ** 31n]) {
      refuses('int', (type) => type.encode(value), /^\$: got .*allowed: a whole number from -2147483648 to 2147483647/);
    }
    for (const text of [
      '2147483648',
      '-2147483649',
      '1.5',
      '1e10',
      '1e-1',
      '"5"',
      'null',
      'true',
      '[]',
      '{}',
      '1e999999',
    ]) {
      refuses('int', (type) => type.encodeJson(text), /^\$: got .*allowed: a whole number of 32 bits/);
    }
  });

  it('has longs of 64 bits, and numbers only where they are exact (B65)', () => {
    for (const value of [2 ** 53, -(2 ** 53), 2n ** 63n, -(2n ** 63n) - 1n, 1.5, '5', 10n ** 1000n]) {
      refuses('long', (type) => type.encode(value), /^\$: got .*allowed: a whole number up to 2\^53 − 1, or a bigint/);
    }
    for (const text of ['9223372036854775808', '-9223372036854775809', '1e19', '9223372036854775807.5', '1e-400']) {
      refuses('long', (type) => type.encodeJson(text), /^\$: got .*allowed: a whole number of 64 bits/);
    }
    for (const engine of ENGINES) assert.equal(hex(engine.compileAvro('long').encode(2n ** 53n)), '8080808080808020');
  });

  it('has every field without a default (B66), and no other when asked to be strict', () => {
    const schema = record({ a: 'int', b: ['null', 'int'] });
    refuses(
      schema,
      (type) => type.encode({ a: 1 }),
      /^\$\.b: got nothing; allowed: a value, because the field has no d/,
    );
    refuses(schema, (type) => type.encodeJson('{"a":1}'), /^\$\.b: got nothing/);
    refuses(schema, (type) => type.encode({ a: null, b: null }), /^\$\.a: got null/);
    for (const engine of ENGINES) {
      const strict = engine.compileAvro(schema, { strict: true });
      const expected = { code: 'ERR_AVRO_VALUE', message: /^\$\.c: got a field that R does not have; allowed: a, b/ };
      assert.throws(() => strict.encode({ a: 1, b: 2, c: 3 }), expected);
      assert.throws(() => strict.encodeJson('{"a":1,"c":3,"b":2}'), expected);
      assert.equal(hex(engine.compileAvro(schema).encode({ a: 1, b: null, c: 3 })), '0200');
    }
  });

  it('says which branch of a union it means (B67)', () => {
    const twins = [record({ x: 'int' }, 'ns.A'), record({ x: 'int' }, 'ns.B')];
    const expected =
      /^\$: got an object that several branches could mean; allowed: \{"<branch>": value\} .*ns\.A, ns\.B/;
    refuses(twins, (type) => type.encode({ x: 1 }), expected);
    refuses(twins, (type) => type.encodeJson('{"x":1}'), expected);
    for (const engine of ENGINES) assert.equal(hex(engine.compileAvro(twins).encode({ 'ns.B': { x: 1 } })), '0202');
    refuses(
      ['int', 'null'],
      (type) => type.encode('a'),
      /^\$: got a string of 1 characters; allowed: one of int, null/,
    );
    refuses(['int', 'null'], (type) => type.encodeJson('"a"'), /allowed: one of int, null/);
    refuses(['int', 'null'], (type) => type.encode(undefined), /got nothing/);
    refuses(['int', 'null'], (type) => type.encodeJson('{"int":1,"x":2}'), /got an object; allowed: one of/);
    refuses(['int', 'null'], (type) => type.encode({ int: 'x' }), /got a string/);
  });

  it('has known symbols, and bytes that are bytes (B68)', () => {
    const symbols = { type: 'enum', name: 'E', symbols: ['A', 'B'], default: 'A' };
    refuses(symbols, (type) => type.encode('C'), /^\$: got a string of 1 characters; allowed: A, B/);
    refuses(symbols, (type) => type.encodeJson('"C"'), /allowed: A, B/);
    refuses(symbols, (type) => type.encode(0), /allowed: A, B/);
    const fixed = { type: 'fixed', name: 'F', size: 2 };
    for (const value of [Buffer.alloc(1), Buffer.alloc(3), 'ab', [1, 2]]) {
      refuses(fixed, (type) => type.encode(value), /allowed: 2 bytes/);
    }
    refuses(fixed, (type) => type.encodeJson('"abc"'), /allowed: 2 characters/);
    refuses('bytes', (type) => type.encode('text'), /got a string of 4 characters; allowed: bytes/);
    refuses('bytes', (type) => type.encodeJson('"\u0100"'), /above U\+00FF/);
    refuses('string', (type) => type.encode(Buffer.from('a')), /got Buffer of 1 bytes; allowed: a string/);
  });

  it('ends, and not too deep (B69)', () => {
    const cyclic: { next?: unknown } = {};
    cyclic.next = cyclic;
    refuses(LIST, (type) => type.encode(cyclic), /more than 256 levels inside each other/);
    let deep: unknown = null;
    for (let level = 0; level < 50_000; level++) deep = { next: deep };
    refuses(LIST, (type) => type.encode(deep), /more than 256 levels/);
    refuses(TREE, (type) => type.encodeJson('{"kids":['.repeat(50_000)), /more than 256 levels/);
    refuses(LIST, (type) => type.encodeJson('{"next":{"L":'.repeat(300)), /more than 256 levels/);
    refuses('int', (type) => type.encodeJson('['.repeat(100_000)), /more than 256 levels/);
    for (const engine of ENGINES) {
      const type = engine.compileAvro(LIST);
      const text = '{"next":'.repeat(256) + 'null' + '}'.repeat(256);
      assert.equal(hex(type.encodeJson(text)), hex(type.encode(JSON.parse(text))));
      const recurse = (): unknown => {
        try {
          return recurse();
        } catch {
          return type.encode(JSON.parse(text));
        }
      };
      // However little stack is left, the engine stays usable.
      assert.equal(hex(recurse() as Uint8Array), hex(type.encodeJson(text)));
      assert.equal(hex(type.encode({})), '00');
    }
  });

  it('has dates, decimals and ids that can be (B70)', () => {
    const millis = { type: 'long', logicalType: 'timestamp-millis' };
    const nanos = { type: 'long', logicalType: 'timestamp-nanos' };
    refuses(millis, (type) => type.encode(new Date(Number.NaN)), /got an invalid Date; allowed: a Date, a string/);
    refuses(millis, (type) => type.encode('2024-01-31'), /got a string of 10/);
    refuses(millis, (type) => type.encode('2024-01-31T00:00:00'), /got a string of 19/);
    refuses(
      millis,
      (type) => type.encodeJson('"2024-01-31T00:00:00.1234Z"'),
      /4 digits of a second; allowed: at most 3/,
    );
    refuses(nanos, (type) => type.encode(new Date(8.64e15)), /got a Date; allowed/);
    refuses({ type: 'int', logicalType: 'date' }, (type) => type.encode('2024-02-31'), /got a string/);
    refuses({ type: 'int', logicalType: 'date' }, (type) => type.encode(2 ** 31), /got the number/);
    refuses({ type: 'int', logicalType: 'time-millis' }, (type) => type.encode(86_400_000), /end of the day/);
    refuses({ type: 'int', logicalType: 'time-millis' }, (type) => type.encode('24:00'), /end of the day/);
    const decimal = { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 };
    refuses(decimal, (type) => type.encode('100'), /at most 4 digits, which is the precision \(scale 2\)/);
    refuses(decimal, (type) => type.encodeJson('1e400'), /at most 4 digits/);
    refuses(decimal, (type) => type.encode('1.001'), /at most 2 digits behind the point/);
    refuses(decimal, (type) => type.encode('1,5'), /allowed: a number, a bigint/);
    refuses(decimal, (type) => type.encode(Number.NaN), /got the number NaN/);
    refuses(decimal, (type) => type.encode({ unscaled: 1.5 }), /got an object/);
    // Found by fuzzing (seed 9): bytes are held to the precision too, and Java reads none that are empty.
    refuses(
      decimal,
      (type) => type.encode(Buffer.from('2710', 'hex')),
      /got Buffer of 2 bytes; allowed: at most 4 digits/,
    );
    refuses(decimal, (type) => type.encode(Buffer.alloc(0)), /got Buffer of 0 bytes; allowed: at least one byte/);
    refuses(decimal, (type) => type.encode(Buffer.alloc(5000)), /at most 4 digits/);
    refuses({ type: 'string', logicalType: 'uuid' }, (type) => type.encode('f81d4fae'), /allowed: a UUID like/);
    const duration = { type: 'fixed', name: 'D', size: 12, logicalType: 'duration' };
    refuses(duration, (type) => type.encode({ months: -1 }), /months: the number -1; allowed: \{months, days/);
    refuses(duration, (type) => type.encode({ month: 1 }), /1 other members/);
    refuses(duration, (type) => type.encode(Buffer.alloc(11)), /12 bytes/);
  });

  it('comes as JSON that is JSON', () => {
    const wrong = ['', ' ', '{', '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', '{a:1}', '{"a":1}}', '{"a":01}'];
    wrong.push(
      '{"a":1.}',
      '{"a":.5}',
      '{"a":+1}',
      '{"a":1e}',
      '{"a":-}',
      '{"a":1 2}',
      "{'a':1}",
      '{"a":tru}',
      '{"a":1,"b":"\n"}',
    );
    wrong.push(
      '{"a":1,"b":"\\x"}',
      '{"a":1,"b":"\\u12g4"}',
      '{"a":1,"b":"x',
      '{"b":[1,],"a":1}',
      '{"b":{"c"},"a":1}',
      '\u00a0{"a":1}',
      '{"a":1}\0',
    );
    for (const text of wrong) {
      refuses(
        record({ a: 'int' }),
        (type) => type.encodeJson(text),
        /text that (is not JSON at character \d+|ends too early)/,
      );
    }
    refuses(
      'int',
      (type) => type.encodeJsonGroup(['1', '2', 'x']),
      /^\$\[2\]: got text that is not JSON at character 1/,
    );
    refuses(
      'int',
      (type) => type.encodeJsonGroup(['1', 5 as unknown as string]),
      /^\$\[1\]: got the number 5; allowed: JS/,
    );
    refuses('int', (type) => type.encodeJson(5 as unknown as string), /encodeJson: got the number 5/);
  });
});

describe('Avro bytes', () => {
  it('are refused when they are not a whole value', () => {
    const cases: [unknown, string, RegExp][] = [
      ['int', '', /0 bytes left where 1 are needed/],
      ['int', '0200', /1 bytes behind the value/],
      ['int', 'ffffffff1f', /an int of/],
      ['long', 'ffffffffffffffffff02', /varint of more than 64 bits/],
      ['long', 'ffffffffffffffffffff01', /varint of more than 64 bits/],
      ['boolean', '02', /the byte 2/],
      ['string', '01', /a length of -1/],
      ['string', '0a61', /1 bytes left where 5/],
      ['bytes', 'feffffffffffffffff01', /a length of 9223372036854775807/],
      ['bytes', 'feffffff0f', /0 bytes left where 2147483647 are needed/],
      [['null', 'int'], '04', /the index 2/],
      [{ type: 'enum', name: 'E', symbols: ['A'] }, '01', /the index -1/],
      [{ type: 'array', items: 'null' }, 'feffffff0f', /more than 1000000 items without bytes/],
      [{ type: 'array', items: 'int' }, 'feffffff0f00', /^\$\[1\]: got 0 bytes left/],
      [TREE, '02'.repeat(1000), /more than 256 levels/],
    ];
    for (const [schema, bytes, expected] of cases) {
      refuses(schema, (type) => type.decode(Buffer.from(bytes, 'hex')), expected);
    }
    refuses('int', (type) => type.decode('00' as unknown as Uint8Array), /allowed: a Uint8Array/);
  });

  it('may come in blocks, with or without their size', () => {
    for (const engine of ENGINES) {
      const type = engine.compileAvro({ type: 'array', items: 'int' });
      // One item; then two, whose block says that it has two bytes.
      const bytes = Buffer.from('0202' + '03040608' + '00', 'hex');
      assert.deepEqual(type.decode(bytes), [1, 3, 4]);
    }
  });
});
