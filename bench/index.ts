/**
 * `npm run bench [-- --quick] [-- --suites REGEX] [-- --json FILE] [-- --compare OLD.json]`: compares the engines with
 * each other and with what they replace. Every shape gets a process of its own, so that one does not compile or litter
 * for another.
 */
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compareLines, type MicroResults, shapeLines } from './lines.ts';
import { machineLine } from './machine.ts';
import { writeResults } from './results.ts';
import { type BenchSuite, type MeasureOptions, measure, type ShapeFigures } from './suite.ts';
import { avroSuite } from './suites/avro.ts';
import { crc32c } from './suites/crc32c.ts';
import { decode } from './suites/decode.ts';
import { framing } from './suites/framing.ts';
import { hashes } from './suites/hashes.ts';
import { sealing } from './suites/sealing.ts';
import { strings } from './suites/strings.ts';

const SUITES: readonly BenchSuite[] = [framing, crc32c, strings, hashes, sealing, decode, avroSuite];
const THOROUGH: MeasureOptions = { rounds: 5, minSamples: 10, maxTime: 0.5, warmUpMs: 2000 };
const QUICK: MeasureOptions = { rounds: 3, minSamples: 5, maxTime: 0.1, warmUpMs: 500 };

/** What a quick run looks at: under a minute in all. */
const QUICK_SHAPES: Readonly<Record<string, readonly string[]>> = {
  framing: ['100 B strings', '100 B bytes', '1 KB strings', '100 B mixed, keys, headers'],
  crc32c: ['1 KB', '64 KB'],
  'key hashes': ['16 B keys'],
};

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    suites: { type: 'string', default: '.' },
    json: { type: 'string' },
    compare: { type: 'string' },
    /** Set for the children: suite and shape to measure here. */
    suite: { type: 'string' },
    shape: { type: 'string' },
  },
});

if (values.suite === undefined) await runAll();
else await runHere(values.suite, values.shape ?? '');

async function runAll(): Promise<void> {
  const old = values.compare === undefined ? undefined : readResults(values.compare);
  const machine = machineLine();
  console.log(machine);
  const figures: ShapeFigures[] = [];
  for (const suite of SUITES.filter(({ name }) => new RegExp(values.suites, 'i').test(name))) {
    const shapes = values.quick ? (QUICK_SHAPES[suite.name] ?? []) : suite.shapeNames;
    for (const shape of shapes) {
      const taken = await runInChild(suite.name, shape);
      figures.push(taken);
      console.log(shapeLines(taken).join('\n'));
    }
  }
  if (old !== undefined) console.log(compareLines(old, { machine, quick: values.quick, figures }).join('\n'));
  if (values.json !== undefined) writeResults(values.json, { machine, quick: values.quick, figures });
}

function readResults(path: string): MicroResults {
  return JSON.parse(readFileSync(path, 'utf8')) as MicroResults;
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
  process.send?.(await measure(suite, await suite.open(shapeName), values.quick ? QUICK : THOROUGH));
}
