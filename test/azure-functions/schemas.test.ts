/** Outputs with schemas inside Azure Functions, by hooks and by the wrapper; avsc and bufbuild read what is stored. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { output } from '@azure/functions';
import { createFileRegistry, type DescMessage, fromBinary, toJson } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import avsc from 'avsc';
import {
  installKafkaOutputs,
  kafkaOutput,
  type KafkaOutputs,
  withKafkaOutput,
} from '../../src/azure-functions/index.ts';
import { type EmbeddedBroker, startBroker } from '../../src/broker/index.ts';
import { DeliveryError, message } from '../../src/index.ts';
import { DESCRIPTOR_SET, ORDER_JSON } from '../formats/protobuf-vectors.ts';
import { FakeRegistry } from '../support/registry/fake-registry.ts';
import { envelope } from './records.ts';
import { app, invoke } from './worker.ts';

const ORDER = {
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'note', type: ['null', 'string'], default: null },
  ],
} as const;
const avroOrder = avsc.Type.forSchema(ORDER as unknown as avsc.Schema);
const avroString = avsc.Type.forSchema('string');
const protobuf = createFileRegistry(fromBinary(FileDescriptorSetSchema, DESCRIPTOR_SET));

describe('Kafka outputs with schemas', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-hotpath-functions-'));
  const settings: Record<string, string> = { Schema: JSON.stringify(ORDER), Descriptors: join(folder, 'orders.pb') };
  let broker: EmbeddedBroker;
  let registry: FakeRegistry;
  let outputs: KafkaOutputs;

  before(async () => {
    writeFileSync(join(folder, 'orders.pb'), DESCRIPTOR_SET);
    broker = await startBroker({ autoCreateTopics: true });
    registry = await FakeRegistry.start({ firstId: 70_000 });
    settings['BrokerList'] = broker.address;
    settings['Registry'] = registry.url;
    outputs = installKafkaOutputs(app, { settings });
  });
  after(async () => {
    await outputs.close();
    await registry.stop();
    await broker.close();
    rmSync(folder, { recursive: true });
  });

  function propertiesOf(topic: string, more: object): Record<string, unknown> & { type: string } {
    return { type: 'kafka', direction: 'out', topic, brokerList: '%BrokerList%', ...more };
  }

  /** Key and value of each message, decoded; the ids in front of them. */
  function decoded(topic: string, take: (bytes: Buffer) => unknown, takeKey = take): unknown[] {
    const field = (bytes: Uint8Array | null, read: (bytes: Buffer) => unknown): unknown =>
      bytes === null ? null : read(Buffer.from(bytes));
    return broker.records(topic).map(({ key, value }) => [field(key, takeKey), field(value, take)]);
  }

  /** Of the Confluent wire format: the id, and the rest read. */
  const framed =
    (read: (bytes: Buffer) => unknown, skip = 0) =>
    (bytes: Buffer): unknown => {
      assert.equal(bytes[0], 0);
      return [bytes.readInt32BE(1), read(bytes.subarray(5 + skip))];
    };
  const avro =
    (type: avsc.Type) =>
    (bytes: Buffer): unknown => {
      const value: unknown = type.fromBuffer(bytes);
      return typeof value === 'object' ? { ...value } : value;
    };
  const order = (bytes: Buffer): unknown => {
    const desc = protobuf.getMessage('shop.Order') as DescMessage;
    return toJson(desc, fromBinary(desc, bytes), { registry: protobuf });
  };

  it('encode objects, JSON texts and envelopes of a v4 function by avroSchema and keyAvroSchema', async () => {
    const ids = { schemaId: 258, keySchemaId: 259 };
    const kafka = output.generic(
      propertiesOf('v4-avro', { avroSchema: '%Schema%', keyAvroSchema: '"string"', ...ids }),
    );
    app.http('v4Avro', {
      extraOutputs: [kafka],
      handler: (_request, context) => {
        context.extraOutputs.set(kafka, [
          { id: 1 },
          '{"id":2,"note":"text"}',
          JSON.stringify(envelope('{"id":3}', 'javascript', { Key: 'k3' })),
          message({ key: 'k4', value: { id: 4 } }),
          message({ key: 'k5', value: null }),
        ]);
        return { status: 202 };
      },
    });
    const { error, response } = await invoke('v4Avro');
    assert.equal(error, undefined);
    assert.deepEqual(response?.outputData, []);
    assert.deepEqual(decoded('v4-avro', framed(avro(avroOrder)), framed(avro(avroString))), [
      [null, [258, { id: 1, note: null }]],
      [null, [258, { id: 2, note: 'text' }]],
      [
        [259, 'k3'],
        [258, { id: 3, note: null }],
      ],
      [
        [259, 'k4'],
        [258, { id: 4, note: null }],
      ],
      [[259, 'k5'], null],
    ]);
  });

  it('fail the invocation with the place in the value, and send its neighbours', async () => {
    const kafka = kafkaOutput(propertiesOf('v4-fault', { avroSchema: '%Schema%' }));
    app.http('v4Fault', {
      handler: (_request, context) => {
        context.extraOutputs.set(kafka, [{ id: 1 }, { id: 'canary' }, { id: 3 }]);
        return {};
      },
    });
    const { error } = await invoke('v4Fault');
    assert.ok(error instanceof DeliveryError);
    assert.deepEqual(
      [...error.reports].map(({ status, error: reason }) => reason?.code ?? status),
      ['persisted', 'ERR_AVRO_VALUE', 'persisted'],
    );
    assert.match(error.reports.at(1)?.error?.message ?? '', /\$\.id/);
    assert.doesNotMatch(error.message, /canary/);
    assert.deepEqual(decoded('v4-fault', avro(avroOrder)), [
      [null, { id: 1, note: null }],
      [null, { id: 3, note: null }],
    ]);
  });

  it('take what a timer returns, by Protobuf', async () => {
    const more = { protobufDescriptorLocation: '%Descriptors%', protobufMessage: 'shop.Order', schemaId: 7 };
    app.timer('v4Protobuf', {
      schedule: '0 */5 * * * *',
      return: output.generic(propertiesOf('v4-protobuf', more)),
      handler: () => [JSON.parse(ORDER_JSON) as unknown, { id: 5n }],
    });
    assert.equal((await invoke('v4Protobuf', { json: '{}' })).error, undefined);
    const [[, first] = [], [, second] = []] = decoded('v4-protobuf', framed(order, 2)) as [unknown, unknown][];
    assert.deepEqual(second, [7, { id: '5' }]);
    assert.equal((first as [number, { createdAt: string }])[1].createdAt, '2024-01-31T13:45:00.123456789Z');
  });

  it('ask the registry once for all invocations, and again after it said no', async () => {
    const kafka = kafkaOutput(
      propertiesOf('v4-registry', { jsonSchema: '{"title":"Order"}', schemaRegistryUrl: '%Registry%' }),
    );
    app.http('v4Registry', {
      handler: (_request, context) => {
        context.extraOutputs.set(kafka, { id: 1 });
        return {};
      },
    });
    const refused = await invoke('v4Registry');
    assert.equal((refused.error as { code?: string } | undefined)?.code, 'ERR_REGISTRY_NOT_FOUND');
    const id = registry.register('v4-registry-value', '{"title":"Order"}', 'JSON');
    for (let count = 0; count < 3; count++) assert.equal((await invoke('v4Registry')).error, undefined);
    assert.equal(registry.seen.length, 2);
    const sent = [null, [id, { id: 1 }]];
    assert.deepEqual(
      decoded(
        'v4-registry',
        framed((bytes) => JSON.parse(String(bytes)) as unknown),
      ),
      [sent, sent, sent],
    );
  });

  it('share a producer, whatever their schemas are', () => {
    assert.equal(outputs.producerCount, 1);
  });

  it('work by the wrapper of the v3 model, too', async () => {
    const bindings = [
      { ...propertiesOf('v3-avro', { avroSchema: '%Schema%', keyAvroSchema: '"string"' }), name: 'avro' },
      {
        ...propertiesOf('v3-protobuf', { protobufDescriptorLocation: '%Descriptors%', protobufMessage: 'shop.Order' }),
        name: 'protobuf',
      },
    ];
    const run = withKafkaOutput(
      (context: { bindings: Record<string, unknown> }) => {
        context.bindings['avro'] = JSON.stringify(envelope('{"id":-1,"note":"v3"}', 'javascript', { Key: 'k' }));
        context.bindings['protobuf'] = [{ id: '1' }, '{"id":"2"}'];
        return Promise.resolve();
      },
      { outputs, bindings },
    );
    await (run as (context: object) => Promise<unknown>)({ bindings: {}, log: { warn: () => undefined } });
    assert.deepEqual(decoded('v3-avro', avro(avroOrder), avro(avroString)), [['k', { id: -1, note: 'v3' }]]);
    assert.deepEqual(decoded('v3-protobuf', order), [
      [null, { id: '1' }],
      [null, { id: '2' }],
    ]);
  });
});
