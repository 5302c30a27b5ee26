/**
 * F53–F55: the WebAssembly engine fails inside, or its memory, and the producer loses nothing. The judge is a run with
 * the TypeScript engine: the same messages must leave as the same bytes, in the same order, with the same reports.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Accumulator, Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/select.ts';
import * as map from '../../src/engine/wasm/memory-map.ts';
import type { DeliveryReports, ProducerConfig, ProducerStats } from '../../src/producer/api.ts';
import { readRecordBatches } from '../../src/protocol/record-batch-reader.ts';
import { MODES, nameOf } from '../support/modes.ts';
import { FakePartition } from './fake-cluster.ts';
import { type FaultPlan, FaultyEngine } from './faulty-engine.ts';
import {
  ArraySource,
  type Bench,
  IDEMPOTENT,
  openBench,
  runUntilSettled,
  statuses,
  type TestMessage,
} from './harness.ts';

const CONFIG = { lingerMs: 50, batchRecordsMax: 7, recordBytesMax: 4_000 };
const OTHER = 'invoices';

/** Every way a field can be staged, keyed and keyless, in and out of the size rule. */
function message(id: number): TestMessage {
  const value = `value ${id} ü`;
  switch (id % 10) {
    case 0:
      return { key: `key ${id % 7}`, value };
    case 1:
      return { value: Buffer.from(value), partition: id % 3 };
    case 2:
      return { key: Buffer.from([id & 0xff, 0xff]), value: 'ß'.repeat(600 + id), headers: ['h', 'x', 'null', null] };
    case 3:
      return { key: `half of a pair \ud83d`, value: '\ude00', headers: ['ü', Buffer.from([1, 2])] };
    case 4:
      return { value, headers: Array.from({ length: 140 }, (_, i) => (i % 2 === 0 ? `n${i}` : `v${i}`)) };
    case 5:
      return { key: `too large ${id}`, value: 'x'.repeat(5_000) };
    case 6:
      return { key: 'k', value: null, timestamp: 1_699_999_999_999 - id };
    case 7:
      return { value: '', key: '', timestamp: id };
    case 8:
      return { key: 'k'.repeat(700), value: Buffer.alloc(900, id) };
    default:
      return { value, bad: id % 20 === 9, partition: 2 };
  }
}

interface Outcome {
  reports: DeliveryReports[];
  /** Every batch as written, with where it went. */
  written: [string, string][];
  stats: ProducerStats;
  fallbacks: number;
  bench: Bench;
}

/** Five sends to two topics, so that a fault finds buffers open from earlier ones. */
async function run(engine: Engine, config: Partial<ProducerConfig> = {}): Promise<Outcome> {
  const bench = openBench({ ...CONFIG, ...config }, 3, engine);
  const { producer, cluster, clock, events } = bench;
  cluster.topics.set(OTHER, [new FakePartition(), new FakePartition()]);
  await producer.prepare('orders');
  await producer.prepare(OTHER);
  const sends: Promise<DeliveryReports>[] = [];
  let id = 0;
  for (const [topic, count] of [
    ['orders', 9],
    [OTHER, 11],
    ['orders', 25],
    [OTHER, 4],
    ['orders', 21],
  ] as const) {
    const messages = Array.from({ length: count }, () => message(id++));
    sends.push(producer.produce(topic, new ArraySource(messages)));
    await clock.advance(10);
  }
  const reports = await runUntilSettled(clock, Promise.all(sends));
  await runUntilSettled(clock, producer.close());
  return {
    reports,
    written: cluster.calls.flatMap(({ batches }) =>
      batches.map(([name, bytes]): [string, string] => [name, Buffer.from(bytes).toString('hex')]),
    ),
    stats: producer.stats,
    fallbacks: events.filter(({ type }) => type === 'engineFallback').length,
    bench,
  };
}

function assertSame(actual: Outcome, expected: Outcome, hint: string): void {
  assert.deepEqual(actual.written, expected.written, hint);
  assert.deepEqual(
    actual.reports.map((send) => send.toJSON()),
    expected.reports.map((send) => send.toJSON()),
    hint,
  );
  assert.deepEqual(actual.stats, expected.stats, hint);
}

const KINDS: [string, Partial<ProducerConfig>][] = [
  ['wasm, idempotence off', {}],
  ['wasm, idempotence on, murmur2', { ...IDEMPOTENT, partitioner: 'murmur2_random' }],
  ['wasm, idempotence off, one batch for all', { batchRecordsMax: 10_000, recordBytesMax: 4_000 }],
];

