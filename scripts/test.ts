/**
 * Runs test files with node:test on Node 20, 22 and 24 alike: `node --import tsx scripts/test.ts [path …]`.
 * A path is a file or a folder under test/; without one, everything but the suites that need a real Kafka runs.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/** Suites with a command of their own because they need more than Node. */
const SEPARATE_SUITES = ['test/kafka', 'test/package'];

function testFiles(path: string, named: boolean): string[] {
  if (statSync(path).isFile()) return path.endsWith('.test.ts') ? [path] : [];
  if (!named && SEPARATE_SUITES.includes(path)) return [];
  return readdirSync(path)
    .sort()
    .flatMap((entry) => testFiles(join(path, entry), named));
}

const paths = process.argv.slice(2);
const files = paths.length > 0 ? paths.flatMap((path) => testFiles(path, true)) : testFiles('test', false);
if (files.length === 0) throw new Error(`no test files in ${paths.join(', ')}`);

console.log(`Node ${process.version}, engine ${process.env['KAFKA_HOTPATH_ENGINE'] ?? 'auto'}, ${files.length} test files`);
const stream = run({ files, concurrency: 2, timeout: 300_000 });
stream.on('test:fail', () => {
  process.exitCode = 1;
});
const report = stream.compose(new spec());
report.pipe(process.stdout, { end: false });
await finished(report);
