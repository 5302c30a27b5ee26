/**
 * Schemas, values and texts made to take all time, all memory or all of the stack. What took more than linear time here
 * once would run into the time limit of the whole run.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ENGINES, hex, record, refuses, refusesSchema } from './support.ts';

const LEVELS = 100_000;
const DECIMAL = { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 };
const MILLIS = { type: 'long', logicalType: 'timestamp-millis' };

/** A record of records, each with two fields of the one before as their defaults: its size doubles with each. */
function doubling(levels: number): object {
  const first = { type: 'record', name: 'R0', fields: [{ name: 'a', type: 'int', default: 1 }] };
  const fields = [{ name: 'f0', type: first, default: {} }] as object[];
  for (let level = 1; level <= levels; level++) {
    const halves = ['a', 'b'].map((name) => ({ name, type: `R${level - 1}`, default: {} }));
    fields.push({ name: `f${level}`, type: { type: 'record', name: `R${level}`, fields: halves }, default: {} });
  }
  return { type: 'record', name: 'T', fields };
}

/** Records in a row, the default of each in need of the one before; a default at the front is in need of the last. */
function chained(records: number): object {
  const front = {
    type: 'record',
    name: 'S',
    fields: [{ name: 't', type: { type: 'array', items: 'T' }, default: [{}] }],
  };
  const fields = [{ name: 's', type: front, default: { t: [] } }] as object[];
  for (let index = 0; index < records; index++) {
    const type = index === 0 ? 'int' : `B${index - 1}`;
    const inner = { type: 'record', name: `B${index}`, fields: [{ name: 'y', type, default: index === 0 ? 1 : {} }] };
    // Written out, so that only the last one leads down the whole chain.
    const written = index === 0 ? { y: 1 } : undefined;
    const isLast = index === records - 1;
    const nullable = written !== undefined || isLast ? inner : ['null', inner];
    fields.push({ name: `b${index}`, type: nullable, default: isLast ? {} : (written ?? null) });
  }
  return { type: 'record', name: 'T', fields };
}

describe('an Avro schema under attack', () => {
  it('may be as deep or as cyclic as memory allows', () => {
    const cyclic: Record<string, unknown> = { type: 'array' };
    cyclic['items'] = cyclic;
    refusesSchema(cyclic, /is not JSON/);
    let [items, types]: unknown[] = ['int', 'int'];
    for (let level = 0; level < LEVELS; level++) [items, types] = [{ type: 'array', items }, { type: types }];
    for (const deep of [items, types]) refusesSchema(deep, /nested too deep to be read/);
    refusesSchema('['.repeat(LEVELS), /is not JSON|nested too deep/);
    refusesSchema(`${'{"type":'.repeat(LEVELS)}"int"${'}'.repeat(LEVELS)}`, /nested too deep|more than 256 levels/);
  });

  it('is read in linear time, whatever its strings and digits', () => {
    const quotes = `{"doc":"${'\\"'.repeat(2_000_000)}`;
    refusesSchema(quotes, /is not JSON/);
    const digits = (tail: string): string => `{"type":"int","x":${'1'.repeat(2_000_000)}${tail}}`;
    for (const engine of ENGINES) {
      for (const tail of ['', '.5', 'e5']) assert.equal(hex(engine.compileAvro(digits(tail)).encode(1)), '02');
      assert.equal(
        hex(engine.compileAvro(JSON.stringify({ type: 'int', doc: '"\\'.repeat(1_000_000) })).encode(1)),
        '02',
      );
    }
  });

  it('has names that fit a message', () => {
    const name = 'x'.repeat(1025);
    const expected = /got "x{64}"; allowed: a name of letters, digits and _, at most 1024,/;
    refusesSchema({ type: 'fixed', name, size: 1 }, expected);
    refusesSchema({ type: 'fixed', name: 'F', namespace: `a.${'b.'.repeat(600)}c`, size: 1 }, /allowed: a name/);
    refusesSchema(record({ [name]: 'int' }), expected);
    refusesSchema({ type: 'enum', name: 'E', symbols: [name] }, expected);
    const longest = 'x'.repeat(1024);
    for (const engine of ENGINES) {
      assert.equal(hex(engine.compileAvro(record({ [longest]: 'int' }, longest)).encode({ [longest]: 1 })), '02');
    }
  });

  it('has defaults of a size that can be', () => {
    for (const engine of ENGINES) assert.equal(engine.compileAvro(doubling(16)).encode({}).length, 2 ** 17 - 1);
    refusesSchema(doubling(40), /^Avro schema \$\.fields\.\S+\.default.*more than 16777216 bytes/);
    refusesSchema(chained(10_000), /^Avro schema \$\.fields\.\S+\.default.*more than 256 levels/);
  });

  it('may have thousands of branches, symbols and fields', () => {
    const branches = Array.from({ length: 3000 }, (_, index) => record({ [`f${index}`]: 'int' }, `R${index}`));
    const values = Array.from({ length: 100 }, (_, index) => ({ [`f${index * 30}`]: index }));
    const symbols = Array.from({ length: 40_000 }, (_, index) => `S${index}`);
    for (const engine of ENGINES) {
      const union = engine.compileAvro(['null', ...branches]);
      const expected = hex(Buffer.concat(values.map((value) => union.encode(value))));
      assert.equal(hex(union.encodeGroup(values).bytes), expected);
      assert.equal(hex(union.encodeJsonGroup(values.map((value) => JSON.stringify(value))).bytes), expected);
      const letters = engine.compileAvro({ type: 'enum', name: 'E', symbols });
      assert.equal(hex(letters.encode('S39999')), hex(letters.encodeJson('"S39999"')));
    }
    refuses(['null', ...branches], (type) => type.encode({ q: 1 }), /several branches .*R1, .*… \(3000 of them\)$/);
    refuses(['null', ...branches], (type) => type.encodeJson('{"q":1}'), /several branches .*… \(3000 of them\)$/);
  });
});