for (const [name, config] of KINDS) {
  describe(`F53 a failing engine, ${name}`, () => {
    it('is replaced at whichever record append traps, and every byte is what it would have been', async () => {
      const expected = await run(openEngine('typescript'), config);
      assert.equal(expected.fallbacks, 0);
      // 64 of the 70 messages reach the engine: the others are bad or name a partition that is not there.
      let trapped = 0;
      for (let record = 0; record < 70; record++) {
        const step = record % 2 === 0 ? 'measuring' : 'writing';
        const actual = await run(new FaultyEngine({ appendAt: { record, while: step } }), config);
        assertSame(actual, expected, `record ${record}, ${step}`);
        trapped += actual.fallbacks;
      }
      assert.equal(trapped, 64);
    });

    it('is replaced at whichever batch close traps', async () => {
      const expected = await run(openEngine('typescript'), config);
      let trapped = 0;
      for (let batch = 0; batch < 20; batch++) {
        const actual = await run(new FaultyEngine({ closeAt: { batch, when: 'entered' } }), config);
        assertSame(actual, expected, `batch ${batch}`);
        trapped += actual.fallbacks;
      }
      assert.equal(trapped, Math.min(20, expected.written.length));
    });
  });
}

/** What must hold when records were damaged: a report for each, and what is reported persisted is there, once. */
function assertHonest({ reports, bench }: Outcome): { lost: number } {
  let lost = 0;
  const stored = new Map<string, number>();
  for (const [topic, partitions] of bench.cluster.topics) {
    for (const [partition, { records }] of partitions.entries()) stored.set(`${topic}-${partition}`, records.length);
  }
  const persisted = new Map<string, number>();
  for (const report of reports.flatMap((send) => [...send])) {
    const place = `${report.topic}-${report.partition}`;
    if (report.status === 'persisted') persisted.set(place, (persisted.get(place) ?? 0) + 1);
    if (report.error?.code !== 'ERR_ENGINE') continue;
    assert.equal(report.status, 'notPersisted');
    assert.match(report.error.message, /failed inside: .*; the message could not be read back/);
    lost += 1;
  }
  for (const [place, count] of stored) assert.equal(persisted.get(place) ?? 0, count, place);
  assert.equal(bench.producer.stats.queuedMessages, 0);
  assert.equal(bench.producer.stats.queuedBytes, 0);
  return { lost };
}

describe('what a fault has damaged', () => {
  const atRecord = 30;

  async function lostWith(damage: NonNullable<FaultPlan['damage']>): Promise<number> {
    const engine = new FaultyEngine({ appendAt: { record: atRecord, while: 'writing' }, damage });
    const outcome = await run(engine);
    assert.equal(outcome.fallbacks, 1);
    return assertHonest(outcome).lost;
  }

  it('is reported when a slot is empty that had records, and the other buffers go on', async () => {
    const outcome = await run(new FaultyEngine({ closeAt: { batch: 0, when: 'emptied' } }));
    const { lost } = assertHonest(outcome);
    assert.ok(lost >= 1 && lost <= 7, `${lost} messages lost`);
    assert.ok(outcome.stats.persistedMessages > 40);
  });

  it('is reported when a record in a buffer does not parse', async () => {
    const lost = await lostWith((memory) => {
      for (let slot = 0; slot < 5; slot++) {
        const chunk = memory.getUint32(map.SLOTS + slot * map.SLOT_STRIDE + map.SLOT_CHUNK, true);
        if (chunk > 0) memory.setUint8(chunk + 61 + 1, 0x55);
      }
    });
    assert.ok(lost > 0 && lost < 40, `${lost} messages lost`);
  });

  it('is reported when sound records stand in a buffer that are not its own', async () => {
    const lost = await lostWith((memory) => {
      // Every slot becomes a copy of the fullest one.
      const slots = [0, 1, 2, 3, 4].map((slot) => map.SLOTS + slot * map.SLOT_STRIDE);
      const count = (slot: number): number => memory.getUint32(slot + map.SLOT_RECORD_COUNT, true);
      const [fullest] = slots.toSorted((a, b) => count(b) - count(a));
      for (const slot of slots) {
        for (let word = 0; word < map.SLOT_STRIDE; word += 4) {
          memory.setUint32(slot + word, memory.getUint32(fullest! + word, true), true);
        }
      }
    });
    assert.ok(lost > 0 && lost < 40, `${lost} messages lost`);
  });

  it('is reported when the chunk of a buffer lies outside the memory', async () => {
    const lost = await lostWith((memory) => {
      for (let slot = 0; slot < 5; slot++) {
        memory.setUint32(map.SLOTS + slot * map.SLOT_STRIDE + map.SLOT_CHUNK, 0xffff_fff0, true);
      }
    });
    assert.ok(lost > 0 && lost < 40, `${lost} messages lost`);
  });

  for (const [word, name] of [
    [map.TAPE_KEY, 'key'],
    [map.TAPE_VALUE, 'value'],
    [map.TAPE_TEXT, 'text position'],
    [map.TAPE_BYTES, 'position of bytes'],
    [map.TAPE_HEADER_COUNT, 'header count'],
    [map.TAPE_PARTITION, 'partition'],
  ] as const) {
    it(`is reported when the tape's ${name} cannot be what was staged`, async () => {
      const lost = await lostWith((memory) => {
        for (let entry = 0; entry < 30; entry++) {
          memory.setUint32(map.TAPE + entry * map.TAPE_STRIDE + word, 0x7fff_ffff, true);
        }
      });
      assert.ok(lost > 0 && lost <= 25, `${lost} messages lost`);
    });
  }
});

