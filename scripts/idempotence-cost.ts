/**
 * `npm run bench:idempotence -- [--rounds N] [--messages N]`: the throughput with idempotence on as a share of that
 * with it off, on a real Kafka. The two take turns, so that whatever else the machine does meets both.
 */
import { parseArgs } from 'node:util';
import { type DeliveryReports, openKafkaOutput } from '../src/index.ts';
import { RealKafka } from '../test/support/kafka/broker.ts';
import { whyNoKafka } from '../test/support/kafka/install.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, messages: { type: 'string', default: '300000' } },
});
const MESSAGES = Number(values.messages);
const SEND_MESSAGES = 1_000;
const SENDS_IN_FLIGHT = 30;
const PARTITIONS = 6;

const reason = whyNoKafka();
if (reason === undefined) await compare();
else console.log(`skipped: ${reason}`);

async function compare(): Promise<void> {
  const rates = { on: [] as number[], off: [] as number[] };
  const kafka = await RealKafka.start();
  try {
    // The first round warms up compiler and broker and does not count.
    for (let round = 0; round <= Number(values.rounds); round++) {
      const order = round % 2 === 0 ? (['on', 'off'] as const) : (['off', 'on'] as const);
      for (const mode of order) {
        const topic = `cost-${mode}-${round}`;
        await kafka.createTopic(topic, { partitions: PARTITIONS });
        const rate = await measure(kafka, topic, mode === 'on');
        if (round > 0) rates[mode].push(rate);
      }
    }
  } finally {
    await kafka.dispose();
  }
  const [on, off] = [median(rates.on), median(rates.off)];
  console.log(`messages a second: idempotence off ${off.toFixed(0)}, on ${on.toFixed(0)}`);
  console.log(`on / off: ${(on / off).toFixed(3)} (medians of ${rates.on.length} rounds of ${MESSAGES} messages)`);
}

async function measure(kafka: RealKafka, topic: string, enableIdempotence: boolean): Promise<number> {
  const output = await openKafkaOutput({ brokerList: kafka.address, topic, enableIdempotence });
  const values = Array.from({ length: SEND_MESSAGES }, (_, i) => `${i} ${'x'.repeat(95)}`);
  const startMs = performance.now();
  const sends: Promise<DeliveryReports>[] = [];
  for (let sent = 0; sent < MESSAGES; sent += SEND_MESSAGES) {
    sends.push(output.send(values).then((reports) => reports.orThrow()));
    await sends[sends.length - SENDS_IN_FLIGHT];
  }
  await Promise.all(sends);
  const seconds = (performance.now() - startMs) / 1_000;
  await output.close();
  return MESSAGES / seconds;
}

function median(rates: readonly number[]): number {
  const sorted = [...rates].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
