/**
 * Runs the simulation: `npm run sim -- [--seed N] [--runs M] [--seconds S] [--engine wasm]`. Seeds N, N+1, …; the first
 * is random unless given. On a violation: the seed, the shrunk schedule and the trace, and exit code 1.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { runScenario } from '../test/simulation/run.ts';
import { scenarioOf } from '../test/simulation/scenario.ts';
import { shrink } from '../test/simulation/shrink.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    runs: { type: 'string' },
    seconds: { type: 'string' },
    engine: { type: 'string', default: 'typescript' },
    'no-shrink': { type: 'boolean', default: false },
  },
});
const firstSeed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
const runs = Number(values.runs ?? 1_000);
const engine = values.engine === 'wasm' ? 'wasm' : 'typescript';
const endMs = performance.now() + Number(values.seconds ?? Infinity) * 1_000;

console.log(`simulation: seeds ${firstSeed} to ${firstSeed + runs - 1}`);
let messageCount = 0;
let done = 0;
for (; done < runs && performance.now() < endMs; done++) {
  const scenario = scenarioOf(firstSeed + done);
  const result = await runScenario(scenario, engine);
  messageCount += result.messageCount;
  if (result.violations.length === 0) continue;
  console.error(`seed ${scenario.seed}: ${result.violations.join('; ')}`);
  process.exitCode = 1;
  if (values['no-shrink']) break;
  const shrunk = await shrink(scenario);
  console.error(JSON.stringify(shrunk.scenario, null, 1));
  console.error(shrunk.result.trace.join('\n'));
  console.error(shrunk.result.violations.join('\n'));
  console.error(`again: npm run sim -- --seed ${scenario.seed} --runs 1`);
  break;
}
console.log(`${done} runs, ${messageCount} messages, ${process.exitCode === 1 ? 'a violation' : 'no violation'}`);
