/** What a function sets, and the messages it becomes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KafkaHotpathError } from '../../src/errors.ts';
import type { EnvelopeMode } from '../../src/binding/payload.ts';
import { openSource } from '../../src/binding/values.ts';
import { drain, type SentRecord } from './fake-producer.ts';
import { fc } from './random.ts';

const NOW = 1_700_000_000_000;

function send(value: unknown, envelope: EnvelopeMode = 'azure'): (SentRecord | KafkaHotpathError)[] {
  return drain(openSource(value, { envelope, timestampMs: NOW }));
}

/** The values of messages that have nothing else. */
function values(value: unknown, envelope?: EnvelopeMode): unknown[] {
  return send(value, envelope).map((record) => {
    assert.ok(!(record instanceof KafkaHotpathError), 'it was refused');
    const { value: sent, ...rest } = record;
    assert.deepEqual(rest, { key: null, headers: null, timestampMs: NOW, partition: -1 });
    return sent;
  });
}

function refusal(value: unknown, index = 0): KafkaHotpathError {
  const outcome = send(value)[index];
  assert.ok(outcome instanceof KafkaHotpathError, 'it was not refused');
  return outcome;
}

const bytes = (...list: number[]): Uint8Array => new Uint8Array(list);

describe('one value is one message', () => {
  const cases: [string, unknown, unknown[]][] = [
    ['text', 'hello', ['hello']],
    ['empty text', '', ['']],
    ['text with spaces around', '  x ', ['  x ']],
    ['text that only looks like JSON', '{hello}', ['{hello}']],
    ['text in brackets', '[INFO] x]', ['[INFO] x]']],
    ['JSON text of an object, to the letter', '{ "a":  1.10 }', ['{ "a":  1.10 }']],
    ['JSON text of a string', '"quoted"', ['"quoted"']],
    ['an integer', 42, ['42']],
    ['a fraction', 1.5, ['1.5']],
    ['zero below zero', -0, ['0']],
    ['a bigint', 12345678901234567890n, ['12345678901234567890']],
    ['true', true, ['True']],
    ['false', false, ['False']],
    ['an object', { a: [1, { b: null }], c: undefined }, ['{"a":[1,{"b":null}]}']],
    ['a date', new Date(0), ['1970-01-01T00:00:00.000Z']],
    ['a boxed text', Object('boxed'), ['boxed']],
    ['null', null, []],
    ['undefined', undefined, []],
    ['an empty array', [], []],
  ];
  for (const [name, value, expected] of cases) {
    it(name, () => {
      assert.deepEqual(values(value), expected);
    });
  }

  it('booleans are words of JSON outside mode azure', () => {
    assert.deepEqual(values([true, false], 'never'), ['true', 'false']);
  });

  it('bytes in any form are the bytes', () => {
    const buffer = bytes(0, 1, 2, 255).buffer;
    const shared = new SharedArrayBuffer(2);
    assert.deepEqual(values([Buffer.from('hé'), bytes(7), new Uint8Array(buffer, 1, 2), buffer, shared]), [
      Buffer.from('hé'),
      bytes(7),
      bytes(1, 2),
      bytes(0, 1, 2, 255),
      bytes(0, 0),
    ]);
    assert.deepEqual(values(new DataView(buffer, 3)), [bytes(255)]);
    assert.deepEqual(values(new Uint16Array([258])), [bytes(2, 1)]);
    assert.deepEqual(values(new Uint8Array(0)), [bytes()]);
    // Bytes that are not UTF-8 pass through (B50).
    assert.deepEqual(values(bytes(0xff, 0xfe)), [bytes(0xff, 0xfe)]);
  });
});

describe('an array is many messages', () => {
  it('each element by its own rules', () => {
    assert.deepEqual(values(['a', 1, { b: 2 }, [3, [4]], true, bytes(5)]), [
      'a',
      '1',
      '{"b":2}',
      '[3,[4]]',
      'True',
      bytes(5),
    ]);
  });

  it('also as JSON text, the elements to the letter', () => {
    const text = ' [ "a\\n", {"n": 1.10, "s":"],[" } ,12345678901234567890, [1, 2] ,true,"\\"{" ]\n';
    assert.deepEqual(values(text), ['a\n', '{"n": 1.10, "s":"],[" }', '12345678901234567890', '[1, 2]', 'True', '"{']);
    assert.deepEqual(values('[]'), []);
    assert.deepEqual(values(' [ ] '), []);
    assert.deepEqual(values('["one","two"]'), ['one', 'two']);
  });

  it('but text inside an array is not taken apart again', () => {
    assert.deepEqual(values(['["one","two"]']), ['["one","two"]']);
  });

  it('the JSON text of any array gives what parsing gives', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 1, '\t'), (list, indent) => {
        const withoutNull = list.filter((element) => element !== null);
        const outcomes = values(JSON.stringify(withoutNull, null, indent), 'never');
        assert.equal(outcomes.length, withoutNull.length);
        withoutNull.forEach((element, index) => {
          const outcome = outcomes[index] as string;
          assert.deepEqual(typeof element === 'string' ? outcome : JSON.parse(outcome), plain(element));
        });
      }),
      { numRuns: 500 },
    );
  });
});

/** −0 is 0 in JSON. */
function plain(value: unknown): unknown {
  return typeof value === 'string' ? value : (JSON.parse(JSON.stringify(value)) as unknown);
}

