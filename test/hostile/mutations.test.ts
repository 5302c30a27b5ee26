/** A short sample of the seeded mutations; `npm run hostile` runs as many as asked for. */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { MODES, nameOf } from '../support/modes.ts';
import { runMutations } from './mutations.ts';

const RESPONSES = 300;
const strays: unknown[] = [];
const onStray = (error: unknown): void => {
  strays.push(error);
};

describe('B75 answers changed at random: nothing crashes, nothing is falsely persisted', { concurrency: true }, () => {
  before(() => {
    process.on('unhandledRejection', onStray).on('uncaughtException', onStray);
  });
  after(() => {
    process.off('unhandledRejection', onStray).off('uncaughtException', onStray);
    assert.deepEqual(strays, []);
  });

  for (const mode of MODES) {
    const seed = randomInt(2 ** 31);
    void it(nameOf(mode), async (test) => {
      test.diagnostic(`SEED ${seed}`);
      const { violations, mutated, persisted } = await runMutations({ seed, responses: RESPONSES, ...mode });
      assert.deepEqual(violations, [], `npm run hostile -- --seed ${seed} --responses ${RESPONSES}`);
      assert.ok(mutated > 0 && persisted > 0);
    });
  }
});
