/**
 * How fast a group of 1 000 records becomes a record batch, against kafkajs' own encoder: `npx tsx bench/framing.ts`.
 * Every encoder's batch is compared byte by byte (but for the fields kafkajs fills differently) before it is timed.
 */
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import type { Engine, RecordInput } from '../src/engine/engine.ts';
import { openEngine } from '../src/engine/select.ts';

const RECORDS = 1_000;
const ROUNDS = 7;
const ROUND_MS = 120;

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

async function best(run: () => unknown): Promise<number> {
  let nanoseconds = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    let calls = 0;
    const start = performance.now();
    while (performance.now() - start < ROUND_MS) {
      const result = run();
      if (result instanceof Promise) await result;
      calls += 1;
    }
    nanoseconds = Math.min(nanoseconds, ((performance.now() - start) * 1e6) / calls / RECORDS);
  }
  return nanoseconds;
}

function corpus(size: number, shape: 'string' | 'bytes' | 'full'): RecordInput[] {
  return Array.from({ length: RECORDS }, (_, index) => {
    const text = `${index} `.padEnd(size, 'the quick brown fox jumps over the lazy dog, ');
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
    const base = await best(() => kafkajs(records));
    const columns = [`kafkajs ${base.toFixed(0)} ns`];
    for (const engine of engines) {
      if (comparable(engine.encodeRecordBatch(records)) !== expected) throw new Error(`${engine.kind} differs`);
      const own = await best(() => engine.encodeRecordBatch(records));
      columns.push(`${engine.kind} ${own.toFixed(0)} ns = ${(base / own).toFixed(1)}x`);
    }
    console.log(`${String(size).padStart(5)} B ${shape.padEnd(6)}  ${columns.join('   ')}`);
  }
}
