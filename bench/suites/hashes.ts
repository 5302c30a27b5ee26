/** Key hashes, which decide the partition: Java's murmur2, and librdkafka's CRC-32. */
import assert from 'node:assert/strict';
import { openEngine } from 'kafka-hotpath/engine';
import { kafkajsMurmur2 } from '../rivals/kafkajs.ts';
import { platformaticMurmur2 } from '../rivals/platformatic.ts';
import type { BenchShape, BenchSuite } from '../suite.ts';

const COUNT = 1000;
const SIZES: Readonly<Record<string, number>> = { '16 B keys': 16, '64 B keys': 64 };

export const hashes: BenchSuite = {
  name: 'key hashes',
  unit: 'key',
  shapeNames: Object.keys(SIZES),
  open: (shapeName) => Promise.resolve(open(shapeName)),
};

function open(shapeName: string): BenchShape {
  const size = SIZES[shapeName];
  if (size === undefined) throw new Error(`no length ${shapeName}`);
  const keys = Array.from({ length: COUNT }, (_, index) => Buffer.from(String(index).padStart(size, 'key-')));
  const engine = openEngine('wasm');
  const murmur2 = {
    'murmur2, kafka-hotpath': (key: Buffer) => engine.murmur2(key),
    kafkajs: kafkajsMurmur2,
    '@platformatic/kafka': platformaticMurmur2,
  };
  const expected = keys.map((key) => kafkajsMurmur2(key) >>> 0);
  for (const [name, hash] of Object.entries(murmur2)) {
    assert.deepEqual(
      keys.map((key) => hash(key) >>> 0),
      expected,
      `${name} computes something else`,
    );
  }
  const functions = { ...murmur2, 'crc32, kafka-hotpath': (key: Buffer) => engine.crc32(key) };
  const cases = Object.entries(functions).map(([name, hash]) => ({
    name,
    run: () => keys.reduce((sum, key) => sum ^ hash(key), 0),
  }));
  return { name: shapeName, records: COUNT, bytes: COUNT * size, cases };
}
