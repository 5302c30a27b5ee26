/**
 * `npm run bench [-- --quick] [-- --json FILE]`: compares the engines with each other and with what they replace. Every
 * shape gets a process of its own, so that one does not compile or litter for another.
 */
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machineLine } from './machine.ts';
import { type BenchSuite, type MeasureOptions, measure, type ShapeFigures } from './suite.ts';
import { framing } from './suites/framing.ts';

const SUITES: readonly BenchSuite[] = [framing];
const THOROUGH: MeasureOptions = { rounds: 5, minSamples: 10, maxTime: 1 };
const QUICK: MeasureOptions = { rounds: 3, minSamples: 5, maxTime: 0.3 };

/** The case that the others are compared with. */
const BASELINE = 'kafkajs';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    /** Set for the children: suite and shape to measure here. */
    suite: { type: 'string' },
    shape: { type: 'string' },
  },
});

if (values.suite === undefined) await runAll();
else await runHere(values.suite, values.shape ?? '');

async function runAll(): Promise<void> {
  const machine = machineLine();
  console.log(machine);
  const figures: ShapeFigures[] = [];
  for (const suite of SUITES) {
    for (const shape of suite.shapeNames) figures.push(await runInChild(suite.name, shape));
  }
  for (const shape of figures) print(shape);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ machine, figures }, null, 2)}\n`);
}

function runInChild(suite: string, shape: string): Promise<ShapeFigures> {
  const options = ['--suite', suite, '--shape', shape, ...(values.quick ? ['--quick'] : [])];
  return new Promise((resolve, reject) => {
    // benny writes its progress to standard output, which here is for the figures.
    const child = fork(fileURLToPath(import.meta.url), options, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    child.once('message', (figures) => {
      resolve(figures as ShapeFigures);
    });
    child.once('error', reject).once('close', (status) => {
      reject(new Error(`${suite}, ${shape}: the benchmark ended with ${status ?? 'a signal'} and no figures`));
    });
  });
}

async function runHere(suiteName: string, shapeName: string): Promise<void> {
  const suite = SUITES.find(({ name }) => name === suiteName);
  if (suite === undefined) throw new Error(`no benchmark ${suiteName}`);
  const figures = await measure(suite.name, await suite.open(shapeName), values.quick ? QUICK : THOROUGH);
  process.send?.(figures);
}

function print({ suite, shape, cases }: ShapeFigures): void {
  const baseline = cases.find(({ name }) => name === BASELINE);
  console.log(`\n${suite}, groups of 1000 records, ${shape}`);
  for (const figure of cases) {
    const ratio = figure.recordsPerSecond / (baseline?.recordsPerSecond ?? Number.NaN);
    const columns = [
      figure.name.padEnd(28),
      `${(figure.recordsPerSecond / 1000).toFixed(0)} k records/s`.padStart(20),
      `${figure.megabytesPerSecond.toFixed(0)} MB/s`.padStart(13),
      `${figure.nanosecondsPerRecord.toFixed(0)} ns/record`.padStart(17),
      `±${figure.margin.toFixed(1)} %`.padStart(11),
      `${ratio.toFixed(1)}× ${BASELINE}`.padStart(16),
    ];
    console.log(columns.join(''));
  }
}
