/**
 * Runs one client through one job against the broker, and believes it only when the log holds what it said.
 *
 * Every partition has been written to before the client sees it, by somebody else and for every client alike. A broker
 * writes the first entries of a log's two indexes, files mapped into its memory, with the second batch of more than
 * 4096 bytes (log.index.interval.bytes), and each costs a page fault that waits for the file system: 10 ms here, 20 s
 * for a new topic of a thousand partitions, which no warm-up of the client's would have covered.
 */
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import type { RealKafka } from '../../test/support/kafka/broker.ts';
import { type Figures, type Job, jobArguments } from './job.ts';
import type { Peer } from './peers.ts';
import type { Scenario } from './scenarios.ts';

export interface Round extends Figures {
  messages: number;
}

/** A client that has said nothing for so long will not. */
const RUN_MS_MAX = 300_000;

const ATTEMPTS_MAX = 20;
const ATTEMPT_PAUSE_MS = 500;

/** Written to each partition twice: the second one finds more than log.index.interval.bytes since the last entry. */
const FIRST_BATCHES = 2;
const FIRST_BATCH_BYTES = 5000;
/** Partitions to a request, so that it ends before kafkajs gives up waiting. */
const FIRST_PARTITIONS = 50;

export interface RunOptions {
  kafka: RealKafka;
  topic: string;
  idempotence: boolean;
}

export async function runPeer(peer: Peer, scenario: Scenario, options: RunOptions): Promise<Round> {
  const { kafka, topic, idempotence } = options;
  const { valueBytes, keyBytes, lingerMs, rate, partitions } = scenario;
  const { sendMessages = 1, slowness = 1 } = peer;
  const callsAtOnce = sendMessages > 1 ? (scenario.callsAtOnce ?? peer.callsAtOnce ?? 1) : (peer.callsAtOnce ?? 1);
  const share = (count: number): number =>
    rate > 0 ? count : Math.ceil(count / slowness / sendMessages) * sendMessages;
  const job: Job = {
    ...{ broker: kafka.address, topic, idempotence, lingerMs, valueBytes, keyBytes, rate, sendMessages, callsAtOnce },
    messages: share(scenario.messages),
    warmUp: share(scenario.warmUp),
  };
  await patiently(() => kafka.createTopic(topic, { partitions }));
  await writeFirst(kafka, topic, partitions);
  // Asked and not counted: kafkajs stores some twice when it writes to a topic that is new.
  const before = await storedMessages(kafka, topic);
  const figures = await figuresOf(peer.command(), jobArguments(job));
  const stored = (await storedMessages(kafka, topic)) - before;
  const sent = job.messages + job.warmUp;
  if (stored !== sent) throw new Error(`${sent} messages were acknowledged, ${stored} are stored`);
  await removeTopic(kafka, topic);
  return { ...figures, messages: job.messages };
}

/** Makes a new topic one that has been in use. */
async function writeFirst(kafka: RealKafka, topic: string, partitions: number): Promise<void> {
  const producer = new Kafka({ brokers: [kafka.address], logLevel: logLevel.NOTHING }).producer();
  const value = Buffer.alloc(FIRST_BATCH_BYTES);
  await producer.connect();
  for (let first = 0; first < partitions; first += FIRST_PARTITIONS) {
    const count = Math.min(FIRST_PARTITIONS, partitions - first);
    const messages = Array.from({ length: count }, (_, index) => ({ partition: first + index, value }));
    for (let batch = 0; batch < FIRST_BATCHES; batch++) await patiently(() => producer.send({ topic, messages }));
  }
  await producer.disconnect();
}

function figuresOf([program = '', ...words]: readonly string[], job: readonly string[]): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...words, ...job], { stdio: ['ignore', 'pipe', 'pipe'], timeout: RUN_MS_MAX });
    let output = '';
    let complaints = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints = (complaints + text).slice(-2000)));
    child.once('error', reject).once('close', (status) => {
      const last = output.trim().split('\n').at(-1) ?? '';
      if (status === 0 && last.startsWith('{')) resolve(JSON.parse(last) as Figures);
      else reject(new Error(`ended with ${status ?? 'a signal'}: ${complaintOf(complaints)}`));
    });
  });
}

/** The line that names the error, or the last: below an error Node prints where it was, and its version. */
function complaintOf(text: string): string {
  const lines = text.trim().split('\n');
  return lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? '';
}

/** A topic is known to a busy broker some time after it was made; kafkajs' admin gives up too soon. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === ATTEMPTS_MAX) throw error;
      await pause(ATTEMPT_PAUSE_MS);
    }
  }
}

async function storedMessages(kafka: RealKafka, topic: string): Promise<number> {
  const offsets = await withAdmin(kafka, (admin) => patiently(() => admin.fetchTopicOffsets(topic)));
  return offsets.reduce((sum, { high }) => sum + Number(high), 0);
}

/** Or the rounds would fill the disk. */
async function removeTopic(kafka: RealKafka, topic: string): Promise<void> {
  await withAdmin(kafka, (admin) => admin.deleteTopics({ topics: [topic] }));
}

async function withAdmin<T>(kafka: RealKafka, ask: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Kafka({ brokers: [kafka.address], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await ask(admin);
  } finally {
    await admin.disconnect();
  }
}
