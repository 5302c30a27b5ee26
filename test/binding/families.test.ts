/** The samples of the Azure extension: each configuration means what it should, each payload arrives as it should. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { resolveConfig } from '../../src/binding/config.ts';
import { readApp } from '../../src/binding/function-app.ts';
import { readSettingsFile } from '../../src/binding/json-files.ts';
import { type EmbeddedBroker, startBroker, type StoredRecord } from '../../src/broker/index.ts';
import { type KafkaOutput, openKafkaOutput } from '../../src/index.ts';
import { CONFIG_FAMILIES, type Expected, PAYLOAD_FAMILIES, SETTINGS } from './families.ts';

function pem(name: string): string {
  return readFileSync(new URL(`tls/${name}.pem`, import.meta.url), 'utf8');
}

function shown({ key, value, headers }: StoredRecord): Expected {
  const text = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? 'null').toString();
  return [key === null ? null : text(key), text(value), ...headers.map((h) => [h.key, text(h.value)] as const)];
}

describe('configurations of the samples', () => {
  for (const { name, provider, properties, topic } of CONFIG_FAMILIES) {
    it(`${name}, ${provider}`, () => {
      const config = resolveConfig(properties, SETTINGS);
      assert.equal(config.topic, topic ?? 'topic');
      assert.deepEqual(config.brokers, [
        topic === undefined ? { host: 'broker.example', port: 9092 } : { host: 'broker', port: 29092 },
      ]);
      if (provider === 'none') {
        assert.deepEqual([config.tls, config.sasl], [false, undefined]);
        return;
      }
      assert.equal(config.tls, true);
      assert.equal(config.sasl?.mechanism, 'plain');
      const [user, password] =
        provider === 'Confluent'
          ? ['api-key', SETTINGS['ConfluentCloudPassword']]
          : ['$ConnectionString', SETTINGS['EventHubConnectionString']];
      assert.equal(config.sasl.username, user);
      assert.equal(config.sasl.password.reveal(), password);
      assert.doesNotMatch(inspect(config, { depth: Infinity, showHidden: true }), /CANARY/);
    });
  }

  it('.NET Avro: a schema, and a registry without one, which has no effect as in the extension', () => {
    const base = { BrokerList: 'LocalBroker', Topic: 'avroTopic' };
    const settings = { LocalBroker: 'localhost:9092' };
    const schema = '{"type":"record","name":"r","fields":[{"name":"viewtime","type":"long"}]}';
    const { schemas } = resolveConfig({ ...base, AvroSchema: schema }, settings);
    assert.deepEqual(schemas?.value, { avro: schema, id: undefined });
    const alone = resolveConfig({ ...base, SchemaRegistryUrl: 'localhost:8081' }, settings);
    assert.equal(alone.schemas, undefined);
    assert.match(alone.warnings.join(), /schemaRegistryUrl: is not used/);
  });
});

for (const engine of ['wasm', 'typescript'] as const) {
  describe(`payloads of the samples with the ${engine} engine`, () => {
    let broker: EmbeddedBroker;
    let output: KafkaOutput;
    before(async () => {
      broker = await startBroker({ topics: [{ name: 'topic' }] });
      output = await openKafkaOutput({ brokerList: broker.address, topic: 'topic' }, { settings: {}, engine });
    });
    after(async () => {
      await output.close();
      await broker.close();
    });

    for (const { name, value, expected } of PAYLOAD_FAMILIES) {
      it(name, async () => {
        const reports = (await output.send(value)).orThrow();
        const stored = broker.records('topic');
        const found = [...reports].map(({ offset }) => shown(stored[offset]!));
        assert.deepEqual(found, expected);
      });
    }
  });
}

describe('the samples as examples of this package', () => {
  const users = { confluent: 'YOUR-API-KEY', 'event-hubs': '$ConnectionString' };
  const expectedOf: Record<string, readonly Expected[]> = {
    KafkaOutput: [[null, 'hello']],
    KafkaOutputMany: ['one', 'two', 'three', 'four'].map((value) => [null, value] as const),
    KafkaOutputWithHeaders: [
      [null, 'hello', ['test', 'javascript']],
      ['customer-7', 'hello with a key', ['test', 'javascript']],
    ],
    KafkaOutputManyWithHeaders: [
      [null, 'one', ['test', 'javascript']],
      [null, 'two', ['test', 'javascript']],
      ['customer-7', 'three', ['test', 'javascript']],
      ['customer-8', 'four', ['test', 'javascript']],
    ],
  };

  for (const [name, user] of Object.entries(users)) {
    const folder = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
    const settings = readSettingsFile(`${folder}/local.settings.json`);
    const functions = readApp(folder);

    it(`${name} has every family`, () => {
      assert.deepEqual(functions.map(({ functionName }) => functionName).sort(), Object.keys(expectedOf).sort());
      assert.equal(readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).length, 4);
    });

    for (const { functionName, properties } of functions) {
      // The whole way, with TLS and login: only the address is ours, and the authority that made its certificate.
      it(`${name}/${functionName} arrives`, async () => {
        const password = String(settings[name === 'confluent' ? 'ConfluentCloudPassword' : 'EventHubConnectionString']);
        await using broker = await startBroker({
          topics: [{ name: 'topic' }],
          tls: { cert: pem('server'), key: pem('server-key') },
          sasl: { [user]: password },
        });
        const own = { ...settings, BrokerList: broker.address };
        const output = await openKafkaOutput({ ...properties, sslCaPEM: pem('ca') }, { settings: own });
        const lines = readFileSync(`${folder}/${functionName}/payload.ndjson`, 'utf8').trim().split('\n');
        for (const line of lines) (await output.send(JSON.parse(line))).orThrow();
        await output.close();
        assert.deepEqual(broker.records('topic').map(shown), expectedOf[functionName]);
      });
    }
  }
});
