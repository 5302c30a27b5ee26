/** CRC-32C by length: folding in WebAssembly against tables, and against the instruction of the CPU. */
import assert from 'node:assert/strict';
import { crc32c as nativeCrc32c } from '@node-rs/crc32';
import { openEngine } from 'kafka-hotpath/engine';
import { Random } from '../../test/support/random.ts';
import { kafkajsCrc32c } from '../rivals/kafkajs.ts';
import { platformaticCrc32c } from '../rivals/platformatic.ts';
import { slicing16 } from '../rivals/slicing16.ts';
import type { BenchShape, BenchSuite } from '../suite.ts';

const SIZES: Readonly<Record<string, number>> = {
  '64 B': 64,
  '256 B': 256,
  '1 KB': 1024,
  '4 KB': 4096,
  '16 KB': 16_384,
  '64 KB': 65_536,
  '1 MB': 1_048_576,
};
/** Bytes in one cycle, so that a cycle of short ones is long enough for the clock. */
const CYCLE_BYTES = 65_536;

export const crc32c: BenchSuite = {
  name: 'crc32c',
  unit: 'checksum',
  baseline: '@node-rs/crc32 (native)',
  shapeNames: Object.keys(SIZES),
  open: (shapeName) => Promise.resolve(open(shapeName)),
};

function open(shapeName: string): BenchShape {
  const size = SIZES[shapeName];
  if (size === undefined) throw new Error(`no length ${shapeName}`);
  const count = Math.max(1, CYCLE_BYTES / size);
  const random = new Random(size);
  const inputs = Array.from({ length: count }, () => random.bytes(size));
  const wasm = openEngine('wasm');
  const typescript = openEngine('typescript');
  const functions: Readonly<Record<string, (bytes: Buffer) => number>> = {
    'kafka-hotpath (wasm)': (bytes) => wasm.crc32c(bytes),
    'kafka-hotpath (typescript)': (bytes) => typescript.crc32c(bytes),
    '@node-rs/crc32 (native)': (bytes) => nativeCrc32c(bytes),
    '@platformatic/wasm-utils': platformaticCrc32c,
    'slicing-by-16 (JavaScript)': slicing16,
    kafkajs: kafkajsCrc32c,
  };
  const expected = inputs.map((bytes) => slicing16(bytes));
  const cases = Object.entries(functions).map(([name, checksum]) => {
    assert.deepEqual(inputs.map(checksum), expected, `${name} computes something else`);
    const run = (): number => {
      let sum = 0;
      for (const bytes of inputs) sum ^= checksum(bytes);
      return sum;
    };
    return { name, run };
  });
  return { name: shapeName, records: count, bytes: count * size, cases };
}
