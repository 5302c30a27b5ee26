/** Checksums and key hashes against values stated elsewhere. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 as nodeCrc32 } from 'node:zlib';
import type { Engine, KeyHash } from '../../src/engine/engine.ts';
import { crc32c as plainCrc32c } from '../../src/protocol/crc32c.ts';
import { Random } from '../support/random.ts';
import { appendGroup, DEFAULT_LIMITS, stageRecord } from './support.ts';

export function hashSuite(open: () => Engine): void {
  describe('hashes', () => {
    it('have their check values', () => {
      const engine = open();
      assert.equal(engine.crc32c(Buffer.from('123456789')), 0xe306_9283);
      assert.equal(engine.crc32c(Buffer.alloc(0)), 0);
      // RFC 3720 appendix B.4.
      assert.equal(engine.crc32c(Buffer.alloc(32)), 0x8a91_36aa);
      assert.equal(engine.crc32c(Buffer.alloc(32, 0xff)), 0x62a8_ab43);
      assert.equal(engine.crc32c(Uint8Array.from({ length: 32 }, (_, index) => index)), 0x46dd_794e);
      assert.equal(engine.crc32(Buffer.from('123456789')), 0xcbf4_3926);
      assert.equal(engine.crc32(Buffer.from('23456')), 0xb1b4_51d7);
      assert.equal(engine.crc32(Buffer.from('hejsan')), 0xd077_037e);
      assert.equal(engine.murmur2(Buffer.from('23456')) & 0x7fff_ffff, 0x058d_780f);
      const signed = { 21: -973_932_308, foobar: -790_332_482, abc: 479_470_107, '': 275_646_681 };
      for (const [key, hash] of Object.entries(signed)) assert.equal(engine.murmur2(Buffer.from(key)) | 0, hash, key);
      assert.equal(engine.murmur2(Buffer.from('a-little-bit-long-string')) | 0, -985_981_536);
    });

    it('agree with byte-wise computation at every length and alignment', () => {
      const engine = open();
      const bytes = new Random(7).bytes(70_100);
      const lengths = Array.from({ length: 300 }, (_, length) => length);
      lengths.push(
        383,
        384,
        385,
        399,
        400,
        640,
        1_000,
        5_290,
        5_291,
        5_292,
        12_287,
        12_288,
        12_303,
        16_385,
        65_536,
        70_000,
      );
      for (const length of lengths) {
        const part = bytes.subarray(length % 17, (length % 17) + length);
        assert.equal(engine.crc32c(part), plainCrc32c(part), `crc32c of ${length} bytes`);
        if (typeof nodeCrc32 === 'function') assert.equal(engine.crc32(part), nodeCrc32(part), `crc32 of ${length}`);
      }
      for (const fill of [0, 0xff, 0x80]) {
        const ramp = Buffer.alloc(200_000, fill);
        assert.equal(engine.crc32c(ramp), plainCrc32c(ramp));
      }
    });

    it('choose partitions as librdkafka and the Java client do', () => {
      const engine = open();
      const accumulator = engine.openAccumulator(DEFAULT_LIMITS);
      const cases: [KeyHash, number, Record<string, number>][] = [
        ['crc32', 6, { 23456: 5, hejsan: 0, key: 1, a: 3 }],
        ['murmur2', 6, { 23456: 5, hejsan: 1, key: 1, a: 4 }],
        ['crc32', 17, { 23456: 7, hejsan: 14, 123456789: 15 }],
        ['crc32', 10, { 'this is another string with more length to it perhaps': 7 }],
      ];
      for (const [hash, partitionCount, expected] of cases) {
        const run = accumulator.reserve(partitionCount)!;
        for (const key of Object.keys(expected)) {
          stageRecord(accumulator, { key, value: 'v' }, -1);
          stageRecord(accumulator, { key: Buffer.from(key), value: 'v' }, -1);
        }
        const { partitions } = appendGroup(accumulator, run, hash);
        assert.deepEqual(
          partitions,
          Object.values(expected).flatMap((partition) => [partition, partition]),
        );
        accumulator.release(run);
      }
    });

    it('take the UTF-8 bytes of a key that is text', () => {
      const engine = open();
      const accumulator = engine.openAccumulator(DEFAULT_LIMITS);
      const run = accumulator.reserve(1000)!;
      const keys = ['schlüssel', '键', '😀', 'half \ud83d', '\ude00', '', 'é'.repeat(400), '中'.repeat(900)];
      for (const hash of ['crc32', 'murmur2'] as const) {
        for (const key of keys) stageRecord(accumulator, { key }, -1);
        const expected = keys.map((key) => {
          const value = engine[hash](Buffer.from(key));
          return (hash === 'crc32' ? value : value & 0x7fff_ffff) % 1000;
        });
        assert.deepEqual(appendGroup(accumulator, run, hash).partitions, expected);
      }
    });
  });
}
