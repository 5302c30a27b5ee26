/** `SEED=n npm test -- test/engine/differential.test.ts` runs one seed again. */
import { describe, it } from 'node:test';
import { openEngine } from '../../src/engine/select.ts';
import { runDifferential } from './differential.ts';

const RECORDS = 20_000;

describe('both engines', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 32);

  it(`write the same bytes, SEED=${seed}`, () => {
    runDifferential({ engines: [openEngine('wasm'), openEngine('typescript')], seed, recordCount: RECORDS });
  });
});
