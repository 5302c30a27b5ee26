/** The choices about payloads: key types, quirks of Azure had back by name, strict mode, all or nothing. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../src/binding/config-error.ts';
import { resolveConfig } from '../../src/binding/config.ts';
import { message } from '../../src/binding/message.ts';
import { AZURE_QUIRKS, type AzureQuirk, type KeyType } from '../../src/binding/payload.ts';
import { openSource, type ValueOptions } from '../../src/binding/values.ts';
import { KafkaHotpathError } from '../../src/errors.ts';
import { drain, type SentRecord } from './fake-producer.ts';

const ENVELOPE = {
  Offset: 0,
  Partition: 0,
  Topic: 't',
  Timestamp: '2022-04-09T03:20:06.591Z',
  Value: 'v',
  Headers: [] as unknown[],
};

function send(value: unknown, options: Partial<ValueOptions> = {}): (SentRecord | KafkaHotpathError)[] {
  return drain(openSource(value, { timestampMs: 0, ...options }));
}

/** What was sent, or the code it was refused with. */
function shown(value: unknown, options: Partial<ValueOptions> = {}): unknown[] {
  return send(value, options).map((record) => (record instanceof KafkaHotpathError ? record.code : record.value));
}

function keyOf(key: unknown, keyType: KeyType, azureQuirks: AzureQuirk[] = []): unknown {
  const [record] = send({ ...ENVELOPE, Key: key }, { keyType, azureQuirks });
  if (record instanceof KafkaHotpathError) return record.message;
  return record?.key instanceof Uint8Array ? Buffer.from(record.key).toString('hex') : record?.key;
}

