/** Outputs whose keys or values are Protobuf or JSON by a schema: bytes, ids, refusals, and properties at odds. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, it } from 'node:test';
import { ConfigError } from '../../src/binding/config-error.ts';
import { resolveConfig } from '../../src/binding/config.ts';
import { openKafkaOutput } from '../../src/binding/kafka-output.ts';
import { message } from '../../src/binding/message.ts';
import type { KafkaOutputOptions } from '../../src/binding/output-api.ts';
import { KafkaHotpathError } from '../../src/errors.ts';
import { DESCRIPTOR_SET, ORDER_BYTES, ORDER_JSON } from '../formats/protobuf-vectors.ts';
import { FakeRegistry, reply } from '../support/registry/fake-registry.ts';
import { FakeProducer } from './fake-producer.ts';

const GOOD = { brokerList: 'one:9092', topic: 'orders' };
const TEXT = readFileSync(new URL('../formats/orders.proto', import.meta.url), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'kafka-hotpath-formats-'));
const protobufDescriptorLocation = join(folder, 'orders.pb');
writeFileSync(protobufDescriptorLocation, DESCRIPTOR_SET);
after(() => {
  rmSync(folder, { recursive: true });
});

const registries: FakeRegistry[] = [];
afterEach(async () => {
  for (const registry of registries.splice(0)) await registry.stop();
});

const hex = (field: unknown): string => (field === null ? '-' : Buffer.from(field as Uint8Array).toString('hex'));

/** `key|value` in hex, or the error. */
async function sent(properties: object, value: unknown, options: KafkaOutputOptions = {}): Promise<string[]> {
  const producer = new FakeProducer();
  const output = await openKafkaOutput({ ...GOOD, ...properties }, { settings: {}, producer, ...options });
  await output.send(value);
  return producer.sent.map((outcome) =>
    outcome instanceof KafkaHotpathError
      ? `${outcome.code} ${outcome.message}`
      : `${hex(outcome.key)}|${hex(outcome.value)}`,
  );
}

/** The message of the ERR_REGISTRY_SCHEMA with which opening fails. */
async function schemaFault(properties: object): Promise<string> {
  const error: unknown = await sent(properties, {}).catch((reason: unknown) => reason);
  assert.ok(error instanceof KafkaHotpathError);
  assert.equal(error.code, 'ERR_REGISTRY_SCHEMA', error.message);
  return error.message;
}

describe('an output of Protobuf', () => {
  const order = { protobufDescriptorLocation, protobufMessage: 'shop.Order' };

  it('sends objects, JSON texts and envelopes as messages, raw or with id and indexes in front', async () => {
    const value: unknown = JSON.parse(ORDER_JSON);
    const envelope = { Offset: 0, Partition: 0, Topic: '', Timestamp: '', Value: ORDER_JSON, Headers: [] };
    const values = [value, ORDER_JSON, envelope, message({ value: value as object })];
    assert.deepEqual(await sent(order, values), Array(4).fill(`-|${ORDER_BYTES}`));
    const framed = `-|0000000102` + `0202${ORDER_BYTES}`;
    assert.deepEqual(await sent({ ...order, schemaId: 258 }, values), Array(4).fill(framed));
  });

  it('has keys by a message of their own, and no key and no value stay none', async () => {
    const both = { ...order, schemaId: 1, keyProtobufMessage: 'shop.Order.Line', keySchemaId: 2 };
    const values = [message({ key: { sku: 'a' }, value: {} }), message({ key: { sku: 'a' }, value: null }), {}];
    const key = '0000000002' + '040200' + '0a0161';
    assert.deepEqual(await sent(both, values), [`${key}|00000000010202`, `${key}|-`, '-|00000000010202']);
  });

  it('fails one message alone, with its place', async () => {
    const values: unknown[] = Array.from({ length: 1500 }, (_, id) => ({ id }));
    values[700] = { lines: [{}, { price: 'x' }] };
    values[701] = Buffer.from('bytes');
    const out = await sent(order, values);
    assert.equal(
      out[700],
      'ERR_PROTOBUF_VALUE message 700 ($.lines[1].price): got a string of 1 characters; allowed: a value of double',
    );
    assert.match(out[701]!, /^ERR_SERIALIZE message 701 .*5 bytes/);
    assert.equal(out.filter((text) => text.startsWith('-|')).length, 1498);
  });

  it('asks the registry for the latest of its subject, which has to be Protobuf', async () => {
    const registry = await FakeRegistry.start({ firstId: 70_000 });
    registries.push(registry);
    registry.register('shop.Order', TEXT, 'PROTOBUF');
    registry.register('orders-value', '"string"');
    const properties = { ...order, schemaRegistryUrl: registry.url };
    const byRecord = { ...properties, schemaRegistrySubjectNameStrategy: 'RecordName' };
    assert.deepEqual(await sent(byRecord, {}), ['-|00000111700202']);
    assert.match(
      await schemaFault(properties),
      /latest schema of orders-value is AVRO; allowed for the values: PROTOBUF with shop\.Order/,
    );
  });

  it('lies where the registered schema has it, by the latest of the subject and by the id', async () => {
    const registry = await FakeRegistry.start({ firstId: 70_000 });
    registries.push(registry);
    const id = registry.register('orders-value', '"string"');
    registry.register('orders-value', 'package shop; message New {}', 'PROTOBUF');
    const properties = { ...order, schemaRegistryUrl: registry.url };
    assert.match(
      await schemaFault(properties),
      /latest schema of orders-value does not declare it; allowed .* shop\.Order/,
    );
    assert.match(await schemaFault({ ...properties, schemaId: id }), /schema 70000 of the registry is AVRO/);
    const inserted = `${TEXT}message New {}`.replace('message Customer', 'message A {}\n$&');
    const schemaId = registry.register('other', inserted, 'PROTOBUF');
    assert.deepEqual(await sent({ ...properties, schemaId }, {}), [`-|00000111720204`]);
  });

  it('needs the id only of a schema that refers to others; Avro needs their text', async () => {
    const registry = await FakeRegistry.start();
    registries.push(registry);
    const references = [{ name: 'other', subject: 'other', version: 1 }];
    const latest = { id: 9, version: 1, references };
    registry.faults.push((response) => {
      reply(response, { ...latest, schema: `import "other.proto"; ${TEXT}`, schemaType: 'PROTOBUF' });
    });
    const properties = { schemaRegistryUrl: registry.url };
    assert.deepEqual(await sent({ ...properties, ...order }, {}), ['-|00000000090202']);
    registry.faults.push((response) => {
      reply(response, { ...latest, schema: '"other.Record"' });
    });
    assert.match(await schemaFault({ ...properties, avroSchema: 'latest' }), /schema 9 .* refers to 1 others/);
  });

  it('cannot be opened without its message', async () => {
    await assert.rejects(
      sent({ ...order, protobufMessage: 'Order' }, {}),
      /ERR_PROTOBUF_SCHEMA|has no message "Order"/,
    );
  });
});

