/** Values and JSON text as Avro: both engines against avsc, which everybody uses in JavaScript. */
import assert from 'node:assert/strict';
import avro from 'avsc';
import { type AvroType, openEngine } from 'kafka-hotpath/engine';
import { ORDER_SCHEMA, orderAt } from '../order.ts';
import type { BenchCase, BenchShape, BenchSuite } from '../suite.ts';

const GROUP_VALUES = 1000;
const BUFFER_BYTES = 1_048_576;

const LINE = {
  type: 'record',
  name: 'Line',
  fields: [
    { name: 'sku', type: 'string' },
    { name: 'quantity', type: 'int' },
    { name: 'price', type: 'double' },
  ],
};

const NESTED = {
  type: 'record',
  name: 'Basket',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'tags', type: { type: 'array', items: 'string' } },
    { name: 'lines', type: { type: 'array', items: LINE } },
  ],
};

interface Corpus {
  schema: object;
  valueAt: (index: number) => object;
}

const CORPORA: Readonly<Record<string, Corpus>> = {
  'eight fields': {
    schema: ORDER_SCHEMA,
    valueAt: (index) => orderAt(index, `customer-${index}`, index % 3 === 0 ? 'leave at the door' : null),
  },
  nested: {
    schema: NESTED,
    valueAt: (index) => ({
      id: `order-${index}`,
      tags: ['new', 'priority'],
      lines: Array.from({ length: 3 }, (_, line) => ({ sku: `sku-${line}`, quantity: line + 1, price: index * 0.25 })),
    }),
  },
};
const FORMS = ['objects', 'JSON text'] as const;

export const avroSuite: BenchSuite = {
  name: 'avro',
  unit: 'value',
  baseline: 'avsc toBuffer',
  clock: 'processor',
  shapeNames: Object.keys(CORPORA).flatMap((corpus) => FORMS.map((form) => `${corpus}, ${form}`)),
  open: (shapeName) => Promise.resolve(open(shapeName)),
};

function open(shapeName: string): BenchShape {
  const [name = '', form] = shapeName.split(', ');
  const corpus = CORPORA[name];
  if (corpus === undefined) throw new Error(`no avro shape ${shapeName}`);
  const values = Array.from({ length: GROUP_VALUES }, (_, index) => corpus.valueAt(index));
  const rival = avro.Type.forSchema(corpus.schema as avro.Schema);
  const engines = ['wasm', 'typescript'] as const;
  const types = engines.map((kind) => ({ kind, type: openEngine(kind).compileAvro(corpus.schema) }));
  const cases = form === 'objects' ? objectCases(types, rival, values) : textCases(types, rival, values);
  const expected = Buffer.concat(values.map((value) => rival.toBuffer(value)));
  for (const { name: label, run } of cases)
    assert.ok(expected.equals(run() as Uint8Array), `${label} differs from avsc`);
  return { name: shapeName, records: GROUP_VALUES, bytes: expected.length, cases };
}

type Types = readonly { kind: string; type: AvroType }[];

function objectCases(types: Types, rival: avro.Type, values: readonly object[]): BenchCase[] {
  const buffer = Buffer.alloc(BUFFER_BYTES);
  const inPlace = (): Uint8Array => {
    let end = 0;
    for (const value of values) end = rival.encode(value, buffer, end);
    return buffer.subarray(0, end);
  };
  return [
    ...types.map(({ kind, type }) => ({ name: `${kind}, group`, run: () => type.encodeGroup(values).bytes })),
    ...types.map(({ kind, type }) => ({
      name: `${kind}, group, one buffer`,
      run: () => type.encodeGroup(values, buffer).bytes,
    })),
    ...types.map(({ kind, type }) => ({
      name: `${kind}, each`,
      run: () => joined(values, (value) => type.encode(value)),
    })),
    { name: 'avsc encode, one buffer', run: inPlace },
    { name: 'avsc toBuffer', run: () => joined(values, (value) => rival.toBuffer(value)) },
  ];
}

function textCases(types: Types, rival: avro.Type, values: readonly object[]): BenchCase[] {
  const texts = values.map((value) => JSON.stringify(value));
  const buffer = Buffer.alloc(BUFFER_BYTES);
  return [
    ...types.map(({ kind, type }) => ({ name: `${kind}, group`, run: () => type.encodeJsonGroup(texts).bytes })),
    ...types.map(({ kind, type }) => ({
      name: `${kind}, group, one buffer`,
      run: () => type.encodeJsonGroup(texts, buffer).bytes,
    })),
    ...types.map(({ kind, type }) => ({
      name: `${kind}, each`,
      run: () => joined(texts, (text) => type.encodeJson(text)),
    })),
    { name: 'avsc toBuffer', run: () => joined(texts, (text) => rival.toBuffer(JSON.parse(text))) },
  ];
}

/** The same for every case that makes a buffer for each value. */
function joined<T>(items: readonly T[], encode: (item: T) => Uint8Array): Uint8Array {
  const parts = new Array<Uint8Array>(items.length);
  for (let index = 0; index < items.length; index++) parts[index] = encode(items[index] as T);
  return Buffer.concat(parts);
}
