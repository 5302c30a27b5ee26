/**
 * The limits of a cloud's Kafka, on a broker that has them: a producer that knows the cloud by its host keeps within
 * them, whatever it sends and however long it is silent; one that does not is told what happened to it.
 */
import assert from 'node:assert/strict';
import { afterEach, before, describe, it } from 'node:test';
import { resolveConfig } from '../../src/binding/config.ts';
import { openTransport } from '../../src/binding/open-producer.ts';
import { type BrokerProfile, type EmbeddedBroker, startBroker } from '../../src/broker/index.ts';
import { openEngine } from '../../src/engine/select.ts';
import { type KafkaOutput, message, openKafkaOutput, type ProducerEvent } from '../../src/index.ts';
import { createProducer } from '../../src/producer/producer.ts';
import { ManualClock } from '../producer/manual-clock.ts';
import { Random } from '../support/random.ts';
import { makePki, type Pki, withoutOpenssl } from '../transport/pki.ts';
import { API_KEY, API_SECRET, CLOUD_NAMES, CONNECTION_STRING, loopback, startCloud } from './cloud-broker.ts';

const TOPIC = 'orders';
const HUBS_REQUEST_BYTES = 1_046_528;
const IDLE_MS = 240_000;
/** Beyond any name of a client: what the broker counts and the body of the request does not. */
const HEADER_BYTES = 64;

const LOGINS = {
  azureEventHubs: { password: CONNECTION_STRING },
  confluentCloud: { username: API_KEY, password: API_SECRET },
} as const;

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** The bytes of each Produce request's body as they come. */
function watchSizes(broker: EmbeddedBroker): number[] {
  const sizes: number[] = [];
  broker.control.onRequest(({ produce, body }) => {
    if (produce !== undefined) sizes.push(body.length);
    return undefined;
  });
  return sizes;
}

function reasonsOf(events: readonly ProducerEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'disconnected' ? [event.reason] : []));
}

interface Opened {
  output: KafkaOutput;
  clock: ManualClock;
  events: ProducerEvent[];
}

/** An output whose producer and connections live by a clock of the test. */
async function openOnClock(properties: object, ca: string | undefined, clock: ManualClock): Promise<Opened> {
  const events: ProducerEvent[] = [];
  const all = { topic: TOPIC, lingerMs: 0, ...properties, ...(ca === undefined ? {} : { sslCaPEM: ca }) };
  const config = resolveConfig(all, {});
  const producer = createProducer({
    transport: openTransport(config, { createTopic: false, lookup: loopback, clock }),
    engine: openEngine(),
    config: config.producer,
    clock,
    onEvent: (event) => events.push(event),
  });
  const output = await openKafkaOutput(all, { settings: {}, producer });
  undo.push(() => output.close());
  return { output, clock, events };
}

