/**
 * Random schemas, values that fit them, and the same values and their texts broken: both engines have to take the same,
 * in the same bytes, and refuse the same, in the same words, one by one and in groups.
 */
import assert from 'node:assert/strict';
import type { AvroGroup, AvroType, Engine } from '../../src/engine/engine.ts';
import { Random } from '../support/random.ts';
import { mutateText, mutateValue } from './mutate.ts';
import { PairGenerator } from './pairs.ts';

/** Values that fit, of each schema. */
const GOOD = 9;
/** Broken values, and as many broken texts, of each. */
const BROKEN = 20;
/** Inputs of each schema; each is given to both engines. */
export const CASES_OF_A_SCHEMA = 2 * (GOOD + BROKEN);

export interface FuzzOptions {
  engines: readonly Engine[];
  seed: number;
  schemas: number;
  /** Everything that was taken, for somebody else to read, and what it is after decoding and encoding it again. */
  onTaken?: (schema: unknown, bytes: Uint8Array, again: Uint8Array) => void;
}

export interface FuzzCounts {
  taken: number;
  refused: number;
}

export function runFuzz({ engines, seed, schemas, onTaken }: FuzzOptions): FuzzCounts {
  const generator = new PairGenerator(seed);
  const random = new Random(seed ^ 0x5bd1e995);
  const counts: FuzzCounts = { taken: 0, refused: 0 };
  for (let index = 0; index < schemas; index++) {
    const pairs = generator.group(GOOD);
    const { schema } = pairs[0]!;
    const types = engines.map((engine) => engine.compileAvro(schema));
    const values = pairs.map(({ value }) => value);
    const texts = pairs.map(({ text }) => text);
    for (let count = 0; count < BROKEN; count++) {
      values.push(mutateValue(random.pick([values[random.below(values.length)], values[count % GOOD]]), random));
      texts.push(mutateText(random.pick([texts[random.below(texts.length)]!, texts[count % GOOD]!]), random));
    }
    const what = `SEED=${seed} schema ${index}: ${JSON.stringify(schema)}`;
    const fromValues = new Inputs(
      values,
      (type, value) => type.encode(value),
      (type, all) => type.encodeGroup(all),
    );
    const fromTexts = new Inputs(
      texts,
      (type, text) => type.encodeJson(text),
      (type, all) => type.encodeJsonGroup(all),
    );
    for (const inputs of [fromValues, fromTexts]) {
      const taken = inputs.compare(types, what);
      counts.taken += taken.length;
      counts.refused += GOOD + BROKEN - taken.length;
      if (onTaken === undefined) continue;
      for (const bytes of taken) onTaken(schema, bytes, types[0]!.encode(types[0]!.decode(bytes)));
    }
  }
  return counts;
}

class Inputs<Input> {
  readonly #inputs: readonly Input[];
  readonly #encode: (type: AvroType, input: Input) => Uint8Array;
  readonly #encodeGroup: (type: AvroType, inputs: readonly Input[]) => AvroGroup;

  constructor(
    inputs: readonly Input[],
    encode: (type: AvroType, input: Input) => Uint8Array,
    encodeGroup: (type: AvroType, inputs: readonly Input[]) => AvroGroup,
  ) {
    this.#inputs = inputs;
    this.#encode = encode;
    this.#encodeGroup = encodeGroup;
  }

  /** What was taken. */
  compare(types: readonly AvroType[], what: string): Uint8Array[] {
    const good: Input[] = [];
    const taken: Uint8Array[] = [];
    let bad: Input | undefined;
    let badWords = '';
    for (const [index, input] of this.#inputs.entries()) {
      const outcomes = types.map((type) => outcome(() => this.#encode(type, input)));
      const [first] = outcomes;
      assert.ok(first !== undefined);
      const where = `${what}, input ${index}: ${shown(input)}`;
      for (const other of outcomes) assert.deepEqual(other, first, where);
      if (typeof first === 'string') {
        assert.ok(index >= GOOD, `${where}: ${first}`);
        bad = input;
        badWords = first;
        continue;
      }
      good.push(input);
      taken.push(first);
      // Not the same bytes: those of a decimal may have been given with more than it needs.
      const decoded = types[0]!.decode(first);
      assert.deepEqual(types[0]!.decode(types[0]!.encode(decoded)), decoded, where);
    }
    const whole = Buffer.concat(taken);
    let end = 0;
    const ends = taken.map(({ length }) => (end += length));
    for (const type of types) {
      const group = this.#encodeGroup(type, good);
      assert.ok(whole.equals(group.bytes), what);
      assert.deepEqual([...group.ends], ends, what);
      if (badWords === '') continue;
      const words = outcome(() => this.#encodeGroup(type, [...good, bad as Input, ...good]).bytes);
      assert.equal(words, badWords.replace('$', `$[${good.length}]`), `${what}, in a group: ${shown(bad)}`);
    }
    return taken;
  }
}

/** Bytes, or the words of the refusal. */
function outcome(act: () => Uint8Array): Uint8Array | string {
  try {
    return Buffer.from(act());
  } catch (error) {
    const { code, message, cause } = error as Error & { code?: string };
    // Asked for its stack only when it is wrong: half of the cases are refused, and a stack costs more than the case.
    if (code !== 'ERR_AVRO_VALUE') assert.fail(String((error as Error).stack));
    // Nothing here throws of itself: a cause is a mistake of the engine.
    if (cause !== undefined) assert.fail(String((cause as Error).stack));
    return message;
  }
}

function shown(input: unknown): string {
  if (typeof input === 'string') return JSON.stringify(input);
  const text = JSON.stringify(input, (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  ) as unknown;
  return typeof text === 'string' ? text : String(input);
}