describe('keyDataType', () => {
  const cases: [KeyType, unknown, unknown][] = [
    ['Int', 1, '00000001'],
    ['Int', '-1', 'ffffffff'],
    ['Int', ' +2147483647 ', '7fffffff'],
    ['Long', 1, '0000000000000001'],
    ['Long', '-9223372036854775808', '8000000000000000'],
    ['Long', Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
    ['String', 7, '7'],
    ['String', 'clé', 'clé'],
    // Text is its UTF-8, as in the extension: no base64.
    ['Binary', 'AAE=', 'AAE='],
    ['Int', null, null],
  ];
  for (const [type, key, expected] of cases) {
    it(`${type} writes ${JSON.stringify(key)}`, () => {
      assert.equal(keyOf(key, type), expected);
    });
  }

  const refused: [KeyType, unknown][] = [
    ['Int', 2 ** 31],
    ['Int', 'seven'],
    ['Int', 1.5],
    ['Int', ''],
    ['Int', true],
    ['Int', { a: 1 }],
    ['Long', '9223372036854775808'],
    ['Long', 2 ** 53],
  ];
  for (const [type, key] of refused) {
    it(`${type} refuses ${JSON.stringify(key)}, with the path`, () => {
      assert.match(String(keyOf(key, type)), /^message 0 \(\$\.Key\): does not fit keyDataType (Int|Long); allowed/);
    });
  }

  it('holds for message() too, and leaves bytes alone', () => {
    const [number, bytes] = send([message({ key: 5n, value: '' }), message({ key: Buffer.of(1), value: '' })], {
      keyType: 'Int',
    }) as SentRecord[];
    assert.deepEqual(number?.key, Uint8Array.of(0, 0, 0, 5));
    assert.deepEqual(bytes?.key, Buffer.of(1));
  });

  it('comes from the property', () => {
    const base = { brokerList: 'a:1', topic: 't' };
    for (const keyDataType of ['int', 0, '0', 'INT']) {
      assert.equal(resolveConfig({ ...base, keyDataType }, {}).payload.keyType, 'Int');
    }
  });

  it('no key stays no key, unless zeroKeys is asked for', () => {
    assert.equal((send('x', { keyType: 'Long' })[0] as SentRecord).key, null);
    const zero = { keyType: 'Long', azureQuirks: ['zeroKeys'] } as const;
    for (const value of ['x', { a: 1 }, ENVELOPE, JSON.stringify(ENVELOPE)]) {
      assert.deepEqual((send(value, zero)[0] as SentRecord).key, new Uint8Array(8));
    }
    assert.equal((send('x', { azureQuirks: ['zeroKeys'] })[0] as SentRecord).key, null);
  });
});

describe('quirks of Azure', () => {
  const indented = '{\n  "a": 1.10,\n  "b": [\n    true,\n    "x, {y}"\n  ],\n  "c": {},\n  "d": []\n}';
  const compact = '{"a":1.10,"b":[true,"x, {y}"],"c":{},"d":[]}';
  const fromObject = indented.replace('1.10', '1.1');

  const cases: [AzureQuirk, string, unknown, unknown[], unknown[]][] = [
    ['indentedJson', 'text', compact, [compact], [indented]],
    ['indentedJson', 'elements', `[${compact}, "x"]`, [compact, 'x'], [indented, 'x']],
    ['indentedJson', 'objects', [JSON.parse(compact)], [compact.replace('1.10', '1.1')], [fromObject]],
    ['indentedJson', 'nested arrays', [[1, [2]]], ['[1,[2]]'], ['[\n  1,\n  [\n    2\n  ]\n]']],
    ['indentedJson', 'texts that are elements', [compact], [compact], [compact]],
    ['bracketedTextFails', 'text in braces', '{hello}', ['{hello}'], ['ERR_SERIALIZE']],
    ['bracketedTextFails', 'text in brackets', '[INFO] x]', ['[INFO] x]'], ['ERR_SERIALIZE']],
    ['bracketedTextFails', 'other text', '[INFO] x', ['[INFO] x'], ['[INFO] x']],
    ['nullElementsAreEmpty', 'null', ['a', null], ['a', 'ERR_SERIALIZE'], ['a', '']],
    ['nullElementsAreEmpty', 'null in text', '["a",null]', ['a', 'ERR_SERIALIZE'], ['a', '']],
  ];
  for (const [quirk, name, value, without, withIt] of cases) {
    it(`${quirk}: ${name}`, () => {
      assert.deepEqual(shown(value), without);
      assert.deepEqual(shown(value, { azureQuirks: [quirk] }), withIt);
    });
  }

  const envelopes: [string, object, unknown][] = [
    ['a number for Timestamp', { ...ENVELOPE, Timestamp: 0 }, 'v'],
    ['an empty Timestamp', { ...ENVELOPE, Timestamp: '' }, 'v'],
    ['a Timestamp of JavaScript', { ...ENVELOPE, Timestamp: String(new Date(0)) }, 'v'],
    ['words for Partition', { ...ENVELOPE, Partition: 'first' }, 'v'],
    ['an object as Value', { ...ENVELOPE, Value: { a: 1 } }, '{"a":1}'],
    ['an object as Key', { ...ENVELOPE, Key: {} }, 'v'],
    ['no list of Headers', { ...ENVELOPE, Headers: null }, 'v'],
    ['a header of null', { ...ENVELOPE, Headers: [{ Key: 'h', Value: null }] }, 'v'],
  ];
  for (const [name, envelope, value] of envelopes) {
    it(`envelopeFallback sends an envelope with ${name} whole`, () => {
      const text = JSON.stringify(envelope);
      assert.deepEqual(shown([envelope, text]), [value, value]);
      assert.deepEqual(shown([envelope, text], { azureQuirks: ['envelopeFallback'] }), [text, text]);
    });
  }

  it('envelopeFallback leaves good envelopes alone', () => {
    const keyed = { ...ENVELOPE, Key: 1, Partition: '3', Value: { a: 1 }, Timestamp: 'Wed, 30 Mar 2022 05:56:20 GMT' };
    assert.deepEqual(shown([ENVELOPE, keyed], { azureQuirks: ['envelopeFallback'] }), ['v', '{"a":1}']);
  });

  it('envelopeDates writes dates month first, in Key, Value and Headers', () => {
    const date = '2022-04-09T03:20:06.591Z';
    const dated = { ...ENVELOPE, Key: date, Value: '2022-04-09T03:20:06', Headers: [{ Key: date, Value: date }] };
    const [plain] = send(dated) as SentRecord[];
    assert.deepEqual([plain?.key, plain?.value, plain?.headers], [date, '2022-04-09T03:20:06', [date, date]]);
    const [record] = send(dated, { azureQuirks: ['envelopeDates'] }) as SentRecord[];
    const rewritten = '04/09/2022 03:20:06';
    assert.deepEqual([record?.key, record?.value, record?.headers], [rewritten, rewritten, [date, rewritten]]);
    const local = new Date(date);
    const offset = { ...ENVELOPE, Value: '2022-04-09T05:20:06+02:00' };
    const [value] = shown(offset, { azureQuirks: ['envelopeDates'] });
    assert.equal(Date.parse(String(value)), Math.floor(local.getTime() / 1000) * 1000);
  });

  it('are refused by name when there is no such quirk, or no Azure', () => {
    const base = { brokerList: 'a:1', topic: 't' };
    const problem = (options: object): string => {
      try {
        resolveConfig(base, {}, options);
      } catch (error) {
        return (error as ConfigError).problems.map(({ message }) => message).join();
      }
      return '';
    };
    assert.match(problem({ azureQuirks: ['indent'] }), /azureQuirks: got "indent"; allowed: indentedJson, /);
    assert.match(problem({ azureQuirks: 'indentedJson' }), /azureQuirks: got "indentedJson"/);
    assert.match(problem({ azureQuirks: ['zeroKeys'], envelope: 'lenient' }), /only the envelope mode azure/);
    assert.match(problem({ invalidMessages: 'drop', strict: 1 }), /allowed: skip, refuseAll.*strict: got 1/);
    assert.equal(problem({ azureQuirks: AZURE_QUIRKS }), '');
  });
});

describe('strict mode', () => {
  const strict = { strict: true };

  it('refuses numbers that JSON would turn into null, with the path (B31)', () => {
    const values = [{ a: [1, { b: NaN }] }, [[Infinity]], message({ value: { x: -Infinity } })];
    assert.deepEqual(shown(values), ['{"a":[1,{"b":null}]}', '[[null]]', '{"x":null}']);
    const refusals = send(values, strict).map((record) => (record as KafkaHotpathError).message);
    assert.match(refusals[0]!, /^message 0 \(\$\.a\[1\]\.b\): got NaN, which JSON/);
    assert.match(refusals[1]!, /^message 1 \(\$\[0\]\[0\]\): got Infinity/);
    assert.match(refusals[2]!, /^message 2 \(\$\.value\.x\): got -Infinity/);
  });

  it('refuses half a surrogate pair in any text of a message (B32)', () => {
    const half = '\ud800x';
    const values = [half, message({ key: half, value: '' }), message({ value: '', headers: { [half]: 'v' } })];
    assert.deepEqual(shown(values), [half, '', '']);
    assert.deepEqual(shown(values, strict), ['ERR_SERIALIZE', 'ERR_SERIALIZE', 'ERR_SERIALIZE']);
    // JSON keeps it, as an escape.
    assert.deepEqual(shown([{ a: half }], strict), ['{"a":"\\ud800x"}']);
  });

  it('changes nothing else', () => {
    const values = ['x', '😀', 1, true, { a: [null, 'ü', { toJSON: () => 5 }] }, Buffer.of(255), new Date(0), ENVELOPE];
    assert.deepEqual(shown(values, strict), shown(values));
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    assert.deepEqual(shown([circular], strict), ['ERR_SERIALIZE']);
  });
});

describe('refuseAll', () => {
  const options = { invalidMessages: 'refuseAll', recordBytesMax: 100 } as const;

  it('sends everything when everything can be sent', () => {
    assert.deepEqual(shown(['a', { b: 1 }, 3], options), ['a', '{"b":1}', '3']);
    assert.deepEqual(shown([], options), []);
  });

  it('sends nothing when one message cannot be, and says which', () => {
    const outcomes = send(['a', () => 0, 'CANARY', 'x'.repeat(65)], options) as KafkaHotpathError[];
    assert.deepEqual(
      outcomes.map(({ code }) => code),
      ['ERR_SERIALIZE', 'ERR_SERIALIZE', 'ERR_SERIALIZE', 'ERR_MSG_SIZE_TOO_LARGE'],
    );
    assert.match(
      outcomes[0]!.message,
      /^message 0 \(\$\): not sent, because the send is refused as a whole .*message 1/,
    );
    assert.match(outcomes[1]!.message, /^message 1 \(\$\): got a function/);
    assert.match(outcomes[3]!.message, /101 bytes .* maxMessageBytes allows 100/);
    assert.doesNotMatch(outcomes.map(String).join(), /CANARY/);
  });

  it('sends what it looked at, whatever becomes of it since', () => {
    let reads = 0;
    const shifty = {
      get a(): unknown {
        reads += 1;
        return reads === 1 ? 'first' : 10n;
      },
    };
    assert.deepEqual(shown([shifty], options), ['{"a":"first"}']);
  });
});
