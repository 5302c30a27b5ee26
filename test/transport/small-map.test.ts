/** The map of requests in flight: a Map in all that kafkajs asks of it, and nothing that is over lives on in it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { SmallMap } from '../../src/transport/small-map.ts';
import { Random } from '../support/random.ts';

/** Runs small-map-child.ts, which needs a collector it can call. */
function bytesKeptPerRequest(kind: 'mended' | 'kafkajs'): number {
  const child = new URL('small-map-child.ts', import.meta.url).pathname;
  const words = ['--expose-gc', '--import', 'tsx', child, kind];
  return Number(execFileSync(process.execPath, words, { encoding: 'utf8' }));
}

describe('SmallMap', () => {
  it('does what a Map does', () => {
    const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000);
    console.log(`TEST_SEED=${seed}`);
    const random = new Random(seed);
    const map = new Map<number, number>();
    const small = new SmallMap<number, number>();
    for (let step = 0; step < 5000; step++) {
      const key = random.below(9);
      const action = random.below(40);
      if (action === 0) {
        map.clear();
        small.clear();
      } else if (action < 15) {
        map.set(key, step);
        assert.equal(small.set(key, step), small);
      } else if (action < 30) assert.equal(small.delete(key), map.delete(key));
      assert.equal(small.get(key), map.get(key));
      assert.equal(small.has(key), map.has(key));
      assert.equal(small.size, map.size);
      assert.deepEqual([...small.keys()], [...map.keys()]);
      assert.deepEqual([...small.values()], [...map.values()]);
    }
  });

  it('visits each entry once, although visits take entries out', () => {
    const small = new SmallMap<number, string>().set(1, 'a').set(2, 'b').set(3, 'c');
    const seen: string[] = [];
    small.forEach((value, key) => {
      small.delete(key);
      seen.push(value);
    });
    assert.deepEqual(seen, ['a', 'b', 'c']);
    assert.equal(small.size, 0);
  });
});

describe('requests that are answered', () => {
  it('are freed with the young garbage, where kafkajs keeps them for a full collection', () => {
    const kept = bytesKeptPerRequest('mended');
    assert.ok(kept < 400, `${kept} bytes of 8000 are kept`);
    // Or the line above could not fail.
    const keptByMap = bytesKeptPerRequest('kafkajs');
    assert.ok(keptByMap > 800, `${keptByMap} bytes of 8000 are kept by kafkajs' own queue`);
  });
});
