/**
 * Random schemas with values and texts, whole and broken, through both engines (test/avro/fuzz.ts):
 * `npm run fuzz:avro -- --cases 1000000 --seed 1`. Where Java and Maven are there, Apache Avro reads all that was taken
 * and writes it again, which must give the same bytes as it has here. Stops with exit code 1 at the first difference.
 */
import { parseArgs } from 'node:util';
import { openEngine } from '../src/engine/select.ts';
import { CASES_OF_A_SCHEMA, runFuzz } from '../test/avro/fuzz.ts';
import { apacheAvro, ask } from '../test/support/avro/install.ts';

/** Cases between two lines of progress; each stretch has a seed of its own, so that it can be run alone. */
const STRETCH = 50_000;

const { values } = parseArgs({
  options: { cases: { type: 'string', default: '100000' }, seed: { type: 'string', default: `${Date.now()}` } },
});
const caseCount = Number(values.cases);
const firstSeed = Number(values.seed) >>> 0;
if (!Number.isInteger(caseCount) || caseCount < 1) throw new Error(`--cases is ${values.cases}, not a number`);

const engines = [openEngine('wasm'), openEngine('typescript')];
const oracle = apacheAvro();
if (typeof oracle === 'string') {
  console.log(`not read by Apache Avro: ${oracle}`);
  if (process.env['CI'] === 'true') process.exitCode = 1;
}

for (let done = 0; done < caseCount; done += STRETCH) {
  const seed = (firstSeed + done / STRETCH) >>> 0;
  const schemas = Math.ceil(Math.min(STRETCH, caseCount - done) / CASES_OF_A_SCHEMA);
  const lines = new Map<string, readonly string[]>();
  const { taken, refused } = runFuzz({
    engines,
    seed,
    schemas,
    onTaken: (schema, bytes, again) => {
      const hex = Buffer.from(bytes).toString('hex');
      // Where a key comes twice in a map, or a decimal was given with more bytes than it needs, these differ.
      lines.set(`${JSON.stringify(schema)}\thex:${hex}`, [hex, Buffer.from(again).toString('hex')]);
    },
  });
  console.log(`SEED=${seed} ${schemas} schemas: ${taken} taken, ${refused} refused, the same in both engines`);
  if (typeof oracle === 'string') continue;
  const answers = await ask(oracle, [...lines.keys()]);
  for (const [index, [line, expected]] of [...lines].entries()) {
    const answer = answers[index] ?? 'no answer';
    if (!expected.includes(answer)) throw new Error(`Apache Avro: ${answer} for ${line}`);
  }
  console.log(`  ${lines.size} read and written again by ${oracle.name}`);
}
