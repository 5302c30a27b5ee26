/** The harness itself, with kafkajs as the writer: what it reads back is what was sent, also after a kill −9. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { QUICK_RESTART, RealKafka } from '../support/kafka/broker.ts';
import { describeField, describeHeaders, dumpBatches, readTopic } from '../support/kafka/reader.ts';

describe('a real Kafka', () => {
  let kafka: RealKafka;
  const big = Buffer.alloc(900_000, 'abc');

  before(async () => {
    kafka = await RealKafka.start(QUICK_RESTART);
  });
  after(async () => {
    await kafka.dispose();
  });

  async function send(topic: string, value: Buffer | null): Promise<void> {
    const producer = new Kafka({ brokers: [kafka.address], logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    const headers = { näme: Buffer.from([0, 255]) };
    await producer.send({ topic, messages: [{ partition: 1, key: 'k', value, headers, timestamp: '1700000000000' }] });
    await producer.disconnect();
  }

  it('gives back the bytes of every field, null and empty apart', async () => {
    await kafka.createTopic('fields', { partitions: 2 });
    for (const value of [null, Buffer.alloc(0), Buffer.from([1, 2, 3]), big]) await send('fields', value);
    const records = await readTopic(kafka, 'fields');
    assert.deepEqual(
      records.map((record) => record.value),
      ['-', 'x', 'x010203', describeField(big)],
    );
    assert.deepEqual(records[0], {
      partition: 1,
      offset: 0,
      timestamp: 1_700_000_000_000,
      key: 'x6b',
      value: '-',
      headers: describeHeaders([['näme', Buffer.from([0, 255])]]),
    });
  });

  it('dumps the batches of its log, each with the verdict on its checksum', async () => {
    const batches = await dumpBatches(kafka, 'fields');
    assert.equal(batches.length, 4);
    assert.ok(batches.every((batch, index) => batch.isValid && batch.baseOffset === index && batch.count === 1));
  });

  it('keeps its data and its address over a kill and a restart', async () => {
    const address = kafka.address;
    await kafka.kill();
    await kafka.restart();
    assert.equal(kafka.address, address);
    await send('fields', Buffer.from('after'));
    const records = await readTopic(kafka, 'fields');
    assert.deepEqual(
      records.map((record) => record.offset),
      [0, 1, 2, 3, 4],
    );
  });
});
