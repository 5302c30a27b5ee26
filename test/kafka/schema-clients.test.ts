/**
 * Keys and values by schemas, sent to a real Kafka with the ids of a real registry, and read by clients that are not
 * ours: Confluent's Python client with the deserializers of its registry, and Google's Protobuf for Java.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { openKafkaOutput } from '../../src/binding/kafka-output.ts';
import { message } from '../../src/binding/message.ts';
import type { KafkaOutputOptions } from '../../src/binding/output-api.ts';
import { MAPS_DESCRIPTOR_SET, MAPS_INDEXES } from '../formats/maps-vectors.ts';
import { DESCRIPTOR_SET } from '../formats/protobuf-vectors.ts';
import { RealKafka } from '../support/kafka/broker.ts';
import { readTopic } from '../support/kafka/reader.ts';
import { Apicurio } from '../support/registry/apicurio.ts';
import { readByJava, readByPython, type TopicSpec, whyNoClients } from '../support/schemas/install.ts';

const ENGINES = ['wasm', 'typescript'] as const;
const why = whyNoClients();

function text(name: string): string {
  return readFileSync(new URL(`../formats/${name}`, import.meta.url), 'utf8');
}

describe('what is sent by a schema', { skip: process.env['CI'] === 'true' ? false : (why ?? false) }, () => {
  let kafka: RealKafka;
  let apicurio: Apicurio;
  const folder = mkdtempSync(join(tmpdir(), 'kafka-hotpath-clients-'));
  const orders = join(folder, 'orders.pb');
  const maps = join(folder, 'maps.pb');

  before(async () => {
    assert.equal(why, undefined);
    writeFileSync(orders, DESCRIPTOR_SET);
    writeFileSync(maps, MAPS_DESCRIPTOR_SET);
    kafka = await RealKafka.start();
    apicurio = await Apicurio.start();
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await apicurio.stop();
    await kafka.dispose();
  });

  const created = new Set<string>();

  /** Creates the topic unless it is there, sends, and says what became of each. */
  async function send(
    topic: string,
    properties: object,
    values: readonly unknown[],
    options: KafkaOutputOptions,
  ): Promise<string[]> {
    if (!created.has(topic)) await kafka.createTopic(topic, { partitions: 1 });
    created.add(topic);
    const all = { brokerList: kafka.address, topic, schemaRegistryUrl: apicurio.url, ...properties };
    const output = await openKafkaOutput(all, { settings: {}, ...options });
    const reports = await output.send(values);
    await output.close();
    return [...reports].map(({ status, error }) => error?.code ?? status);
  }

  function specOf(topic: string, fields: Pick<TopicSpec, 'key' | 'value'>): TopicSpec {
    return { brokers: kafka.address, registry: apicurio.url, topic, ...fields };
  }

  /** Values, or keys, of a topic in hex, by Kafka's own consumer. */
  async function stored(topic: string, field: 'key' | 'value' = 'value'): Promise<string[]> {
    const records = await readTopic(kafka, topic);
    return records.map((record) => {
      assert.match(record[field], /^x/, 'longer than the reader shows');
      return record[field].slice(1);
    });
  }

  it('as Avro is read by the id that the registry gave it', async () => {
    const avroSchema = JSON.stringify({
      type: 'record',
      name: 'Order',
      namespace: 'shop',
      fields: [
        { name: 'id', type: 'long' },
        { name: 'note', type: ['null', 'string'], default: null },
        { name: 'prices', type: { type: 'array', items: 'double' } },
      ],
    });
    const topics: TopicSpec[] = [];
    for (const engine of ENGINES) {
      const properties = { avroSchema, keyAvroSchema: '"string"', schemaRegistryAutoRegister: true };
      const values = [
        message({ key: 'ä', value: { id: 9007199254740993n, note: '😀', prices: [1.5, -0.25] } }),
        message({ key: 'b', value: '{"id":-1,"prices":[]}' }),
        message({ key: 'c', value: { id: 'canary' } }),
        message({ key: 'd', value: null }),
      ];
      const outcome = await send(`avro-${engine}`, properties, values, { engine });
      assert.deepEqual(outcome, ['persisted', 'persisted', 'ERR_AVRO_VALUE', 'persisted']);
      topics.push(specOf(`avro-${engine}`, { key: { type: 'avro' }, value: { type: 'avro' } }));
    }
    for (const records of await readByPython(topics)) {
      assert.deepEqual(records, [
        { key: 'ä', value: { id: '9007199254740993', note: '😀', prices: [1.5, -0.25] } },
        { key: 'b', value: { id: -1, note: null, prices: [] } },
        { key: 'd', value: null },
      ]);
    }
  });

  it('as JSON is read and validated by the schema of its id; what the hook refuses is not there', async () => {
    const jsonSchema = JSON.stringify({
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: 'Order',
      type: 'object',
      properties: { id: { type: 'integer' } },
      required: ['id'],
    });
    const validate = (value: unknown): boolean => Number.isInteger((value as { id?: unknown }).id);
    const values = [{ id: 1, note: 'é' }, '{"id": 2.0}', { id: 'canary' }, {}];
    const topics: TopicSpec[] = [];
    const ids: number[] = [];
    for (const engine of ENGINES) {
      for (const name of ['hooked', 'open']) {
        const topic = `json-${name}-${engine}`;
        ids.push(await apicurio.register(`${topic}-value`, jsonSchema, 'JSON'));
        const hook = name === 'hooked' ? { validate } : {};
        const outcome = await send(topic, { jsonSchema }, values, { engine, ...hook });
        const last = name === 'hooked' ? 'ERR_JSON_VALUE' : 'persisted';
        assert.deepEqual(outcome, ['persisted', 'persisted', last, last]);
        topics.push(specOf(topic, { value: { type: 'json' } }));
        const front = `00${(ids.at(-1) ?? 0).toString(16).padStart(8, '0')}`;
        assert.equal((await stored(topic))[1], front + Buffer.from('{"id": 2.0}').toString('hex'));
      }
    }
    const good = [
      { key: null, value: { id: 1, note: 'é' } },
      { key: null, value: { id: 2 } },
    ];
    for (const [index, records] of (await readByPython(topics)).entries()) {
      assert.deepEqual(records.slice(0, 2), good);
      // The oracle would have seen it: what was sent without the hook is refused over there.
      const refused = records.slice(2).map(({ value }) => (value as { refused: string }).refused);
      assert.equal(refused.length, index % 2 === 0 ? 0 : 2);
      for (const words of refused) assert.match(words, /is not of type 'integer'|is a required property/);
    }
  });

  it('as Protobuf is read by Java and Python: keys and values, first and nested messages', async () => {
    const id = await apicurio.register('protobuf-wasm-value', text('orders.proto'), 'PROTOBUF');
    for (const subject of ['protobuf-wasm-key', 'protobuf-typescript-value', 'protobuf-typescript-key']) {
      assert.equal(await apicurio.register(subject, text('orders.proto'), 'PROTOBUF'), id);
    }
    const order = { id: '9007199254740993', counts: { a: -1 }, lines: [{ price: 'NaN' }], status: 'PAID' };
    const line = { sku: 'é', discount: { percent: 0.5 } };
    for (const engine of ENGINES) {
      const topic = `protobuf-${engine}`;
      const properties = {
        protobufDescriptorLocation: orders,
        protobufMessage: 'shop.Order',
        keyProtobufMessage: 'shop.Order.Line',
      };
      const values = [
        message({ key: line, value: { ...order, id: 9007199254740993n } }),
        message({ key: '{}', value: JSON.stringify(order) }),
        message({ key: {}, value: { lines: 5 } }),
      ];
      const outcome = await send(topic, properties, values, { engine });
      assert.deepEqual(outcome, ['persisted', 'persisted', 'ERR_PROTOBUF_VALUE']);
      assert.deepEqual(await readByJava(orders, 'orders.proto', await stored(topic)), [
        { id, message: 'shop.Order', json: order },
        { id, message: 'shop.Order', json: order },
      ]);
      assert.deepEqual(await readByJava(orders, 'orders.proto', await stored(topic, 'key')), [
        { id, message: 'shop.Order.Line', json: line },
        { id, message: 'shop.Order.Line', json: {} },
      ]);
      const value = { type: 'protobuf', descriptors: orders, message: 'shop.Order' } as const;
      const key = { type: 'protobuf', descriptors: orders, message: 'shop.Order.Line' } as const;
      const [records] = await readByPython([specOf(topic, { key, value })]);
      assert.deepEqual(records, [
        { key: ['shop.Order.Line', line], value: ['shop.Order', order] },
        { key: ['shop.Order.Line', {}], value: ['shop.Order', order] },
      ]);
    }
  });

  it('as Protobuf has the indexes of the registered schema: of its text, and of the descriptor of others', async () => {
    const file = fromBinary(FileDescriptorSetSchema, MAPS_DESCRIPTOR_SET).file.find(
      ({ name }) => name === 'maps.proto',
    );
    assert.ok(file !== undefined);
    const descriptor = Buffer.from(toBinary(FileDescriptorProtoSchema, file)).toString('base64');
    const properties = { protobufDescriptorLocation: maps };
    const byText = { ...properties, schemaRegistrySubjectNameStrategy: 'RecordName' };
    let id = 0;
    for (const [name] of MAPS_INDEXES) {
      const protobufMessage = `shop.maps.${name}`;
      id = await apicurio.register(protobufMessage, text('maps.proto'), 'PROTOBUF');
      assert.deepEqual(await send('by-text', { ...byText, protobufMessage }, [{}], {}), ['persisted']);
    }
    const lines = await stored('by-text');
    assert.deepEqual(
      lines.map((line) => line.slice(10)),
      MAPS_INDEXES.map(([, inText]) => inText),
    );
    assert.deepEqual(
      await readByJava(maps, 'maps.proto', lines),
      MAPS_INDEXES.map(([name]) => ({ id, message: `shop.maps.${name}`, json: {} })),
    );

    const topics: TopicSpec[] = [];
    const others = MAPS_INDEXES.filter(([, inText, inDescriptor]) => inText !== inDescriptor);
    for (const [name] of others) {
      const protobufMessage = `shop.maps.${name}`;
      await apicurio.register(`${name}-value`, descriptor, 'PROTOBUF');
      assert.deepEqual(await send(name, { ...properties, protobufMessage }, [{}], {}), ['persisted']);
      const value = { type: 'protobuf', descriptors: maps, message: protobufMessage, again: true } as const;
      topics.push(specOf(name, { value }));
    }
    assert.deepEqual(
      await readByPython(topics),
      others.map(([name]) => [{ key: null, value: [`shop.maps.${name}`, {}] }]),
    );
  });
});
