/**
 * `node --import tsx scripts/test.ts [--engine wasm|typescript] [path …]`: the suite, or the test files and folders
 * named. Without a path, everything runs but the suites that need a real Kafka or a packed package.
 */
import { parseArgs } from 'node:util';
import { runTests, testFiles } from './runner.ts';

const { values, positionals: paths } = parseArgs({ allowPositionals: true, options: { engine: { type: 'string' } } });
// An option rather than a shell assignment in package.json, which Windows would not understand.
if (values.engine !== undefined) process.env['KAFKA_HOTPATH_ENGINE'] = values.engine;
const files = paths.length > 0 ? paths.flatMap((path) => testFiles(path)) : testFiles('test');
const passed = await runTests(files, { concurrency: 2, runTimeoutMs: 900_000 });
process.exitCode = passed ? 0 : 1;