describe('an output of JSON by a schema', () => {
  const jsonSchema = '{"title":"Order","type":"object"}';

  it('sends the text of a value behind the id of its schema', async () => {
    const registry = await FakeRegistry.start({ firstId: 258 });
    registries.push(registry);
    const body = Buffer.from('{"a":1}').toString('hex');
    assert.deepEqual(await sent({ jsonSchema }, [{ a: 1 }, '{"a":1}']), [`-|${body}`, `-|${body}`]);
    const properties = { jsonSchema, schemaRegistryUrl: registry.url, schemaRegistryAutoRegister: true };
    assert.deepEqual(await sent(properties, { a: 1 }), [`-|0000000102${body}`]);
    assert.deepEqual(registry.seen[0]?.body, { schema: jsonSchema, schemaType: 'JSON' });
  });

  it('asks the hooks for values and keys; what they refuse fails alone', async () => {
    const seen: unknown[] = [];
    const options = {
      validate: (value: unknown): unknown => {
        seen.push(value);
        return (value as { id: number }).id !== 2;
      },
      validateKey: (key: unknown) => key !== 'no' || 'is forbidden',
    };
    const properties = { jsonSchema, keyJsonSchema: '{"type":"string"}' };
    const values = [1, 2, 3].map((id) => message({ key: id === 3 ? 'no' : 'k', value: { id } }));
    const out = await sent(properties, values, options);
    assert.equal(out[0], `${Buffer.from('"k"').toString('hex')}|${Buffer.from('{"id":1}').toString('hex')}`);
    assert.equal(out[1], 'ERR_JSON_VALUE message 1 ($.value): the hook validate refused it');
    assert.equal(out[2], 'ERR_JSON_VALUE message 2 ($.key): the hook validate refused it: is forbidden');
    assert.deepEqual(seen[0], { id: 1 });
  });
});

describe('properties of formats', () => {
  const protobufMessage = 'shop.Order';
  const cases: [object, RegExp][] = [
    [{ jsonSchema: '{' }, /^jsonSchema format: .*is not JSON/],
    [{ keyJsonSchema: '[]' }, /^keyJsonSchema format: /],
    [{ avroSchema: '"int"', jsonSchema: '{}' }, /^avroSchema conflict: .*does not go with jsonSchema/],
    [
      { keyJsonSchema: '{}', keyProtobufMessage: 'x', protobufDescriptorLocation },
      /^keyJsonSchema conflict: .*keyProtobufMessage/,
    ],
    [{ protobufMessage }, /^protobufDescriptorLocation missing: .*protoc --include_imports/],
    [{ protobufMessage, protobufDescriptorLocation: join(folder, 'none.pb') }, /^protobufDescriptorLocation file: /],
    [{ jsonSchema: '{}', schemaFraming: 'Confluent' }, /^schemaId missing: /],
    [{ jsonSchema: '{}', schemaFraming: 'Raw', schemaId: 5 }, /^schemaId conflict: /],
    [{ keyJsonSchema: '{}', keyDataType: 'Int' }, /^keyDataType conflict: /],
  ];
  for (const [properties, expected] of cases) {
    it(`${JSON.stringify(properties).replace(folder, '…')}: ${expected.source}`, () => {
      assert.throws(
        () => resolveConfig({ ...GOOD, ...properties }, {}),
        (error) => {
          assert.ok(error instanceof ConfigError);
          const [problem] = error.problems;
          assert.match(`${problem?.property} ${problem?.code}: ${problem?.message}`, expected);
          return true;
        },
      );
    });
  }

  it('are warned of when they are of no use', () => {
    const { warnings } = resolveConfig({ ...GOOD, protobufDescriptorLocation }, {});
    assert.match(warnings.join(), /protobufDescriptorLocation: is not used/);
  });

  it('take a hook that is a function only', () => {
    const validate = 5 as unknown as () => boolean;
    assert.throws(
      () => resolveConfig({ ...GOOD, jsonSchema: '{}' }, {}, { validate }),
      /validate: got 5; allowed: a function/,
    );
  });
});
