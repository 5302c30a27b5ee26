/** Measures what reports keep alive: `node --expose-gc --import tsx fates-child.ts chain|culprits`. */
import { KafkaHotpathError } from '../../src/errors.ts';
import type { DeliveryReports } from '../../src/producer/api.ts';
import { Delivery } from '../../src/producer/delivery.ts';
import { BatchFate, FateLedger } from '../../src/producer/fates.ts';
import { answer } from './fake-cluster.ts';
import { openBench, runUntilSettled } from './harness.ts';
import { settle } from './manual-clock.ts';

const { gc } = globalThis as unknown as { gc: () => void };

/** After everything dead is gone. */
async function used(): Promise<NodeJS.MemoryUsage> {
  for (let round = 0; round < 4; round++) {
    await settle();
    gc();
  }
  return process.memoryUsage();
}

const PARTITIONS = 8;
const PER_PARTITION = 100;

/** One report is kept; then every batch that is sent has to be split once. */
async function chain(): Promise<number> {
  const { clock, cluster, events, send } = openBench({}, PARTITIONS);
  const kept: DeliveryReports = await runUntilSettled(clock, send('kept'));
  cluster.onProduce = (call) => {
    // The topic takes batches of up to 2 000 bytes. Nothing is stored, so that the fake cluster does not grow.
    call.respond(call.map((_, { batch }) => (batch.length > 2_000 ? answer(10, -1) : answer(0, 0))));
    cluster.calls.length = 0;
  };
  const messages = Array.from({ length: PARTITIONS * PER_PARTITION }, (_, index) => ({
    value: 'v'.repeat(20),
    partition: index % PARTITIONS,
  }));
  const sendAll = async (rounds: number): Promise<void> => {
    for (let round = 0; round < rounds; round++) await runUntilSettled(clock, send(...messages));
    events.length = 0;
  };
  await sendAll(100);
  const before = await used();
  await sendAll(2_000);
  const after = await used();
  if (kept.length !== 1) throw new Error('the report is gone');
  return after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
}

/** A batch loses its first record again and again, as when a broker names one invalid record at a time. */
async function culprits(): Promise<number> {
  const count = 2_000;
  const ledger = new FateLedger();
  const error = new KafkaHotpathError('ERR_BROKER', 'invalid');
  const before = await used();
  const delivery = new Delivery('orders', count, ledger, { pendingCount: 0, onEmpty: undefined }, 0);
  let fate = new BatchFate(ledger, 0);
  for (let index = 0; index < count; index++) delivery.join(index, fate);
  for (let left = count; left > 2; left--) {
    const [dropped, rest] = fate.divide(ledger, (position) => position === 0);
    dropped.fail('notPersisted', error);
    fate = rest;
  }
  fate.persist(100, -1, 0);
  const reports = await delivery.promise;
  if (reports.persistedCount !== 2) throw new Error(`${reports.persistedCount} are persisted`);
  const after = await used();
  if (reports.at(count - 1)?.offset !== 101) throw new Error('the report is gone');
  return after.arrayBuffers - before.arrayBuffers;
}

const keptBytes = await (process.argv[2] === 'chain' ? chain() : culprits());
console.log(JSON.stringify({ keptBytes }));
