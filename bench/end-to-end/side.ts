/**
 * One producer in a process of its own: `side.js NAME BROKER TOPIC SENDS`. Every message is acknowledged by all
 * replicas; what the sending cost this process goes to the parent.
 */
import { Kafka, logLevel } from 'kafkajs';
import { openKafkaOutput } from 'kafka-hotpath';
import { makeSends, SENDS_IN_FLIGHT, type SideFigures, WARM_UP_SENDS } from './work.ts';

interface Side {
  send: (values: string[]) => Promise<void>;
  close: () => Promise<void>;
}

async function openOurs(broker: string, topic: string): Promise<Side> {
  const output = await openKafkaOutput({ brokerList: broker, topic });
  return {
    send: async (values) => {
      (await output.send(values)).orThrow();
    },
    close: () => output.close(),
  };
}

async function openKafkajs(broker: string, topic: string): Promise<Side> {
  const producer = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  return {
    send: async (values) => {
      await producer.send({ topic, acks: -1, messages: values.map((value) => ({ value })) });
    },
    close: () => producer.disconnect(),
  };
}

const OPEN: Readonly<Record<string, (broker: string, topic: string) => Promise<Side>>> = {
  'kafka-hotpath': openOurs,
  kafkajs: openKafkajs,
};

async function sendAll(side: Side, sends: readonly string[][], count: number): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await side.send(sends[next++ % sends.length] ?? []);
  };
  await Promise.all(Array.from({ length: SENDS_IN_FLIGHT }, worker));
}

const [name = '', broker = '', topic = '', count = ''] = process.argv.slice(2);
const open = OPEN[name];
if (open === undefined) throw new Error(`no side named ${name}`);
const sends = makeSends();
const side = await open(broker, topic);
await sendAll(side, sends, WARM_UP_SENDS);
const cpuBefore = process.cpuUsage();
const startedAt = process.hrtime.bigint();
await sendAll(side, sends, Number(count));
const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
const cpu = process.cpuUsage(cpuBefore);
const figures: SideFigures = {
  seconds,
  cpuSeconds: (cpu.user + cpu.system) / 1e6,
  maxRssMegabytes: process.resourceUsage().maxRSS / 1024,
};
process.send?.(figures);
await side.close();
process.disconnect();
