/** Outputs that ask a schema registry: which question, which id on the wire, TLS, and how opening fails. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, describe, it } from 'node:test';
import { openKafkaOutput } from '../../src/binding/kafka-output.ts';
import { message } from '../../src/binding/message.ts';
import { openEngine } from '../../src/engine/select.ts';
import { KafkaHotpathError } from '../../src/errors.ts';
import { FakeRegistry, type FakeRegistryOptions } from '../support/registry/fake-registry.ts';
import { FakeProducer, type SentRecord } from './fake-producer.ts';

const SCHEMA = '{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"long"}]}';
const GOOD = { brokerList: 'one:9092', topic: 'orders' };

function pem(name: string): string {
  return readFileSync(new URL(`tls/${name}.pem`, import.meta.url), 'utf8');
}

describe('an output with a schema registry', () => {
  const doubles: FakeRegistry[] = [];
  afterEach(async () => {
    for (const double of doubles.splice(0)) await double.stop();
  });

  /** Ids of which every byte is seen. */
  async function registry(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
    const double = await FakeRegistry.start({ firstId: 100_001, ...options });
    doubles.push(double);
    return double;
  }

  /** The hex of what is sent for one order. */
  async function sent(properties: object, value: unknown = { id: 5 }): Promise<string[]> {
    const producer = new FakeProducer();
    const output = await openKafkaOutput({ ...GOOD, ...properties }, { settings: {}, producer });
    (await output.send(value)).orThrow();
    return producer.sent.map((record) => Buffer.from((record as SentRecord).value as Uint8Array).toString('hex'));
  }

  async function failure(properties: object): Promise<KafkaHotpathError> {
    const producer = new FakeProducer();
    const error: unknown = await openKafkaOutput({ ...GOOD, ...properties }, { settings: {}, producer }).catch(
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof KafkaHotpathError, String(error));
    // Nobody is left connected to a broker.
    assert.deepEqual(producer.calls, []);
    return error;
  }

  function framed(id: number): string {
    const body = Buffer.from(openEngine().compileAvro(SCHEMA).encode({ id: 5 })).toString('hex');
    return `00${id.toString(16).padStart(8, '0')}${body}`;
  }

  it('looks for its schema under the topic, and never registers it unasked', async () => {
    const double = await registry();
    const properties = { avroSchema: SCHEMA, schemaRegistryUrl: double.url };
    const error = await failure(properties);
    assert.equal(error.code, 'ERR_REGISTRY_NOT_FOUND');
    assert.match(error.message, /orders-value.*schemaRegistryAutoRegister/);
    const id = double.register('orders-value', SCHEMA);
    assert.deepEqual(await sent(properties, [{ id: 5 }, '{"id":5}']), [framed(id), framed(id)]);
  });

  it('registers when it is told to, under the name of the strategy', async () => {
    const double = await registry();
    const properties = { avroSchema: SCHEMA, schemaRegistryUrl: double.url, schemaRegistryAutoRegister: 'true' };
    const strategies = ['TopicName', 'RecordName', 'TopicRecordName'];
    for (const schemaRegistrySubjectNameStrategy of strategies) {
      assert.deepEqual(await sent({ ...properties, schemaRegistrySubjectNameStrategy }), [framed(100_001)]);
    }
    assert.deepEqual(
      double.seen.map(({ path }) => path),
      ['orders-value', 'shop.Order', 'orders-shop.Order'].map((subject) => `/subjects/${subject}/versions`),
    );
  });

  it('has keys and values under subjects of their own, each asked for once', async () => {
    const double = await registry();
    const key = double.register('orders-key', '"string"');
    const value = double.register('orders-value', SCHEMA);
    const producer = new FakeProducer();
    const properties = { ...GOOD, avroSchema: SCHEMA, keyAvroSchema: '"string"', schemaRegistryUrl: double.url };
    const output = await openKafkaOutput(properties, { settings: {}, producer });
    for (let round = 0; round < 3; round++) (await output.send(message({ key: 'k', value: { id: 5 } }))).orThrow();
    for (const record of producer.sent as SentRecord[]) {
      const hex = [record.key, record.value].map((field) => Buffer.from(field as Uint8Array).toString('hex'));
      assert.deepEqual(hex, [`00${key.toString(16).padStart(8, '0')}026b`, framed(value)]);
    }
    assert.equal(double.seen.length, 2);
  });

  it('takes the latest schema of the subject, or that of an id', async () => {
    const double = await registry();
    double.register('orders-value', '"int"');
    const id = double.register('orders-value', SCHEMA);
    assert.deepEqual(await sent({ avroSchema: 'latest', schemaRegistryUrl: double.url }), [framed(id)]);
    assert.deepEqual(await sent({ schemaId: id, schemaRegistryUrl: double.url }), [framed(id)]);
    const json = double.register('other-value', '{}', 'JSON');
    const error = await failure({ schemaId: json, schemaRegistryUrl: double.url });
    assert.deepEqual([error.code, /is JSON/.test(error.message)], ['ERR_REGISTRY_SCHEMA', true]);
  });

  it('does not ask for an id that is given with its schema', async () => {
    const double = await registry();
    assert.deepEqual(await sent({ avroSchema: SCHEMA, schemaId: 7, schemaRegistryUrl: double.url }), [framed(7)]);
    assert.equal(double.seen.length, 0);
  });

  it('trusts the authorities it is given, and shows its own certificate', async () => {
    const double = await registry({
      tls: { key: pem('server-key'), cert: pem('server'), ca: pem('ca') },
    });
    const id = double.register('orders-value', SCHEMA);
    const properties = { avroSchema: SCHEMA, schemaRegistryUrl: double.url };
    const ca = { httpsCaPem: pem('ca') };
    const own = { schemaRegistryCertificatePEM: pem('client'), schemaRegistryKeyPEM: pem('client-key') };
    assert.deepEqual(await sent({ ...properties, ...ca, ...own }), [framed(id)]);
    const untrusted = await failure({ ...properties, ...own });
    assert.equal(untrusted.code, 'ERR_REGISTRY_TLS');
    assert.match(untrusted.message, /httpsCaPem/);
  });
});
