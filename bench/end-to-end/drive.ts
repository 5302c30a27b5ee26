/**
 * One Node client in a process of its own: `drive.js adapter=URL NAME=VALUE…`. Its adapter says how a message looks
 * and how some are sent; payloads are made, and what can be is put into the client's own form, before the clock starts.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Random } from '../../test/support/random.ts';
import { textOf } from '../corpus.ts';
import { percentile } from '../statistics.ts';
import { type Figures, type Job, parseJob } from './job.ts';

export interface Adapter {
  message: (key: string | undefined, value: string) => unknown;
  /** Resolves when all are acknowledged, rejects when one is not. */
  send: (messages: unknown[]) => Promise<unknown>;
  close: () => Promise<unknown>;
  /** Where the client is only correct with so many calls at once. */
  callsAtOnceMax?: number | undefined;
}

type OpenAdapter = (job: Job, extra: Readonly<Record<string, string>>) => Promise<Adapter>;

const PAYLOADS = 4096;
const CALLS_OF_MANY = 8;

const { job, extra } = parseJob(process.argv.slice(2));
const { open } = (await import(extra['adapter'] ?? '')) as { open: OpenAdapter };
const adapter = await open(job, extra);
const calls = makeCalls();
await run(job.warmUp);
const cpuBefore = process.cpuUsage();
const startedAt = performance.now();
const latencies = await run(job.messages);
const seconds = (performance.now() - startedAt) / 1000;
const cpu = process.cpuUsage(cpuBefore);
const figures: Figures = {
  seconds,
  cpuSeconds: (cpu.user + cpu.system) / 1e6,
  maxRssMegabytes: process.resourceUsage().maxRSS / 1024,
  ...(latencies === undefined ? {} : percentiles(latencies)),
};
console.log(JSON.stringify(figures));
await adapter.close();
process.exit();

function makeCalls(): unknown[][] {
  const random = new Random(1);
  const sendMessages = job.rate > 0 ? 1 : job.sendMessages;
  const count = sendMessages === 1 ? PAYLOADS : CALLS_OF_MANY;
  let index = 0;
  const next = (): unknown => {
    const key = job.keyBytes === 0 ? undefined : String(index++).padStart(job.keyBytes, '0');
    return adapter.message(key, textOf(job.valueBytes, random));
  };
  return Array.from({ length: count }, () => Array.from({ length: sendMessages }, next));
}

function run(messages: number): Promise<Float64Array | undefined> {
  return job.rate > 0 ? keepRate(messages) : flood(messages);
}

async function flood(messages: number): Promise<undefined> {
  const count = messages / job.sendMessages;
  let started = 0;
  const worker = async (): Promise<void> => {
    while (started < count) await adapter.send(calls[started++ % calls.length]!);
  };
  const workers = Math.min(job.callsAtOnce, adapter.callsAtOnceMax ?? Infinity);
  await Promise.all(Array.from({ length: workers }, worker));
  return undefined;
}

/** Sends what is due once a millisecond, as a server's requests come in, and never waits for an acknowledgement. */
async function keepRate(messages: number): Promise<Float64Array> {
  const latencies = new Float64Array(messages);
  const underWay: Promise<void>[] = [];
  const start = performance.now();
  const sendOne = async (index: number): Promise<void> => {
    const calledAt = performance.now();
    await adapter.send(calls[index % calls.length]!);
    latencies[index] = performance.now() - calledAt;
  };
  while (underWay.length < messages) {
    const due = Math.min(messages, Math.floor(((performance.now() - start) * job.rate) / 1000));
    while (underWay.length < due) underWay.push(sendOne(underWay.length));
    await pause(1);
  }
  await Promise.all(underWay);
  return latencies;
}

function percentiles(latencies: Float64Array): Pick<Figures, 'p50' | 'p99' | 'p999'> {
  latencies.sort();
  return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), p999: percentile(latencies, 0.999) };
}
