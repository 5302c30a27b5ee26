/**
 * `npm start`: sends the sample input through the binding and prints what became of every message. It starts the
 * embedded broker, or uses the one named by BROKERS=host:port.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type DeliveryReport,
  type KafkaOutput,
  KafkaHotpathError,
  openKafkaOutput,
  readBindingFile,
  readSettingsFile,
} from 'kafka-hotpath';
import { type EmbeddedBroker, startBroker } from 'kafka-hotpath/broker';
import { Progress } from '../src/cli/progress.ts';
import { table } from '../src/cli/table.ts';

const TOPIC_PARTITIONS = 3;
const SHOWN_CHARACTERS_MAX = 48;

function example(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** The broker of the environment, or one of our own. */
async function openBroker(topic: string): Promise<{ address: string; embedded: EmbeddedBroker | undefined }> {
  const address = process.env['BROKERS'];
  if (address !== undefined && address !== '') return { address, embedded: undefined };
  const embedded = await startBroker({ topics: [{ name: topic, partitions: TOPIC_PARTITIONS }] });
  return { address: embedded.address, embedded };
}

interface Sent {
  readonly line: number;
  readonly report: DeliveryReport;
}

/** Every line is sent before the first report is awaited: that is what makes batches. */
async function sendSample(output: KafkaOutput, lines: readonly string[]): Promise<Sent[]> {
  const sends = lines.map((line) => output.send(JSON.parse(line)));
  const results = await Promise.all(sends);
  return results.flatMap((reports, index) => [...reports].map((report) => ({ line: index + 1, report })));
}

function print(lines: readonly string[], sent: readonly Sent[]): void {
  const rows = sent.map(({ line, report }) => {
    const input = lines[line - 1] ?? '';
    const shown = input.length > SHOWN_CHARACTERS_MAX ? `${input.slice(0, SHOWN_CHARACTERS_MAX)}…` : input;
    const place = report.offset < 0 ? '' : `${report.topic}[${report.partition}]@${report.offset}`;
    return [`${line}.${report.index}`, report.status, place, report.error?.message ?? '', shown];
  });
  for (const row of table([['line.item', 'status', 'stored at', 'problem', 'input'], ...rows])) console.log(row);
}

function advice(error: unknown, address: string, topic: string): string {
  const reason = error instanceof Error ? error.message : String(error);
  if (!(error instanceof KafkaHotpathError)) return reason;
  if (error.code === 'ERR_UNKNOWN_TOPIC') {
    return (
      `${reason}\nThe example sends to the topic ${topic}, which must exist. Create it and start again:\n` +
      `  kafka-topics.sh --bootstrap-server ${address} --create --topic ${topic} --partitions ${TOPIC_PARTITIONS}`
    );
  }
  if (error.code === 'ERR_CONNECT') return `${reason}\nIs a broker listening on BROKERS=${address}?`;
  return reason;
}

async function main(): Promise<boolean> {
  const properties = readBindingFile(example('function.json'));
  const topic = String(properties['topic']);
  const { address, embedded } = await openBroker(topic);
  const kind = embedded === undefined ? 'broker' : 'embedded broker';
  let output: KafkaOutput | undefined;
  try {
    // What the environment says goes before the file of settings, as with the Azure tools.
    const settings = [{ BrokerList: address }, readSettingsFile(example('local.settings.json'))];
    process.stderr.write(`opening ${topic} at ${kind} ${address} …\n`);
    const opened = await openKafkaOutput(properties, { settings, engine: 'wasm' });
    output = opened;
    const lines = readFileSync(example('orders.ndjson'), 'utf8').trim().split('\n');
    const progress = new Progress(process.stderr, () => {
      const { persistedMessages, notPersistedMessages, possiblyPersistedMessages, queuedMessages } = opened.stats;
      const failed = notPersistedMessages + possiblyPersistedMessages;
      return { messages: persistedMessages + failed, inFlight: queuedMessages, failed };
    });
    const sent = await sendSample(opened, lines);
    progress.stop();
    print(lines, sent);
    const failed = sent.filter(({ report }) => report.status !== 'persisted').length;
    console.log(
      `\n${sent.length} messages from ${lines.length} lines: ${sent.length - failed} persisted, ${failed} failed; ` +
        `${Math.round(progress.elapsedMs)} ms; engine ${opened.engine.kind}; ${kind} ${address}`,
    );
    return failed === 0;
  } catch (error) {
    process.stderr.write(`${advice(error, address, topic)}\n`);
    return false;
  } finally {
    await output?.close();
    await embedded?.close();
  }
}

process.exitCode = (await main()) ? 0 : 1;
