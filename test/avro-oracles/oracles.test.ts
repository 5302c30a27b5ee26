/**
 * What Apache Avro (Java) and fastavro write for the same schemas and values, byte for byte, from objects and from JSON
 * text, in both engines. `SEED=n CASES=n npm run test:avro`
 */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type Pair, PairGenerator } from '../avro/pairs.ts';
import { ENGINES, hex } from '../avro/support.ts';
import { apacheAvro, ask, fastavro, type Oracle } from '../support/avro/install.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 32);
const CASES = Number(process.env['CASES'] ?? 20_000);
/** Java has "?" for half a character and refuses "NaN" in JSON (ecosystem §5.1b). */
const NOT_PORTABLE = /\\ud[89a-f]|"-?(NaN|Infinity)"/;

interface Case extends Pair {
  bytes: string;
}

function cases(): Case[] {
  const generator = new PairGenerator(SEED);
  const all: Case[] = [];
  while (all.length < CASES) {
    const pair = generator.next();
    if (NOT_PORTABLE.test(pair.strict)) continue;
    const outputs = ENGINES.flatMap((engine) => {
      const type = engine.compileAvro(pair.schema);
      return [type.encode(pair.value), type.encodeGroup([pair.value]).bytes, type.encodeJson(pair.text)].map(hex);
    });
    for (const output of outputs) assert.equal(output, outputs[0], pair.text);
    all.push({ ...pair, bytes: outputs[0] ?? '' });
  }
  return all;
}

describe(`Avro as others write it, SEED=${SEED}`, () => {
  let all: Case[] = [];
  before(() => {
    all = cases();
  });

  for (const [name, install] of Object.entries({ 'Apache Avro': apacheAvro, fastavro })) {
    it(`has the bytes of ${name}`, async (test) => {
      const oracle: Oracle | string = install();
      if (typeof oracle === 'string') {
        assert.notEqual(process.env['CI'], 'true', `${oracle}; continuous integration must have it`);
        test.skip(oracle);
        return;
      }
      const lines = all.map(({ schema, strict }) => `${JSON.stringify(schema)}\t${strict}`);
      const answers = await ask(oracle, lines);
      assert.equal(answers.length, all.length);
      let compared = 0;
      for (const [index, { bytes }] of all.entries()) {
        if (answers[index] === 'undecided') continue;
        assert.equal(answers[index], bytes, lines[index]);
        compared += 1;
      }
      test.diagnostic(`${compared} of ${all.length} pairs compared`);
      assert.ok(compared >= all.length / 2);
    });
  }
});
