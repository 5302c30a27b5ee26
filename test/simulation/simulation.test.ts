/**
 * The sender core under seeded faults. The seeds named here once showed a bug; the others are a small fixed sample of what
 * `npm run sim` runs by the ten thousand.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runScenario } from './run.ts';
import { scenarioOf } from './scenario.ts';

const REGRESSIONS = [201, 925, 939];
const SAMPLE = 400;

describe('simulation', () => {
  for (const seed of REGRESSIONS) {
    it(`keeps every promise with seed ${seed}`, async () => {
      assert.deepEqual((await runScenario(scenarioOf(seed))).violations, []);
    });
  }

  it(`keeps every promise with seeds 1 to ${SAMPLE}`, async () => {
    for (let seed = 1; seed <= SAMPLE; seed++) {
      const { violations } = await runScenario(scenarioOf(seed));
      assert.deepEqual(violations, [], `npm run sim -- --seed ${seed} --runs 1`);
    }
  });

  it('is the same run for the same seed', async () => {
    const [first, second] = [await runScenario(scenarioOf(7)), await runScenario(scenarioOf(7))];
    assert.deepEqual(first, second);
    assert.ok(first.trace.length > 0);
  });
});
