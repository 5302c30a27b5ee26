/**
 * Random records through both engines, compared byte for byte and read back:
 * `npm run differential -- --records 1000000 --seed 1`. Stops with exit code 1 at the first difference.
 */
import { parseArgs } from 'node:util';
import { openEngine } from '../src/engine/select.ts';
import { runDifferential } from '../test/engine/differential.ts';

/** Records between two lines of progress; each stretch has a seed of its own, so that it can be run alone. */
const STRETCH = 20_000;

const { values } = parseArgs({
  options: { records: { type: 'string', default: '200000' }, seed: { type: 'string', default: `${Date.now()}` } },
});
const recordCount = Number(values.records);
const firstSeed = Number(values.seed) >>> 0;
if (!Number.isInteger(recordCount) || recordCount < 1) throw new Error(`--records is ${values.records}, not a number`);

const engines = [openEngine('wasm'), openEngine('typescript')];
for (let done = 0; done < recordCount; done += STRETCH) {
  const seed = (firstSeed + done / STRETCH) >>> 0;
  const stretch = Math.min(STRETCH, recordCount - done);
  console.log(`SEED=${seed} ${stretch} records`);
  const bytes = runDifferential({ engines, seed, recordCount: stretch });
  console.log(`  the same: ${(bytes / 1e6).toFixed(1)} MB`);
}
