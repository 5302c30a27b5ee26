/**
 * Keys and values by schemas in a real Kafka, with a real registry (Apicurio's Confluent API): read by Kafka's own
 * consumer, the five bytes in front checked by hand, the schema fetched by that id, the rest decoded by Apache Avro.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openKafkaOutput } from '../../src/binding/kafka-output.ts';
import { message } from '../../src/binding/message.ts';
import { KafkaHotpathError } from '../../src/errors.ts';
import { apacheAvro, ask, type Oracle } from '../support/avro/install.ts';
import { RealKafka } from '../support/kafka/broker.ts';
import { readTopic } from '../support/kafka/reader.ts';
import { Apicurio } from '../support/registry/apicurio.ts';

const ORDER = JSON.stringify({
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'note', type: ['null', 'string'], default: null },
    { name: 'prices', type: { type: 'array', items: 'double' }, default: [] },
  ],
});

describe('schemas in a real Kafka', () => {
  let kafka: RealKafka;
  let apicurio: Apicurio;
  let avro: Oracle;

  before(async () => {
    const oracle = apacheAvro();
    assert.ok(typeof oracle !== 'string', JSON.stringify(oracle));
    avro = oracle;
    kafka = await RealKafka.start();
    apicurio = await Apicurio.start();
  });
  after(async () => {
    await apicurio.stop();
    await kafka.dispose();
  });

  async function schemaOf(id: number): Promise<string> {
    const response = await fetch(`${apicurio.url}/schemas/ids/${id}`);
    return ((await response.json()) as { schema: string }).schema;
  }

  /** Bytes in the notation of the reader, without magic and id; the id. */
  function unframed(field: string): { id: number; body: string } {
    const [, id = '', body = ''] = /^x00([0-9a-f]{8})([0-9a-f]*)$/.exec(field) ?? [];
    assert.notEqual(id, '', `no Confluent frame: ${field}`);
    return { id: Number.parseInt(id, 16), body };
  }

  /** What Apache Avro reads from the bytes, as Avro's JSON. */
  async function decoded(schema: string, bodies: readonly string[]): Promise<unknown[]> {
    const compact = JSON.stringify(JSON.parse(schema));
    const answers = await ask(
      avro,
      bodies.map((body) => `${compact}\tshow:${body}`),
    );
    return answers.map((answer) => JSON.parse(answer) as unknown);
  }

  for (const engine of ['wasm', 'typescript'] as const) {
    it(`are registered, and what is stored is what Apache Avro reads, by the ${engine} engine`, async () => {
      const topic = `orders-${engine}`;
      await kafka.createTopic(topic, { partitions: 1 });
      const properties = {
        brokerList: kafka.address,
        topic,
        avroSchema: ORDER,
        keyAvroSchema: '"string"',
        schemaRegistryUrl: `http://127.0.0.1:1,${apicurio.url}`,
      };
      const unknown = await openKafkaOutput(properties, { engine, settings: {} }).catch((error: unknown) => error);
      assert.ok(unknown instanceof KafkaHotpathError);
      assert.equal(unknown.code, 'ERR_REGISTRY_NOT_FOUND');

      const registering = { ...properties, schemaRegistryAutoRegister: true };
      const output = await openKafkaOutput(registering, { engine, settings: {} });
      const reports = await output.send([
        message({ key: 'a', value: { id: 9007199254740993n, note: 'ä', prices: [1.5] } }),
        '{"id":-1,"prices":[]}',
        message({ key: 'b', value: { id: 'no' } }),
        message({ key: 'c', value: null }),
      ]);
      await output.close();
      assert.deepEqual(
        [...reports].map(({ status }) => status),
        ['persisted', 'persisted', 'notPersisted', 'persisted'],
      );

      const stored = await readTopic(kafka, topic);
      const bodies = stored.filter(({ value }) => value !== '-').map(({ value }) => unframed(value));
      const [{ id } = { id: 0 }] = bodies;
      assert.ok(bodies.every((one) => one.id === id));
      const schema = await schemaOf(id);
      assert.deepEqual(JSON.parse(schema), JSON.parse(ORDER));
      const [first, second] = await decoded(
        schema,
        bodies.map(({ body }) => body),
      );
      assert.deepEqual(second, { id: -1, note: null, prices: [] });
      // JSON.parse rounds the id; its bytes are compared as they are.
      assert.deepEqual({ ...(first as object), id: 0 }, { id: 0, note: { string: 'ä' }, prices: [1.5] });
      assert.equal(bodies[0]?.body.slice(0, 16), '8280808080808020');
      const keys = stored.filter(({ key }) => key !== '-').map(({ key }) => unframed(key));
      assert.deepEqual(
        await decoded(
          await schemaOf(keys[0]?.id ?? 0),
          keys.map(({ body }) => body),
        ),
        ['a', 'c'],
      );
      assert.notEqual(keys[0]?.id, id);
      assert.equal(stored.at(-1)?.value, '-');

      const again = await openKafkaOutput(properties, { engine, settings: {} });
      await again.send({ id: 1 });
      await again.close();
      assert.equal(unframed((await readTopic(kafka, topic)).at(-1)?.value ?? '').id, id);
    });
  }

  it('are refused by the registry as what they are', async () => {
    const properties = { brokerList: kafka.address, topic: 'none', schemaRegistryUrl: apicurio.url };
    const cases: [object, string][] = [
      [{ schemaId: 999_999 }, 'ERR_REGISTRY_NOT_FOUND'],
      [{ avroSchema: 'latest' }, 'ERR_REGISTRY_NOT_FOUND'],
      [{ avroSchema: '"int"', schemaRegistryUrl: apicurio.url.replace('/apis', '/nowhere') }, 'ERR_REGISTRY'],
    ];
    for (const [more, code] of cases) {
      const error: unknown = await openKafkaOutput({ ...properties, ...more }, { settings: {} }).catch(
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof KafkaHotpathError);
      assert.equal(error.code, code, error.message);
    }
  });

  it('of JSON go with their id, too', async () => {
    await kafka.createTopic('json', { partitions: 1 });
    // Apicurio knows it for a JSON Schema by its $schema only.
    const jsonSchema = '{"$schema":"http://json-schema.org/draft-07/schema#","title":"Order","type":"object"}';
    const id = await apicurio.register('json-value', jsonSchema, 'JSON');
    const properties = { brokerList: kafka.address, topic: 'json', jsonSchema, schemaRegistryUrl: apicurio.url };
    const output = await openKafkaOutput(properties, { settings: {} });
    await output.send({ a: 1 });
    await output.close();
    const [record] = await readTopic(kafka, 'json');
    const body = Buffer.from('{"a":1}').toString('hex');
    assert.deepEqual(unframed(record?.value ?? ''), { id, body });
  });
});
