/**
 * The table "What each type takes" of docs/avro.md, row by row: each row has examples of all that its cells say, tried
 * in both engines, one by one and in groups. A cell that is changed, or a row that is added, fails until its examples
 * are looked at too.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { INPUTS } from './inputs.ts';
import { ENGINES, hex, refuses } from './support.ts';

/** The rows of the document's table: type, values, JSON text, what it decodes to. */
function documented(): string[][] {
  const text = readFileSync('docs/avro.md', 'utf8');
  const table = /^\| type \| values \|.*\n\|.*\n((?:\|.*\n)+)/m.exec(text)?.[1] ?? '';
  return table
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(2, -2).split(' | '));
}

describe('what each Avro type takes', () => {
  it('is what docs/avro.md says, and all of that is tried here', () => {
    const tried = Object.entries(INPUTS).map(([type, { cells }]) => [type, ...cells]);
    assert.deepEqual(documented(), tried);
  });

  for (const [type, { examples }] of Object.entries(INPUTS)) {
    it(`${type}: takes all of it, and nothing beside`, () => {
      for (const { schema, bytes, values, texts, decoded, refused = [], refusedTexts = [] } of examples) {
        for (const engine of ENGINES) {
          const compiled = engine.compileAvro(schema);
          for (const value of values) {
            assert.equal(hex(compiled.encode(value)), bytes, `${engine.kind} ${String(value)}`);
            assert.equal(hex(compiled.encodeGroup(Array(9).fill(value)).bytes), bytes.repeat(9), String(value));
          }
          for (const text of texts) {
            assert.equal(hex(compiled.encodeJson(text)), bytes, `${engine.kind} ${text}`);
            assert.equal(hex(compiled.encodeJsonGroup(Array<string>(9).fill(text)).bytes), bytes.repeat(9), text);
          }
          assert.deepEqual(compiled.decode(Buffer.from(bytes, 'hex')), decoded);
        }
        for (const value of refused) {
          refuses(schema, (compiled) => compiled.encode(value), /^\$.*: got .*; allowed: /);
          const among = [...Array<unknown>(4).fill(values[0]), value, ...Array<unknown>(4).fill(values[0])];
          refuses(schema, (compiled) => compiled.encodeGroup(among), /^\$\[4\].*: got .*; allowed: /);
        }
        for (const text of refusedTexts) {
          refuses(schema, (compiled) => compiled.encodeJson(text), /^\$.*: got .*; allowed: /);
        }
      }
    });
  }
});
