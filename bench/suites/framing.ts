/**
 * Framing of whole groups of records: WebAssembly, TypeScript, and the encoders of kafkajs and @platformatic/kafka.
 * Each engine of ours twice: giving its batches back for their memory, as the producer does with every acknowledged
 * batch, and leaving them to the garbage collector, as the others do.
 */
import assert from 'node:assert/strict';
import { openEngine, type RecordInput, readRecordBatches, recycleBatch } from 'kafka-hotpath/engine';
import { groupOf, type ValueForm } from '../corpus.ts';
import { encodeWithKafkajs } from '../rivals/kafkajs.ts';
import { encodeWithPlatformatic } from '../rivals/platformatic.ts';
import type { BenchCase, BenchShape, BenchSuite } from '../suite.ts';

const GROUP_RECORDS = 1000;
/** Where the records begin in a record batch; before it stand fields in which encoders may differ by right. */
const HEADER_BYTES = 61;

const SIZES: Readonly<Record<string, number>> = { '10 B': 10, '100 B': 100, '1 KB': 1000, '10 KB': 10_000 };
const FORMS: Readonly<Record<string, ValueForm>> = {
  strings: 'string',
  bytes: 'bytes',
  'mixed, keys, headers': 'mixed',
};
const SHAPES = Object.keys(SIZES).flatMap((size) => Object.keys(FORMS).map((form) => `${size} ${form}`));

export const framing: BenchSuite = { name: 'framing', shapeNames: SHAPES, open };

async function open(shapeName: string): Promise<BenchShape> {
  const [, size = '', form = ''] = /^(\d+ K?B) (.+)$/.exec(shapeName) ?? [];
  const valueBytes = SIZES[size];
  if (valueBytes === undefined || FORMS[form] === undefined) throw new Error(`no framing shape ${shapeName}`);
  const records = groupOf({ records: GROUP_RECORDS, valueBytes, form: FORMS[form] });
  const wasm = openEngine('wasm');
  const typescript = openEngine('typescript');
  const cases: BenchCase[] = [
    { name: 'kafka-hotpath (wasm)', run: () => recycled(wasm.encodeRecordBatch(records)) },
    { name: 'kafka-hotpath (typescript)', run: () => recycled(typescript.encodeRecordBatch(records)) },
    { name: 'wasm, not recycled', run: () => wasm.encodeRecordBatch(records) },
    { name: 'typescript, not recycled', run: () => typescript.encodeRecordBatch(records) },
    { name: 'kafkajs', run: () => encodeWithKafkajs(records) },
    { name: '@platformatic/kafka', run: () => encodeWithPlatformatic(records) },
  ];
  const outputs: Uint8Array[] = [];
  // Copied, because the next case may use the memory again.
  for (const { run } of cases) outputs.push(Uint8Array.from((await run()) as Uint8Array));
  verify(outputs, records);
  return { name: shapeName, records: GROUP_RECORDS, bytes: outputs[0]?.length ?? 0, cases };
}

/** What it holds stays until the next batch is made, which here is long enough to look at it. */
function recycled(batch: Uint8Array): Uint8Array {
  recycleBatch(batch);
  return batch;
}

/** Every output, read by the independent reader, is the input; and all hold the same bytes of records. */
function verify(outputs: readonly Uint8Array[], records: readonly RecordInput[]): void {
  const expected = records.map(({ key, value, headers = [], timestamp }) => ({
    key: hex(key),
    value: hex(value),
    headers: headers.map((header) => [header.key, hex(header.value)]),
    timestamp,
  }));
  const sections = outputs.map((bytes) => Buffer.from(bytes.subarray(HEADER_BYTES)));
  for (const [index, bytes] of outputs.entries()) {
    const batches = readRecordBatches(bytes);
    assert.equal(batches.length, 1);
    const read = batches[0]?.records.map((record) => ({
      key: hex(record.key),
      value: hex(record.value),
      headers: record.headers.map((header) => [header.key, hex(header.value)]),
      timestamp: Number(record.timestamp),
    }));
    assert.deepEqual(read, expected);
    assert.ok(sections[index]?.equals(sections[0] ?? Buffer.alloc(0)), 'the encoders disagree about the records');
  }
}

function hex(field: string | Uint8Array | null | undefined): string | null {
  return field === null || field === undefined ? null : Buffer.from(field).toString('hex');
}
