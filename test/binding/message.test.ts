/** The explicit form of a message, and what a send keeps of its values while it waits. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KafkaHotpathError } from '../../src/errors.ts';
import { message } from '../../src/binding/message.ts';
import { openSource } from '../../src/binding/values.ts';
import { drain, type SentRecord } from './fake-producer.ts';
import { fc } from './random.ts';

const NOW = 1_700_000_000_000;

function send(value: unknown): (SentRecord | KafkaHotpathError)[] {
  return drain(openSource(value, { envelope: 'azure', timestampMs: NOW }));
}

function refusal(value: unknown): KafkaHotpathError {
  const outcome = send(value)[0];
  assert.ok(outcome instanceof KafkaHotpathError, 'it was not refused');
  return outcome;
}

const bytes = (...list: number[]): Uint8Array => new Uint8Array(list);

describe('message()', () => {
  it('gives every part by itself', () => {
    const init = { key: 'k', value: 'v', headers: [['h', 'x']] as const, partition: 3, timestamp: 5 };
    assert.deepEqual(send(message(init)), [
      { key: 'k', value: 'v', headers: ['h', 'x'], partition: 3, timestampMs: 5 },
    ]);
  });

  it('is not guessed at: JSON text stays the value', () => {
    assert.deepEqual((send(message({ value: '["a"]' }))[0] as SentRecord).value, '["a"]');
  });

  it('null is a tombstone, undefined a mistake', () => {
    assert.deepEqual((send(message({ key: 'k', value: null }))[0] as SentRecord).value, null);
    assert.match(refusal(message({ value: undefined as never })).message, /\(\$\.value\): got undefined/);
  });

  const keys: [unknown, unknown][] = [
    [undefined, null],
    [null, null],
    ['', ''],
    [7, '7'],
    [7n, '7'],
    [true, 'true'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [{ a: 1 }, '{"a":1}'],
    [Buffer.from('k'), Buffer.from('k')],
    [new DataView(bytes(1).buffer), bytes(1)],
    [new SharedArrayBuffer(1), bytes(0)],
  ];
  for (const [key, expected] of keys) {
    it(`takes ${Object.prototype.toString.call(key)} as a key (B39)`, () => {
      assert.deepEqual((send(message({ key: key as never, value: 'v' }))[0] as SentRecord).key, expected);
    });
  }

  it('takes headers in three forms, in order, names repeated, values empty or null (B43, B44)', () => {
    const expected = ['a', 'x', 'a', null, '', bytes(1), 'n', '5'];
    const pairs = [
      ['a', 'x'],
      ['a', null],
      ['', bytes(1)],
      ['n', 5],
    ] as const;
    const entries = pairs.map(([key, value]) => ({ key, value }));
    for (const headers of [pairs, entries]) {
      assert.deepEqual((send(message({ value: '', headers }))[0] as SentRecord).headers, expected);
    }
    const record = send(message({ value: '', headers: { a: 'x', b: null } }))[0] as SentRecord;
    assert.deepEqual(record.headers, ['a', 'x', 'b', null]);
    assert.deepEqual((send(message({ value: '', headers: [] }))[0] as SentRecord).headers, null);
  });

  const wrong: [string, object, RegExp][] = [
    ['partition −2 (B41)', { partition: -2 }, /\(\$\.partition\): got -2; allowed: an integer from 0/],
    ['partition 1.5', { partition: 1.5 }, /got 1\.5/],
    ['partition 2^31', { partition: 2 ** 31 }, /got 2147483648/],
    ['partition "1"', { partition: '1' }, /got a string/],
    ['timestamp NaN (B42)', { timestamp: NaN }, /\(\$\.timestamp\): got NaN; allowed: whole milliseconds/],
    ['timestamp −1', { timestamp: -1 }, /got -1/],
    ['timestamp 0.5', { timestamp: 0.5 }, /got 0\.5/],
    ['timestamp 2^63', { timestamp: 2 ** 63 }, /allowed/],
    ['invalid Date', { timestamp: new Date(NaN) }, /a valid Date/],
    ['timestamp "abc"', { timestamp: 'abc 1' }, /ISO 8601/],
    ['headers as text (B43)', { headers: 'x' }, /\(\$\.headers\): allowed: an array/],
    ['a header without a name', { headers: [[undefined, 'x']] }, /\$\.headers\[0\].*name of a header must be text/],
    ['a header that is none', { headers: ['x'] }, /\$\.headers\[0\]/],
    ['a header with an object (B44)', { headers: { h: {} } }, /\$\.headers\.h\): got an object/],
    ['a header with undefined', { headers: [['h', undefined]] }, /header "h"\)\): got undefined/],
    ['a key that is a function', { key: () => 0 }, /\(\$\.key\): got a function/],
  ];
  for (const [name, init, says] of wrong) {
    it(`refuses ${name}`, () => {
      const refused = refusal(message({ value: 'v', ...init }));
      assert.equal(refused.code, 'ERR_SERIALIZE');
      assert.match(refused.message, says);
    });
  }

  const dates: [unknown, number][] = [
    [0, 0],
    [new Date(9), 9],
    ['1970-01-01', 0],
    ['1970-01-01T00:00:01', 1000],
    ['1970-01-01T01:00:01+01:00', 1000],
    ['1970-01-01 00:00:01.5Z', 1500],
    ['Thu, 01 Jan 1970 00:00:02 GMT', 2000],
    [undefined, NOW],
  ];
  for (const [timestamp, expected] of dates) {
    it(`takes the timestamp ${String(timestamp)}`, () => {
      const record = send(message({ value: '', timestamp: timestamp as never }))[0] as SentRecord;
      assert.equal(record.timestampMs, expected);
    });
  }
});

describe('retain', () => {
  it('makes the rest independent of what the caller changes later (B40)', () => {
    const payload = bytes(1, 2);
    const object = { n: 1 };
    const key = Buffer.from('k');
    const header = bytes(9);
    const list = ['a', payload, object, message({ key, value: payload, headers: [['h', header]] }), 'b', 1n, null];
    const source = openSource(list, { envelope: 'azure', timestampMs: NOW });
    source.retain?.(1);
    payload.fill(0);
    key.fill(0);
    header.fill(0);
    object.n = 2;
    list.length = 1;
    const out: unknown[] = [];
    for (let index = 1; index < 6; index++) {
      source.emit(index, {
        add: (sentKey, value, headers) => out.push([sentKey, value, headers]),
        refuse: (error) => out.push(error.code),
      });
    }
    assert.deepEqual(out, [
      [null, bytes(1, 2), null],
      [null, '{"n":1}', null],
      [bytes(107), bytes(1, 2), ['h', bytes(9)]],
      [null, 'b', null],
      [null, '1', null],
    ]);
  });

  it('changes nothing about what is sent', () => {
    fc.assert(
      fc.property(fc.array(fc.anything({ withBigInt: true, withTypedArray: true })), fc.nat(20), (list, at) => {
        const [now, later] = [send(list), drain(openSource(list, { envelope: 'azure', timestampMs: NOW }), at)];
        assert.deepEqual(later.map(comparable), now.map(comparable));
      }),
      { numRuns: 500 },
    );
  });
});

/** Bytes may come back as another kind of view; errors are equal when they say the same. */
function comparable(outcome: SentRecord | KafkaHotpathError): unknown {
  if (outcome instanceof KafkaHotpathError) return outcome.message;
  const { value } = outcome;
  return { ...outcome, value: typeof value === 'object' && value !== null ? [...value] : value };
}