describe('a producer that knows the cloud', { skip: withoutOpenssl }, () => {
  let pki: Pki;
  before(() => {
    pki = makePki(CLOUD_NAMES);
  });

  it('sends Event Hubs no request over 1 046 528 bytes', async () => {
    const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000);
    console.log(`TEST_SEED=${seed}`);
    const random = new Random(seed);
    const topics = [{ name: TOPIC, partitions: 400 }];
    const { broker, brokerList, log } = await startCloud('azureEventHubs', pki, { topics });
    undo.push(() => broker.close());
    const sizes = watchSizes(broker);
    const events: ProducerEvent[] = [];
    const output = await openKafkaOutput(
      // Without a linger every partition is due when the turn ends; with one, a part of them may be a moment earlier.
      { brokerList, topic: TOPIC, maxMessageBytes: 2, lingerMs: 0, sslCaPEM: pki.ca, ...LOGINS.azureEventHubs },
      { settings: {}, lookup: loopback, onEvent: (event) => events.push(event) },
    );
    undo.push(() => output.close());
    assert.equal(output.config.provider, 'azureEventHubs');
    const { recordBytesMax } = output.config.producer;
    // Partitions by the hundred, where the fields beside the batches weigh the most; then messages around the limit.
    const many = (length: number): unknown =>
      Array.from({ length: 400 }, (_, partition) => message({ partition, value: Buffer.alloc(length, partition) }));
    const large = [0, -1, -30, -100, -1000].map((less) => Buffer.alloc(recordBytesMax - 36 + less));
    const mixed = Array.from({ length: 60 }, () => Buffer.alloc(random.below(random.pick([100, 30_000, 600_000]))));
    for (const values of [many(2_530), many(2_600), many(3_000), many(100), large, mixed]) {
      (await output.send(values)).orThrow();
    }
    const largest = Math.max(...sizes) + HEADER_BYTES;
    assert.ok(largest <= HUBS_REQUEST_BYTES, `${largest} bytes`);
    assert.ok(largest > HUBS_REQUEST_BYTES - 1_000, `only ${largest} bytes: nothing came near the limit`);
    assert.ok(
      sizes.some((size) => size > 1_000_000 && size < 1_045_000),
      'requests of many batches are filled, too',
    );
    const refused = await output.send(Buffer.alloc(recordBytesMax - 35));
    assert.equal(refused.at(0)?.error?.code, 'ERR_MSG_SIZE_TOO_LARGE');
    assert.deepEqual([log, reasonsOf(events)], [[], []]);
  });

  for (const profile of ['azureEventHubs', 'confluentCloud'] as const satisfies readonly BrokerProfile[]) {
    it(`leaves ${profile} no connection that is silent for 240 s`, async () => {
      const clock = new ManualClock();
      const topics = [{ name: TOPIC, partitions: 2 }];
      const { broker, brokerList, log } = await startCloud(profile, pki, {
        topics,
        brokers: 2,
        now: () => Date.parse('2026-01-01') + clock.now(),
      });
      undo.push(() => broker.close());
      const { output, events } = await openOnClock({ brokerList, ...LOGINS[profile] }, pki.ca, clock);
      const sendTo = async (partition: number): Promise<void> => {
        (await output.send(message({ partition, value: 'x', timestamp: Date.parse('2026-01-01') }))).orThrow();
      };
      for (let round = 0; round < 3; round++) {
        await sendTo(0);
        await sendTo(1);
        assert.ok(broker.connections >= 2, `${broker.connections} connections`);
        const closedBefore = reasonsOf(events).length;
        // The first node stays in use, the second falls silent.
        for (let passedMs = 0; passedMs < IDLE_MS; passedMs += 30_000) {
          await clock.advance(30_000);
          if (passedMs < 60_000) await sendTo(0);
          if (passedMs === 180_000) {
            assert.ok(reasonsOf(events).length > closedBefore, 'still open after 180 s');
            await broker.control.waitFor(() => broker.connections <= 1);
          }
          assert.equal(broker.control.closeIdleConnections(), 0);
        }
        await clock.advance(60_000);
        await broker.control.waitFor(() => broker.connections === 0);
      }
      await sendTo(1);
      assert.equal(output.stats.retries, 0);
      assert.deepEqual(log, []);
      const reasons = reasonsOf(events);
      assert.ok(reasons.length >= 6);
      for (const reason of reasons)
        assert.match(reason, /closed after \d+ s without a request \(connectionsMaxIdleMs\)/);
    });
  }
});

describe('a producer that does not know it', () => {
  it('is told that a large request may be why its connection ends', async () => {
    const topics = [{ name: TOPIC, maxMessageBytes: 3_000_000 }];
    const broker = await startBroker({ profile: 'azureEventHubs', topics });
    undo.push(() => broker.close());
    const properties = { brokerList: broker.address, topic: TOPIC, maxMessageBytes: 2, lingerMs: 0 };
    const output = await openKafkaOutput(properties, { settings: {} });
    undo.push(() => output.close());
    const reports = await output.send(['small', Buffer.alloc(1_500_000), 'small again']);
    const report = reports.at(1);
    assert.equal(report?.error?.code, 'ERR_TRANSPORT');
    assert.match(
      report.error.message,
      /the request had 15\d{5} bytes, and some brokers close .*1046528.*maxMessageBytes/,
    );
    assert.deepEqual([reports.at(0)?.status, reports.at(2)?.status], ['persisted', 'persisted']);
    const limited = await openKafkaOutput(properties, { settings: {}, requestBytesMax: HUBS_REQUEST_BYTES });
    undo.push(() => limited.close());
    assert.match(limited.config.warnings.join('\n'), /maxMessageBytes: 2000000 does not fit into a request of 1046528/);
    const refused = await limited.send(Buffer.alloc(1_500_000));
    assert.equal(refused.at(0)?.error?.code, 'ERR_MSG_SIZE_TOO_LARGE');
  });

  it('is told that silence may be why, and sends on', async () => {
    const clock = new ManualClock();
    const log: string[] = [];
    const broker = await startBroker({
      profile: 'azureEventHubs',
      topics: [{ name: TOPIC }],
      now: () => Date.parse('2026-01-01') + clock.now(),
      log: (line) => log.push(line),
    });
    undo.push(() => broker.close());
    const { output, events } = await openOnClock({ brokerList: broker.address }, undefined, clock);
    const value = message({ value: 'x', timestamp: Date.parse('2026-01-01') });
    (await output.send(value)).orThrow();
    const open = broker.connections;
    await clock.advance(IDLE_MS - 1);
    assert.equal(broker.control.closeIdleConnections(), 0);
    await clock.advance(1);
    assert.equal(broker.control.closeIdleConnections(), open);
    await broker.control.waitFor(() => broker.connections === 0);
    await clock.advance(0);
    assert.match(log.join('\n'), /silent for 240000 ms/);
    for (const reason of reasonsOf(events)) {
      assert.match(reason, /closed the connection after 240 s without a request; a connectionsMaxIdleMs below that/);
    }
    assert.equal(reasonsOf(events).length, open);
    (await output.send(value)).orThrow();
    assert.equal(output.stats.retries, 0);
  });
});
