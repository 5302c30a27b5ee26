/**
 * `npm run hostile -- [--responses N] [--seed N]`: answers of the embedded broker changed at random on their way to the
 * producer, in both engines and with idempotence on and off. Exit code 1 when a promise is broken.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { runMutations } from '../test/hostile/mutations.ts';

const { values } = parseArgs({ options: { responses: { type: 'string' }, seed: { type: 'string' } } });
const responses = Number(values.responses ?? 100_000);
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
console.log(`hostile: ${responses} answers, SEED ${seed}`);

const modes = (['wasm', 'typescript'] as const).flatMap((engine) =>
  [true, false].map((idempotent) => ({ engine, idempotent })),
);
// Side by side, because much of the time goes by with waiting for answers that never come.
const results = await Promise.all(
  modes.map(async (mode) => {
    const result = await runMutations({ ...mode, seed, responses: Math.ceil(responses / modes.length) });
    const { violations, ...counts } = result;
    console.log(`${mode.engine}, idempotence ${mode.idempotent ? 'on' : 'off'}: ${JSON.stringify(counts)}`);
    for (const violation of violations) console.error(violation);
    return result;
  }),
);
const broken = results.reduce((sum, { violations }) => sum + violations.length, 0);
const total = results.reduce((sum, result) => sum + result.responses, 0);
console.log(`${total} answers, ${broken} promises broken`);
process.exitCode = broken === 0 ? 0 : 1;
