/** `npm run sim:mutants` takes too long for every run of the tests; that its mutants can still be made does not. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { MUTANTS } from './mutants.ts';

void it('every deliberate bug of the simulation still finds its place in the code', () => {
  for (const mutant of MUTANTS) {
    for (const { file, from } of [mutant, ...(mutant.also === undefined ? [] : [mutant.also])]) {
      assert.equal(readFileSync(file, 'utf8').split(from).length, 2, `"${mutant.name}" in ${file}`);
    }
  }
});
