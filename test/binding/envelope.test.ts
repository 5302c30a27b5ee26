/** Envelopes: what counts as one in each mode, and what each field becomes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KafkaHotpathError } from '../../src/errors.ts';
import type { EnvelopeMode } from '../../src/binding/payload.ts';
import { openSource } from '../../src/binding/values.ts';
import { drain, type SentRecord } from './fake-producer.ts';

const NOW = 1_700_000_000_000;

const SAMPLE = {
  Offset: 364,
  Partition: 0,
  Topic: 'kafkaeventhubtest1',
  Timestamp: '2022-04-09T03:20:06.591Z',
  Value: 'hello',
  Headers: [{ Key: 'test', Value: 'javascript' }],
};

function one(value: unknown, envelope: EnvelopeMode = 'azure'): SentRecord | KafkaHotpathError {
  const outcomes = drain(openSource(value, { envelope, timestampMs: NOW }));
  assert.equal(outcomes.length, 1);
  return outcomes[0]!;
}

function record(value: unknown, envelope?: EnvelopeMode): SentRecord {
  const outcome = one(value, envelope);
  assert.ok(!(outcome instanceof KafkaHotpathError), 'it was refused');
  return outcome;
}

function refusalText(value: unknown, envelope?: EnvelopeMode): string {
  const outcome = one(value, envelope);
  assert.ok(outcome instanceof KafkaHotpathError, 'it was not refused');
  return outcome.message;
}

/** As text and as an object, which must mean the same. */
function both(envelope: object, mode?: EnvelopeMode): SentRecord {
  const fromText = record(JSON.stringify(envelope), mode);
  assert.deepEqual(record(envelope, mode), fromText);
  return fromText;
}

describe('mode azure', () => {
  it('takes the sample of the documentation', () => {
    assert.deepEqual(both(SAMPLE), {
      key: null,
      value: 'hello',
      headers: ['test', 'javascript'],
      timestampMs: NOW,
      partition: -1,
    });
  });

  it('takes key order, spaces, extra keys and escaped names as they come', () => {
    const reversed = Object.fromEntries(Object.entries({ ...SAMPLE, Extra: 1 }).reverse());
    assert.equal(both(reversed).value, 'hello');
    assert.equal(record(`\n ${JSON.stringify(SAMPLE, null, 2)}`).value, 'hello');
    assert.equal(record(JSON.stringify(SAMPLE).replace('"Value"', '"\\u0056alue"')).value, 'hello');
  });

  for (const name of Object.keys(SAMPLE)) {
    it(`is no envelope without ${name}: the whole is the value, to the letter (B46)`, () => {
      const partial = Object.fromEntries(Object.entries({ ...SAMPLE, Key: 'k' }).filter(([key]) => key !== name));
      const text = JSON.stringify(partial, null, 1);
      assert.equal(record(text).value, text);
      assert.equal(record(partial).value, JSON.stringify(partial));
      assert.equal(record(partial).key, null);
      // JSON has no undefined, so an object with it is not one either.
      assert.equal(record({ ...partial, [name]: undefined }).value, JSON.stringify(partial));
    });
  }

  it('knows the exact names only', () => {
    const lower = Object.fromEntries(Object.entries(SAMPLE).map(([name, value]) => [name.toLowerCase(), value]));
    assert.equal(both(lower).value, JSON.stringify(lower));
  });

  const keys: [unknown, unknown][] = [
    ['k', 'k'],
    ['', ''],
    [null, null],
    [17, '17'],
    [true, 'True'],
    [{ a: 1 }, '{"a":1}'],
    ['2022-04-09T03:20:06.591+02:00', '2022-04-09T03:20:06.591+02:00'],
  ];
  for (const [Key, expected] of keys) {
    it(`Key ${JSON.stringify(Key)} is ${JSON.stringify(expected)}`, () => {
      assert.equal(both({ ...SAMPLE, Key }).key, expected);
    });
  }

  const values: [unknown, string][] = [
    ['', ''],
    [1.5, '1.5'],
    [false, 'False'],
    ['{"a": 1}', '{"a": 1}'],
    ['2022-04-09T03:20:06Z', '2022-04-09T03:20:06Z'],
    [{ a: [1] }, '{"a":[1]}'],
    [[1, 2], '[1,2]'],
  ];
  for (const [Value, expected] of values) {
    it(`Value ${JSON.stringify(Value)} is ${JSON.stringify(expected)}, with and without a key`, () => {
      assert.equal(both({ ...SAMPLE, Value }).value, expected);
      assert.equal(both({ ...SAMPLE, Value, Key: 'k' }).value, expected);
    });
  }

  it('bytes in an object stay bytes', () => {
    const bytes = Buffer.from([0, 255]);
    const sent = record({ ...SAMPLE, Key: bytes, Value: bytes, Headers: [{ Key: 'h', Value: bytes }] });
    assert.deepEqual([sent.key, sent.value, sent.headers], [bytes, bytes, ['h', bytes]]);
  });

  it('a null Value is a tombstone with a key, and refused without', () => {
    assert.deepEqual(both({ ...SAMPLE, Key: 'k', Value: null }).value, null);
    assert.match(refusalText({ ...SAMPLE, Value: null }), /\(\$\.Value\): got null without a key/);
    assert.match(refusalText({ ...SAMPLE, Key: null, Value: null }), /without a key/);
  });

  for (const ignored of [
    { Timestamp: '' },
    { Timestamp: 'garbage' },
    { Timestamp: 7 },
    { Partition: 'x' },
    { Partition: 99 },
    { Offset: null, Topic: null },
  ]) {
    it(`ignores ${JSON.stringify(ignored)} (B47)`, () => {
      const { value, timestampMs, partition } = both({ ...SAMPLE, ...ignored });
      assert.deepEqual([value, timestampMs, partition], ['hello', NOW, -1]);
    });
  }

  it('takes headers in order, names repeated, numbers and null as they mean', () => {
    const Headers = [
      { Key: 'a', Value: 'x' },
      { Key: 'a', Value: 1 },
      { Key: 'b', Value: null },
      { Key: '', Value: true },
    ];
    assert.deepEqual(both({ ...SAMPLE, Headers }).headers, ['a', 'x', 'a', '1', 'b', null, '', 'True']);
    assert.equal(both({ ...SAMPLE, Headers: [] }).headers, null);
    assert.equal(both({ ...SAMPLE, Headers: null }).headers, null);
  });

  const refused: [unknown, RegExp][] = [
    ['x', /\(\$\.Headers\): allowed: an array/],
    [{ a: 'x' }, /\(\$\.Headers\): allowed: an array/],
    [['x'], /\(\$\.Headers\[0\]\): allowed/],
    [[{ Value: 'x' }], /\(\$\.Headers\[0\]\.Key\)/],
    [[{ Key: null, Value: 'x' }], /\(\$\.Headers\[0\]\.Key\)/],
    [[{ Key: 'a', Value: 'x' }, { Key: 'b' }], /\(\$\.Headers\[1\]\.Value\): is missing/],
    [[{ Key: 'a', Value: {} }], /\(\$\.Headers\[0\]\.Value\): got an object/],
  ];
  for (const [Headers, says] of refused) {
    it(`refuses Headers ${JSON.stringify(Headers)} instead of sending the whole (B46)`, () => {
      for (const form of [{ ...SAMPLE, Headers }, JSON.stringify({ ...SAMPLE, Headers })]) {
        const outcome = one(form);
        assert.ok(outcome instanceof KafkaHotpathError);
        assert.equal(outcome.code, 'ERR_SERIALIZE');
        assert.match(outcome.message, says);
      }
    });
  }

  it('takes envelopes as elements of arrays and of their JSON text', () => {
    for (const many of [[SAMPLE, JSON.stringify(SAMPLE)], JSON.stringify([SAMPLE, JSON.stringify(SAMPLE)])]) {
      const outcomes = drain(openSource(many, { envelope: 'azure', timestampMs: NOW })) as SentRecord[];
      assert.deepEqual(
        outcomes.map(({ value }) => value),
        ['hello', 'hello'],
      );
    }
  });

  it('takes an object that says what it is by toJSON()', () => {
    assert.equal(record({ toJSON: () => SAMPLE }).value, 'hello');
  });
});

