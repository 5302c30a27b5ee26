/**
 * 300 000 messages of every kind through each engine, read back by Kafka's own consumer: the same bytes, none missing,
 * none twice, in order, on the partition of their key, at the offset reported; and Kafka's own tool likes the log.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DeliveryReports, type KafkaOutput, openKafkaOutput } from '../../src/index.ts';
import { RealKafka } from '../support/kafka/broker.ts';
import { Corpus, type Expected } from '../support/kafka/corpus.ts';
import { Ledger } from '../support/kafka/ledger.ts';
import { dumpBatches, visitTopic } from '../support/kafka/reader.ts';

const MESSAGES = Number(process.env['KAFKA_HOTPATH_TEST_MESSAGES'] ?? 300_000);
const SEND_MESSAGES = 1000;
const SENDS_IN_FLIGHT = 8;
const PARTITIONS = 6;

describe(`${MESSAGES} messages on a real Kafka`, { timeout: 600_000 }, () => {
  let kafka: RealKafka;

  before(async () => {
    kafka = await RealKafka.start();
  });
  after(async () => {
    await kafka.dispose();
  });

  for (const engine of ['wasm', 'typescript'] as const) {
    it(`are all there, ${engine} engine`, async () => {
      const topic = `volume-${engine}`;
      await kafka.createTopic(topic, { partitions: PARTITIONS });
      const output = await openKafkaOutput({ brokerList: kafka.address, topic }, { engine });
      assert.equal(output.engine.kind, engine);
      const { expected, reports } = await sendAll(output, engine === 'wasm' ? 11 : 12);
      await output.close();
      const ledger = new Ledger(expected, (id) => reports[Math.floor(id / SEND_MESSAGES)]?.at(id % SEND_MESSAGES));
      await visitTopic(kafka, topic, (record) => {
        ledger.enter(record);
      });
      ledger.close();
    });

    it(`make a log that Kafka's dump tool finds valid, ${engine} engine`, async () => {
      const batches = await dumpBatches(kafka, `volume-${engine}`);
      assert.equal(
        batches.reduce((sum, { count }) => sum + count, 0),
        MESSAGES,
      );
      assert.deepEqual(
        batches.filter(({ isValid, producerId }) => !isValid || producerId !== -1),
        [],
      );
    });
  }
});

/** Sends in order, with several calls under way, and gathers the reports in that order. */
async function sendAll(
  output: KafkaOutput,
  seed: number,
): Promise<{ expected: Expected[]; reports: DeliveryReports[] }> {
  const corpus = new Corpus({ seed, partitions: PARTITIONS });
  const expected: Expected[] = [];
  const sends: Promise<DeliveryReports>[] = [];
  while (expected.length < MESSAGES) {
    const made = Array.from({ length: Math.min(SEND_MESSAGES, MESSAGES - expected.length) }, () => corpus.next());
    expected.push(...made.map((one) => one.expected));
    sends.push(output.send(made.map((one) => one.message)));
    await sends[sends.length - SENDS_IN_FLIGHT];
  }
  return { expected, reports: await Promise.all(sends) };
}
