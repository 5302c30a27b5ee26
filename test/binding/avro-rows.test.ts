/**
 * Bad Avro values (B64–B70 of the list of bad input) among thousands of good ones, as objects, as texts and as the text
 * of one array, on the embedded broker: each fails alone, and its report says where, what was got and what is allowed.
 * Bad schemas (B51–B63): the output does not open, and says the same.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ConfigError } from '../../src/binding/config-error.ts';
import { type EmbeddedBroker, startBroker } from '../../src/broker/index.ts';
import { openEngine } from '../../src/engine/index.ts';
import { openKafkaOutput } from '../../src/index.ts';
import { record } from '../avro/support.ts';

const MESSAGES = 3000;
const FIRST_BAD = 1400;

interface Bad {
  /** The line in place of a good one. */
  value?: unknown;
  text?: string;
  /** Behind `$.order.lines[3]`. */
  path: RegExp;
  reason: RegExp;
}

interface Row {
  title: string;
  /** Of the price in each line. */
  type: unknown;
  good: unknown;
  goodText: string;
  bad: readonly Bad[];
  strict?: boolean;
}

const rows: Row[] = [];
function row(title: string, given: Omit<Row, 'title'>): void {
  rows.push({ title, ...given });
}

const bad = (value: unknown, text: string | undefined, reason: RegExp, path = ''): Bad => ({
  value: { price: value },
  ...(text === undefined ? {} : { text: `{"price":${text}}` }),
  path: new RegExp(`^\\.price${path}$`),
  reason,
});

row('B64 an int of 2^31, with a fraction, NaN, as a string', {
  type: 'int',
  good: 5,
  goodText: '5',
  bad: [
    bad(2 ** 31, '2147483648', /^got the number 2147483648; allowed: a whole number/),
    bad(1.5, '1.5', /^got the number 1\.5; allowed: a whole number/),
    bad(Number.NaN, undefined, /^got the number NaN; allowed: a whole number/),
    bad('5', '"5"', /^got a string of 1 characters; allowed: a whole number/),
  ],
});

row('B65 a long beyond what a number or 64 bits hold', {
  type: 'long',
  good: 2n ** 53n + 1n,
  goodText: '9007199254740993',
  bad: [
    bad(2 ** 53, '9007199254740992.5', /^got the number 9007199254740992(\.5)?; allowed: a whole number/),
    bad(2n ** 63n, '9223372036854775808', /^got the (bigint|number) 9223372036854775808; allowed: a whole number/),
    bad(-(2n ** 63n) - 1n, '-9223372036854775809', /^got the (bigint|number) -9223372036854775809; allowed/),
  ],
});

row('B66 a field that is missing, and one that is too many', {
  type: 'int',
  good: 5,
  goodText: '5',
  strict: true,
  bad: [
    {
      value: {},
      text: '{}',
      path: /^\.price$/,
      reason: /^got nothing; allowed: a value, because the field has no def/,
    },
    {
      value: { price: 1, tax: 2 },
      text: '{"price":1,"tax":2}',
      path: /^\.tax$/,
      reason: /^got a field that Line does not have; allowed: price$/,
    },
  ],
});

row('B67 a value that two branches could mean, or none', {
  type: ['null', record({ x: 'int' }, 'ns.A'), record({ x: 'int' }, 'ns.B')],
  good: { 'ns.B': { x: 1 } },
  goodText: '{"ns.B":{"x":1}}',
  bad: [
    bad({ x: 1 }, '{"x":1}', /^got an object that several branches could mean; allowed: \{"<branch>": value\} .*ns\.B/),
    bad('x', '"x"', /^got a string of 1 characters; allowed: one of null, ns\.A, ns\.B$/),
    bad({ 'ns.A': { x: 'y' } }, '{"ns.A":{"x":"y"}}', /^got a string of 1 characters; allowed: a whole/, '\\.x'),
  ],
});

row('B68 a symbol nobody knows, bytes of another length, text for bytes', {
  type: record({
    e: { type: 'enum', name: 'E', symbols: ['A', 'B'] },
    f: { type: 'fixed', name: 'F', size: 2 },
    b: 'bytes',
  }),
  good: { e: 'A', f: Buffer.from('ab'), b: Buffer.from('c') },
  goodText: '{"e":"A","f":"ab","b":"c"}',
  bad: [
    bad({ e: 'C' }, '{"e":"C"}', /^got a string of 1 characters; allowed: A, B$/, '\\.e'),
    bad({ e: 'A', f: Buffer.from('abc') }, '{"e":"A","f":"abc"}', /^got .* of 3 \w+; allowed: 2 /, '\\.f'),
    bad({ e: 'A', f: Buffer.from('ab'), b: 'c' }, undefined, /^got a string of 1 characters; allowed: bytes/, '\\.b'),
    bad({}, '{"e":"A","f":"ab","b":"\u0100"}', /^got (nothing|a string .* above U\+00FF);/, '\\.[be]'),
  ],
});

