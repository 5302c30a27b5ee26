import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { KafkaHotpathError } from '../../src/errors.ts';
import { crc32c } from '../../src/protocol/crc32c.ts';
import { readRecordBatches } from '../../src/protocol/record-batch-reader.ts';
import { type BuiltRecord, buildBatch, varint, withCrc } from './batch-builder.ts';
import { bytes, int64, text } from './support.ts';
import { BATCH_A, BATCH_B } from './vectors.ts';

function refuses(batch: Uint8Array, message: RegExp): void {
  assert.throws(
    () => readRecordBatches(batch),
    (error: unknown) => {
      assert.ok(error instanceof KafkaHotpathError, `a ${String(error)} escaped`);
      assert.equal(error.code, 'ERR_RECORD_BATCH');
      assert.match(error.message, message);
      return true;
    },
  );
}

/** One record of these bytes after its length. */
function batchOfRecord(hex: string): Buffer {
  const record = Buffer.from(hex, 'hex');
  return buildBatch({ recordBytes: Buffer.concat([varint(record.length), record]) });
}

describe('crc32c', () => {
  it('agrees with the published check values', () => {
    assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
    assert.equal(crc32c(Buffer.alloc(0)), 0);
    assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa, 'RFC 3720 B.4: 32 zero bytes');
  });
});

describe('readRecordBatches', () => {
  it('reads vectors A and B of the Java client, one after the other', () => {
    const [a, b, ...rest] = readRecordBatches(Buffer.concat([BATCH_A, BATCH_B]));
    assert.equal(rest.length, 0);
    assert.deepEqual(a?.records, [
      { offsetDelta: 0, timestampDelta: 0n, timestamp: 0n, key: null, value: Buffer.from('a'), headers: [] },
    ]);
    assert.deepEqual([a.producerId, a.producerEpoch, a.baseSequence], [-1n, -1, -1]);
    assert.deepEqual([b?.producerId, b?.producerEpoch, b?.baseSequence], [4000n, 1, 2_147_483_646]);
    assert.deepEqual([b?.baseTimestamp, b?.maxTimestamp], [1_700_000_000_000n, 1_700_000_000_005n]);
    const summary = b?.records.map(({ timestamp, key, value, headers }) => ({ timestamp, key, value, headers }));
    const empty = Buffer.alloc(0);
    assert.deepEqual(summary, [
      {
        timestamp: 1_700_000_000_000n,
        key: Buffer.from('k'),
        value: Buffer.from('v1'),
        headers: [{ key: 'h', value: Buffer.from('x') }],
      },
      { timestamp: 1_700_000_000_005n, key: empty, value: empty, headers: [{ key: 'n', value: null }] },
      { timestamp: 1_699_999_999_999n, key: null, value: null, headers: [] },
    ]);
  });

  it('gives back what was put in, whatever it is', () => {
    const record: fc.Arbitrary<Required<Omit<BuiltRecord, 'offsetDelta' | 'attributes' | 'extra'>>> = fc.record({
      key: fc.option(bytes),
      value: fc.option(bytes),
      headers: fc.array(fc.tuple(text, fc.option(bytes)), { maxLength: 3 }),
      timestamp: fc.oneof(int64, fc.bigInt({ min: 0n, max: 2n ** 45n })),
    });
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), (records) => {
        const [batch] = readRecordBatches(buildBatch({ records }));
        const read = batch?.records.map(({ key, value, headers, timestamp }) => ({ key, value, headers, timestamp }));
        const expected = records.map(({ headers, key, value, timestamp }) => ({
          key,
          value,
          headers: headers.map(([name, content]) => ({ key: name, value: content })),
          timestamp,
        }));
        assert.deepEqual(read, expected);
      }),
    );
  });

  it('reads gzip batches', () => {
    const plain = buildBatch({ records: [{ value: Buffer.from('zipped'.repeat(50)) }] });
    const zipped = buildBatch({ attributes: 1, recordBytes: gzipSync(plain.subarray(61)) });
    const [batch] = readRecordBatches(zipped);
    assert.equal(batch?.compression, 'gzip');
    assert.equal(Buffer.from(batch.records[0]?.value ?? []).toString(), 'zipped'.repeat(50));
  });

  it('takes the time of the broker when it stamped the batch', () => {
    const [batch] = readRecordBatches(buildBatch({ attributes: 0x08, maxTimestamp: 99n }));
    assert.equal(batch?.timestampType, 'logAppendTime');
    assert.equal(batch.records[0]?.timestamp, 99n);
  });

  it('finds nothing in nothing', () => {
    assert.deepEqual(readRecordBatches(new Uint8Array(0)), []);
  });
});

