/**
 * Every property of azure-binding §1 with its documented default, its range and its name in librdkafka, written down
 * here anew: the table in src/binding/properties.ts is judged by this one.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../src/binding/config-error.ts';
import { type BindingConfig, resolveConfig } from '../../src/binding/config.ts';
import { PROPERTIES } from '../../src/binding/properties.ts';

interface Row {
  readonly name: string;
  readonly kind: 'text' | 'integer' | 'boolean' | 'choice';
  /** Null when there is none. */
  readonly default: string | number | boolean | null;
  readonly range?: readonly [min: number, max: number];
  readonly words?: readonly string[];
  readonly librdkafka?: string;
  readonly secret?: true;
}

const INT32_MAX = 2 ** 31 - 1;

function text(name: string, librdkafka?: string, secret?: true): Row {
  const named = librdkafka === undefined ? {} : { librdkafka };
  return { name, kind: 'text', default: null, ...named, ...(secret === undefined ? {} : { secret }) };
}

const NUMBERS: readonly Row[] = [
  // 1–999 are the megabytes of the documentation, from 1 000 on the bytes of the code.
  row('maxMessageBytes', 1_000_000, [1, 1_000_000_000], 'message.max.bytes'),
  row('batchSize', 10_000, [1, 1_000_000], 'batch.num.messages'),
  row('messageTimeoutMs', 300_000, [0, INT32_MAX], 'message.timeout.ms'),
  row('requestTimeoutMs', 5_000, [1, 900_000], 'request.timeout.ms'),
  row('maxRetries', 2, [0, INT32_MAX], 'message.send.max.retries'),
  row('lingerMs', 5, [0, 900_000], 'linger.ms'),
];

function row(name: string, value: number, range: [number, number], librdkafka: string): Row {
  return { name, kind: 'integer', default: value, range, librdkafka };
}

const ROWS: readonly Row[] = [
  { name: 'type', kind: 'choice', default: 'kafka', words: ['kafka', 'kafkaOutput'] },
  { name: 'direction', kind: 'choice', default: 'out', words: ['out'] },
  text('name'),
  { name: 'dataType', kind: 'choice', default: null, words: ['string', 'binary', 'stream'] },
  { name: 'cardinality', kind: 'choice', default: null, words: ['One', 'Many'] },
  text('brokerList', 'bootstrap.servers'),
  text('topic'),
  ...NUMBERS,
  { name: 'enableIdempotence', kind: 'boolean', default: false, librdkafka: 'enable.idempotence' },
  {
    name: 'protocol',
    kind: 'choice',
    default: 'NotSet',
    words: ['NotSet', 'Plaintext', 'Ssl', 'SaslPlaintext', 'SaslSsl'],
    librdkafka: 'security.protocol',
  },
  {
    name: 'authenticationMode',
    kind: 'choice',
    default: 'NotSet',
    words: ['NotSet', 'Gssapi', 'Plain', 'ScramSha256', 'ScramSha512', 'OAuthBearer'],
    librdkafka: 'sasl.mechanism',
  },
  text('username', 'sasl.username'),
  text('password', 'sasl.password', true),
  text('sslCaLocation', 'ssl.ca.location'),
  text('sslCertificateLocation', 'ssl.certificate.location'),
  text('sslKeyLocation', 'ssl.key.location'),
  text('sslKeyPassword', 'ssl.key.password', true),
  text('sslCaPEM', 'ssl.ca.pem', true),
  text('sslCertificatePEM', 'ssl.certificate.pem', true),
  text('sslKeyPEM', 'ssl.key.pem', true),
  text('sslCertificateandKeyPEM', undefined, true),
  text('avroSchema'),
  text('keyAvroSchema'),
  { name: 'schemaFraming', kind: 'choice', default: 'NotSet', words: ['NotSet', 'Raw', 'Confluent'] },
  { name: 'schemaId', kind: 'integer', default: null, range: [0, 2_147_483_647] },
  { name: 'keySchemaId', kind: 'integer', default: null, range: [0, 2_147_483_647] },
  { name: 'keyDataType', kind: 'choice', default: 'String', words: ['Int', 'Long', 'String', 'Binary'] },
  text('schemaRegistryUrl'),
  text('schemaRegistryUsername'),
  text('schemaRegistryPassword', undefined, true),
  text('schemaRegistryToken', undefined, true),
  { name: 'schemaRegistryAutoRegister', kind: 'boolean', default: false },
  {
    name: 'schemaRegistrySubjectNameStrategy',
    kind: 'choice',
    default: 'TopicName',
    words: ['TopicName', 'RecordName', 'TopicRecordName'],
  },
  { name: 'schemaRegistryTimeoutMs', kind: 'integer', default: 10_000, range: [1, 900_000] },
  text('protobufDescriptorLocation'),
  text('protobufMessage'),
  text('keyProtobufMessage'),
  text('jsonSchema'),
  text('keyJsonSchema'),
  text('schemaRegistryCertificateLocation'),
  text('schemaRegistryKeyLocation'),
  text('schemaRegistryKeyPassword', undefined, true),
  text('schemaRegistryCertificatePEM', undefined, true),
  text('schemaRegistryKeyPEM', undefined, true),
  {
    name: 'oAuthBearerMethod',
    kind: 'choice',
    default: 'Default',
    words: ['Default', 'Oidc'],
    librdkafka: 'sasl.oauthbearer.method',
  },
  text('oAuthBearerClientId', 'sasl.oauthbearer.client.id'),
  text('oAuthBearerClientSecret', 'sasl.oauthbearer.client.secret', true),
  text('oAuthBearerScope', 'sasl.oauthbearer.scope'),
  text('oAuthBearerTokenEndpointUrl', 'sasl.oauthbearer.token.endpoint.url'),
  text('oAuthBearerExtensions', 'sasl.oauthbearer.extensions'),
  text('httpsCaLocation', 'https.ca.location'),
  text('httpsCaPem', 'https.ca.pem', true),
];

