/**
 * Bad configurations and payloads, a row each (B01–B50 of the list of bad input): the code, the property or path that
 * is named, and that no secret or payload shows in anything a caller can print. Certificates (B14–B17) are in
 * tls.test.ts.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { ConfigError } from '../../src/binding/config-error.ts';
import { resolveConfig } from '../../src/binding/config.ts';
import { readBindingFile } from '../../src/binding/json-files.ts';
import { message } from '../../src/binding/message.ts';
import { openSource } from '../../src/binding/values.ts';
import { startBroker } from '../../src/broker/index.ts';
import { KafkaHotpathError } from '../../src/errors.ts';
import { type DeliveryReport, openKafkaOutput } from '../../src/index.ts';
import { drain } from './fake-producer.ts';

const CANARY = 'CANARY-c4n4ry-0451';

function assertClean(value: unknown): void {
  const json = JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner));
  const shown = [inspect(value, { depth: Infinity, showHidden: true, getters: true }), json, String(value)];
  assert.doesNotMatch(shown.join('\n'), /CANARY|c4n4ry/);
}

const GOOD = { brokerList: 'one:9092', topic: 'orders' };
const LOGIN = { ...GOOD, protocol: 'SaslSsl', username: 'user', password: CANARY };

type ConfigRow = readonly [id: string, properties: unknown, property: string, code: string];

function rows(id: string, property: string, code: string, values: readonly unknown[]): ConfigRow[] {
  return values.map((value) => [id, { ...LOGIN, [property]: value }, property, code] as const);
}

const CONFIG_ROWS: readonly ConfigRow[] = [
  ...rows('B01', 'brokerList', 'missing', [undefined, null, '', ' ', ',']),
  ...rows('B01', 'brokerList', 'type', [[], {}]),
  ...rows('B02', 'brokerList', 'format', [
    'host',
    'host:0',
    'host:65536',
    'host:abc',
    'http://host:1',
    `u:${CANARY}@h:1`,
  ]),
  ...rows('B03', 'topic', 'setting', ['%MISSING%', 'a-%MISSING%-b']),
  ...rows('B04', 'topic', 'missing', [undefined, '']),
  ...rows('B04', 'topic', 'format', ['.', '..', 'x'.repeat(250), 'a/b', 'a b', 'ü']),
  ...rows('B05', 'maxMessageBytes', 'range', [0, -1, 2 ** 31, 1_000_000_001]),
  ...rows('B05', 'maxMessageBytes', 'type', [1.5, NaN, '1e6x']),
  ...rows('B06', 'batchSize', 'range', [0, -5, 1_000_001]),
  ...rows('B07', 'maxRetries', 'range', [-1, 2 ** 31]),
  ['B07', { ...LOGIN, enableIdempotence: true, maxRetries: 0 }, 'maxRetries', 'conflict'],
  ...rows('B08', 'messageTimeoutMs', 'range', [-1, 2 ** 31]),
  ...rows('B08', 'messageTimeoutMs', 'conflict', [5, 1]),
  ...rows('B09', 'requestTimeoutMs', 'range', [0, 900_001]),
  ...rows('B10', 'enableIdempotence', 'type', ['yes', 1, 'ja']),
  // There is no property for it: every message waits for all in-sync replicas.
  ...rows('B11', 'acks', 'unknown', [1, 'all']),
  ...rows('B12', 'authenticationMode', 'choice', ['Kerberos5', 'digest', 9]),
  ...rows('B13', 'protocol', 'choice', ['tls', 'https', 7]),
  ['B13', { ...GOOD, protocol: 'sasl_ssl', username: 'user' }, 'password', 'missing'],
  ['B13', { ...GOOD, protocol: 'sasl_ssl', password: CANARY }, 'username', 'missing'],
  ...rows('B14', 'sslCaLocation', 'file', ['/nowhere/ca.pem', tmpdir()]),
  ...rows('B15', 'sslKeyPEM', 'format', [CANARY]),
  ...rows('B19', 'maxRetires', 'unknown', [1, CANARY]),
  ...rows('B19', 'pasword', 'unknown', [CANARY]),
  ...rows('B20', 'constructor', 'unknown', [{ polluted: CANARY }]),
  ['B20', JSON.parse(`{"brokerList":"a:1","topic":"t","__proto__":{"x":"${CANARY}"}}`), '__proto__', 'unknown'],
  ...[null, undefined, [CANARY], (): string => CANARY, CANARY, 7].map(
    (whole) => ['B21', whole, '(configuration)', 'source'] as const,
  ),
  ['B22', { ...LOGIN, avroSchema: '"string"', dataType: 'binary' }, 'avroSchema', 'conflict'],
  ...rows('B23', 'lingerMs', 'range', [-1, 900_001]),
  ...rows('B24', 'direction', 'choice', ['in', 'inout']),
  ...rows('B24', 'type', 'choice', ['kafkaTrigger', 'queue']),
];

describe('a bad configuration', () => {
  for (const [id, properties, property, code] of CONFIG_ROWS) {
    it(`${id}: ${property} ${code}`, () => {
      assert.throws(
        () => resolveConfig(properties, { Unrelated: CANARY }),
        (error: unknown) => {
          assert.ok(error instanceof ConfigError, String(error));
          assert.equal(error.code, 'ERR_CONFIG');
          const found = error.problems.map((problem) => `${problem.property} ${problem.code}`);
          assert.ok(found.includes(`${property} ${code}`), found.join());
          assert.ok(error.message.includes(property.replace(/[()]/g, '')), error.message);
          assertClean(error);
          return true;
        },
      );
    });
  }

  it('B12: Gssapi is a value that is known', () => {
    try {
      resolveConfig({ ...LOGIN, authenticationMode: 'GSSAPI' }, {});
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(
        error.problems.filter(({ code }) => code === 'choice' || code === 'type'),
        [],
      );
      assertClean(error);
    }
  });

  it('B13, B18: what is only odd warns', () => {
    const odd = { ...GOOD, username: 'user', password: CANARY, sslCaLocation: '/nowhere' };
    const { warnings } = resolveConfig(odd, {});
    assert.deepEqual(
      warnings.map((warning) => warning.split(':')[0]),
      ['username', 'sslCaLocation'],
    );
    assertClean(warnings);
  });

  describe('in a function.json', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kafka-hotpath-bad-'));
    after(() => {
      rmSync(folder, { recursive: true });
    });
    const files: [string, string][] = [
      ['B24: cut off', `{"bindings":[{"password":"${CANARY}"`],
      ['B24: no JSON', `password=${CANARY}`],
      ['B24: without a Kafka output', `{"bindings":[{"type":"queue","direction":"out","name":"${CANARY}"}]}`],
      ['B24: a Kafka input', `{"bindings":[{"type":"kafka","direction":"in","password":"${CANARY}"}]}`],
      ['B24: a list', `["${CANARY}"]`],
      ['B24: bindings that are no list', `{"bindings":"${CANARY}"}`],
    ];
    for (const [name, text] of files) {
      it(name, () => {
        const path = join(folder, 'function.json');
        writeFileSync(path, text);
        assert.throws(
          () => readBindingFile(path),
          (error: unknown) => {
            assert.ok(error instanceof ConfigError, String(error));
            assert.ok(error.message.includes(path), error.message);
            assertClean(error);
            return true;
          },
        );
      });
    }
  });
});

type PayloadRow = readonly [id: string, value: unknown, path: string];

function payloadRows(): readonly PayloadRow[] {
  const circular: Record<string, unknown> = { payload: CANARY };
  circular['self'] = [circular];
  let deep: unknown = CANARY;
  for (let depth = 0; depth < 200_000; depth++) deep = [deep];
  const gone = Uint8Array.of(1);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  const one = (init: object): unknown => message({ value: CANARY, ...init });
  const envelope = { Offset: 0, Partition: 0, Topic: '', Timestamp: '', Value: CANARY, Headers: [] as unknown };
  const throwing = { payload: CANARY, toJSON: (): never => assert.fail('theirs') };
  return [
    ['B25', null, '$'],
    ['B25', undefined, '$'],
    ['B26', Symbol(CANARY), '$'],
    ['B26', (): string => CANARY, '$'],
    ['B27', { payload: CANARY, a: { b: 1n } }, '$.a.b'],
    ['B28', circular, '$.self[0]'],
    ['B29', throwing, '$'],
    ['B30', deep, '$'],
    ['B31', NaN, '$'],
    ['B31', -Infinity, '$'],
    ['B39', gone, '$'],
    ['B39', one({ key: gone.buffer }), '$.key'],
    ['B39', one({ key: Symbol(CANARY) }), '$.key'],
    ['B41', one({ partition: -2 }), '$.partition'],
    ['B41', one({ partition: 1.5 }), '$.partition'],
    ['B41', one({ partition: 2 ** 31 }), '$.partition'],
    ['B42', one({ timestamp: NaN }), '$.timestamp'],
    ['B42', one({ timestamp: -1 }), '$.timestamp'],
    ['B42', one({ timestamp: new Date(NaN) }), '$.timestamp'],
    ['B42', one({ timestamp: CANARY }), '$.timestamp'],
    ['B42', one({ timestamp: 2 ** 63 }), '$.timestamp'],
    ['B43', one({ headers: CANARY }), '$.headers'],
    ['B43', one({ headers: [[7, CANARY]] }), '$.headers[0]'],
    ['B44', one({ headers: { name: { CANARY } } }), '$.headers.name'],
    ['B46', { ...envelope, Headers: CANARY }, '$.Headers'],
    ['B46', { ...envelope, Headers: [{ Key: 'h', Value: { CANARY } }] }, '$.Headers[0].Value'],
    ['B48', new Map([[CANARY, CANARY]]), '$'],
    ['B48', new Set([CANARY]), '$'],
  ];
}

describe('a bad payload fails alone', () => {
  payloadRows().forEach(([id, value, path], row) => {
    it(`${id}: at ${path} (row ${row})`, () => {
      const outcomes = drain(openSource([CANARY, value, 'after'], { timestampMs: 0 }));
      const [before, refused, last] = outcomes;
      assert.ok(refused instanceof KafkaHotpathError, 'it was not refused');
      assert.equal(refused.code, 'ERR_SERIALIZE');
      // Nesting is reported at the depth where the search gave up.
      const named = id === 'B30' ? 'message 1 ($[0][0]' : `message 1 (${path}`;
      assert.ok(refused.message.startsWith(named), refused.message);
      assertClean(refused);
      assert.equal([before, last].filter((outcome) => outcome instanceof KafkaHotpathError).length, 0);
    });
  });

  it('or is no envelope and goes as it is (B46, B47)', () => {
    const whole = { Offset: 0, Partition: 'x', Topic: '', Timestamp: 'never', Value: 'v', Headers: [] };
    const { Offset, ...partial } = whole;
    assert.equal(Offset, 0);
    const values = drain(openSource([whole, partial], { timestampMs: 0 })).map(
      (record) => !(record instanceof KafkaHotpathError) && record.value,
    );
    assert.deepEqual(values, ['v', JSON.stringify(partial)]);
  });
});

describe('what only the way to the broker can refuse', () => {
  it('B34, B35, B36, B41, B45: with code and numbers, each alone', async () => {
    await using broker = await startBroker({ topics: [{ name: 'orders', partitions: 2 }] });
    const properties = { brokerList: broker.address, topic: 'orders' };
    for (const engine of ['wasm', 'typescript'] as const) {
      const output = await openKafkaOutput(properties, { settings: {}, engine });
      const before = broker.records('orders').length;
      const headers = Array.from({ length: 100_000 }, (_, index) => [`CANARY-${index}`, CANARY] as const);
      const payloads: [unknown, string | undefined, RegExp | undefined][] = [
        ['x'.repeat(999_964), undefined, undefined],
        [`CANARY${'x'.repeat(999_959)}`, 'ERR_MSG_SIZE_TOO_LARGE', /1000001.*1000000/],
        ['é'.repeat(499_982), undefined, undefined],
        ['é'.repeat(499_983), 'ERR_MSG_SIZE_TOO_LARGE', /1000002.*1000000/],
        // As long as fits into memory twice; the longest there can be differs in nothing but its length.
        [`CANARY${'x'.repeat(64 * 1024 * 1024)}`, 'ERR_MSG_SIZE_TOO_LARGE', /671089\d\d.*1000000/],
        [message({ value: '', headers }), 'ERR_MSG_SIZE_TOO_LARGE', /\d{7}.*1000000/],
        [message({ value: CANARY, partition: 2 }), 'ERR_PARTITION', /2/],
      ];
      const reports: DeliveryReport[] = [...(await output.send(payloads.map(([value]) => value)))];
      payloads.forEach(([, code, says], index) => {
        const { error } = reports[index]!;
        assert.equal(error?.code, code);
        if (says !== undefined) assert.match(error?.message ?? '', says);
        assertClean(error);
      });
      await output.close();
      assert.equal(broker.records('orders').length - before, 2);
    }
  });
});
