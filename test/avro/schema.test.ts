/** Schemas that cannot be used (reliability B51–B63), each refused with its place. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ENGINES, hex, record, refusesSchema } from './support.ts';

/** Arrays inside each other. */
function nested(levels: number): string {
  return '{"type":"array","items":'.repeat(levels) + '"int"' + '}'.repeat(levels);
}

describe('an Avro schema', () => {
  it('must be JSON; a union may be the whole of it (B51)', () => {
    refusesSchema('', /is not JSON/);
    refusesSchema('{"type":', /is not JSON/);
    refusesSchema('nope', /is not JSON/);
    refusesSchema(undefined, /got nothing \(undefined\)/);
    refusesSchema(5, /\$: got the number 5/);
    refusesSchema([], /union without branches/);
    for (const engine of ENGINES) {
      assert.equal(hex(engine.compileAvro('["null","int"]').encode(1)), '0202');
      assert.equal(hex(engine.compileAvro('string').encode('a')), '0261');
    }
  });

  it('names types that exist (B52)', () => {
    refusesSchema('"nope"', /\$: got the type "nope", which is not defined before/);
    refusesSchema(record({ a: 'nope' }), /\$\.fields\.a\.type: got the type "nope"/);
    refusesSchema({ type: 'record', name: 'R' }, /\$\.fields: got nothing/);
    refusesSchema({ type: 'array' }, /\$\.items/);
    refusesSchema({ items: 'int' }, /\$\.type: got nothing/);
  });

  it('has names of letters, digits and _ (B53)', () => {
    for (const name of ['a){alert(1)}//', '1A', '', 'ä', 'a-b', 'a..b', '.a', 'a.']) {
      refusesSchema({ type: 'fixed', name, size: 1 }, /\$\.name: got .*a name of letters/);
    }
    refusesSchema({ type: 'fixed', name: 'A', namespace: 'x y', size: 1 }, /\$\.name/);
    refusesSchema(record({ 'a b': 'int' }), /\$\.fields\[0\]\.name: got "a b"/);
    refusesSchema({ type: 'enum', name: 'E', symbols: ['a b'] }, /\$\.symbols\[0\]/);
    refusesSchema({ type: 'fixed', size: 1 }, /\$\.name: got nothing/);
  });

  it('has nothing twice and nothing empty (B54)', () => {
    const twice = { name: 'a', type: 'int' };
    refusesSchema({ type: 'record', name: 'R', fields: [twice, twice] }, /\$\.fields\[1\]: got a second field a/);
    refusesSchema({ type: 'enum', name: 'E', symbols: ['A', 'A'] }, /\$\.symbols\[1\]: got a second symbol A/);
    refusesSchema(['int', 'int'], /\$\[1\]: got a second branch int/);
    refusesSchema(
      [
        { type: 'map', values: 'int' },
        { type: 'map', values: 'long' },
      ],
      /second branch map/,
    );
    refusesSchema(['int', ['long']], /\$\[1\]: got a union inside a union/);
    refusesSchema({ type: 'enum', name: 'E', symbols: [] }, /\$\.symbols/);
    refusesSchema({ type: 'enum', name: 'E', symbols: ['A'], default: 'B' }, /\$\.default/);
  });

  it('has fixed sizes that can be (B55)', () => {
    for (const size of [-1, 1.5, 2 ** 31, '1', null]) {
      refusesSchema({ type: 'fixed', name: 'F', size }, /\$\.size: got .*allowed: a whole number from 0 to 2147483647/);
    }
  });

  it('has defaults of the type of their field (B56)', () => {
    const field = (type: unknown, value: unknown): unknown => ({
      type: 'record',
      name: 'R',
      fields: [{ name: 'a', type, default: value }],
    });
    refusesSchema(field('int', 'x'), /\$\.fields\.a\.default: got a string of 1 characters/);
    refusesSchema(field('int', null), /\$\.fields\.a\.default: got null/);
    refusesSchema(field(['int', 'null'], 'x'), /\$\.fields\.a\.default: got .*one of int, null/);
    refusesSchema(field({ type: 'array', items: 'int' }, [1, 'x']), /\$\.fields\.a\.default\[1\]/);
    refusesSchema(field('bytes', '\u0100'), /\$\.fields\.a\.default.*above U\+00FF/);
    // Avro 1.12 takes the first branch that the default fits; before, only the first of all.
    for (const engine of ENGINES) assert.equal(hex(engine.compileAvro(field(['int', 'null'], null)).encode({})), '02');
  });

  it('keeps long defaults exact', () => {
    const text = '{"type":"record","name":"R","fields":[{"name":"a","type":"long","default":-9223372036854775808}]}';
    for (const engine of ENGINES) assert.equal(engine.compileAvro(text).encodeJson('{}').length, 10);
    assert.equal(
      (ENGINES[0]!.compileAvro(text).decode(ENGINES[0]!.compileAvro(text).encode({})) as { a: bigint }).a,
      -(2n ** 63n),
    );
  });

  it('keeps the fractions of doubles, whatever their digits', () => {
    for (const text of ['0.30000000000000004', '-1.2345678901234567e-21', '12345678901234567890.5']) {
      const schema = `{"type":"record","name":"R","fields":[{"name":"a","type":"double","default":${text}}]}`;
      for (const engine of ENGINES) {
        const type = engine.compileAvro(schema);
        assert.deepEqual(type.decode(type.encode({})), { a: Number(text) });
      }
    }
  });

  it('has finite values (B57)', () => {
    refusesSchema(record({ next: 'R' }), /\$: the record R contains itself and has no finite value/);
    refusesSchema(record({ a: record({ back: 'R' }, 'S') }), /no finite value/);
    refusesSchema(record({ a: ['R', record({ back: 'R' }, 'S')] }), /no finite value/);
    const self = { type: 'record', name: 'R', fields: [{ name: 'a', type: ['null', 'R'], default: null }] };
    const list = {
      type: 'record',
      name: 'R',
      fields: [{ name: 'a', type: { type: 'array', items: 'R' }, default: [{}] }],
    };
    for (const engine of ENGINES) assert.equal(hex(engine.compileAvro(self).encode({})), '00');
    refusesSchema(list, /default\[0\].*contains itself/);
  });

  it('has an end to its depth (B58) and to its size (B59)', () => {
    refusesSchema(nested(20_000), /more than 256 levels|nested too deep/);
    for (const engine of ENGINES) engine.compileAvro(nested(250));
    const fields = Array.from({ length: 100_000 }, (_, index) => ({ name: `f${index}`, type: 'int' }));
    refusesSchema({ type: 'record', name: 'R', fields }, /more than 50000 types|characters/);
    refusesSchema(JSON.stringify({ type: 'int', doc: 'x'.repeat(10_000_000) }), /characters; allowed: at most/);
  });

  it('may have logical types that do not fit: ignored, and told (B60)', () => {
    const cases: [unknown, RegExp][] = [
      [{ type: 'int', logicalType: 'nope' }, /"nope" is ignored/],
      [{ type: 'string', logicalType: 'date' }, /"date" is ignored/],
      [{ type: 'bytes', logicalType: 'decimal', precision: 2, scale: 3 }, /scale is a whole number from 0/],
      [{ type: 'bytes', logicalType: 'decimal' }, /precision/],
      [{ type: 'fixed', name: 'F', size: 2, logicalType: 'decimal', precision: 5 }, /2 bytes hold 4 digits, not 5/],
      [{ type: 'fixed', name: 'F', size: 2, logicalType: 'uuid' }, /needs 16 bytes/],
      [{ type: 'fixed', name: 'F', size: 2, logicalType: 'duration' }, /needs 12 bytes/],
    ];
    for (const [schema, expected] of cases) {
      for (const engine of ENGINES) assert.match(engine.compileAvro(schema).warnings.join(), expected);
    }
    for (const engine of ENGINES) assert.equal(hex(engine.compileAvro(cases[0]![0]).encode(1)), '02');
  });

  it('may call its fields whatever objects inherit (B61)', () => {
    const names = ['__proto__', 'constructor', 'toString', 'class', 'hasOwnProperty', 'valueOf'];
    const schema = record(Object.fromEntries(names.map((name) => [name, 'int'])));
    (schema['fields'] as unknown[]).length = 0;
    for (const name of names) (schema['fields'] as unknown[]).push({ name, type: 'int', default: 7 });
    const text = `{${names.map((name, index) => `"${name}":${index}`).join()}}`;
    for (const engine of ENGINES) {
      const type = engine.compileAvro(schema);
      assert.equal(hex(type.encode({})), '0e'.repeat(names.length));
      assert.equal(hex(type.encode(JSON.parse(text))), '00020406080a');
      assert.equal(hex(type.encodeJson(text)), '00020406080a');
      const decoded = type.decode(type.encodeJson(text)) as object;
      assert.deepEqual(Object.keys(decoded), names);
      assert.equal(hex(type.encode(decoded)), '00020406080a');
    }
  });

  it('may carry aliases, order, docs and unknown members (B62)', () => {
    const field = { name: 'a', type: 'int', aliases: 5, order: 'up', doc: [], x: {} };
    const schema = { type: 'record', name: 'R', aliases: { a: 1 }, doc: 1, fields: [field] };
    for (const engine of ENGINES) assert.equal(hex(engine.compileAvro(schema).encode({ a: 1 })), '02');
  });

  it('defines a name once (B63), in its namespace', () => {
    const fixed = { type: 'fixed', name: 'F', size: 1 };
    refusesSchema(record({ a: fixed, b: fixed }), /\$\.fields\.b\.type\.name: got a second definition of F/);
    refusesSchema({ type: 'enum', name: 'int', symbols: ['A'] }, /second definition of int/);
    const inner = {
      type: 'record',
      name: 'R',
      namespace: 'a.b',
      fields: [
        { name: 'f', type: fixed },
        { name: 'g', type: 'a.b.F' },
      ],
    };
    const bytes = Buffer.from('1');
    for (const engine of ENGINES) assert.equal(hex(engine.compileAvro(inner).encode({ f: bytes, g: bytes })), '3131');
    refusesSchema(record({ f: { ...fixed, namespace: 'x' }, g: 'F' }), /the type "F"/);
  });
});