describe('readRecordBatches refuses', () => {
  it('testTruncatedAnywhere', () => {
    for (let length = 1; length < BATCH_B.length; length++) refuses(BATCH_B.subarray(0, length), /byte 0/);
  });

  it('testInvalidCrc', () => {
    const batch = Buffer.from(BATCH_A);
    batch.writeUInt8(0x62, 67);
    refuses(batch, /stored crc is 3689531510, computed crc is \d+/);
  });

  it('testAnyFlippedBit', () => {
    for (let bit = 16 * 8; bit < BATCH_B.length * 8; bit++) {
      const batch = Buffer.from(BATCH_B);
      batch.writeUInt8(batch.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      refuses(batch, /crc|magic|compression|attributes/);
    }
  });

  it('testInvalidBatchLength', () => {
    for (const length of [-1, 0, 48, 58, 0x7fffffff]) {
      const batch = Buffer.from(BATCH_A);
      batch.writeInt32BE(length, 8);
      refuses(batch, new RegExp(`length is ${length}, the bytes given allow 49 to 57`));
    }
  });

  it('testWrongMagic', () => {
    refuses(buildBatch({ magic: 1 }), /magic is 1/);
  });

  it('testReservedAttributes', () => {
    refuses(buildBatch({ attributes: 0x80 }), /attributes are 0x80/);
    refuses(buildBatch({ attributes: 5 }), /compression is 5/);
  });

  it('testUnreadableCompression', () => {
    refuses(buildBatch({ attributes: 4 }), /zstd records cannot be read/);
    refuses(buildBatch({ attributes: 1 }), /gzip records are damaged/);
  });

  it('testRecordCountTooManyOrTooFew', () => {
    refuses(buildBatch({ recordCount: 2 }), /last offset delta is 0 with 2 records/);
    refuses(buildBatch({ recordCount: 2, lastOffsetDelta: 1 }), /2 records do not fit/);
    refuses(buildBatch({ records: [{}, {}], recordCount: 1, lastOffsetDelta: 0 }), /bytes follow the last record/);
    refuses(buildBatch({ records: [], lastOffsetDelta: -1 }), /record count is 0/);
    refuses(buildBatch({ recordCount: 0x7fffffff, lastOffsetDelta: 0x7ffffffe }), /do not fit/);
  });

  it('testOffsetDeltaWithGap', () => {
    refuses(buildBatch({ records: [{}, { offsetDelta: 2 }] }), /offset delta of record 1 is 2/);
  });

  it('testRecordAttributes', () => {
    refuses(buildBatch({ records: [{ attributes: 1 }] }), /attributes of record 0 are 1/);
  });

  it('testTrailingBytesInRecord', () => {
    refuses(buildBatch({ records: [{ extra: Buffer.of(7) }] }), /record 0 has 1 bytes too many/);
  });

  it('testMaxTimestampNotOfRecords', () => {
    refuses(
      buildBatch({ records: [{ timestamp: 5n }, { timestamp: 4n }], maxTimestamp: 4n }),
      /is 4, of its records 5/,
    );
  });

  it('testUnderflowReadingVarint', () => {
    refuses(buildBatch({ recordBytes: Buffer.from('ffffffffffffff', 'hex') }), /more than 5 bytes/);
    refuses(buildBatch({ recordBytes: Buffer.from('ffffffff1f0000', 'hex') }), /32 bits/);
    refuses(batchOfRecord('00ffffffffffffffffffff01'), /more than 10 bytes/);
    refuses(batchOfRecord('00ffffffffffffffffff02'), /64 bits/);
  });

  it('testRecordLengthPastTheEndOrNegative', () => {
    refuses(buildBatch({ recordBytes: Buffer.from('3a000000010100', 'hex') }), /needs 29 bytes, 6 are left/);
    refuses(buildBatch({ recordBytes: Buffer.from('01000000010100', 'hex') }), /needs -1 bytes/);
  });

  it('testFieldLengths', () => {
    refuses(batchOfRecord('00000003010100'), /key has length -2/);
    refuses(batchOfRecord('0000000114010000'), /value needs 10 bytes, 3 are left/);
    refuses(batchOfRecord('000000010101'), /header count is -1/);
    refuses(batchOfRecord('00000001017e00'), /header count is 63/);
    refuses(batchOfRecord('0000000101020101'), /header key is null/);
    refuses(batchOfRecord('000000010102' + '02ff' + '01'), /header key is not UTF-8/);
  });

  it('testSecondBatchDamaged', () => {
    const second = Buffer.from(BATCH_A);
    second.writeUInt8(0, 17);
    refuses(Buffer.concat([BATCH_B, second]), /record batch at byte 92: stored crc/);
  });

  it('testAnyChangedByteWithTheRightCrc', () => {
    for (let index = 21; index < BATCH_B.length; index++) {
      for (const value of [0x00, 0x01, 0x7f, 0x80, 0xff]) {
        const batch = Buffer.from(BATCH_B);
        batch.writeUInt8(value, index);
        try {
          readRecordBatches(withCrc(batch));
        } catch (error) {
          assert.ok(error instanceof KafkaHotpathError && error.code === 'ERR_RECORD_BATCH', String(error));
        }
      }
    }
  });
});
