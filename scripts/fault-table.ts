/**
 * Reads the table of docs/reliability.md, whose every row names the tests that show it, and says what is wrong with it:
 * rows that are missing, tests that do not exist, and tests that were skipped or failed in a run.
 */
import { existsSync, readFileSync } from 'node:fs';

export interface TestOutcome {
  readonly file: string;
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

/** O1 to O12 without a leading zero, as they are always written. */
const IDS = [
  ...numbered('F', 1, 62),
  ...numbered('O', 1, 12).map((id) => id.replace('O0', 'O')),
  ...numbered('B', 71, 81),
];

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
  // A title of the table may be the beginning of a name that goes on with the mode it ran in.
  // A test that a helper declares is recorded under the helper's file.
  const isFrom = (recorded: string): boolean => recorded === file || !recorded.endsWith('.test.ts');
  const found = outcomes.filter((outcome) => isFrom(outcome.file) && outcome.name.startsWith(title));
  if (found.length === 0) return [`${id}: ${file} “${title}” did not run`];
  return found
    .filter(({ outcome }) => outcome !== 'passed')
    .map(({ name, outcome }) => `${id}: ${file} “${name}” was ${outcome}`);
}
