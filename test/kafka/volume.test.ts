/**
 * 300 000 messages of every kind through each engine, read back by Kafka's own consumer: the same bytes, none missing,
 * none twice, in order, on the partition of their key, at the offset reported; and Kafka's own tool likes the log.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DeliveryReports, type KafkaOutput, openKafkaOutput } from '../../src/index.ts';
import { RealKafka } from '../support/kafka/broker.ts';
import { Corpus, type Expected } from '../support/kafka/corpus.ts';
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
      await checkTopic(kafka, topic, expected, reports);
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

async function checkTopic(
  kafka: RealKafka,
  topic: string,
  expected: readonly Expected[],
  reports: readonly DeliveryReports[],
): Promise<void> {
  const seen = new Uint8Array(expected.length);
  const lastOfKey = new Map<string, number>();
  const report = (id: number) => reports[Math.floor(id / SEND_MESSAGES)]?.at(id % SEND_MESSAGES);
  await visitTopic(kafka, topic, ({ partition, offset, ...record }) => {
    const id = idOf(record.headers);
    const wanted = expected[id];
    assert.ok(wanted !== undefined, `a record that was never sent: ${record.headers}`);
    assert.equal(seen[id], 0, `message ${id} is there twice`);
    seen[id] = 1;
    const { partition: keyPartition, ...fields } = wanted;
    if (!isSame(record, fields)) assert.deepEqual(record, fields);
    if (keyPartition !== -1) {
      assert.equal(partition, keyPartition, `message ${id} is not on the partition of its key`);
      assert.ok(id > (lastOfKey.get(record.key) ?? -1), `message ${id} overtook another of its key`);
      lastOfKey.set(record.key, id);
    }
    const said = report(id);
    assert.equal(said?.status, 'persisted');
    assert.deepEqual([said.partition, said.offset], [partition, offset]);
  });
  assert.equal(seen.indexOf(0), -1, 'a message is missing');
}

/** assert.deepEqual alone would take a minute for so many. */
function isSame(a: Omit<Expected, 'partition'>, b: Omit<Expected, 'partition'>): boolean {
  return a.key === b.key && a.value === b.value && a.headers === b.headers && a.timestamp === b.timestamp;
}

/** The first header is `id=<number in hex digits>;`. */
function idOf(headers: string): number {
  const [, hex = ''] = /^6964=x([0-9a-f]+);/.exec(headers) ?? [];
  return Number(Buffer.from(hex, 'hex').toString());
}
