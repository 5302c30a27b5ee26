/** The properties of schemas: which go together, and what is wrong with those that do not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BindingConfig, resolveConfig } from '../../src/binding/config.ts';
import { ConfigError } from '../../src/binding/config-error.ts';

const GOOD = { brokerList: 'one:9092', topic: 'orders' };

function config(properties: object, settings: Record<string, string> = {}): BindingConfig {
  return resolveConfig({ ...GOOD, ...properties }, settings);
}

/** `property code: the start of what is said` of each problem. */
function problems(properties: object): string[] {
  try {
    config(properties);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.map(({ property, code, message }) => `${property} ${code}: ${message}`);
  }
  return [];
}

describe('schemas of keys and values', () => {
  it('are none by default', () => {
    assert.equal(config({}).schemas, undefined);
    assert.deepEqual(config({}).warnings, []);
  });

  it('may come from a setting, whole or by name', () => {
    for (const avroSchema of ['%schema%', 'schema', '"long"']) {
      const { schemas } = config({ avroSchema, schemaId: '7' }, { schema: '"long"' });
      assert.deepEqual(schemas, { key: undefined, value: { avro: '"long"', id: 7 } });
    }
  });

  const refused: [object, RegExp][] = [
    [{ avroSchema: '{"type":"record"}' }, /^avroSchema format: avroSchema: .*name/],
    [
      { avroSchema: '{"type":"record","name":"R","fields":[{"name":"a","type":"nope"}]}' },
      /^avroSchema format: .*nope/,
    ],
    [{ keyAvroSchema: 'not JSON' }, /^keyAvroSchema format: /],
    [{ avroSchema: '"int"', schemaId: -1 }, /^schemaId range: .*got -1; allowed: an integer from 0/],
    [{ keyAvroSchema: '"int"', keySchemaId: 2 ** 31 }, /^keySchemaId range: .*2 147 483 647/],
    [{ avroSchema: '"int"', schemaFraming: 'Confluent' }, /^schemaId missing: /],
    [{ avroSchema: '"int"', schemaFraming: 'Raw', schemaId: 1 }, /^schemaId conflict: /],
    [{ avroSchema: '"int"', schemaFraming: 'Magic' }, /^schemaFraming choice: .*NotSet, Raw, Confluent/],
    [{ keyAvroSchema: '"int"', keyDataType: 'Long' }, /^keyDataType conflict: .*Long/],
    [{ avroSchema: '"int"', dataType: 'binary' }, /^avroSchema conflict: /],
  ];
  for (const [properties, expected] of refused) {
    it(`${JSON.stringify(properties)} is one problem`, () => {
      const found = problems(properties);
      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0]!, expected);
    });
  }

  it('that are not there make their other properties useless, which a warning says', () => {
    const { warnings } = config({ schemaId: 1, keySchemaId: 2, schemaFraming: 'Raw' });
    assert.deepEqual(
      warnings.map((warning) => warning.split(':')[0]),
      ['schemaId', 'keySchemaId', 'schemaFraming'],
    );
  });

  it('with a logical type that everybody ignores give a warning', () => {
    const { warnings } = config({ avroSchema: '{"type":"int","logicalType":"uuid"}' });
    assert.match(warnings.join(), /^avroSchema: .*uuid/);
  });
});