describe('an Avro value under attack', () => {
  it('of text is read in linear time, whatever its digits', () => {
    const zeros = `1${'0'.repeat(2_000_000)}1`;
    refuses('int', (type) => type.encodeJson(zeros), /^\$: got a number of 2000002 characters; allowed: a whole/);
    refuses('long', (type) => type.encodeJson(`0.${zeros}`), /^\$: got a number of 2000004 characters/);
    refuses('long', (type) => type.encodeJson(`1e${zeros}`), /^\$: got a number of 2000004 characters/);
    refuses(MILLIS, (type) => type.encodeJson(zeros), /^\$: got the number Infinity/);
    refuses(DECIMAL, (type) => type.encodeJson(zeros), /^\$: got a string of 2000002 characters/);
    for (const engine of ENGINES) {
      assert.equal(hex(engine.compileAvro('double').encodeJson(zeros)), '000000000000f07f');
      assert.equal(hex(engine.compileAvro(['null', 'long', 'double']).encodeJson(zeros)), '04000000000000f07f');
      assert.equal(hex(engine.compileAvro('long').encodeJson(`1.${'0'.repeat(2_000_000)}`)), '02');
    }
  });

  it('may have keys and texts of many megabytes: no error carries them', () => {
    const key = 'k'.repeat(20_000_000);
    const map = { type: 'map', values: 'int' };
    const expected = /^\$\["k{64}…"\]: got a string of 1 characters; allowed: a whole number/;
    refuses(map, (type) => type.encode({ [key]: 'x' }), expected);
    refuses(map, (type) => type.encode(new Map([[key, 'x']])), expected);
    refuses(map, (type) => type.encodeJson(`{"${key}":"x"}`), expected);
    refuses(record({ a: 'int' }), (type) => type.encode({ a: key }), /^\$\.a: got a string of 20000000 characters/);
    refuses('bytes', (type) => type.encodeJson(`"${key}\u0100"`), /above U\+00FF/);
    for (const engine of ENGINES) {
      const { length } = engine.compileAvro('bytes').encodeJson(`"${key}"`);
      assert.equal(length, key.length + 4);
      assert.throws(() => engine.compileAvro(record({ a: 'int' }), { strict: true }).encode({ a: 1, [key]: 1 }), {
        message: /^\$\["k{64}…"\]: got a field that R does not have/,
      });
    }
  });

  it('may be 100 000 levels deep, of any type, as value and as text', () => {
    const kinds: Record<string, [unknown, (inner: unknown) => unknown, string, string]> = {
      array: [record({ v: { type: 'array', items: 'R' } }), (inner) => ({ v: [inner] }), '{"v":[', ']}'],
      map: [record({ v: { type: 'map', values: 'R' } }), (inner) => ({ v: { k: inner } }), '{"v":{"k":', '}}'],
      Map: [
        record({ v: { type: 'map', values: 'R' } }),
        (inner) => ({ v: new Map([['k', inner]]) }),
        '{"v":{"k":',
        '}}',
      ],
      union: [record({ v: ['null', 'R'] }), (inner) => ({ v: inner }), '{"v":', '}'],
      tagged: [record({ v: ['null', 'R'] }), (inner) => ({ v: { R: inner } }), '{"v":{"R":', '}}'],
      unknown: [record({}), (inner) => ({ v: inner }), '{"v":', '}'],
    };
    for (const [kind, [schema, wrap, open, close]] of Object.entries(kinds)) {
      let value: unknown = null;
      for (let level = 0; level < LEVELS; level++) value = wrap(value);
      const text = `${open.repeat(LEVELS)}null${close.repeat(LEVELS)}`;
      if (kind !== 'unknown') {
        refuses(schema, (type) => type.encode(value), /more than 256 levels/);
        refuses(
          schema,
          (type) => type.encodeGroup(Array.from({ length: 9 }, () => value)),
          /^\$\[0\]\..*more than 256/,
        );
      }
      refuses(schema, (type) => type.encodeJson(text), /more than 256 levels/);
      refuses(schema, (type) => type.encodeJsonGroup(['x', text].slice(1)), /^\$\[0\].*more than 256 levels/);
    }
  });

  it('may say that it is a list of any length', () => {
    for (const length of [2 ** 31, 2 ** 32 - 1]) {
      const sparse: unknown[] = [];
      sparse.length = length;
      refuses({ type: 'array', items: 'null' }, (type) => type.encode(sparse), /at most 2147483647 items/);
    }
    const holes: unknown[] = [];
    holes.length = 2 ** 31 - 1;
    refuses({ type: 'array', items: 'null' }, (type) => type.encode(holes), /^\$\[0\]: got nothing/);
    refuses(['null', { type: 'array', items: 'int' }], (type) => type.encode(holes), /^\$\[0\]: got nothing/);
  });
});

describe('a group under attack', () => {
  it('is an array, or refused as what it is', () => {
    for (const wrong of [null, undefined, 5, 'text', new Set([1]), { length: 2 }, new Uint8Array(3)]) {
      const expected = /^\$: got .*; allowed: an array of/;
      refuses('int', (type) => type.encodeGroup(wrong as unknown as unknown[]), expected);
      refuses('int', (type) => type.encodeJsonGroup(wrong as unknown as string[]), expected);
    }
    for (const engine of ENGINES) {
      const type = engine.compileAvro('int');
      assert.throws(() => type.encodeGroup(null as unknown as unknown[]), { code: 'ERR_AVRO_VALUE' });
      assert.equal(hex(type.encodeGroup([1, 2]).bytes), '0204');
    }
  });
});