/** The numbers of the extension's enums, which the host takes in place of the words. */
const NUMBERED: readonly [string, Readonly<Record<string, number>>][] = [
  ['protocol', { NotSet: -1, Plaintext: 0, Ssl: 1, SaslPlaintext: 2, SaslSsl: 3 }],
  ['authenticationMode', { NotSet: -1, Gssapi: 0, Plain: 1, ScramSha256: 2, ScramSha512: 3, OAuthBearer: 4 }],
  ['keyDataType', { Int: 0, Long: 1, String: 2, Binary: 3 }],
  ['oAuthBearerMethod', { Default: 0, Oidc: 1 }],
];

/** Times that would be in the way of each other's ends. */
const BASE = { brokerList: 'one:9092', topic: 'orders', lingerMs: 0, messageTimeoutMs: 0 };

function effective(config: BindingConfig, name: string): unknown {
  return config.properties.find((property) => property.name === name)?.value;
}

function problemOf(properties: object): [string, string] {
  try {
    resolveConfig(properties, {});
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    const [problem, ...others] = error.problems;
    assert.ok(problem !== undefined && others.length === 0, error.message);
    return [problem.property, problem.code];
  }
  assert.fail('it was taken');
}

describe('the table of properties', () => {
  it('has every property, and no other', () => {
    assert.deepEqual(PROPERTIES.map(({ name }) => name).sort(), ROWS.map(({ name }) => name).sort());
  });

  for (const { name, kind, default: value, range, words, librdkafka, secret } of ROWS) {
    it(`has ${name} as documented`, () => {
      const spec = PROPERTIES.find((candidate) => candidate.name === name)!;
      assert.equal(spec.kind, kind);
      assert.equal(spec.default ?? null, value);
      assert.deepEqual(spec.min === undefined ? undefined : [spec.min, spec.max], range);
      assert.deepEqual(
        spec.choices?.map((choice) => choice.name),
        words,
      );
      assert.equal(spec.librdkafka, librdkafka);
      assert.equal(spec.secret, secret);
      assert.match(spec.doc, /^[A-Z].*\.$/);
    });
  }

  it('marks brokerList and topic as required, alone', () => {
    assert.deepEqual(
      PROPERTIES.filter(({ required }) => required).map(({ name }) => name),
      ['brokerList', 'topic'],
    );
  });
});

describe('defaults and ranges in force', () => {
  const plain = resolveConfig({ brokerList: 'one:9092', topic: 'orders' }, {});
  for (const { name, default: value } of ROWS) {
    if (name === 'brokerList' || name === 'topic') continue;
    it(`${name} is ${String(value)} when it is left out`, () => {
      assert.equal(effective(plain, name), value);
    });
  }

  for (const { name, range } of NUMBERS) {
    const [min, max] = range!;
    const inBytes = (value: number): number => (name === 'maxMessageBytes' && value < 1000 ? value * 1e6 : value);
    it(`${name} goes from ${min} to ${max}, as numbers and as texts`, () => {
      for (const value of [min, max, String(min), String(max)]) {
        const config = resolveConfig({ ...BASE, [name]: value }, {});
        assert.equal(effective(config, name), inBytes(Number(value)));
      }
      for (const value of [min - 1, max + 1, String(min - 1), String(max + 1)]) {
        assert.deepEqual(problemOf({ ...BASE, [name]: value }), [name, 'range']);
      }
      for (const value of [1.5, 'many', true, '1e3', NaN, []]) {
        assert.deepEqual(problemOf({ ...BASE, [name]: value }), [name, 'type']);
      }
    });
  }

  it('maxMessageBytes is megabytes up to 999, and bytes from 1 000 on', () => {
    const bytes = (maxMessageBytes: number): number =>
      resolveConfig({ ...BASE, maxMessageBytes }, {}).producer.recordBytesMax;
    assert.deepEqual([1, 999, 1000, 1_000_000, 1_000_012].map(bytes), [1e6, 999e6, 1000, 1e6, 1_000_012]);
  });
});

describe('words', () => {
  /** What a word comes to: the value in force, or the problems it meets. */
  function outcomeOf(properties: object, name: string): string {
    try {
      return String(effective(resolveConfig(properties, {}), name));
    } catch (error) {
      assert.ok(error instanceof ConfigError, String(error));
      return error.problems.map(({ property, code }) => `${property} ${code}`).join();
    }
  }

  for (const [name, numbers] of NUMBERED) {
    it(`of ${name} may be their numbers, in any letter case, with separators`, () => {
      // authenticationMode is shown as it is in force, which is only with SASL.
      const login = { ...BASE, protocol: 'SaslSsl', username: 'u', password: 'p' };
      for (const [word, number] of Object.entries(numbers)) {
        const separated = word.replace(/(?<=[a-z])(?=[A-Z0-9])/g, '_');
        const forms = [word, word.toUpperCase(), word.toLowerCase(), number, String(number), separated];
        const outcomes = forms.map((form) => outcomeOf({ ...login, [name]: form }, name));
        assert.equal(new Set(outcomes).size, 1, `${word}: ${outcomes.join(', ')}`);
        assert.doesNotMatch(outcomes.join(), /choice|type/, word);
      }
      assert.equal(outcomeOf({ ...login, [name]: 99 }, name), `${name} choice`);
      assert.equal(outcomeOf({ ...login, [name]: 'no such word' }, name), `${name} choice`);
      assert.equal(outcomeOf({ ...login, [name]: [] }, name), `${name} type`);
    });
  }
});
