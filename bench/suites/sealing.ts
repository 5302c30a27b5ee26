/** Producer state into a finished batch: the checksum mended, against the checksum computed anew. */
import assert from 'node:assert/strict';
import { crc32c as nativeCrc32c } from '@node-rs/crc32';
import { openEngine, readRecordBatches, stampProducerState } from 'kafka-hotpath/engine';
import { groupOf } from '../corpus.ts';
import type { BenchShape, BenchSuite } from '../suite.ts';

const SHAPES: Readonly<Record<string, number>> = { '13 KB batch': 100, '128 KB batch': 1000, '1 MB batch': 8000 };

/** Of a record batch: where the checksum stands, and from where it is taken; then the producer's fields. */
const CRC = 17;
const CHECKED_FROM = 21;
const PRODUCER_ID = 43;
const BASE_SEQUENCE = 53;

const BASELINE = 'computed anew, native';

export const sealing: BenchSuite = {
  name: 'sealing',
  unit: 'batch',
  baseline: BASELINE,
  shapeNames: Object.keys(SHAPES),
  open: (shapeName) => Promise.resolve(open(shapeName)),
};

function open(shapeName: string): BenchShape {
  const records = SHAPES[shapeName];
  if (records === undefined) throw new Error(`no shape ${shapeName}`);
  const engine = openEngine('wasm');
  const batch = Buffer.from(engine.encodeRecordBatch(groupOf({ records, valueBytes: 120, form: 'string' })));
  let sequence = 0;
  const anew = (checksum: (bytes: Uint8Array) => number) => (): Uint8Array => {
    batch.writeBigInt64BE(7n, PRODUCER_ID);
    batch.writeInt16BE(1, PRODUCER_ID + 8);
    batch.writeInt32BE(sequence++ & 0xffff, BASE_SEQUENCE);
    batch.writeUInt32BE(checksum(batch.subarray(CHECKED_FROM)), CRC);
    return batch;
  };
  const mend = (): Uint8Array => {
    stampProducerState(batch, 7n, 1, sequence++ & 0xffff);
    return batch;
  };
  const cases = [
    { name: 'stampProducerState', run: mend },
    { name: 'computed anew, wasm', run: anew((bytes) => engine.crc32c(bytes)) },
    { name: BASELINE, run: anew((bytes) => nativeCrc32c(bytes)) },
  ];
  for (const { name, run } of cases) {
    run();
    // The reader checks the checksum.
    assert.equal(readRecordBatches(batch)[0]?.baseSequence, sequence - 1, name);
  }
  return { name: shapeName, records: 1, bytes: batch.length, cases };
}
