/**
 * `npm run bench:report [-- --check]`: draws bench/results/*.svg from bench/results/*.json and puts the numbers into
 * README.md and docs/performance.md between their markers. With --check nothing is written, and the exit code is 1 when
 * something would be.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Bar, barChart } from './chart.ts';
import { cpuPerMillion, throughput } from './end-to-end/lines.ts';
import type { EndToEndResults } from './end-to-end/rounds.ts';
import { type MicroResults, ratioOf } from './lines.ts';
import { keptResults } from './results.ts';

const FOLDER = join('bench', 'results');
const BEGIN = '<!-- numbers: npm run bench:report -->';
const PERFORMANCE = join('docs', 'performance.md');
const AVRO_BEGIN = '<!-- avro: npm run bench:report -->';
const END = '<!-- /numbers -->';

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const changed: string[] = [];
const engine = read('engine') as MicroResults | undefined;
const load = read('end-to-end') as EndToEndResults | undefined;

if (engine !== undefined) drawEngine(engine);
if (load !== undefined) drawLoad(load);
updateReadme();
updateAvro();
if (changed.length > 0) {
  console.log(`${values.check ? 'out of date' : 'written'}: ${changed.join(', ')}`);
  if (values.check) process.exitCode = 1;
}

function read(name: string): unknown {
  return keptResults(join(FOLDER, `${name}.json`));
}

function put(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  changed.push(path);
  if (!values.check) writeFileSync(path, text);
}

function drawEngine({ machine, figures }: MicroResults): void {
  for (const { suite, shape, cases, unit } of figures) {
    if (suite !== 'framing' || !shape.endsWith('strings')) continue;
    const bars = cases.map(({ name, nanosecondsPerRecord: value, margin }): Bar => {
      return { name, value, min: value * (1 - margin / 100), max: value * (1 + margin / 100) };
    });
    const title = `${suite}, ${shape}: nanoseconds per ${unit}, less is better`;
    put(join(FOLDER, `${suite}-${shape.replaceAll(' ', '-')}.svg`), barChart({ title, caption: machine, bars }));
  }
}

function drawLoad({ machine, scenarios }: EndToEndResults): void {
  for (const { scenario, peers } of scenarios) {
    const bars = peers.map(({ peer, rounds }): Bar => {
      const { median, min, max } = cpuPerMillion(rounds);
      return { name: peer, value: median, min, max };
    });
    const title = `${scenario}: CPU seconds per million messages, acks all, less is better`;
    const file = `end-to-end-${scenario.replaceAll(/[^0-9A-Za-z]+/g, '-')}.svg`;
    put(join(FOLDER, file), barChart({ title, caption: machine, bars, isLogarithmic: true }));
  }
}

function updateReadme(): void {
  const text = readFileSync('README.md', 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) return;
  const blocks = [engine && engineTable(engine), load && loadTable(load)];
  const body = blocks.filter((block) => block !== undefined).join('\n\n');
  put('README.md', `${before}${BEGIN}\n${body}\n${END}${after}`);
}

/** How Avro does on each Node that has been measured. */
function updateAvro(): void {
  const runs = ['20', '24'].map((node) => read(`avro-node-${node}`) as MicroResults | undefined);
  const kept = runs.filter((run) => run !== undefined);
  const text = existsSync(PERFORMANCE) ? readFileSync(PERFORMANCE, 'utf8') : '';
  const [before, rest] = text.split(AVRO_BEGIN);
  const after = rest?.split(END)[1];
  const [first] = kept;
  if (first === undefined || before === undefined || after === undefined) return;
  const rows = first.figures.flatMap((shape) =>
    shape.cases.map(({ name }) => {
      const cells = kept.map(({ figures }) => avroCell(figures, shape.shape, name));
      return `| ${[shape.shape, name, ...cells].join(' | ')} |`;
    }),
  );
  const head = ['values', 'encoder', ...kept.map(({ machine }) => machine.split(',')[0] ?? '')];
  const caption = `\`npm run bench -- --suites avro\`, ns a value (× avsc \`toBuffer\`); ${first.machine}`;
  put(PERFORMANCE, `${before}${AVRO_BEGIN}\n${table(head, rows, caption)}\n${END}${after}`);
}

function avroCell(figures: MicroResults['figures'], shapeName: string, caseName: string): string {
  const shape = figures.find(({ shape: name }) => name === shapeName);
  const figure = shape?.cases.find(({ name }) => name === caseName);
  if (shape === undefined || figure === undefined) return '';
  return `${figure.nanosecondsPerRecord.toFixed(0)} (${ratioOf(shape, figure).toFixed(1)} ×)`;
}

function engineTable({ machine, quick, figures }: MicroResults): string {
  const shapes = figures.filter(({ suite }) => suite === 'framing');
  const names = shapes[0]?.cases.map(({ name }) => name) ?? [];
  const rows = shapes.map((shape) => {
    const ratios = shape.cases.map((figure) => `${ratioOf(shape, figure).toFixed(1)} ×`);
    return `| ${[shape.shape, ...ratios].join(' | ')} |`;
  });
  return table(
    [`framing, 1000 records a batch`, ...names],
    rows,
    `\`npm run bench${quick ? ' -- --quick' : ''}\`, times as fast as kafkajs, ${machine}`,
  );
}

function loadTable({ machine, idempotence, scenarios }: EndToEndResults): string {
  const peers = scenarios[0]?.peers.map(({ peer }) => peer) ?? [];
  const rows = peers.map((name) => {
    const cells = scenarios.map(({ peers: measured }) => {
      const rounds = measured.find(({ peer }) => peer === name)?.rounds;
      if (rounds === undefined) return '';
      return `${cpuPerMillion(rounds).median.toFixed(2)} (${(throughput(rounds).median / 1000).toFixed(0)} k/s)`;
    });
    return `| ${[name, ...cells].join(' | ')} |`;
  });
  const head = ['CPU s per million messages (messages/s)', ...scenarios.map(({ scenario }) => scenario)];
  const rounds = scenarios[0]?.peers[0]?.rounds ?? [];
  const names = scenarios.map(({ scenario }) => scenario.replaceAll('+', '.')).join('|');
  const options = `--rounds ${rounds.length} --messages ${rounds[0]?.messages ?? 0} --scenarios '^(${names})$'`;
  const command = `\`npm run bench:e2e -- ${options}\``;
  return table(head, rows, `${command}, idempotence ${idempotence ? 'on' : 'off'}, ${machine}`);
}

function table(head: readonly string[], rows: readonly string[], caption: string): string {
  return [`| ${head.join(' | ')} |`, `|${' --- |'.repeat(head.length)}`, ...rows, '', `${caption}.`].join('\n');
}
