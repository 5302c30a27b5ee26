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
  const events = run({ files: [...files], concurrency: options.concurrency, signal: deadline.signal });
  events.on('test:fail', (test) => {
    passed = false;
    record(test, 'failed');
  });
  events.on('test:pass', (test) => {
    record(test, test.skip === undefined && test.todo === undefined ? 'passed' : 'skipped');
  });
  const report = events.compose(new spec()) as Readable;
  report.pipe(process.stdout, { end: false });
  await finished(report);
  clearTimeout(timer);
  return passed;
}

/** A line of JSON for each test, for whoever wants to know what really ran (scripts/check-fault-table.ts). */
function record(test: { name: string; file?: string | undefined }, outcome: 'passed' | 'failed' | 'skipped'): void {
  const results = process.env['KAFKA_HOTPATH_TEST_RESULTS'];
  if (results === undefined || test.file === undefined) return;
  appendFileSync(results, `${JSON.stringify({ file: relative('', test.file), name: test.name, outcome })}\n`);
}
