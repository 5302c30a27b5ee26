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
  const files = (paths.length > 0 ? paths : ['test/kafka']).flatMap((path) => testFiles(path));
  // One at a time: each starts a broker of its own.
  const passed = await runTests(files, { concurrency: 1, runTimeoutMs: 900_000 });
  process.exitCode = passed ? 0 : 1;
}
