/**
 * 200 000 messages in idempotent mode while the broker is killed with −9 and started again, twice. The moments are
 * counts of messages, not times. Afterwards the log is held against the reports, message by message.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DeliveryReports, type KafkaOutput, message, openKafkaOutput } from '../../src/index.ts';
import { QUICK_RESTART, RealKafka } from '../support/kafka/broker.ts';
import { dumpBatches, readTopic } from '../support/kafka/reader.ts';

const MESSAGES = 200_000;
const SEND_MESSAGES = 500;
const SENDS_IN_FLIGHT = 20;
const PARTITIONS = 4;
/** The broker dies when so many messages have their report. */
const KILLS_AT = [50_000, 120_000];
const TOPIC = 'idempotence';

describe('idempotent sending through two crashes of the broker', { timeout: 600_000 }, () => {
  let kafka: RealKafka;
  let reports: DeliveryReports[];

  before(async () => {
    kafka = await RealKafka.start(QUICK_RESTART);
    await kafka.createTopic(TOPIC, { partitions: PARTITIONS });
  });
  after(async () => {
    await kafka.dispose();
  });

  it('gives every message exactly one report', async () => {
    const output = await openKafkaOutput({
      brokerList: kafka.address,
      topic: TOPIC,
      enableIdempotence: true,
      maxRetries: 2_147_483_647,
    });
    reports = await sendThroughCrashes(kafka, output);
    assert.ok(output.stats.retries > 0, 'the crashes met no batch on its way');
    await output.close();
    assert.equal(
      reports.reduce((sum, { length }) => sum + length, 0),
      MESSAGES,
    );
  });

  it('stored the persisted ones exactly once, where the report says, and the others never twice', async () => {
    const stored = new Map<number, { partition: number; offset: number }[]>();
    for (const { partition, offset, value } of await readTopic(kafka, TOPIC)) {
      const id = Number(Buffer.from(value.slice(1), 'hex').toString().trim());
      stored.set(id, [...(stored.get(id) ?? []), { partition, offset }]);
    }
    const counts = { persisted: 0, notPersisted: 0, possiblyPersisted: 0 };
    for (const [index, group] of reports.entries()) {
      for (const report of group) {
        const id = index * SEND_MESSAGES + report.index;
        counts[report.status]++;
        const { partition, offset } = report;
        const places = stored.get(id) ?? [];
        stored.delete(id);
        if (report.status === 'persisted') {
          // The broker may have known a resent batch without knowing its offset any more.
          const expected = offset === -1 ? { partition, offset: places[0]?.offset } : { partition, offset };
          assert.deepEqual(places, [expected], `message ${id}`);
        } else if (report.status === 'notPersisted') {
          assert.deepEqual(places, [], `message ${id}: ${report.error?.message ?? ''}`);
        } else {
          assert.ok(places.length <= 1, `message ${id} is there ${places.length} times`);
        }
      }
    }
    assert.equal(stored.size, 0, 'records that were never sent');
    // With endless retries and a broker that comes back, nothing has a reason to fail.
    assert.deepEqual(counts, { persisted: MESSAGES, notPersisted: 0, possiblyPersisted: 0 });
  });

  it('kept the order of each key', async () => {
    const last = new Map<string, number>();
    for (const { key, value } of await readTopic(kafka, TOPIC)) {
      const id = Number(Buffer.from(value.slice(1), 'hex').toString().trim());
      assert.ok(id > (last.get(key) ?? -1), `message ${id} overtook another of its key`);
      last.set(key, id);
    }
  });

  it('left a log that Kafka’s dump tool finds valid, every batch with its producer', async () => {
    const batches = await dumpBatches(kafka, TOPIC);
    assert.deepEqual(
      batches.filter(({ isValid, producerId, baseSequence }) => !isValid || producerId < 0 || baseSequence < 0),
      [],
    );
  });
});

async function sendThroughCrashes(kafka: RealKafka, output: KafkaOutput): Promise<DeliveryReports[]> {
  const sends: Promise<DeliveryReports>[] = [];
  const kills = [...KILLS_AT];
  let reported = 0;
  let crash: Promise<void> = Promise.resolve();
  const count = (reports: DeliveryReports): DeliveryReports => {
    reported += reports.length;
    const at = kills[0];
    if (at !== undefined && reported >= at) {
      kills.shift();
      crash = crash.then(() => kafka.kill()).then(() => kafka.restart());
    }
    return reports;
  };
  for (let first = 0; first < MESSAGES; first += SEND_MESSAGES) {
    const values = Array.from({ length: SEND_MESSAGES }, (_, index) =>
      message({ key: `key-${(first + index) % 97}`, value: String(first + index).padEnd(60) }),
    );
    sends.push(output.send(values).then(count));
    await sends[sends.length - SENDS_IN_FLIGHT];
  }
  const reports = await Promise.all(sends);
  await crash;
  assert.equal(kills.length, 0);
  return reports;
}
