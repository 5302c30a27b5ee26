/**
 * Reads the tables of docs/reliability.md and of docs/avro.md, whose every row names the tests that show it, and says
 * what is wrong with them: rows that are missing, tests that do not exist, and tests that were skipped or failed in a
 * run, or ran in some modes only (test/support/modes.ts).
 */
import { existsSync, readFileSync } from 'node:fs';

/** Between the name of a suite and that of what is in it. */
export const NAME_SEPARATOR = ' › ';

export interface TestOutcome {
  readonly file: string;
  /** With those of the suites around it. */
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
}

interface Row {
  readonly id: string;
  readonly tests: readonly { readonly file: string; readonly title: string }[];
}

function numbered(letter: string, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, i) => `${letter}${String(first + i).padStart(2, '0')}`);
}

const FILES = ['docs/reliability.md', 'docs/avro.md'];

/** Bad schemas and values of Avro: nothing is sent, so only the engines matter, and each test has both. */
const AVRO_IDS = numbered('B', 51, 70);

/** O1 to O12 without a leading zero, as they are always written. */
const IDS = [
  ...numbered('F', 1, 62),
  ...numbered('O', 1, 12).map((id) => id.replace('O0', 'O')),
  ...AVRO_IDS,
  ...numbered('B', 71, 81),
];

const ENGINES = ['wasm', 'typescript'] as const;

/** WebAssembly itself fails: what happens then with the other engine is what it is held against. */
const ONLY_IN_WASM = ['F53', 'F54'];

/** The modes that must be among those of a row; an oracle is judged in every drill, whatever its mode. */
function modesOf(id: string): string[] {
  if (id.startsWith('O') || AVRO_IDS.includes(id)) return [];
  const engines = ONLY_IN_WASM.includes(id) ? ['wasm'] : ENGINES;
  return engines.flatMap((engine) => [`${engine}, idempotence on`, `${engine}, idempotence off`]);
}

/** The documents that have the tables, as one text. */
export function tableText(): string {
  return FILES.map((file) => readFileSync(file, 'utf8')).join('\n');
}

export function readTable(markdown: string): Row[] {
  return markdown
    .split('\n')
    .map((line) => /^\| ([FOB]\d+) \|(.*)\|$/.exec(line))
    .filter((match) => match !== null)
    .map(([, id = '', cells = '']) => ({
      id,
      tests: [...cells.matchAll(/`([\w./-]+\.test\.ts)` “([^”]+)”/g)].map(([, file = '', title = '']) => ({
        file,
        title,
      })),
    }));
}

/** @param outcomes what a run came to; undefined checks only that the tests exist */
export function problemsOf(markdown: string, outcomes?: readonly TestOutcome[]): string[] {
  const rows = readTable(markdown);
  const problems: string[] = [];
  for (const id of IDS) {
    const count = rows.filter((row) => row.id === id).length;
    if (count !== 1) problems.push(`${id} has ${count} rows`);
  }
  for (const { id, tests } of rows) {
    if (outcomes !== undefined) problems.push(...modeProblems(id, tests, outcomes));
    if (!IDS.includes(id)) problems.push(`${id} is in no list of faults`);
    if (tests.length === 0) problems.push(`${id} names no test`);
    for (const { file, title } of tests) {
      if (!existsSync(file)) problems.push(`${id}: there is no ${file}`);
      else if (!hasTest(readFileSync(file, 'utf8'), title)) problems.push(`${id}: ${file} has no test “${title}”`);
      else if (outcomes !== undefined) problems.push(...outcomeProblems(id, file, title, outcomes));
    }
  }
  return problems;
}

/** A title in the source may have ${…} where the table has what it stands for. */
export function hasTest(source: string, title: string): boolean {
  for (const [, , written = ''] of source.matchAll(/(?:it|test|describe|row|name:)\s*\(?\s*(['"`])((?:(?!\1).)+)\1/g)) {
    const pattern = written
      .split(/\$\{[^}]*\}/)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*');
    if (new RegExp(`^${pattern}$`).test(title)) return true;
  }
  return false;
}

function outcomeProblems(id: string, file: string, title: string, outcomes: readonly TestOutcome[]): string[] {
  const found = outcomesOf(file, title, outcomes);
  if (found.length === 0) return [`${id}: ${file} “${title}” did not run`];
  return found
    .filter(({ outcome }) => outcome !== 'passed')
    .map(({ name, outcome }) => `${id}: ${file} “${name}” was ${outcome}`);
}

/** A test and all that is in it. A title of the table may be the beginning of a name that goes on with a mode. */
function outcomesOf(file: string, title: string, outcomes: readonly TestOutcome[]): readonly TestOutcome[] {
  // A test that a helper declares is recorded under the helper's file.
  const isFrom = (recorded: string): boolean => recorded === file || !recorded.endsWith('.test.ts');
  return outcomes.filter(
    (outcome) => isFrom(outcome.file) && outcome.name.split(NAME_SEPARATOR).some((name) => name.startsWith(title)),
  );
}

/** Each test that runs in modes at all must run in all of them, and one of the row's tests must. */
function modeProblems(id: string, tests: Row['tests'], outcomes: readonly TestOutcome[]): string[] {
  const wanted = modesOf(id);
  const problems: string[] = [];
  let hasModes = wanted.length === 0;
  for (const { file, title } of tests) {
    const names = outcomesOf(file, title, outcomes).map(({ name }) => name);
    const missing = wanted.filter((mode) => !names.some((name) => name.includes(mode)));
    if (missing.length === 0) hasModes = true;
    else if (missing.length < wanted.length) problems.push(`${id}: ${file} “${title}” lacks ${missing.join(' and ')}`);
  }
  return hasModes || problems.length > 0 ? problems : [`${id} was not met in the modes ${wanted.join('; ')}`];
}