const cyclic: { next?: unknown } = {};
cyclic.next = cyclic;
let deep: unknown = null;
for (let level = 0; level < 50_000; level++) deep = { next: deep };
const NEXT = '(\\.next)+';
row('B69 a value inside itself, and a list of 50 000 levels', {
  type: { type: 'record', name: 'L', fields: [{ name: 'next', type: ['null', 'L'], default: null }] },
  good: { next: { next: null } },
  goodText: '{"next":{"next":null}}',
  bad: [
    bad(cyclic, undefined, /^got more than 256 levels inside each other .*; allowed: 256 levels$/, NEXT),
    bad(deep, `${'{"next":'.repeat(50_000)}null${'}'.repeat(50_000)}`, /^got more than 256 levels/, NEXT),
  ],
});

const MILLIS = { type: 'long', logicalType: 'timestamp-millis' };
row('B70 dates, decimals, ids and durations that cannot be', {
  type: record({
    m: { ...MILLIS, default: 0 },
    n: ['null', { type: 'long', logicalType: 'timestamp-nanos' }],
    d: { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 },
    i: { type: 'string', logicalType: 'uuid' },
    p: { type: 'fixed', name: 'P', size: 12, logicalType: 'duration' },
  }),
  good: {
    m: new Date(5),
    n: null,
    d: '1.5',
    i: 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    p: { months: 1, days: 2, milliseconds: 3 },
  },
  goodText:
    '{"m":5,"n":null,"d":1.5,"i":"f81d4fae-7dec-11d0-a765-00a0c91e6bf6","p":{"months":1,"days":2,"milliseconds":3}}',
  bad: [
    bad(
      { m: new Date(Number.NaN) },
      '{"m":"2024-02-31"}',
      /^got (an invalid Date|a string of 10 .*); allowed: a D/,
      '\\.m',
    ),
    bad({ m: 5, n: new Date(8.64e15) }, '{"m":5,"n":"yesterday"}', /^got a (Date|string of 9 .*); allowed/, '\\.n'),
    bad({ m: 5, n: null, d: '100' }, '{"m":5,"n":null,"d":100}', /; allowed: at most 4 digits/, '\\.d'),
    bad({ m: 5, n: null, d: 1, i: 'x' }, '{"m":5,"n":null,"d":1,"i":"x"}', /; allowed: a UUID like/, '\\.i'),
    bad(
      { m: 5, n: null, d: 1, i: 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6', p: Buffer.alloc(11) },
      '{"m":5,"n":null,"d":1,"i":"f81d4fae-7dec-11d0-a765-00a0c91e6bf6","p":{"months":-1}}',
      /; allowed: \{months, days, milliseconds\}/,
      '\\.p',
    ),
  ],
});

function schemaOf(type: unknown): Record<string, unknown> {
  return record(
    { order: record({ lines: { type: 'array', items: record({ price: type }, 'Line') } }, 'Order') },
    'Root',
  );
}

const orderOf = (good: unknown, last: unknown): object => ({
  order: { lines: [{ price: good }, { price: good }, { price: good }, last] },
});
const orderText = (good: string, last: string): string =>
  `{"order":{"lines":[${`{"price":${good}},`.repeat(3)}${last}]}}`;

/** What is sent, and the bad ones among it by their index. */
function messagesOf(
  { good, goodText, bad: all }: Row,
  form: 'objects' | 'texts',
): { sent: unknown[]; at: Map<number, Bad> } {
  const isObject = form === 'objects';
  const used = all.filter((one) => isObject || one.text !== undefined);
  const at = new Map(used.map((one, index) => [FIRST_BAD + 2 * index, one]));
  const sent = Array.from({ length: MESSAGES }, (_, index): unknown => {
    const one = at.get(index);
    if (isObject) return orderOf(good, one === undefined ? { price: good } : one.value);
    return orderText(goodText, one?.text ?? `{"price":${goodText}}`);
  });
  return { sent, at };
}

for (const engine of ['wasm', 'typescript'] as const) {
  describe(`one bad Avro value among thousands, ${engine} engine`, () => {
    let broker: EmbeddedBroker;
    before(async () => {
      const names = rows.flatMap(({ title }) => ['objects', 'texts', 'array'].map((form) => topicOf(title, form)));
      broker = await startBroker({ topics: names.map((name) => ({ name, partitions: 1 })) });
    });
    after(async () => {
      await broker.close();
    });

    for (const one of rows) {
      it(one.title, async () => {
        const avroSchema = JSON.stringify(schemaOf(one.type));
        const good = Buffer.from(
          openEngine('typescript')
            .compileAvro(avroSchema)
            .encode(orderOf(one.good, { price: one.good })),
        );
        for (const form of ['objects', 'texts', 'array'] as const) {
          const topic = topicOf(one.title, form);
          const { sent, at } = messagesOf(one, form === 'objects' ? 'objects' : 'texts');
          const properties = { brokerList: broker.address, topic, avroSchema, maxMessageBytes: 2_000_000 };
          const output = await openKafkaOutput(properties, { settings: {}, engine, strict: one.strict ?? false });
          const reports = await output.send(form === 'array' ? `[${sent.join(',')}]` : sent);
          await output.close();
          assert.equal(reports.length, MESSAGES);
          let offset = 0;
          for (const report of reports) {
            const fault = at.get(report.index);
            if (fault === undefined) {
              assert.deepEqual([report.status, report.offset], ['persisted', offset++], `${form} ${report.index}`);
              continue;
            }
            assert.equal(report.status, 'notPersisted', `${form} ${report.index}`);
            assert.equal(report.error?.code, 'ERR_AVRO_VALUE');
            const words = /^message (\d+) \(\$\.order\.lines\[3\](.*?)\): (.*)$/.exec(report.error.message);
            assert.equal(words?.[1], `${report.index}`, report.error.message);
            assert.match(words[2] ?? '', fault.path);
            assert.match(words[3] ?? '', fault.reason);
            assert.match(words[3] ?? '', /got .*; allowed: /);
          }
          const stored = broker.records(topic);
          assert.equal(stored.length, MESSAGES - at.size);
          assert.ok(
            stored.every(({ value }) => value !== null && good.equals(value)),
            form,
          );
        }
      });
    }
  });

  describe(`a bad Avro schema of an output, ${engine} engine`, () => {
    const field = (name: string, type: unknown, more: object = {}): object => ({ name, type, ...more });
    const fields = (...all: object[]): object => ({ type: 'record', name: 'R', fields: all });
    const cases: Record<string, [unknown, RegExp]> = {
      B51: ['{"type":', /is not JSON/],
      B52: [fields(field('a', 'nope')), /\$\.fields\.a\.type: got the type "nope".*; allowed: null, boolean/],
      B53: [fields(field('a-b', 'int')), /\$\.fields\[0\]\.name: got "a-b"; allowed: a name of letters/],
      B54: [fields(field('a', ['int', 'int'])), /\$\.fields\.a\.type\[1\]: got a second branch int; allowed: each/],
      B55: [fields(field('a', { type: 'fixed', name: 'F', size: -1 })), /\$\.fields\.a\.type\.size: got the number -1/],
      B56: [fields(field('a', 'int', { default: 'x' })), /\$\.fields\.a\.default: got a string .*; allowed: a whole/],
      B57: [fields(field('a', 'R')), /\$: the record R contains itself and has no finite value/],
      B58: [
        `${'{"type":"array","items":'.repeat(300)}"int"${'}'.repeat(300)}`,
        /got more than 256 levels.*; allowed: 256/,
      ],
      B59: [fields(...Array.from({ length: 60_000 }, (_, at) => field(`f${at}`, 'int'))), /more than 50000 types/],
      B63: [
        fields(field('a', { type: 'enum', name: 'R', symbols: ['A'] })),
        /type\.name: got a second definition of R/,
      ],
    };
    it('keeps it from opening, with the place in the schema (B51 to B59, B63)', async () => {
      for (const [id, [schema, expected]] of Object.entries(cases)) {
        for (const property of ['avroSchema', 'keyAvroSchema']) {
          const text = typeof schema === 'string' ? schema : JSON.stringify(schema);
          const properties = { brokerList: 'nowhere.invalid:9092', topic: 't', [property]: text };
          await assert.rejects(openKafkaOutput(properties, { settings: {}, engine }), (error) => {
            assert.ok(error instanceof ConfigError, `${id}: ${String(error)}`);
            assert.deepEqual(
              error.problems.map((problem) => problem.property),
              [property],
            );
            assert.match(error.problems[0]?.message ?? '', expected, id);
            return true;
          });
        }
      }
    });
  });
}

function topicOf(title: string, form: string): string {
  return `${title.slice(0, 3)}-${form}`;
}
