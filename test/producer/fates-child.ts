/** Measures what reports keep alive: `node --expose-gc --import tsx fates-child.ts chain|culprits`. */
import type { DeliveryReports } from '../../src/producer/api.ts';
import { answer } from './fake-cluster.ts';
import { openBench, runUntilSettled } from './harness.ts';
import { settle } from './manual-clock.ts';
import { divideOneByOne } from './one-by-one.ts';

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

async function culprits(): Promise<number> {
  const count = 2_000;
  const before = await used();
  const reports = await divideOneByOne(count);
  if (reports.persistedCount !== 2) throw new Error(`${reports.persistedCount} are persisted`);
  const after = await used();
  if (reports.at(count - 1)?.offset !== 101) throw new Error('the report is gone');
  return after.arrayBuffers - before.arrayBuffers;
}

const keptBytes = await (process.argv[2] === 'chain' ? chain() : culprits());
console.log(JSON.stringify({ keptBytes }));
