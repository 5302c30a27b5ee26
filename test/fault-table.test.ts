/** docs/reliability.md names a test for every fault, oracle and hostile answer, and the check of that is not blind. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { hasTest, problemsOf, readTable } from '../scripts/fault-table.ts';

const TABLE = readFileSync('docs/reliability.md', 'utf8');
const ROW = '| F01 | lost | `test/fault-table.test.ts` “is complete” |';

describe('the fault table', () => {
  it('is complete', () => {
    assert.deepEqual(problemsOf(TABLE), []);
  });

  it('has problems when a row is missing, twice, or without a test', () => {
    const without = TABLE.replace(/^\| F17 .*\n/m, '');
    assert.deepEqual(problemsOf(without), ['F17 has 0 rows']);
    assert.ok(problemsOf(`${TABLE}\n${ROW}`).includes('F01 has 2 rows'));
    const untested = TABLE.replace(/^\| F17 .*$/m, '| F17 | slow | |');
    assert.deepEqual(problemsOf(untested), ['F17 names no test']);
  });

  it('has problems when a test does not exist', () => {
    assert.match(problemsOf(TABLE.replace('“F01 ', '“F01 no ')).join(), /has no test “F01 no /);
    assert.match(problemsOf(TABLE.replace('faults/answers.test.ts', 'faults/none.test.ts')).join(), /there is no/);
    assert.ok(hasTest('it(`ends with ${code}, in time`, () => {})', 'ends with 5, in time'));
    assert.ok(!hasTest('it(`ends with ${code}, in time`, () => {})', 'ends with 5'));
  });

  it('has problems when a test was skipped, failed, or did not run', () => {
    const all = readTable(TABLE).flatMap(({ tests }) => tests);
    const passed = all.map(({ file, title }) => ({ file, name: title, outcome: 'passed' as const }));
    assert.deepEqual(problemsOf(TABLE, passed), []);
    const [first, ...others] = passed;
    assert.match(problemsOf(TABLE, others).join(), /did not run/);
    for (const outcome of ['skipped', 'failed'] as const) {
      assert.match(problemsOf(TABLE, [{ ...first!, outcome }, ...others]).join(), new RegExp(`was ${outcome}`));
    }
  });
});
