/** Streams cut into lines and objects: the same pieces in whatever chunks the bytes come. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LineSplitter, ObjectSplitter, type Piece, type Splitter } from '../../src/serve/splitters.ts';
import { Random } from '../support/random.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 32);
const RUNS = 300;
const BYTES_MAX = 24;

function piecesOf(splitter: Splitter, chunks: readonly Buffer[]): Piece[] {
  const pieces = chunks.flatMap((chunk) => splitter.add(chunk));
  const last = splitter.end();
  return last === undefined ? pieces : [...pieces, last];
}

function cut(bytes: Buffer, random: Random): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random.below(random.pick([1, 5, 60]));
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return chunks;
}

/** A line as its bytes say it, one at a time. */
function lineOf(bytes: Buffer): Piece {
  const fault =
    bytes.length > BYTES_MAX
      ? `has ${bytes.length} bytes; allowed: at most ${BYTES_MAX}`
      : Buffer.from(bytes.toString('utf8')).equals(bytes)
        ? undefined
        : 'is not UTF-8';
  return { bytes: bytes.length, text: fault === undefined ? bytes.toString('utf8') : undefined, fault };
}

describe(`splitters, SEED=${SEED}`, () => {
  it('cut lines the same in any chunks: empty, long, of many bytes a character, and broken ones', () => {
    const random = new Random(SEED);
    for (let run = 0; run < RUNS; run++) {
      const lines = Array.from({ length: random.below(30) }, () =>
        random.pick<() => Buffer>([
          () => Buffer.alloc(0),
          () => Buffer.from('x'.repeat(random.below(30))),
          () => Buffer.from('"äöü €"\r'),
          () => Buffer.from('"😀😀😀😀😀😀"'),
          () => random.bytes(random.below(8)).map((byte) => (byte === 0x0a ? 0xff : byte)) as Buffer,
        ])(),
      );
      const bytes = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
      const expected = lines.map((line) => lineOf(Buffer.from(line)));
      assert.deepEqual(piecesOf(new LineSplitter(BYTES_MAX), cut(bytes, random)), expected, `run ${run}`);
      const [first] = lines;
      if (first === undefined || first.length === 0) continue;
      const open = Buffer.concat([bytes, first]);
      assert.deepEqual(piecesOf(new LineSplitter(BYTES_MAX), cut(open, random)), [...expected, lineOf(first)]);
    }
  });

  it('cut objects the same in any chunks, whatever stands in their texts', () => {
    const random = new Random(SEED);
    for (let run = 0; run < RUNS; run++) {
      const texts = Array.from({ length: random.below(10) }, () =>
        JSON.stringify({ a: random.pick(['}', '{"', '\\', '\\"}', 'ä', '']), b: [{}, [random.below(9)]] }),
      );
      const bytes = Buffer.from(texts.map((text) => text + random.pick(['', ' ', '\n', '\r\n\t'])).join(''));
      const pieces = piecesOf(new ObjectSplitter(1000), cut(bytes, random));
      assert.deepEqual(
        pieces.map(({ text }) => text),
        texts,
        `run ${run}`,
      );
    }
  });
});
