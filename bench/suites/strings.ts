/** How texts get from JavaScript into bytes: a call each, or many at once; the WebAssembly engine does both. */
import assert from 'node:assert/strict';
import * as v8 from 'node:v8';
import { Random } from '../../test/support/random.ts';
import { textOf } from '../corpus.ts';
import type { BenchShape, BenchSuite } from '../suite.ts';

const COUNT = 1000;
const SIZES: Readonly<Record<string, number>> = {
  '10 B': 10,
  '100 B': 100,
  '500 B': 500,
  '1 KB': 1000,
  '10 KB': 10_000,
};

/** What the engine concatenates before it writes (src/engine/wasm/staging.ts). */
const PENDING_UNITS_MAX = 32_768;

const BASELINE = 'Buffer.from each';

/** On the prototype of every Node, in no documentation (src/engine/write-utf8.ts, one-byte-text.ts). */
interface NativeWriter {
  utf8Write(text: string, at: number): number;
  latin1Write(text: string, at: number): number;
}

/** Not in Node 20: the copy is timed without it there. */
const { isStringOneByteRepresentation: isOneByte = () => true } = v8 as {
  isStringOneByteRepresentation?: (text: string) => boolean;
};

export const strings: BenchSuite = {
  name: 'strings',
  unit: 'text',
  baseline: BASELINE,
  shapeNames: Object.keys(SIZES),
  open: (shapeName) => Promise.resolve(open(shapeName)),
};

function open(shapeName: string): BenchShape {
  const size = SIZES[shapeName];
  if (size === undefined) throw new Error(`no length ${shapeName}`);
  const random = new Random(size);
  const texts = Array.from({ length: COUNT }, () => textOf(size, random));
  const utf8 = Buffer.alloc(COUNT * size) as Buffer & NativeWriter;
  const utf16 = Buffer.alloc(COUNT * size * 2);
  const encoder = new TextEncoder();
  const cases = [
    { name: BASELINE, run: () => texts.reduce((sum, text) => sum + Buffer.from(text).length, 0) },
    {
      name: 'encodeInto each',
      run: () => texts.reduce((at, text) => at + encoder.encodeInto(text, utf8.subarray(at)).written, 0),
    },
    { name: 'utf8Write each', run: () => texts.reduce((at, text) => at + utf8.utf8Write(text, at), 0) },
    {
      name: 'asked, latin1Write each',
      run: () => texts.reduce((at, text) => (isOneByte(text) ? at + utf8.latin1Write(text, at) : at), 0),
    },
    { name: 'joined, UTF-16', run: () => utf16.write(texts.join(''), 'utf16le') / 2 },
    { name: 'concatenated, UTF-16', run: () => writeConcatenated(texts, utf16) },
  ];
  for (const { name, run } of cases) assert.equal(run(), COUNT * size, `${name} writes another length`);
  assert.equal(utf8.toString('latin1'), texts.join(''));
  assert.equal(utf16.toString('utf16le'), texts.join(''));
  return { name: shapeName, records: COUNT, bytes: COUNT * size, cases };
}

function writeConcatenated(texts: readonly string[], target: Buffer): number {
  let pending = '';
  let at = 0;
  for (const text of texts) {
    pending += text;
    if (pending.length < PENDING_UNITS_MAX) continue;
    at += target.write(pending, at, 'utf16le');
    pending = '';
  }
  return (at + target.write(pending, at, 'utf16le')) / 2;
}
