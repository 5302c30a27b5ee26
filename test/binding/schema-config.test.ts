/** The properties of schemas: which go together, and what is wrong with those that do not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
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
      assert.deepEqual(schemas, { key: undefined, value: { avro: '"long"', id: 7 }, registry: undefined });
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

  const registry = { schemaRegistryUrl: 'http://one:8081' };
  const withRegistry: [object, RegExp][] = [
    [{ avroSchema: 'latest' }, /^avroSchema conflict: .*schemaRegistryUrl/],
    [{ avroSchema: 'latest', ...registry, schemaRegistrySubjectNameStrategy: 'RecordName' }, /^avroSchema conflict: /],
    [{ avroSchema: '"int"', ...registry, schemaFraming: 'Raw' }, /^schemaFraming conflict: /],
    [{ avroSchema: '"int"', schemaRegistryUrl: 'ftp://one' }, /^schemaRegistryUrl format: .*allowed: http/],
    [{ avroSchema: '"int"', schemaRegistryUrl: ',' }, /^schemaRegistryUrl format: .*names no address/],
    [{ avroSchema: '"int"', schemaRegistryUrl: 'http://one/?a=b' }, /^schemaRegistryUrl format: /],
    [{ avroSchema: '"int"', ...registry, schemaRegistryUsername: 'u' }, /^schemaRegistryPassword missing: /],
    [{ avroSchema: '"int"', ...registry, schemaRegistryPassword: 'secret' }, /^schemaRegistryUsername missing: /],
    [
      {
        avroSchema: '"int"',
        ...registry,
        schemaRegistryUsername: 'u',
        schemaRegistryPassword: 'p',
        schemaRegistryToken: 't',
      },
      /^schemaRegistryToken conflict: /,
    ],
    [{ avroSchema: '"int"', ...registry, schemaRegistryTimeoutMs: 0 }, /^schemaRegistryTimeoutMs range: /],
    [
      { avroSchema: '"int"', ...registry, schemaRegistryCertificatePEM: 'no PEM' },
      /^schemaRegistryCertificatePEM format: /,
    ],
    [{ avroSchema: '"int"', ...registry, httpsCaLocation: '/no/such/file' }, /^httpsCaLocation file: /],
  ];
  for (const [properties, expected] of withRegistry) {
    it(`${JSON.stringify(properties)} has that problem`, () => {
      const found = problems(properties);
      assert.ok(
        found.some((problem) => expected.test(problem)),
        found.join('\n'),
      );
    });
  }

  it('show no credentials of the registry', () => {
    const found = problems({ avroSchema: '"int"', schemaRegistryUrl: 'http://user:CANARY1@one:8081' });
    assert.match(found[0]!, /^schemaRegistryUrl format: .*has credentials/);
    const set = { ...registry, schemaRegistryUsername: 'u', schemaRegistryPassword: 'CANARY2' };
    const good = config({ avroSchema: '"int"', ...set });
    assert.equal(good.schemas?.registry?.basic?.password.reveal(), 'CANARY2');
    const everything = found.join() + inspect(good, { depth: Infinity, showHidden: true }) + JSON.stringify(good);
    assert.doesNotMatch(everything, /CANARY/);
  });

  it('of a registry come from several addresses, http where nothing is said', () => {
    const { schemas, warnings } = config({
      avroSchema: 'latest',
      schemaRegistryUrl: 'localhost:8081, https://two/api/',
    });
    assert.deepEqual(schemas?.registry?.urls, ['http://localhost:8081/', 'https://two/api/']);
    assert.deepEqual(schemas.value, { avro: undefined, id: undefined });
    assert.deepEqual(warnings, []);
    assert.match(config(registry).warnings.join(), /^schemaRegistryUrl: is not used/);
  });

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
