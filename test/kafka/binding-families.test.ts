/** The samples of the Azure extension on a real Kafka: what each payload becomes, read by Kafka's own consumer. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type KafkaOutput, openKafkaOutput } from '../../src/index.ts';
import { type Expected, PAYLOAD_FAMILIES } from '../binding/families.ts';
import { RealKafka } from '../support/kafka/broker.ts';
import { describeField, describeHeaders, readTopic } from '../support/kafka/reader.ts';

function described([key, value, ...headers]: Expected): object {
  return { key: describeField(key), value: describeField(value), headers: describeHeaders(headers) };
}

describe('payloads of the samples on a real Kafka', () => {
  let kafka: RealKafka;
  const outputs = new Map<string, KafkaOutput>();
  before(async () => {
    kafka = await RealKafka.start();
    for (const engine of ['wasm', 'typescript'] as const) {
      await kafka.createTopic(engine, { partitions: 3 });
      const properties = { brokerList: kafka.address, topic: engine };
      outputs.set(engine, await openKafkaOutput(properties, { settings: {}, engine }));
    }
  });
  after(async () => {
    for (const output of outputs.values()) await output.close();
    await kafka.dispose();
  });

  for (const engine of ['wasm', 'typescript']) {
    it(`arrive as expected with the ${engine} engine`, async () => {
      const places = new Map<string, { name: string; expected: Expected }>();
      for (const { name, value, expected } of PAYLOAD_FAMILIES) {
        const reports = (await outputs.get(engine)!.send(value)).orThrow();
        assert.equal(reports.length, expected.length, name);
        for (const { index, partition, offset } of reports) {
          places.set(`${partition}/${offset}`, { name, expected: expected[index]! });
        }
      }
      const stored = await readTopic(kafka, engine);
      assert.equal(stored.length, places.size);
      for (const { partition, offset, key, value, headers } of stored) {
        const place = places.get(`${partition}/${offset}`);
        assert.ok(place !== undefined, `nobody sent ${partition}/${offset}`);
        assert.deepEqual({ key, value, headers }, described(place.expected), place.name);
      }
    });
  }
});
