import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Reader } from '../../src/protocol/reader.ts';
import { uvarintBytes, Writer } from '../../src/protocol/writer.ts';
import { bytes, int32, int64, isProtocolError, nullableText, safeInt, text } from './support.ts';

function written(write: (writer: Writer) => void, flexible = false): Buffer {
  const writer = new Writer(flexible, 1);
  write(writer);
  return writer.cut();
}

function reading(hex: string, flexible = false): Reader {
  return new Reader(Buffer.from(hex, 'hex'), 'message', flexible);
}

describe('primitives', () => {
  it('come back as they went, classic and compact', () => {
    const values = fc.tuple(int32, int64, safeInt, text, nullableText, bytes, fc.option(bytes), fc.boolean());
    fc.assert(
      fc.property(values, fc.boolean(), ([int, long, safe, word, maybeWord, blob, maybeBlob, flag], flexible) => {
        const message = written((writer) => {
          writer.int32(int);
          writer.varint(int);
          writer.int64(long);
          writer.int64(safe);
          writer.string(word);
          writer.nullableString(maybeWord);
          writer.bytes(blob);
          writer.nullableBytes(maybeBlob);
          writer.boolean(flag);
          writer.tags([{ tag: 3, content: blob }]);
        }, flexible);
        const reader = new Reader(message, 'message', flexible);
        assert.deepEqual([reader.int32('a'), reader.varint('b'), reader.int64('c')], [int, int, long]);
        assert.deepEqual([reader.safeInt64('d'), reader.string('e')], [safe, word]);
        assert.deepEqual([reader.nullableString('f'), reader.bytes('g')], [maybeWord, blob]);
        assert.deepEqual([reader.nullableBytes('h'), reader.boolean('i')], [maybeBlob, flag]);
        reader.tags((tag, fields) => {
          assert.deepEqual([tag, fields.raw('content', fields.remaining)], [3, blob]);
        });
        reader.expectEnd();
      }),
    );
  });

  it('write varints as the protocol guide shows them, and know their size', () => {
    const signed = new Map([
      [0, '00'],
      [-1, '01'],
      [1, '02'],
      [63, '7e'],
      [64, '8001'],
      [-64, '7f'],
      [-65, '8101'],
      [300, 'd804'],
      [2_147_483_647, 'feffffff0f'],
      [-2_147_483_648, 'ffffffff0f'],
    ]);
    for (const [value, hex] of signed) {
      const message = written((writer) => {
        writer.varint(value);
      });
      assert.equal(message.toString('hex'), hex);
      assert.equal(reading(hex).varint('value'), value);
    }
    for (const value of [0, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455, 268_435_456, 4_294_967_295]) {
      const message = written((writer) => {
        writer.uvarint(value);
      });
      assert.equal(message.length, uvarintBytes(value));
      assert.equal(new Reader(message, 'message', true).uvarint('value'), value);
    }
  });

  it('are refused with the message, the field, the offset and both numbers', () => {
    const reader = reading('00000001ffff');
    assert.equal(reader.int32('first'), 1);
    assert.throws(() => reader.int32('second'), {
      code: 'ERR_PROTOCOL',
      message: 'message: second needs 4 bytes, 2 are left (at byte 4)',
    });
  });

  it('are refused when a length or count cannot be true', () => {
    assert.throws(() => reading('fffe').nullableString('text'), /text has length -2/);
    assert.throws(() => reading('ffff').string('text'), /text is null/);
    assert.throws(() => reading('7fff61').string('text'), /needs 32767 bytes, 1 are left/);
    assert.throws(() => reading('fffffffe').nullableBytes('blob'), /blob has length -2/);
    assert.throws(() => reading('ffffffff').bytes('blob'), /blob is null/);
    assert.throws(() => reading('7fffffff').array('list', () => 0), /claims 2147483647 elements, 0 bytes are left/);
    assert.throws(() => reading('fffffffe').nullableArray('list', () => 0), /list has length -2/);
    assert.throws(() => reading('ffffffff0f', true).array('list', () => 0), /claims 4294967294 elements/);
    assert.throws(() => reading('ffffffff1f', true).uvarint('size'), /more than 32 bits/);
    assert.throws(() => reading('808080808000', true).uvarint('size'), /more than 32 bits/);
    assert.throws(() => reading('0020000000000000').safeInt64('offset'), /beyond 2\^53/);
    assert.throws(() => {
      reading('01').expectEnd();
    }, /1 bytes are left over/);
    assert.throws(
      () =>
        written((writer) => {
          writer.string('x'.repeat(32_768));
        }),
      isProtocolError,
    );
  });

  it('give tagged fields only the bytes that are theirs', () => {
    const reader = reading('0100020102' + 'ff', true);
    assert.throws(() => {
      reader.tags((_tag, fields) => {
        fields.int32('beyond');
      });
    }, /message, tag 0: beyond needs 4 bytes, 2 are left/);
  });
});
