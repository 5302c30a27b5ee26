/**
 * `node --import tsx scripts/property-table.ts`: writes the table of properties in docs/binding.md anew from the one in
 * src/binding/properties.ts. A test says when that is due.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PROPERTIES } from '../src/binding/properties.ts';
import type { PropertySpec } from '../src/binding/property-spec.ts';
import { allowedValues } from '../src/binding/property-values.ts';

const DOCUMENT = new URL('../docs/binding.md', import.meta.url);
const BEGIN = '<!-- properties: written by scripts/property-table.ts -->\n';
const END = '<!-- end of properties -->';

/** The document with its table as it should be. */
export function withPropertyTable(document: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`docs/binding.md has no place for the table: ${BEGIN.trim()}`);
  return `${document.slice(0, begin + BEGIN.length)}\n${propertyTable()}\n${document.slice(end)}`;
}

function propertyTable(): string {
  const heading = ['| property | default | allowed | librdkafka | |', '|---|---|---|---|---|'];
  return `${[...heading, ...PROPERTIES.map(rowOf)].join('\n')}\n`;
}

function rowOf(spec: PropertySpec): string {
  const value = spec.required ? 'required' : spec.default === undefined ? '' : `\`${spec.default}\``;
  const words = [
    spec.doc,
    ...(spec.ignored === undefined ? [] : [`Ignored: ${spec.ignored}.`]),
    ...(spec.resolves ? [] : spec.kind === 'text' ? ['Settings are not looked up.'] : []),
    ...(spec.secret ? ['Never shown.'] : []),
    ...(spec.since === undefined ? [] : [`Since ${spec.since} of the extension.`]),
  ];
  const librdkafka = spec.librdkafka === undefined ? '' : `\`${spec.librdkafka}\``;
  const cells = [`\`${spec.name}\``, value, allowedValues(spec), librdkafka, words.join(' ')];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(DOCUMENT, withPropertyTable(readFileSync(DOCUMENT, 'utf8')));
}