const LARGE_VALUE = Buffer.alloc(30_000, 7);
const LARGE = { recordBytesMax: 100_000, batchRecordsMax: 10 };

describe('F54 memory that does not grow makes batches leave early, and nothing is lost', () => {
  async function runLarge(engine: Engine, config: Partial<ProducerConfig>): Promise<Outcome> {
    const bench = openBench({ ...LARGE, lingerMs: 50, ...config }, 60, engine);
    await bench.producer.prepare('orders');
    const messageOf = (i: number, k: number): TestMessage => ({
      value: LARGE_VALUE,
      partition: (i * 15 + k) % 60,
      timestamp: i * k,
    });
    const sends = Array.from({ length: 8 }, (_, i) =>
      bench.send(...Array.from({ length: 15 }, (_, k) => messageOf(i, k))),
    );
    const reports = await runUntilSettled(bench.clock, Promise.all(sends));
    const written = bench.cluster.calls.flatMap(({ batches }) => batches.map(([name]): [string, string] => [name, '']));
    const fallbacks = bench.events.filter(({ type }) => type === 'engineFallback').length;
    return { reports, written, stats: bench.producer.stats, fallbacks, bench };
  }

  for (const mode of MODES.filter(({ engine }) => engine === 'wasm')) {
    it(nameOf(mode), async () => {
      const engine = new FaultyEngine({ memoryBytesMax: 4_194_304 });
      const config = mode.idempotent ? IDEMPOTENT : {};
      const outcome = await runLarge(engine, config);
      const free = await runLarge(new FaultyEngine({}), config);
      assert.ok(outcome.written.length > free.written.length, 'batches left early');
      assert.ok(engine.accumulators[0]!.memoryBytes <= 4_194_304);
      assert.equal(outcome.fallbacks, 0);
      assert.ok(outcome.reports.every((send) => statuses(send).every((status) => status === 'persisted')));
      for (const partition of outcome.bench.cluster.topics.get('orders')!) assert.equal(partition.records.length, 2);
    });
  }
});

describe('F55 memory that grows leaves what is being written as it is', () => {
  for (const mode of MODES) {
    it(nameOf(mode), async () => {
      const engine = openEngine(mode.engine);
      const accumulators: Accumulator[] = [];
      const open = engine.openAccumulator.bind(engine);
      engine.openAccumulator = (options) => {
        const accumulator = open(options);
        accumulators.push(accumulator);
        return accumulator;
      };
      const bench = openBench({ ...LARGE, lingerMs: 0, ...(mode.idempotent ? IDEMPOTENT : {}) }, 60, engine);
      await bench.producer.prepare('orders');
      bench.cluster.onProduce = () => undefined;
      const first = bench.send({ value: LARGE_VALUE, partition: 0 });
      await bench.clock.advance(1);
      const [call] = bench.cluster.calls;
      const before = accumulators[0]!.memoryBytes;
      const others = Array.from({ length: 118 }, (_, i) => ({ value: LARGE_VALUE, partition: 1 + (i % 59) }));
      const later = bench.send(...others);
      await bench.clock.advance(1);
      assert.ok(accumulators[0]!.memoryBytes > before, 'the memory has grown');
      const pending = call!.request.topics[0]!.partitions[0]!.batch;
      assert.deepEqual(Buffer.from(pending), Buffer.from(call!.batches[0]![1]));
      assert.equal(readRecordBatches(pending)[0]!.records.length, 1);
      bench.cluster.onProduce = (later) => {
        later.respond(later.append());
      };
      for (const waiting of [...bench.cluster.open]) waiting.respond(waiting.append());
      const reports = await runUntilSettled(bench.clock, Promise.all([first, later]));
      assert.ok(reports.every((send) => statuses(send).every((status) => status === 'persisted')));
    });
  }
});
