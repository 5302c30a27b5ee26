/**
 * Runs test files with node:test on Node 20, 22 and 24 alike. Node's own command line differs between them (globs,
 * folders, endings), `run()` does not. Every file gets a process of its own, with this process's flags (--import tsx).
 */
import { appendFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { NAME_SEPARATOR, type TestOutcome } from './fault-table.ts';

/** Folders with a command of their own because they need more than Node. */
const SEPARATE_FOLDERS = [
  'test/avro-oracles',
  'test/kafka',
  'test/kafka-cluster',
  'test/package',
  'test/serve-oracles',
];

export interface RunOptions {
  /** Files at a time. */
  concurrency: number;
  /** A run that takes longer has hung, for instance on a handle that a test left open. */
  runTimeoutMs: number;
}

/** The test files at and below a path; the separate folders only count when they are named themselves. */
export function testFiles(path: string, isNamed = true): string[] {
  if (statSync(path).isFile()) return path.endsWith('.test.ts') ? [path] : [];
  if (!isNamed && SEPARATE_FOLDERS.includes(path)) return [];
  return readdirSync(path)
    .sort()
    .flatMap((entry) => testFiles(join(path, entry), false));
}

/** Runs the files, prints node's report to standard output and says whether all of them passed. */
export async function runTests(files: readonly string[], options: RunOptions): Promise<boolean> {
  if (files.length === 0) throw new Error('no test files to run');
  const engine = process.env['KAFKA_HOTPATH_ENGINE'] ?? 'auto';
  console.log(`Node ${process.version}, engine ${engine}, ${files.length} test files`);
  let passed = true;
  // A signal, not the option `timeout`: Node 24 does not apply that one to a file whose tests are over.
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort(new Error(`the run took longer than ${options.runTimeoutMs} ms`));
  }, options.runTimeoutMs);
  const results = new Results();
  const events = run({ files: [...files], concurrency: options.concurrency, signal: deadline.signal });
  events.on('test:fail', (test) => {
    passed = false;
    results.add(test, 'failed');
  });
  events.on('test:pass', (test) => {
    results.add(test, test.skip === undefined && test.todo === undefined ? 'passed' : 'skipped');
  });
  const report = events.compose(new spec()) as Readable;
  report.pipe(process.stdout, { end: false });
  await finished(report);
  clearTimeout(timer);
  return passed;
}

interface Ended {
  readonly name: string;
  readonly nesting: number;
  readonly file?: string | undefined;
}

/**
 * A line of JSON for each test, for whoever wants to know what really ran (scripts/check-fault-table.ts). Its name
 * begins with those of the suites around it, of which the runner tells only when they end, after all that is in them.
 */
class Results {
  readonly #file = process.env['KAFKA_HOTPATH_TEST_RESULTS'];
  /** What has ended and waits for the name of its suite, by how deep it lies. */
  #waiting: { nesting: number; outcome: TestOutcome }[] = [];

  add({ name, nesting, file }: Ended, outcome: TestOutcome['outcome']): void {
    if (this.#file === undefined || file === undefined) return;
    const inside = this.#waiting.filter((waiting) => waiting.nesting > nesting);
    const named = inside.map((inner) => ({ ...inner.outcome, name: `${name}${NAME_SEPARATOR}${inner.outcome.name}` }));
    const ended = [...named, { file: relative('', file), name, outcome }];
    this.#waiting = this.#waiting.filter((waiting) => waiting.nesting <= nesting);
    if (nesting > 0) this.#waiting.push(...ended.map((one) => ({ nesting, outcome: one })));
    else appendFileSync(this.#file, ended.map((one) => `${JSON.stringify(one)}\n`).join(''));
  }
}
