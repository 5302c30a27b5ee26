/**
 * `npm run test:kafka`: the suites that need a real Kafka, or one line that says why they cannot run here. In CI not
 * being able to run is a failure.
 */
import { installKafka, KAFKA_VERSION, whyNoKafka } from '../test/support/kafka/install.ts';
import { runTests, testFiles } from './runner.ts';

const paths = process.argv.slice(2);
const reason = whyNoKafka();
if (reason !== undefined) {
  console.log(`skipped: the suites on a real Kafka ${KAFKA_VERSION} (${reason})`);
  process.exitCode = process.env['CI'] === 'true' ? 1 : 0;
} else {
  installKafka();
  // The security suites have a command of their own.
  const all = testFiles('test/kafka').filter((path) => !path.includes('/security-'));
  const files = paths.length > 0 ? paths.flatMap((path) => testFiles(path)) : all;
  // One at a time: each starts a broker of its own.
  // The drills of test/kafka-cluster take half a minute to minutes each, and as long as their fault lasts.
  const hours = files.some((file) => file.includes('kafka-cluster')) ? 3 : 0.25;
  const passed = await runTests(files, { concurrency: 1, runTimeoutMs: hours * 3_600_000 });
  process.exitCode = passed ? 0 : 1;
}
