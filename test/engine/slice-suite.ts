/** A slice of a group is on the wire, in the size rule and for the partitioner what its bytes are alone. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ByteSlice } from '../../src/engine/byte-slice.ts';
import type { Engine, StagedField } from '../../src/engine/engine.ts';
import { Random } from '../support/random.ts';
import { appendGroup, closeAll, DEFAULT_LIMITS } from './support.ts';

const PARTITIONS = 7;
const LENGTHS = [0, 1, 3, 4, 5, 24, 25, 63, 64, 127, 128, 129, 500, 512, 8192, 70_000];

interface Pair {
  key: StagedField;
  value: StagedField;
}

function framed(open: () => Engine, pairs: Iterable<Pair>): object {
  const accumulator = open().openAccumulator({ ...DEFAULT_LIMITS, recordBytesMax: 70_000 });
  const run = accumulator.reserve(PARTITIONS)!;
  const out: object[] = [];
  for (const { key, value } of pairs) {
    if (!accumulator.stage(-1, 5, key, value, null)) {
      out.push(appendGroup(accumulator, run, 'murmur2'));
      assert.ok(accumulator.stage(-1, 5, key, value, null));
    }
  }
  out.push(appendGroup(accumulator, run, 'murmur2'), closeAll(accumulator, run));
  accumulator.dispose();
  return out;
}

export function sliceSuite(open: () => Engine): void {
  describe('slices of a group', () => {
    it('give the batches that the same bytes give alone, too large ones included', () => {
      const random = new Random(3);
      const group = Buffer.from(Array.from({ length: 80_000 }, () => random.below(256)));
      const front = Buffer.from([0, 0, 0, 1, 7]);
      const [key, value] = [new ByteSlice(), new ByteSlice(front)];
      const cuts = Array.from({ length: 200 }, () => ({
        keyAt: random.below(9_000),
        keyLength: LENGTHS[random.below(12)]!,
        valueAt: random.below(9_000),
        valueLength: LENGTHS[random.below(LENGTHS.length)]!,
      }));
      function* slices(): Iterable<Pair> {
        for (const { keyAt, keyLength, valueAt, valueLength } of cuts) {
          key.point(group, keyAt, keyAt + keyLength);
          yield { key, value: value.point(group, valueAt, valueAt + valueLength) };
        }
      }
      function* alone(): Iterable<Pair> {
        for (const { keyAt, keyLength, valueAt, valueLength } of cuts) {
          yield {
            key: group.subarray(keyAt, keyAt + keyLength),
            value: Buffer.concat([front, group.subarray(valueAt, valueAt + valueLength)]),
          };
        }
      }
      assert.deepEqual(framed(open, slices()), framed(open, alone()));
    });
  });
}
