/** Framing of whole groups of records: WebAssembly, TypeScript, kafkajs' own encoder. */
import assert from 'node:assert/strict';
import { openEngine, type RecordInput, readRecordBatches } from 'kafka-hotpath/engine';
import { groupOf, type ValueForm } from '../corpus.ts';
import { encodeWithKafkajs } from '../rivals/kafkajs.ts';
import type { BenchCase, BenchShape, BenchSuite } from '../suite.ts';

const GROUP_RECORDS = 1000;
/** Where the records begin in a record batch; before it stand fields in which encoders may differ by right. */
const HEADER_BYTES = 61;

const SHAPES: Readonly<Record<string, { valueBytes: number; form: ValueForm }>> = {
  '100 B strings': { valueBytes: 100, form: 'string' },
  '100 B bytes': { valueBytes: 100, form: 'bytes' },
  '1 KB strings': { valueBytes: 1000, form: 'string' },
  '1 KB bytes': { valueBytes: 1000, form: 'bytes' },
};

export const framing: BenchSuite = { name: 'framing', shapeNames: Object.keys(SHAPES), open };

async function open(shapeName: string): Promise<BenchShape> {
  const shape = SHAPES[shapeName];
  if (shape === undefined) throw new Error(`no framing shape ${shapeName}`);
  const records = groupOf({ records: GROUP_RECORDS, ...shape });
  const wasm = openEngine('wasm');
  const typescript = openEngine('typescript');
  const cases: BenchCase[] = [
    { name: 'kafka-hotpath (wasm)', run: () => wasm.encodeRecordBatch(records) },
    { name: 'kafka-hotpath (typescript)', run: () => typescript.encodeRecordBatch(records) },
    { name: 'kafkajs', run: () => encodeWithKafkajs(records) },
  ];
  const outputs = await Promise.all(cases.map(async ({ run }) => run()));
  verify(outputs, records);
  return { name: shapeName, records: GROUP_RECORDS, bytes: outputs[0]?.length ?? 0, cases };
}

/** Every output, read by the independent reader, is the input; and all hold the same bytes of records. */
function verify(outputs: readonly Uint8Array[], records: readonly RecordInput[]): void {
  const expected = records.map(({ key, value, timestamp }) => ({ key: hex(key), value: hex(value), timestamp }));
  const sections = outputs.map((bytes) => Buffer.from(bytes.subarray(HEADER_BYTES)));
  for (const [index, bytes] of outputs.entries()) {
    const batches = readRecordBatches(bytes);
    assert.equal(batches.length, 1);
    const read = batches[0]?.records.map((record) => ({
      key: hex(record.key),
      value: hex(record.value),
      timestamp: Number(record.timestamp),
    }));
    assert.deepEqual(read, expected);
    assert.ok(sections[index]?.equals(sections[0] ?? Buffer.alloc(0)), 'the encoders disagree about the records');
  }
}

function hex(field: string | Uint8Array | null | undefined): string | null {
  return field === null || field === undefined ? null : Buffer.from(field).toString('hex');
}
