/**
 * `node --import tsx scripts/test.ts [--engine wasm|typescript] [path …]`: the suite, or the test files and folders
 * named. Without a path, everything runs but the suites that need a real Kafka or a packed package.
 *
 * Under `node --disallow-code-generation-from-strings` every file runs under it too, but for those that compare with
 * avsc, which cannot be loaded then.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runTests, testFiles } from './runner.ts';

const { values, positionals: paths } = parseArgs({ allowPositionals: true, options: { engine: { type: 'string' } } });
// An option rather than a shell assignment in package.json, which Windows would not understand.
if (values.engine !== undefined) process.env['KAFKA_HOTPATH_ENGINE'] = values.engine;
let files = paths.length > 0 ? paths.flatMap((path) => testFiles(path)) : testFiles('test');
if (process.execArgv.includes('--disallow-code-generation-from-strings')) {
  // A test asks for this, to be sure that its process has the flag too.
  process.env['KAFKA_HOTPATH_TEST_NO_EVAL'] = 'true';
  const skipped = files.filter((file) => /^import .* from 'avsc';$/m.test(readFileSync(file, 'utf8')));
  files = files.filter((file) => !skipped.includes(file));
  console.log(`no code from strings; left out because of avsc: ${skipped.join(', ') || 'none'}`);
}
const passed = await runTests(files, { concurrency: 2, runTimeoutMs: 900_000 });
process.exitCode = passed ? 0 : 1;