describe('mode lenient', () => {
  it('needs Value and one more of the names, in any letter case', () => {
    const { key, value } = both({ key: 'k', VALUE: { a: 1 } }, 'lenient');
    assert.deepEqual([key, value], ['k', '{"a":1}']);
    for (const plain of [{ Value: 'x' }, { Key: 'k' }, { Key: 'k', Value: 'v', Other: 1 }, { value: 1, Value: 2 }]) {
      assert.equal(both(plain, 'lenient').value, JSON.stringify(plain));
    }
  });

  it('honours Timestamp and Partition, and headers as an object', () => {
    const sent = both({ Value: 'v', Headers: { a: 'x', b: null }, Timestamp: 5, Partition: 3 }, 'lenient');
    assert.deepEqual(sent, { key: null, value: 'v', headers: ['a', 'x', 'b', null], timestampMs: 5, partition: 3 });
    assert.equal(both({ ...SAMPLE, Timestamp: '' }, 'lenient').timestampMs, NOW);
    assert.deepEqual(both(SAMPLE, 'lenient').headers, ['test', 'javascript']);
  });

  it('refuses what it cannot honour', () => {
    assert.match(refusalText({ Value: 'v', Partition: 'x' }, 'lenient'), /\(\$\.Partition\)/);
    assert.match(refusalText({ Value: 'v', timestamp: 'x' }, 'lenient'), /\(\$\.timestamp\)/);
    assert.match(refusalText({ value: null, topic: 't' }, 'lenient'), /\(\$\.value\): got null without a key/);
  });
});

describe('mode never', () => {
  it('sends envelopes like any other value', () => {
    assert.equal(both(SAMPLE, 'never').value, JSON.stringify(SAMPLE));
  });
});
