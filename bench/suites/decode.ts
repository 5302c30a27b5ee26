/** Reading record batches back; ours checks the checksum and every length, kafkajs no checksum. */
import assert from 'node:assert/strict';
import { openEngine, readRecordBatches } from 'kafka-hotpath/engine';
import { groupOf } from '../corpus.ts';
import { decodeWithKafkajs } from '../rivals/kafkajs.ts';
import { decodeWithPlatformatic } from '../rivals/platformatic.ts';
import type { BenchShape, BenchSuite } from '../suite.ts';

const RECORDS = 1000;
const SIZES: Readonly<Record<string, number>> = { '100 B mixed': 100, '1 KB mixed': 1000 };

export const decode: BenchSuite = { name: 'decode', shapeNames: Object.keys(SIZES), open };

async function open(shapeName: string): Promise<BenchShape> {
  const valueBytes = SIZES[shapeName];
  if (valueBytes === undefined) throw new Error(`no shape ${shapeName}`);
  const records = groupOf({ records: RECORDS, valueBytes, form: 'mixed' });
  const batch = Buffer.from(openEngine('wasm').encodeRecordBatch(records));
  const cases = [
    { name: 'kafka-hotpath', run: () => readRecordBatches(batch)[0]?.records.length ?? 0 },
    { name: 'kafkajs', run: () => decodeWithKafkajs(batch) },
    { name: '@platformatic/kafka', run: () => decodeWithPlatformatic(batch) },
  ];
  for (const { name, run } of cases) assert.equal(await run(), RECORDS, `${name} reads another number of records`);
  return { name: shapeName, records: RECORDS, bytes: batch.length, cases };
}
