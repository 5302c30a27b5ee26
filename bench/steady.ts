/**
 * `npm run bench:steady [-- --messages 10000000]`: what sending leaves behind, measured through the whole pipeline from
 * binding to delivery report, on a real Kafka. First bytes allocated on the JavaScript heap per 100-byte message: the
 * growth over 10 000 messages, with a young generation so large (see package.json) that little is collected meanwhile.
 * Then what is still there after each tenth of the messages and a collection: heap, and memory outside of it, where
 * WebAssembly's is. Ends with 1 when a goal is missed.
 */
import { parseArgs } from 'node:util';
import { type KafkaOutput, openKafkaOutput } from 'kafka-hotpath';
import { RealKafka } from '../test/support/kafka/broker.ts';
import { whyNoKafka } from '../test/support/kafka/install.ts';
import { Random } from '../test/support/random.ts';
import { textOf } from './corpus.ts';
import { machineLine } from './machine.ts';
import { writeResults } from './results.ts';
import { median } from './statistics.ts';

const SEND_MESSAGES = 1000;
const SENDS_IN_FLIGHT = 8;
const WARM_UP_MESSAGES = 500_000;
const STEPS = 50;
/** Short, because memory outside of the heap, which is not counted here, sets off collections of its own. */
const STEP_MESSAGES = 10_000;
const PARTS = 10;
/** The goals of this benchmark. */
const BYTES_PER_MESSAGE_MAX = 40;
const GROWTH_BYTES_MAX = 2 ** 20;
/** The log is not what is measured: Kafka may forget at once. */
const SHORT_LOG = [
  { name: 'retention.bytes', value: String(2 ** 25) },
  { name: 'segment.bytes', value: String(2 ** 24) },
];

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '10000000' }, json: { type: 'string' } },
});

const collect = globalThis.gc as (() => void) | undefined;
const reason = collect === undefined ? 'run it with --expose-gc' : whyNoKafka();
if (reason === undefined) await run();
else console.log(`skipped: steady state (${reason})`);

async function run(): Promise<void> {
  const machine = machineLine();
  console.log(machine);
  const kafka = await RealKafka.start();
  try {
    await kafka.createTopic('steady', { partitions: 6, configEntries: SHORT_LOG });
    const output = await openKafkaOutput({ brokerList: kafka.address, topic: 'steady', enableIdempotence: true });
    const random = new Random(1);
    const texts = (): string[] => Array.from({ length: SEND_MESSAGES }, () => textOf(100, random));
    const sends = Array.from({ length: SENDS_IN_FLIGHT }, texts);
    await sendAll(output, sends, WARM_UP_MESSAGES);
    const bytesPerText = await measureAllocation(output, sends, 'texts');
    const buffers = sends.map((send) => send.map((text) => Buffer.from(text)));
    await sendAll(output, buffers, WARM_UP_MESSAGES);
    const bytesPerBuffer = await measureAllocation(output, buffers, 'buffers');
    const kept = await measureGrowth(output, sends);
    await output.close();
    if (values.json !== undefined) writeResults(values.json, { machine, bytesPerText, bytesPerBuffer, kept });
  } finally {
    await kafka.dispose();
  }
}

async function sendAll(output: KafkaOutput, sends: readonly unknown[][], messages: number): Promise<void> {
  let left = messages / SEND_MESSAGES;
  const worker = async (send: unknown[]): Promise<void> => {
    while (left-- > 0) (await output.send(send)).orThrow();
  };
  await Promise.all(sends.map(worker));
}

async function measureAllocation(output: KafkaOutput, sends: readonly unknown[][], form: string): Promise<number> {
  const taken: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const before = process.memoryUsage().heapUsed;
    await sendAll(output, sends, STEP_MESSAGES);
    taken.push((process.memoryUsage().heapUsed - before) / STEP_MESSAGES);
  }
  // Less than nothing: there was a collection.
  const grown = taken.filter((bytes) => bytes > 0);
  const bytes = median(grown);
  const steps = `${grown.length} steps of ${STEPS}`;
  console.log(`allocated on the heap: ${bytes.toFixed(1)} bytes per message, ${form} of 100 B (${steps})`);
  judge(bytes < BYTES_PER_MESSAGE_MAX, `below ${BYTES_PER_MESSAGE_MAX}`);
  return bytes;
}

interface Kept {
  messages: number;
  heapBytes: number;
  outsideBytes: number;
}

async function measureGrowth(output: KafkaOutput, sends: readonly string[][]): Promise<Kept[]> {
  const kept: Kept[] = [];
  const part = Math.ceil(Number(values.messages) / PARTS / SEND_MESSAGES) * SEND_MESSAGES;
  for (let messages = 0; messages <= part * PARTS; messages += part) {
    if (messages > 0) await sendAll(output, sends, part);
    collect?.();
    await new Promise(setImmediate);
    collect?.();
    const { heapUsed, external } = process.memoryUsage();
    kept.push({ messages, heapBytes: heapUsed, outsideBytes: external });
    const [heap, outside] = [heapUsed, external].map((bytes) => `${(bytes / 1e6).toFixed(2)} MB`);
    console.log(`after ${String(messages).padStart(9)} messages: heap ${heap ?? ''}, outside of it ${outside ?? ''}`);
  }
  const growth = (pick: (entry: Kept) => number): number => pick(kept.at(-1)!) - pick(kept[1]!);
  judge(growth(({ heapBytes }) => heapBytes) < GROWTH_BYTES_MAX, 'heap grew by less than 1 MiB since the first tenth');
  judge(growth(({ outsideBytes }) => outsideBytes) < GROWTH_BYTES_MAX, 'so did memory outside of it');
  return kept;
}

function judge(holds: boolean, goal: string): void {
  console.log(`${holds ? 'holds' : 'MISSED'}: ${goal}`);
  if (!holds) process.exitCode = 1;
}
