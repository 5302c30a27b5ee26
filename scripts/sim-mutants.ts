/**
 * Shows that the simulation has teeth: `npm run sim:mutants -- [--runs N] [--seed N] [--only TEXT]`. Every deliberate
 * bug of test/simulation/mutants.ts must be caught within N runs (2 000), or the exit code is 1.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Mutant, MUTANTS } from '../test/simulation/mutants.ts';

/** Inside the project, so that the copies find the same packages. */
const FOLDER = join('.cache', 'mutants');

/** Characters of what a caught bug did, for one line each. */
const CAUSE_WIDTH = 110;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});

function prepare(mutant: Mutant, index: number): string {
  const folder = join(FOLDER, String(index));
  for (const part of ['src', 'test/simulation', 'scripts/sim.ts'])
    cpSync(part, join(folder, part), { recursive: true });
  for (const { file, from, to } of [mutant, ...(mutant.also === undefined ? [] : [mutant.also])]) {
    const path = join(folder, file);
    const source = readFileSync(path, 'utf8');
    const matches = source.split(from).length - 1;
    if (matches !== 1) throw new Error(`"${mutant.name}": its pattern stands ${matches} times in ${file}`);
    writeFileSync(
      path,
      source.replace(from, () => to),
    );
  }
  return folder;
}

/** How the bug showed; undefined when it was not caught. */
function simulate(folder: string): Promise<string | undefined> {
  const script = join(folder, 'scripts', 'sim.ts');
  const args = ['--import', 'tsx', script, '--seed', values.seed, '--runs', values.runs, '--no-shrink'];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => {
      // A name that is gone since the code changed is no bug of the kind that oracles are to find.
      const broken = /^.*(?:ReferenceError|SyntaxError).*$/m.exec(errors)?.[0];
      if (code === 0) resolve(undefined);
      else if (broken !== undefined) reject(new Error(`${folder} does not run: ${broken}`));
      else
        resolve(/^(seed .*)$/m.exec(errors)?.[1] ?? /^(.*Error.*)$/m.exec(errors)?.[1] ?? `exit code ${String(code)}`);
    });
  });
}

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
const chosen = MUTANTS.filter(({ name }) => name.includes(values.only));
let missedCount = 0;
for (const [index, mutant] of chosen.entries()) {
  const caught = await simulate(prepare(mutant, index));
  if (caught === undefined) missedCount += 1;
  console.log(
    caught === undefined ? `MISSED  ${mutant.name}` : `caught  ${mutant.name}  (${caught.slice(0, CAUSE_WIDTH)})`,
  );
}
rmSync(FOLDER, { recursive: true, force: true });
console.log(
  `${chosen.length - missedCount} of ${chosen.length} deliberate bugs were caught within ${values.runs} runs`,
);
process.exitCode = missedCount === 0 ? 0 : 1;
