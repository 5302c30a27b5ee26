/** JSON by a JSON Schema: what is sent, and what the hook has to say. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { KafkaHotpathError, ValueError } from '../../src/errors.ts';
import { JsonFormat, type ValidateHook } from '../../src/formats/json-format.ts';

function faultOf(act: () => unknown): ValueError {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof ValueError, inspect(error));
    assert.equal(error.code, 'ERR_JSON_VALUE');
    return error;
  }
  return assert.fail('taken');
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe('JSON by a schema', () => {
  it('is the JSON of a value, or the text as it is', () => {
    const format = new JsonFormat('{"title":"Order","type":"object"}');
    assert.deepEqual([format.schemaType, format.recordName], ['JSON', 'Order']);
    assert.equal(
      text(format.encode({ a: [1, 'ü', null], at: new Date(0) })),
      '{"a":[1,"ü",null],"at":"1970-01-01T00:00:00.000Z"}',
    );
    assert.equal(text(format.encodeJson(' {"n": 1.0e2}')), ' {"n": 1.0e2}');
    const { bytes, ends } = format.encodeGroup([{}, [1]]);
    assert.deepEqual([text(bytes), ends], ['{}[1]', [2, 5]]);
    assert.deepEqual(format.encodeJsonGroup(['5', '""']).ends, [1, 3]);
  });

  it('takes texts for values only where the schema has texts', () => {
    assert.equal(new JsonFormat('{"type":"object"}').isJson('word'), true);
    const texts = new JsonFormat('{"type":["string","object"]}');
    assert.deepEqual([texts.isJson('5'), texts.isJson(' {"a":1}'), texts.isJson('word')], [false, true, false]);
    assert.equal(text(texts.encode('word')), '"word"');
    assert.equal(new JsonFormat('true').recordName, undefined);
  });

  it('is refused where there is none', () => {
    const format = new JsonFormat('{}');
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    assert.match(faultOf(() => format.encode(cycle)).reason, /cannot be written as JSON/);
    assert.match(faultOf(() => format.encode({ a: 5n })).reason, /cannot be written as JSON: a bigint/);
    assert.match(faultOf(() => format.encode(Symbol('x'))).reason, /a symbol, which has no JSON/);
    assert.match(faultOf(() => format.encodeJson('{"a":canary}')).message, /^\$: got a text of 12 characters/);
    let deep: unknown = [];
    for (let level = 0; level < 100_000; level++) deep = [deep];
    assert.match(faultOf(() => format.encode(deep)).reason, /cannot be written as JSON/);
  });

  it('needs a schema that can be one', () => {
    for (const schema of ['', '{', '5', '[]', 'null', '"x"']) {
      assert.throws(
        () => new JsonFormat(schema),
        (error) => error instanceof KafkaHotpathError && error.code === 'ERR_JSON_SCHEMA',
      );
    }
  });
});

describe('the hook validate', () => {
  const refused = (validate: ValidateHook, value: unknown = { a: 1 }): ValueError =>
    faultOf(() => new JsonFormat('{}', { validate }).encode(value));

  it('sees what is sent, of objects and of texts', () => {
    const seen: unknown[] = [];
    const format = new JsonFormat('{}', { validate: (value) => seen.push(value) });
    format.encode({ at: new Date(0), none: undefined });
    format.encodeJson('[1, 2]');
    assert.deepEqual(seen, [{ at: '1970-01-01T00:00:00.000Z' }, [1, 2]]);
  });

  it('refuses by false, with the errors of ajv, by a text, and by throwing', () => {
    const ajv = Object.assign(() => false, {
      errors: [{ instancePath: '/lines/3/a~1b', message: 'must be number', data: 'canary' }],
    });
    const error = refused(ajv);
    assert.equal(error.message, '$.lines[3]["a/b"]: the hook validate refused it: must be number');
    assert.doesNotMatch(inspect(error, { depth: Infinity, showHidden: true }), /canary/);
    assert.equal(refused(() => false).message, '$: the hook validate refused it');
    assert.equal(refused(() => 'too\nlate').message, '$: the hook validate refused it: too late');
    assert.equal(
      refused(() => {
        throw new TypeError('x'.repeat(999));
      }).reason.length,
      'the hook validate refused it: '.length + 200,
    );
  });

  it('takes by anything else', () => {
    for (const verdict of [undefined, true, null, 0, {}]) {
      assert.equal(text(new JsonFormat('{}', { validate: () => verdict }).encode(1)), '1');
    }
  });
});
