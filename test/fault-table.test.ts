/** The tables name a test for every fault, oracle, hostile answer and bad Avro, and the check of that is not blind. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasTest, NAME_SEPARATOR, problemsOf, readTable, tableText } from '../scripts/fault-table.ts';
import { MODES, nameOf } from './support/modes.ts';

const TABLE = tableText();
/** Every test of the table, passed in every mode. */
const PASSED = readTable(TABLE)
  .flatMap(({ tests }) => tests)
  .flatMap(({ file, title }) =>
    MODES.map((mode) => ({ file, name: `${title}${NAME_SEPARATOR}${nameOf(mode)}`, outcome: 'passed' as const })),
  );
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
    assert.deepEqual(problemsOf(TABLE, PASSED), []);
    const [first] = PASSED;
    const others = PASSED.filter(({ name }) => !name.startsWith('F01 '));
    assert.match(problemsOf(TABLE, others).join(), /did not run/);
    for (const outcome of ['skipped', 'failed'] as const) {
      assert.match(problemsOf(TABLE, [...PASSED, { ...first!, outcome }]).join(), new RegExp(`was ${outcome}`));
    }
  });

  it('has problems when a fault was not met in every mode', () => {
    const without = (pattern: RegExp): string[] =>
      problemsOf(
        TABLE,
        PASSED.filter(({ name }) => !pattern.test(name)),
      );
    assert.deepEqual(without(/^F01 .*wasm, idempotence off/), [
      'F01: test/faults/answers.test.ts “F01 reply lost after append” lacks wasm, idempotence off',
    ]);
    assert.match(
      without(/^F01 .*typescript/).join(),
      /lacks typescript, idempotence on and typescript, idempotence off/,
    );
    const bare = PASSED.map((test) => ({ ...test, name: test.name.replace(/^(F01 .*) › .*$/, '$1') }));
    assert.match(problemsOf(TABLE, bare).join(), /^F01 was not met in the modes wasm, idempotence on; /);
    assert.deepEqual(without(/(at whichever|F54) .*typescript/), [], 'a fault of WebAssembly has no other engine');
    assert.match(without(/F55 .*typescript/).join(), /^F55: .* lacks typescript/);
  });
});
