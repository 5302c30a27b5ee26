/** Runs of bytes arrive whole and alone, whatever their length and wherever they lie. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RunCopier } from '../../src/engine/run-copier.ts';
import { Random } from '../support/random.ts';

const RUN_BYTES_MAX = 300;
const MARGIN = 16;

function randomBytes(random: Random, bytes: number): Buffer {
  return Buffer.from(Array.from({ length: bytes }, () => random.below(256)));
}

describe('a copier of runs', () => {
  const random = new Random(5);
  // Parts of larger memory, so that positions are not those of the memory behind.
  const sources = [0, 1].map((start) => randomBytes(random, 2 * RUN_BYTES_MAX).subarray(start));

  it('writes every byte of a run and none beside it', () => {
    const copier = new RunCopier();
    for (let bytes = 0; bytes <= RUN_BYTES_MAX; bytes++) {
      const source = sources[bytes % 2]!;
      const start = random.below(RUN_BYTES_MAX - MARGIN);
      const at = random.below(MARGIN);
      const target = randomBytes(random, 2 * MARGIN + RUN_BYTES_MAX);
      const expected = Buffer.concat([
        target.subarray(0, at),
        source.subarray(start, start + bytes),
        target.subarray(at + bytes),
      ]);
      copier.copy(source, start, start + bytes, target, at);
      assert.ok(expected.equals(target), `${bytes} bytes from ${start} to ${at}`);
    }
  });

  it('sees what changes in memory between two runs, and other memory of the same kind', () => {
    const copier = new RunCopier();
    const target = Buffer.alloc(8);
    const source = Buffer.from('abcdefgh');
    copier.copy(source, 0, 8, target, 0);
    source.write('ABCD');
    copier.copy(source, 0, 4, target, 4);
    assert.equal(target.toString(), 'abcdABCD');
    copier.copy(Buffer.from('ijkl'), 0, 4, target, 0);
    assert.equal(target.toString(), 'ijklABCD');
    copier.forget();
    copier.copy(source, 4, 8, target, 4);
    assert.equal(target.toString(), 'ijklefgh');
  });

  it('throws where there is no room, and writes nothing beyond', () => {
    const copier = new RunCopier();
    const memory = Buffer.alloc(16);
    assert.throws(() => {
      copier.copy(sources[0]!, 0, 8, memory.subarray(0, 6), 0);
    }, RangeError);
    assert.ok(memory.subarray(6).equals(Buffer.alloc(10)));
  });
});
