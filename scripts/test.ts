/**
 * `node --import tsx scripts/test.ts [path …]`: the suite, or the test files and folders named. Without a path,
 * everything runs but the suites that need a real Kafka or a packed package.
 */
import { runTests, testFiles } from './runner.ts';

const paths = process.argv.slice(2);
const files = paths.length > 0 ? paths.flatMap((path) => testFiles(path)) : testFiles('test');
const passed = await runTests(files, { concurrency: 2, runTimeoutMs: 600_000 });
process.exitCode = passed ? 0 : 1;
