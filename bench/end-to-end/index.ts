/**
 * `npm run bench:e2e [-- --rounds N --messages N]`: messages of 100 bytes to a real Kafka, all acknowledged, by this
 * package and by kafkajs. Rounds are interleaved and end offsets are checked after each; CPU per message is the figure
 * to trust, because broker and client share the machine and messages per second move with its load.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { RealKafka } from '../../test/support/kafka/broker.ts';
import { whyNoKafka } from '../../test/support/kafka/install.ts';
import { machineLine } from '../machine.ts';
import { SEND_MESSAGES, type SideFigures, VALUE_BYTES, WARM_UP_SENDS } from './work.ts';

const SIDES = ['kafka-hotpath', 'kafkajs'] as const;
const PARTITIONS = 6;
/** The claim this benchmark exists for: our CPU per message against theirs. */
const CPU_SHARE_MAX = 0.25;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    messages: { type: 'string', default: '1000000' },
  },
});
const rounds = Number(values.rounds);
const sends = Math.ceil(Number(values.messages) / SEND_MESSAGES);
const messages = sends * SEND_MESSAGES;

const reason = whyNoKafka();
if (reason === undefined) await compare();
else console.log(`skipped: the end-to-end benchmark (${reason})`);

async function compare(): Promise<void> {
  console.log(machineLine());
  console.log(`${messages} messages of ${VALUE_BYTES} B, ${PARTITIONS} partitions, acks all, ${rounds} rounds`);
  const taken: Record<string, SideFigures[]> = {};
  const kafka = await RealKafka.start();
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const side of SIDES) {
        const figures = await runSide(kafka, side, `${side}-${round}`);
        (taken[side] ??= []).push(figures);
        print(`round ${round}  ${side}`, figures);
      }
    }
  } finally {
    await kafka.dispose();
  }
  conclude(SIDES.map((side) => median(taken[side] ?? [])));
}

async function runSide(kafka: RealKafka, side: string, topic: string): Promise<SideFigures> {
  await kafka.createTopic(topic, { partitions: PARTITIONS });
  const figures = await new Promise<SideFigures>((resolve, reject) => {
    let reported: SideFigures | undefined;
    const program = fileURLToPath(new URL('./side.js', import.meta.url));
    const child = fork(program, [side, kafka.address, topic, String(sends)], { stdio: 'inherit' });
    child.once('message', (message) => {
      reported = message as SideFigures;
    });
    child.once('error', reject).once('close', (status) => {
      if (status === 0 && reported !== undefined) resolve(reported);
      else reject(new Error(`${side} ended with ${status ?? 'a signal'}`));
    });
  });
  await checkEndOffsets(kafka, topic);
  return figures;
}

async function checkEndOffsets(kafka: RealKafka, topic: string): Promise<void> {
  const admin = new Kafka({ brokers: [kafka.address], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic);
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
  const stored = offsets.reduce((sum, { high }) => sum + Number(high), 0);
  const sent = messages + WARM_UP_SENDS * SEND_MESSAGES;
  if (stored !== sent) throw new Error(`${topic}: ${sent} messages were acknowledged, ${stored} are stored`);
}

/** The round in the middle by CPU; its other figures belong to it. */
function median(figures: readonly SideFigures[]): SideFigures {
  const sorted = [...figures].sort((a, b) => a.cpuSeconds - b.cpuSeconds);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('no round was run');
  return middle;
}

function cpuPerMillion({ cpuSeconds }: SideFigures): number {
  return (cpuSeconds / messages) * 1e6;
}

function print(label: string, figures: SideFigures): void {
  const columns = [
    label.padEnd(24),
    `${cpuPerMillion(figures).toFixed(2)} CPU s/million`.padStart(20),
    `${(messages / figures.seconds / 1000).toFixed(0)} k messages/s`.padStart(20),
    `${figures.maxRssMegabytes.toFixed(0)} MB at most`.padStart(16),
  ];
  console.log(columns.join(''));
}

function conclude([ours, theirs]: readonly SideFigures[]): void {
  if (ours === undefined || theirs === undefined) return;
  print('median   kafka-hotpath', ours);
  print('median   kafkajs', theirs);
  const share = cpuPerMillion(ours) / cpuPerMillion(theirs);
  const verdict = share <= CPU_SHARE_MAX ? 'within' : 'NOT within';
  console.log(`CPU per message: ${(1 / share).toFixed(1)}× less than kafkajs (${verdict} the goal of a quarter)`);
  if (share > CPU_SHARE_MAX) process.exitCode = 1;
}