describe('what cannot be a message is refused, and its neighbours go on', () => {
  const circular: Record<string, unknown> = { name: 'x' };
  circular['self'] = { list: [circular] };
  let deep: unknown = 0;
  for (let depth = 0; depth < 200_000; depth++) deep = [deep];
  const cases: [string, unknown, RegExp][] = [
    ['null (B25)', null, /\(\$\): got null; a tombstone is message/],
    ['undefined (B25)', undefined, /got undefined/],
    ['a symbol (B26)', Symbol('s'), /got a symbol/],
    ['a function (B26)', () => 0, /got a function/],
    ['a BigInt inside (B27)', { a: [{ b: 1n }] }, /\(\$\.a\[0\]\.b\): got a BigInt/],
    ['a cycle (B28)', circular, /\(\$\.self\.list\[0\]\): refers back .* 3 levels up/],
    ['nesting (B30)', deep, /nested too deep/],
    ['NaN (B31)', NaN, /got NaN; allowed: a finite number/],
    ['infinity (B31)', -Infinity, /got -Infinity/],
    ['a Map (B48)', new Map([[1, 2]]), /Object\.fromEntries/],
    ['a Set (B48)', new Set([1]), /a Set/],
    ['a promise', Promise.resolve(1), /await it/],
    ['an invalid date', new Date(NaN), /toJSON\(\) gives nothing/],
    ['an odd name in the path', { 'a b': { 'ü"': 1n } }, /\(\$\["a b"\]\["ü\\""\]\)/],
  ];
  for (const [name, value, says] of cases) {
    it(name, () => {
      const outcomes = send(['before', value, 'after']);
      const refused = outcomes[1];
      assert.ok(refused instanceof KafkaHotpathError);
      assert.equal(refused.code, 'ERR_SERIALIZE');
      assert.match(refused.message, /^message 1 \(/);
      assert.match(refused.message, says);
      assert.deepEqual(
        [outcomes[0], outcomes[2]].map((record) => (record as SentRecord).value),
        ['before', 'after'],
      );
    });
  }

  it('errors of the caller’s own code are kept as the cause (B29)', () => {
    const cause = new Error('theirs');
    const thrower = (): never => {
      throw cause;
    };
    const getter = Object.defineProperty({}, 'x', { enumerable: true, get: thrower });
    assert.match(refusal({ a: getter }).message, /\(\$\.a\.x\): its getter threw/);
    assert.equal(refusal({ a: getter }).cause, cause);
    assert.match(refusal({ a: { toJSON: thrower } }).message, /\(\$\.a\): its toJSON\(\) threw/);
    const proxy = new Proxy({}, { ownKeys: thrower, get: thrower });
    assert.equal(refusal(proxy).code, 'ERR_SERIALIZE');
    assert.equal(refusal(new Proxy([1], { get: thrower })).cause, cause);
  });

  it('holes of an array and getters in its place (B37)', () => {
    const sparse = ['a'];
    sparse[2] = 'c';
    assert.match(refusal(sparse, 1).message, /message 1 \(\$\): got undefined/);
    const getter = Object.defineProperty(['a', 'b'], 0, {
      get: () => {
        throw new Error('theirs');
      },
    });
    assert.match(refusal(getter).message, /cannot be read/);
    assert.equal((send(getter)[1] as SentRecord).value, 'b');
  });

  it('bytes that were transferred away (B39)', () => {
    const view = bytes(1, 2);
    const { buffer } = view;
    structuredClone(buffer, { transfer: [buffer] });
    for (const value of [view, buffer, new DataView(new ArrayBuffer(0))].slice(0, 2)) {
      assert.match(refusal(value).message, /detached/);
    }
  });

  it('null in JSON text too', () => {
    assert.match(refusal('["a",null]', 1).message, /message 1 \(\$\): got null/);
  });

  it('messages repeat no payload', () => {
    const value = { CANARY_NAME_: 1, inner: { big: 1n, secret: 'CANARY' } };
    assert.doesNotMatch(refusal(value).message, /CANARY/);
  });
});

describe('odd but fine', () => {
  it('names of the object prototype (B49)', () => {
    const text = '{"__proto__":{"polluted":true},"constructor":1,"toJSON":1}';
    assert.deepEqual(values([JSON.parse(text)]), [text]);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });

  it('class instances and proxies by their JSON (B48)', () => {
    class Order {
      id = 7;
      get total(): number {
        return 1;
      }
    }
    assert.deepEqual(values([new Order(), new Proxy({ a: 1 }, {})]), ['{"id":7}', '{"a":1}']);
    assert.deepEqual(values(new Proxy(['a', 'b'], {})), ['a', 'b']);
  });

  it('numbers JSON writes its own way (B33)', () => {
    assert.deepEqual(values([{ a: -0, b: 1e21, c: 2 ** 53 }]), ['{"a":0,"b":1e+21,"c":9007199254740992}']);
  });
});

describe('any value', () => {
  it('gives messages or refusals, never an exception', () => {
    const anything = fc.anything({
      withBigInt: true,
      withMap: true,
      withSet: true,
      withDate: true,
      withProxy: false,
    } as object);
    for (const mode of ['azure', 'lenient', 'never'] as const) {
      fc.assert(
        fc.property(anything, (value) => {
          for (const outcome of send(value, mode)) {
            if (outcome instanceof KafkaHotpathError) continue;
            assert.ok(outcome.value === null || typeof outcome.value === 'string' || ArrayBuffer.isView(outcome.value));
            assert.ok(Number.isSafeInteger(outcome.timestampMs) && Number.isInteger(outcome.partition));
          }
        }),
        { numRuns: 500 },
      );
    }
  });
});
