/** The sender core under seeded faults: a small fixed sample of what `npm run sim` runs by the ten thousand. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MODES, nameOf } from '../support/modes.ts';
import { REGRESSIONS } from './regressions.ts';
import { runScenario } from './run.ts';
import { scenarioOf } from './scenario.ts';

const SAMPLE = 200;

describe('simulation', () => {
  for (const { bug, scenario } of REGRESSIONS) {
    it(`no more: ${bug}`, async () => {
      assert.deepEqual((await runScenario(scenario)).violations, []);
    });
  }

  describe(`F62 everything mixed, by the seeds 1 to ${SAMPLE}`, () => {
    for (const { engine, idempotent } of MODES) {
      it(nameOf({ engine, idempotent }), async () => {
        for (let seed = 1; seed <= SAMPLE; seed++) {
          const { config, ...others } = scenarioOf(seed);
          const scenario = { ...others, config: { ...config, enableIdempotence: idempotent } };
          const { violations } = await runScenario(scenario, engine);
          assert.deepEqual(violations, [], `seed ${seed}, ${nameOf({ engine, idempotent })}`);
        }
      });
    }
  });

  it('is the same run for the same seed, in either engine', async () => {
    for (let seed = 7; seed < 30; seed++) {
      const first = await runScenario(scenarioOf(seed));
      assert.deepEqual(await runScenario(scenarioOf(seed)), first);
      assert.deepEqual(await runScenario(scenarioOf(seed), 'wasm'), first);
      assert.ok(first.trace.length > 0);
    }
  });
});
