/**
 * `npm run check:faults -- [--results FILE …]`: every row of the tables in docs/reliability.md and docs/avro.md names a
 * test that exists; with the results of a run (KAFKA_HOTPATH_TEST_RESULTS), also that it ran and passed. Exit code 1 if
 * not.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { problemsOf, tableText, type TestOutcome } from './fault-table.ts';

const { values } = parseArgs({ options: { results: { type: 'string', multiple: true } } });
const outcomes = values.results?.flatMap((file) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TestOutcome),
);
const problems = problemsOf(tableText(), outcomes);
for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? 'every row of the fault table has its test' : `${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
