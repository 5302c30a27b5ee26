/** %NAME% and the second look-up, where settings come from, and the files around a function. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { ConfigError } from '../../src/binding/config-error.ts';
import { resolveConfig } from '../../src/binding/config.ts';
import { parseLenientJson, readBindingFile, readSettingsFile } from '../../src/binding/json-files.ts';
import { openSettings, resolveText, type SettingsInput } from '../../src/binding/settings.ts';
import { fc } from './random.ts';

function resolve(text: string, settings: SettingsInput): string {
  const resolved = resolveText(text, openSettings(settings));
  assert.deepEqual(resolved.missing, []);
  return resolved.text;
}

describe('%NAME%', () => {
  const cases: [string, SettingsInput, string][] = [
    ['%A%', { A: 'x' }, 'x'],
    ['%a%', { A: 'x' }, 'x'],
    ['<%A%|%B%>', { A: 'x', B: 'y' }, '<x|y>'],
    ['%A%%B%', { A: 'x', B: 'y' }, 'xy'],
    ['%Kafka:Broker%', { Kafka__Broker: 'x' }, 'x'],
    ['%Kafka__Broker%', { kafka: { broker: 'x' } }, 'x'],
    ['A', { A: 'x' }, 'x'],
    ['%A%', { A: 'B', B: 'twice' }, 'twice'],
    ['Db', { Db: 'plain', ConnectionStrings: { Db: 'connection' } }, 'connection'],
    ['Db', { CONNECTIONSTRINGS__DB: 'connection' }, 'connection'],
    ['A', { A: '' }, 'A'],
    ['$ConnectionString', {}, '$ConnectionString'],
    ['100% sure', {}, '100% sure'],
    ['%', {}, '%'],
    ['%%', {}, '%%'],
    ['  ', { '  ': 'x' }, '  '],
    ['%A%', [{}, { A: 'second' }, { A: 'third' }], 'second'],
    ['%A%', [{ A: '' }, { A: 'second' }], 'second'],
    ['%A%', { A: 9092 }, '9092'],
    ['%A%', { A: '$& $1 %B%' }, '$& $1 %B%'],
  ];
  for (const [text, settings, expected] of cases) {
    it(`${JSON.stringify(text)} with ${JSON.stringify(settings)} is ${JSON.stringify(expected)}`, () => {
      assert.equal(resolve(text, settings), expected);
    });
  }

  it('is a problem that names property and setting when there is none (B03)', () => {
    assert.throws(
      () => resolveConfig({ brokerList: '%One%,%Two%', topic: 'x%Three%' }, { Two: 'b:1' }),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        assert.deepEqual(
          error.problems.map(({ property, code }) => [property, code]),
          [
            ['brokerList', 'setting'],
            ['topic', 'setting'],
          ],
        );
        assert.match(error.message, /brokerList: refers to "%One%", but/);
        assert.match(error.message, /topic: refers to "%Three%"/);
        return true;
      },
    );
  });

  it('never throws and never loops, whatever the texts are', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('%', 'A', 'B', ':', '_') }), fc.string(), (text, value) => {
        const settings = openSettings({ A: value, B: '%A%%B%' });
        assert.equal(typeof resolveText(text, settings).text, 'string');
      }),
    );
  });

  it('survives settings that contain themselves', () => {
    const self: Record<string, unknown> = { A: 'x' };
    self['self'] = self;
    assert.equal(resolve('%self:self:A%', self), 'x');
  });
});

describe('a bare name', () => {
  const base = { brokerList: 'a:1', topic: 'orders' };
  const sasl = { ...base, brokerList: 'localhost:1', protocol: 'SaslSsl', username: 'u', password: 'p' };

  it('that reads like a missing setting is used as it stands, with a warning', () => {
    for (const topic of ['KafkaTopic', 'KAFKA_TOPIC']) {
      assert.match(resolveConfig({ ...base, topic }, {}).warnings.join(), new RegExp(`topic: "${topic}" reads like`));
    }
    const { warnings } = resolveConfig({ ...sasl, password: 'ConfluentCloudPassword' }, {});
    assert.match(warnings.join(), /^password: the text given reads like the name of a setting/);
  });

  it('that does not is left in peace', () => {
    for (const topic of ['orders', 'topic', 'OrderEvents', 'a-b.c', 'ORDERS']) {
      assert.deepEqual(resolveConfig({ ...base, topic }, {}).warnings, [], topic);
    }
    assert.deepEqual(resolveConfig({ ...sasl, username: '$ConnectionString', password: 'Xk9!pass' }, {}).warnings, []);
  });

  it('that is a setting is replaced, with a note', () => {
    const { topic, notes } = resolveConfig({ ...base, topic: 'topic' }, { topic: 'other' });
    assert.equal(topic, 'other');
    assert.match(notes.join(), /topic: taken from the setting "topic"/);
  });

  it('as a broker list is refused, because it has no port', () => {
    assert.throws(() => resolveConfig({ ...base, brokerList: 'BrokerList' }, {}), /"BrokerList"; the port is missing/);
  });
});

describe('settings files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-hotpath-settings-'));
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  it('may have comments, trailing commas, a byte order mark and no-break spaces', () => {
    const path = file(
      'local.settings.json',
      '\ufeff{ // settings\n\u00a0"IsEncrypted": false,\n "Values": { "A": "x//y", /* no */ "B": "a,]b\u00a0c", },\n' +
        ' "ConnectionStrings": { "Db": "z", }, }',
    );
    const settings = readSettingsFile(path);
    assert.equal(resolve('%A%', settings), 'x//y');
    assert.equal(resolve('%B%', settings), 'a,]b\u00a0c');
    assert.equal(resolve('Db', settings), 'z');
  });

  it('say what is wrong with them, with the place and without their content', () => {
    const broken = file('broken.json', '{\n  "Values": { "Password": CANARY }\n}');
    assert.throws(
      () => readSettingsFile(broken),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, /broken\.json: is not JSON/);
        assert.doesNotMatch(error.message, /CANARY/);
        return true;
      },
    );
    assert.throws(() => readSettingsFile(join(folder, 'none.json')), /none\.json: cannot be read: there is no such/);
    assert.throws(() => readSettingsFile(folder), /is a folder/);
    assert.throws(() => readSettingsFile(file('a.json', '[]')), /must hold a JSON object/);
    assert.throws(() => readSettingsFile(file('b.json', '{}')), /has no "Values"/);
    assert.throws(() => readSettingsFile(file('c.json', '{"IsEncrypted":true,"Values":{}}')), /is encrypted/);
  });

  it('read lenient JSON as strict JSON reads what is strict', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        assert.deepEqual(parseLenientJson(text), JSON.parse(text));
      }),
    );
  });

  describe('function.json', () => {
    const two = file(
      'function.json',
      JSON.stringify({
        bindings: [
          { type: 'httpTrigger', direction: 'in', name: 'req' },
          { type: 'kafkaTrigger', direction: 'in', name: 'event', topic: 'in' },
          { type: 'Kafka', direction: 'OUT', name: 'one', topic: 'first' },
          { type: 'kafka', direction: 'out', name: 'two', topic: 'second' },
        ],
      }),
    );

    it('gives the binding named after the #', () => {
      assert.equal(readBindingFile(`${two}#two`)['topic'], 'second');
      assert.throws(() => readBindingFile(`${two}#three`), /no binding named three; there are: req, event, one, two/);
      // The properties themselves say that this one is no output.
      assert.throws(() => resolveConfig(readBindingFile(`${two}#event`), {}), /type: got "kafkaTrigger"/);
    });

    it('needs the name when there are several outputs', () => {
      assert.throws(() => readBindingFile(two), /has 2 Kafka outputs: name one, as .*function\.json#one/);
    });

    it('gives the only output, or the properties of a file without bindings', () => {
      const one = file('one.json', '{"bindings":[{"type":"kafka","direction":"out","name":"x","topic":"t"}]}');
      assert.equal(readBindingFile(one)['topic'], 't');
      assert.equal(readBindingFile(file('plain.json', '{"topic":"t"}'))['topic'], 't');
    });

    it('is refused when it cannot be one (B24)', () => {
      assert.throws(() => readBindingFile(file('x.json', '{"bindings":[')), /is not JSON/);
      assert.throws(() => readBindingFile(file('y.json', '{"bindings":7}')), /must be an array/);
      assert.throws(() => readBindingFile(file('z.json', '{"bindings":[]}')), /no binding of type "kafka"/);
    });
  });
});
