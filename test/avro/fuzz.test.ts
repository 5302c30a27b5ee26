/** A short run of what `npm run fuzz:avro` does at length. `SEED=n npm test -- test/avro/fuzz.test.ts` */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CASES_OF_A_SCHEMA, runFuzz } from './fuzz.ts';
import { ENGINES } from './support.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 32);
const SCHEMAS = 100;

describe('Avro given broken values and texts', () => {
  it(`takes and refuses the same in both engines, SEED=${SEED}`, () => {
    const { taken, refused } = runFuzz({ engines: ENGINES, seed: SEED, schemas: SCHEMAS });
    assert.equal(taken + refused, SCHEMAS * CASES_OF_A_SCHEMA);
    // Both must be frequent, or little was compared.
    assert.ok(taken > refused / 4 && refused > taken / 4, `${taken} taken, ${refused} refused`);
  });
});
