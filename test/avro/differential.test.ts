/** Both engines on random schemas, values and broken texts. `SEED=n npm test -- test/avro/differential.test.ts` */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AvroGroup, AvroType } from '../../src/engine/engine.ts';
import { Random } from '../support/random.ts';
import { toJsonText } from '../../src/avro/json-text.ts';
import { mutateText } from './mutate.ts';
import { PairGenerator } from './pairs.ts';
import { ENGINES, hex } from './support.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 32);
const PAIRS = Number(process.env['CASES'] ?? 400);
/** Values of each schema: enough for columns. */
const GROUP = 9;
/** Broken texts for each pair. */
const MUTANTS = 5;

/** What became of it: bytes, or the words of the refusal. */
function outcome(act: () => Uint8Array): string {
  try {
    return hex(act());
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'ERR_AVRO_VALUE', String((error as Error).stack));
    return (error as Error).message;
  }
}

/** The bytes of the group, whose ends are those of the values one by one. */
function joined({ bytes, ends }: AvroGroup, all: readonly string[]): Uint8Array {
  let end = 0;
  const expected = all.map((text) => (end += text.length / 2));
  assert.deepEqual([...ends], expected);
  return bytes;
}

function same(types: readonly AvroType[], act: (type: AvroType) => Uint8Array, what: string): string {
  const [first, ...others] = types.map((type) => outcome(() => act(type)));
  for (const other of others) assert.equal(other, first, what);
  return first ?? '';
}

describe('Avro in both engines', () => {
  it(`has the same bytes and the same refusals, SEED=${SEED}`, () => {
    const generator = new PairGenerator(SEED);
    const random = new Random(SEED ^ 0x5bd1e995);
    let taken = 0;
    for (let count = 0; count < PAIRS; count++) {
      const pairs = generator.group(GROUP);
      const { schema, value, text } = pairs[0]!;
      const what = `${JSON.stringify(schema)} ${text}`;
      const types = ENGINES.map((engine) => engine.compileAvro(schema));
      const bytes = same(types, (type) => type.encode(value), what);
      assert.match(bytes, /^[0-9a-f]*$/, what);
      assert.equal(
        same(types, (type) => type.encodeJson(text), what),
        bytes,
        what,
      );
      const all = pairs.map((pair) => hex(types[0]!.encode(pair.value)));
      const whole = pairs.map((pair) => pair.text).join('\n');
      const values = pairs.map((pair) => pair.value);
      const texts = pairs.map((pair) => pair.text);
      assert.equal(
        same(types, (type) => joined(type.encodeGroup(values), all), whole),
        all.join(''),
        whole,
      );
      assert.equal(
        same(types, (type) => joined(type.encodeJsonGroup(texts), all), whole),
        all.join(''),
        whole,
      );
      const decoded = types[0]!.decode(Buffer.from(bytes, 'hex'));
      assert.equal(hex(types[0]!.encode(decoded)), bytes, what);
      assert.equal(hex(types[0]!.encodeJson(toJsonText(decoded))), bytes, what);
      let mutant = text;
      for (let step = 0; step < MUTANTS; step++) {
        mutant = mutateText(step % 3 === 0 ? text : mutant, random);
        const result = same(types, (type) => type.encodeJson(mutant), `${what} as ${mutant}`);
        if (/^[0-9a-f]*$/.test(result)) taken += 1;
      }
      const wrong = Buffer.from(bytes, 'hex');
      if (wrong.length > 0) wrong[random.below(wrong.length)] = random.bits();
      same(types, (type) => (type.decode(wrong), wrong), what);
    }
    // Some mutants have to be JSON of the schema still, or nothing was compared but refusals.
    assert.ok(taken > PAIRS / 10, `${taken} mutants were taken`);
  });
});
