/**
 * How fast a group of 1 000 records becomes a record batch, against kafkajs' own encoder: `npx tsx bench/framing.ts`.
 * Every encoder's batch is compared byte by byte (but for the fields kafkajs fills differently) before it is timed. Per
 * encoder: median and tenth percentile in nanoseconds a record, and how many times as fast as kafkajs by each.
 */
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import type { Engine, RecordInput } from '../src/engine/engine.ts';
import { openEngine } from '../src/engine/select.ts';

const RECORDS = 1_000;
const MEASURE_MS = 3_000;
const CALLS_PER_TURN = 20;

interface KafkajsRecord {
  offsetDelta: number;
  timestampDelta: number;
  key: string | Buffer | null;
  value: string | Buffer | null;
  headers: Record<string, string>;
}
type EncodeRecord = (record: KafkajsRecord) => unknown;
type EncodeBatch = (batch: object) => Promise<{ buffer: Buffer }>;

const require = createRequire(import.meta.url);
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0/index.js') as EncodeRecord;
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0/index.js') as { RecordBatch: EncodeBatch };

async function kafkajs(records: readonly RecordInput[]): Promise<Buffer> {
  const encoded = records.map(({ key = null, value = null, headers = [] }, offsetDelta) =>
    encodeRecord({
      offsetDelta,
      timestampDelta: 0,
      key: key as string | null,
      value: value as string | null,
      headers: Object.fromEntries(headers.map((header) => [header.key, header.value as string])),
    }),
  );
  const { buffer } = await RecordBatch({
    firstTimestamp: 0,
    maxTimestamp: 0,
    lastOffsetDelta: records.length - 1,
    records: encoded,
  });
  return buffer;
}

/** kafkajs writes leader epoch 0, producer epoch 0 and base sequence 0 where −1 is meant, and so another CRC. */
function comparable(batch: Uint8Array): string {
  const copy = Buffer.from(batch);
  copy.fill(0, 12, 16);
  copy.fill(0, 17, 21);
  copy.fill(0, 51, 57);
  return copy.toString('base64');
}

interface Subject {
  name: string;
  run: () => unknown;
}

/** Nanoseconds a record for each subject: the median and the tenth percentile, which other work disturbs least. */
async function measure(subjects: Subject[]): Promise<{ median: number; undisturbed: number }[]> {
  const samples = subjects.map((): number[] => []);
  const end = performance.now() + MEASURE_MS;
  // In turn, so that whatever else the machine does meets all of them.
  while (performance.now() < end) {
    for (const [index, { run }] of subjects.entries()) {
      for (let call = 0; call < CALLS_PER_TURN; call++) {
        const start = performance.now();
        const result = run();
        if (result instanceof Promise) await result;
        samples[index]?.push(((performance.now() - start) * 1e6) / RECORDS);
      }
    }
  }
  return samples.map((values) => {
    const kept = values.slice(values.length >> 2).sort((left, right) => left - right);
    return { median: kept[kept.length >> 1] ?? NaN, undisturbed: kept[Math.floor(kept.length / 10)] ?? NaN };
  });
}

function corpus(size: number, shape: 'string' | 'bytes' | 'full'): RecordInput[] {
  return Array.from({ length: RECORDS }, (_, index) => {
    // By way of bytes: a string as a serialiser yields it, not a tree of the pieces it was put together from.
    const text = Buffer.from(`${index} `.padEnd(size, 'the quick brown fox jumps over the lazy dog, ')).toString();
    if (shape === 'string') return { value: text };
    if (shape === 'bytes') return { value: Buffer.from(text) };
    return { key: `key-${index}`, value: text, headers: [{ key: 'source', value: `sensor-${index % 50}` }] };
  });
}

const engines: Engine[] = [openEngine('wasm'), openEngine('typescript')];
console.log(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${RECORDS} records a batch`);
for (const size of [100, 1024]) {
  for (const shape of ['string', 'bytes', 'full'] as const) {
    const records = corpus(size, shape);
    const expected = comparable(await kafkajs(records));
    for (const engine of engines) {
      if (comparable(engine.encodeRecordBatch(records)) !== expected) throw new Error(`${engine.kind} differs`);
    }
    const names = ['kafkajs', ...engines.map(({ kind }) => kind)];
    const results = await measure([
      { name: 'kafkajs', run: () => kafkajs(records) },
      ...engines.map((engine) => ({ name: engine.kind, run: () => engine.encodeRecordBatch(records) })),
    ]);
    const [base] = results;
    const columns = results.map(({ median, undisturbed }, index) => {
      const ratios = base === undefined ? [] : [base.median / median, base.undisturbed / undisturbed];
      const [usual, best] = ratios.map((ratio) => `${ratio.toFixed(1)}x`);
      const times = `${median.toFixed(0)}/${undisturbed.toFixed(0)} ns`;
      return `${names[index] ?? ''} ${times} ${index === 0 ? '' : `= ${usual ?? ''}/${best ?? ''}`}`;
    });
    console.log(`${String(size).padStart(5)} B ${shape.padEnd(6)}  ${columns.join('   ')}`);
  }
}
