/** Makes a failing scenario smaller while it still fails, so that a person can read what happened. */
import { type RunResult, runScenario } from './run.ts';
import type { Scenario } from './scenario.ts';

export async function shrink(scenario: Scenario): Promise<{ scenario: Scenario; result: RunResult }> {
  let smallest = scenario;
  let result = await runScenario(scenario);
  for (let hasShrunk = true; hasShrunk; ) {
    hasShrunk = false;
    for (const smaller of smallerOnes(smallest)) {
      const tried = await runScenario(smaller);
      if (tried.violations.length === 0) continue;
      smallest = smaller;
      result = tried;
      hasShrunk = true;
      break;
    }
  }
  return { scenario: smallest, result };
}

function* smallerOnes(scenario: Scenario): Generator<Scenario> {
  for (const list of ['faults', 'sends'] as const) {
    for (let size = scenario[list].length >> 1; size >= 1; size >>= 1) {
      for (let at = 0; at < scenario[list].length; at += size) {
        const rest = scenario[list].filter((_, index) => index < at || index >= at + size);
        if (list === 'sends' && rest.length === 0) continue;
        yield { ...scenario, [list]: rest };
      }
    }
  }
}
