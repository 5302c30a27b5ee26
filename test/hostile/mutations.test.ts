/** A short sample of the seeded mutations; `npm run hostile` runs as many as asked for. */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { runMutations } from './mutations.ts';

const RESPONSES = 300;
const strays: unknown[] = [];
const onStray = (error: unknown): void => {
  strays.push(error);
};

describe('answers changed at random', { concurrency: true }, () => {
  before(() => {
    process.on('unhandledRejection', onStray).on('uncaughtException', onStray);
  });
  after(() => {
    process.off('unhandledRejection', onStray).off('uncaughtException', onStray);
    assert.deepEqual(strays, []);
  });

  for (const engine of ['wasm', 'typescript'] as const) {
    for (const idempotent of [true, false]) {
      const seed = randomInt(2 ** 31);
      const mode = `${engine}, idempotence ${idempotent ? 'on' : 'off'}`;
      void it(`crash nothing and persist nothing falsely, ${mode}`, async (test) => {
        test.diagnostic(`SEED ${seed}`);
        const { violations, mutated, persisted } = await runMutations({
          seed,
          responses: RESPONSES,
          engine,
          idempotent,
        });
        assert.deepEqual(violations, [], `npm run hostile -- --seed ${seed} --responses ${RESPONSES}`);
        assert.ok(mutated > 0 && persisted > 0);
      });
    }
  }
});
