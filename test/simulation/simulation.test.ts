/** The sender core under seeded faults: a small fixed sample of what `npm run sim` runs by the ten thousand. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { REGRESSIONS } from './regressions.ts';
import { runScenario } from './run.ts';
import { scenarioOf } from './scenario.ts';

const SAMPLE = 400;

describe('simulation', () => {
  for (const { bug, scenario } of REGRESSIONS) {
    it(`no more: ${bug}`, async () => {
      assert.deepEqual((await runScenario(scenario)).violations, []);
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
