/** Runs one client through one job against the broker, and believes it only when the log holds what it said. */
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
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
  const figures = await figuresOf(peer.command(), jobArguments(job));
  await checkEndOffsets(kafka, topic, job.messages + job.warmUp);
  return { ...figures, messages: job.messages };
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

/** Removes the topic as well, or the rounds would fill the disk. */
async function checkEndOffsets(kafka: RealKafka, topic: string, sent: number): Promise<void> {
  const admin = new Kafka({ brokers: [kafka.address], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const offsets = await patiently(() => admin.fetchTopicOffsets(topic));
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
  const stored = offsets.reduce((sum, { high }) => sum + Number(high), 0);
  if (stored !== sent) throw new Error(`${sent} messages were acknowledged, ${stored} are stored`);
}
