/**
 * `npm run bench:sidecar [-- --messages 200000]`: what a Python client in batches gets through the sidecar into a real
 * Kafka, by each form of request. Client, sidecar and broker share the machine, as they would; the processor time of
 * client and sidecar is that of their processes. A form counts only when the log holds what was said to be persisted.
 * Ends with 1 when a batch form misses 20 000 messages a second.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { RealKafka } from '../../test/support/kafka/broker.ts';
import { whyNoKafka } from '../../test/support/kafka/install.ts';
import { machineLine } from '../machine.ts';

interface Figures {
  messages: number;
  persisted: number;
  seconds: number;
  cpuSeconds: number;
}

const GOAL_PER_SECOND = 20_000;
const BATCH_MESSAGES = 2000;
/** One request a message: a few are enough to know what a request costs. */
const SINGLE_SHARE = 100;
const FORMS = ['ndjson', 'ndjson-failed', 'rest-v2', 'rest-v3', 'outputs', 'dapr'];
const TOPIC = 'orders';
/** Of /proc: user and system time, in hundredths of a second, counted behind the name of the process. */
const CPU_FIELDS = [11, 12];

const { values } = parseArgs({ options: { messages: { type: 'string', default: '200000' } } });
const MESSAGES = Number(values.messages);

const reason = whyNoKafka() ?? (existsSync('/proc/self/stat') ? undefined : 'processor time is read from /proc');
if (reason === undefined) await run();
else console.log(`skipped: the sidecar (${reason})`);

async function run(): Promise<void> {
  console.log(machineLine());
  const folder = mkdtempSync(join(tmpdir(), 'kafka-hotpath-sidecar-'));
  const kafka = await RealKafka.start();
  const binding = join(folder, 'function.json');
  const output = { type: 'kafka', direction: 'out', name: TOPIC, topic: TOPIC, brokerList: kafka.address };
  writeFileSync(binding, JSON.stringify({ bindings: [output] }));
  let sidecar: ChildProcess | undefined;
  try {
    await kafka.createTopic(TOPIC, { partitions: 6 });
    const command = ['dist/cli/main.js', 'serve', '--binding', binding, '--port', '0', '--quiet'];
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
    sidecar = child;
    const address = await lastLine(child.stdout, 'first');
    for (const form of FORMS) await measure(form, { address, pid: child.pid ?? 0, kafka });
  } finally {
    if (sidecar?.exitCode === null && sidecar.kill('SIGTERM')) await once(sidecar, 'close');
    await kafka.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(form: string, on: { address: string; pid: number; kafka: RealKafka }): Promise<void> {
  const isSingle = form === 'dapr';
  const [messages, batch] = isSingle ? [MESSAGES / SINGLE_SHARE, 1] : [MESSAGES, BATCH_MESSAGES];
  const before = await endOffsets(on.kafka);
  const warmUp = Math.ceil(messages / 4);
  await runClient([form, on.address, TOPIC, TOPIC, String(warmUp), String(batch)]);
  const startedS = cpuSecondsOf(on.pid);
  const figures = await runClient([form, on.address, TOPIC, TOPIC, String(messages), String(batch)]);
  const sidecarS = cpuSecondsOf(on.pid) - startedS;
  const stored = (await endOffsets(on.kafka)) - before;
  if (figures.persisted !== messages || stored !== messages + warmUp) {
    throw new Error(`${form}: ${figures.persisted} of ${messages} persisted, ${stored} in the log with the warm-up`);
  }
  const perSecond = messages / figures.seconds;
  const cost = (seconds: number): string => `${((seconds / messages) * 1e6).toFixed(1)} µs`;
  const rate = `${form.padEnd(13)} ${perSecond.toFixed(0).padStart(7)} messages/s`;
  const judged = isSingle ? '' : perSecond >= GOAL_PER_SECOND ? '  holds' : '  MISSED: 20 000 messages/s';
  console.log(`${rate}, CPU per message: sidecar ${cost(sidecarS)}, client ${cost(figures.cpuSeconds)}${judged}`);
  if (judged.includes('MISSED')) process.exitCode = 1;
}

async function runClient(words: readonly string[]): Promise<Figures> {
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const child = spawn('python3', ['bench/sidecar/client.py', ...words], { stdio: [...stdio] });
  const ended = once(child, 'close');
  const figures = await lastLine(child.stdout, 'last');
  await ended;
  return JSON.parse(figures) as Figures;
}

async function lastLine(stream: Readable, which: 'first' | 'last'): Promise<string> {
  let found = '';
  for await (const line of createInterface({ input: stream })) {
    found = line;
    if (which === 'first') break;
  }
  return found;
}

function cpuSecondsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return CPU_FIELDS.reduce((sum, field) => sum + Number(fields[field]), 0) / 100;
}

/** How many messages the topic holds. */
async function endOffsets(kafka: RealKafka): Promise<number> {
  const admin = new Kafka({ brokers: [kafka.address], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(TOPIC);
  await admin.disconnect();
  return offsets.reduce((sum, { high }) => sum + Number(high), 0);
}
