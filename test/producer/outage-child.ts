/**
 * Run by outage.test.ts in a process of its own: `outage-child.ts ENGINE`. An hour of virtual time without a broker
 * that answers, with and without idempotence, while more is handed over all the time than the queue takes. Prints what
 * was in use after each ten minutes, once garbage is collected: [{ heapBytes, outsideBytes, queuedMessages }, …] per
 * mode; memory outside of the heap is where WebAssembly's is, and that of batches.
 */
import { type EngineChoice, openEngine } from '../../src/engine/select.ts';
import { openBench, runUntilSettled, TOPIC } from './harness.ts';

const OUTAGE_SECONDS = 3_600;
const PART_SECONDS = 600;
const STEP_SECONDS = 3;

interface InUse {
  heapBytes: number;
  outsideBytes: number;
  queuedMessages: number;
}

async function liveThrough(enableIdempotence: boolean): Promise<InUse[]> {
  const config = { enableIdempotence, queueMessagesMax: 2_000, messageTimeoutMs: 60_000, whenFull: 'fail' } as const;
  const { clock, cluster, events, producer, send } = openBench(
    { ...config, lingerMs: 5, maxRetries: 1_000_000 },
    2,
    openEngine(process.argv[2] as EngineChoice),
  );
  await runUntilSettled(clock, producer.prepare(TOPIC));
  let attempt = 0;
  cluster.onProduce = (call) => {
    // Some attempts never leave, of others nobody knows; what the double remembers is not the producer's.
    call.fail(attempt++ % 3 === 0);
    for (const remembered of [cluster.calls, cluster.disconnects, cluster.doubted]) remembered.length = 0;
  };
  const values = Array.from({ length: 200 }, (_, i) => ({ key: `${i}`, value: 'x'.repeat(1_000) }));
  const parts: InUse[] = [];
  for (let second = STEP_SECONDS; second <= OUTAGE_SECONDS; second += STEP_SECONDS) {
    void send(...values);
    await clock.advance(STEP_SECONDS * 1000);
    events.length = 0;
    if (second % PART_SECONDS === 0) parts.push(await inUse(producer.stats.queuedMessages));
  }
  await runUntilSettled(clock, producer.close({ timeoutMs: 0 }));
  return parts;
}

async function inUse(queuedMessages: number): Promise<InUse> {
  // Memory outside of the heap is let go a turn after its owner was collected.
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return { heapBytes: heapUsed, outsideBytes: external, queuedMessages };
}

process.stdout.write(JSON.stringify([await liveThrough(false), await liveThrough(true)]));
