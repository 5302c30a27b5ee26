/** `bench`: how fast the engines are on this machine, and what that is in messages; needs no broker. */
import { cpus } from 'node:os';
import { Command } from 'commander';
import type { Engine, RecordInput } from '../engine/engine.ts';
import { EXIT, type Finish } from './exit.ts';
import { addTerminalOptions } from './options.ts';
import { table } from './table.ts';
import { LineWriter, Notices, type TerminalOptions } from './terminal.ts';

interface BenchOptions extends TerminalOptions {
  readonly quick?: boolean;
}

interface Work {
  readonly name: string;
  readonly bytes: number;
  readonly records: number;
  readonly run: (engine: Engine) => unknown;
}

const RECORDS = 1000;
const ROUNDS = 5;
/** Milliseconds per engine, work and round; the first round warms up and is not counted. */
const ROUND_MS = 500;
const QUICK_ROUND_MS = 120;

export function benchCommand(finish: Finish): Command {
  const command = new Command('bench')
    .description('measure both engines on this machine: framing and checksums, outputs compared first')
    .option('--quick', 'some seconds instead of half a minute');
  return addTerminalOptions(command).action(async (options: BenchOptions) => {
    await bench(options);
    finish(EXIT.ok);
  });
}

async function bench(options: BenchOptions): Promise<void> {
  const { openEngine } = await import('../engine/select.ts');
  const notices = new Notices(options);
  const writer = new LineWriter(process.stdout);
  const engines = [openEngine('auto'), openEngine('typescript')].filter(
    (engine, index, all) => all.findIndex(({ kind }) => kind === engine.kind) === index,
  );
  const machine = `Node ${process.version}, ${cpus()[0]?.model.trim() ?? 'unknown processor'}`;
  if (options.json !== true) writer.write(machine);
  const rows: string[][] = [['work', 'engine', 'ns', 'MB/s', 'per second']];
  for (const work of works()) {
    notices.say(`measuring ${work.name}`);
    compareOutputs(engines, work);
    for (const [index, nanoseconds] of measure(engines, work, options).entries()) {
      const engine = engines[index]?.kind ?? '';
      const megabytes = (work.bytes / nanoseconds) * 1000;
      const each = nanoseconds / work.records;
      if (options.json === true) writer.writeJson({ work: work.name, engine, nanoseconds: each, megabytes, machine });
      else rows.push([work.name, engine, each.toFixed(0), megabytes.toFixed(0), (1e9 / each).toFixed(0)]);
    }
  }
  if (options.json !== true) for (const line of table(rows)) writer.write(line);
  await writer.end();
}

function works(): Work[] {
  const framing = [10, 100, 1000].flatMap((size) => [frame('texts', size), frame('bytes', size)]);
  const checksums = [1024, 65_536].map((size): Work => {
    const bytes = Buffer.alloc(size, 'kafka-hotpath ');
    return { name: `CRC-32C of ${size} B`, bytes: size, records: 1, run: (engine) => engine.crc32c(bytes) };
  });
  return [...framing, ...checksums];
}

function frame(form: 'texts' | 'bytes', size: number): Work {
  const records = Array.from({ length: RECORDS }, (_, index): RecordInput => {
    // By way of bytes: a flat text, as a serialiser makes them.
    const bytes = Buffer.from(
      `${index} `.padEnd(size, '{"text":"abcdefghijklmnopqrstuvwxyz 0123456789"} ').slice(0, size),
    );
    return { value: form === 'texts' ? bytes.toString('latin1') : bytes, timestamp: 1_700_000_000_000 };
  });
  const run = (engine: Engine): unknown => engine.encodeRecordBatch(records);
  return { name: `record, ${size} B ${form}`, bytes: size * RECORDS, records: RECORDS, run };
}

/** What is fast and wrong is not worth a figure. */
function compareOutputs(engines: readonly Engine[], { name, run }: Work): void {
  const outputs = engines.map((engine) => run(engine)).map((made) => (made instanceof Uint8Array ? hex(made) : made));
  if (outputs.some((made) => made !== outputs[0])) throw new Error(`the engines make different bytes of ${name}`);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Nanoseconds per run for each engine: the median of the rounds, which take turns. */
function measure(engines: readonly Engine[], { run }: Work, { quick }: BenchOptions): number[] {
  const taken = engines.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [index, engine] of engines.entries()) {
      const start = performance.now();
      const end = start + (quick === true ? QUICK_ROUND_MS : ROUND_MS);
      let runs = 0;
      let now = start;
      for (; now < end; now = performance.now()) for (let turn = 0; turn < 10; turn++, runs++) run(engine);
      if (round > 0) taken[index]?.push(((now - start) / runs) * 1e6);
    }
  }
  return taken.map((samples) => samples.sort((left, right) => left - right)[samples.length >> 1] ?? Number.NaN);
}
