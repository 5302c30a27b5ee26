/** An app whose function.json has schemas, under the host: what is stored is what avsc and bufbuild read. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createFileRegistry, type DescMessage, fromBinary, toJson } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import avsc from 'avsc';
import { type EmbeddedBroker, startBroker } from '../../src/broker/index.ts';
import { startHost } from '../../src/host/index.ts';
import { DESCRIPTOR_SET } from '../formats/protobuf-vectors.ts';

const SCHEMA =
  '{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},{"name":"note","type":"string"}]}';

describe('function.json with schemas', () => {
  let broker: EmbeddedBroker;
  let app: string;
  before(async () => {
    broker = await startBroker({ autoCreateTopics: true });
    process.env['BrokerList'] = broker.address;
    process.env['OrderSchema'] = SCHEMA;
    // Beside the tests, where the app finds its packages.
    app = mkdtempSync(join(import.meta.dirname, 'app-'));
  });
  after(async () => {
    rmSync(app, { recursive: true });
    await broker.close();
  });

  it('delivers by Avro with keys and by Protobuf from a file of the app, and fails with a value', async () => {
    const kafka = { type: 'kafka', direction: 'out', brokerList: 'BrokerList' };
    const bindings = [
      { type: 'httpTrigger', direction: 'in', name: 'req', methods: ['post'] },
      { ...kafka, name: 'avro', topic: 'avro', avroSchema: '%OrderSchema%', keyAvroSchema: '"long"', schemaId: 258 },
      {
        ...kafka,
        name: 'protobuf',
        topic: 'protobuf',
        protobufDescriptorLocation: 'orders.pb',
        protobufMessage: 'shop.Order',
      },
      { type: 'http', direction: 'out', name: 'res' },
    ];
    mkdirSync(join(app, 'f'));
    writeFileSync(join(app, 'package.json'), '{}');
    writeFileSync(join(app, 'orders.pb'), DESCRIPTOR_SET);
    writeFileSync(join(app, 'f', 'function.json'), JSON.stringify({ bindings }));
    writeFileSync(
      join(app, 'f', 'index.js'),
      `module.exports = async function (context, req) {
        const envelope = { Offset: 0, Partition: 0, Topic: '', Timestamp: '', Headers: [] };
        context.bindings.avro = req.body.map((order, index) => ({ ...envelope, Key: String(index), Value: order }));
        context.bindings.protobuf = req.body.map(({ id }) => ({ id }));
      };`,
    );
    const host = await startHost({ app });
    const post = (body: unknown): Promise<Response> =>
      fetch(`${host.address}/api/f`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const orders = [
      { id: 1, note: 'a' },
      { id: -2, note: 'ü' },
    ];
    assert.equal((await post(orders)).status, 204);
    const type = avsc.Type.forSchema(JSON.parse(SCHEMA) as avsc.Schema);
    const long = avsc.Type.forSchema('long');
    const stored = broker.records('avro').map(({ key, value }) => {
      const [keyBytes, bytes] = [Buffer.from(key ?? []), Buffer.from(value ?? [])];
      assert.deepEqual([bytes[0], bytes.readInt32BE(1)], [0, 258]);
      // Without an id of its own the key is raw.
      return [long.fromBuffer(keyBytes) as unknown, { ...(type.fromBuffer(bytes.subarray(5)) as object) }];
    });
    assert.deepEqual(stored, [
      [0, orders[0]],
      [1, orders[1]],
    ]);
    const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, DESCRIPTOR_SET));
    const desc = registry.getMessage('shop.Order') as DescMessage;
    assert.deepEqual(
      broker.records('protobuf').map(({ value }) => toJson(desc, fromBinary(desc, value ?? new Uint8Array()))),
      [{ id: '1' }, { id: '-2' }],
    );

    assert.equal((await post([{ id: 3 }])).status, 500);
    assert.equal(broker.records('avro').length, 2);
    await host.close();
  });
});
