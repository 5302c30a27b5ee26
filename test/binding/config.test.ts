/** Properties: names and spellings, defaults and ranges, and every fault with its property, value and way out. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fc } from './random.ts';
import { ConfigError } from '../../src/binding/config-error.ts';
import { type BindingConfig, resolveConfig } from '../../src/binding/config.ts';
import { PROPERTIES } from '../../src/binding/properties.ts';
import { describeGot } from '../../src/binding/secret.ts';

const GOOD = { brokerList: 'one:9092', topic: 'orders' };
const SASL = { ...GOOD, protocol: 'SaslSsl', username: 'user', password: 'word' };

function config(properties: object, settings: Record<string, unknown> = {}): BindingConfig {
  return resolveConfig(properties, settings);
}

function problemsOf(properties: unknown, settings: Record<string, unknown> = {}): ConfigError {
  try {
    resolveConfig(properties, settings);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    assert.equal(error.code, 'ERR_CONFIG');
    for (const problem of error.problems) assert.ok(error.message.includes(problem.message));
    return error;
  }
  assert.fail('no problem was found');
}

/** The one problem: its property, its code, and what its message must say. */
function onlyProblem(properties: unknown, property: string, code: string, says: RegExp): void {
  const { problems } = problemsOf(properties);
  assert.deepEqual(
    problems.map((problem) => [problem.property, problem.code]),
    [[property, code]],
    problems.map((problem) => problem.message).join(' | '),
  );
  assert.match(problems[0]!.message, says);
}

describe('defaults', () => {
  it('are the documented ones', () => {
    const { producer, ...rest } = config(GOOD);
    assert.deepEqual(producer, {
      recordBytesMax: 1_000_000,
      batchRecordsMax: 10_000,
      lingerMs: 5,
      enableIdempotence: false,
      messageTimeoutMs: 300_000,
      requestTimeoutMs: 5_000,
      maxRetries: 2,
      partitioner: 'consistent_random',
      queueMessagesMax: undefined,
      queueBytesMax: 268_435_456,
      whenFull: 'wait',
      metadataMaxAgeMs: 180_000,
      requestBytesMax: 1_000_000,
    });
    assert.equal(rest.tls, false);
    assert.equal(rest.sasl, undefined);
    assert.deepEqual(rest.payload, {
      envelope: 'azure',
      azureQuirks: [],
      keyType: 'String',
      invalidMessages: 'skip',
      strict: false,
      recordBytesMax: 1_000_000,
    });
    assert.deepEqual(rest.warnings, []);
  });

  it('are what the table says, property for property', () => {
    for (const property of config(GOOD).properties) {
      const spec = PROPERTIES.find(({ name }) => name === property.name)!;
      const expected = (GOOD as Record<string, unknown>)[property.name] ?? spec.default ?? null;
      assert.equal(property.value, expected, property.name);
      assert.equal(property.source, Object.hasOwn(GOOD, property.name) ? 'set' : 'default');
    }
  });

  it('stay in force for null, undefined and empty texts', () => {
    const empty = config({ ...GOOD, maxRetries: null, lingerMs: undefined, avroSchema: '', sslCaLocation: ' ' });
    assert.equal(empty.producer.maxRetries, 2);
  });

  it('may be written out, even of properties that are not available yet', () => {
    config({ ...GOOD, keyDataType: 'String', oAuthBearerMethod: 'DEFAULT', authenticationMode: 'NOTSET' });
  });
});

describe('spellings', () => {
  const spelled: [string, unknown, (config: BindingConfig) => unknown, unknown][] = [
    ['BATCHSIZE', '500', (c) => c.producer.batchRecordsMax, 500],
    ['batch_size', 500, (c) => c.producer.batchRecordsMax, 500],
    ['MaxRetries', ' 7 ', (c) => c.producer.maxRetries, 7],
    ['enable_idempotence', 'True', (c) => c.producer.enableIdempotence, true],
    ['enableIdempotence', 'false', (c) => c.producer.enableIdempotence, false],
    ['linger-ms', 0, (c) => c.producer.lingerMs, 0],
    ['maxMessageBytes', 1, (c) => c.producer.recordBytesMax, 1_000_000],
    ['maxMessageBytes', 999, (c) => c.producer.recordBytesMax, 999_000_000],
    ['maxMessageBytes', 1000, (c) => c.producer.recordBytesMax, 1000],
    ['maxMessageBytes', '1000000000', (c) => c.producer.recordBytesMax, 1_000_000_000],
    ['messageTimeoutMs', 0, (c) => c.producer.messageTimeoutMs, 0],
    ['protocol', 'ssl', (c) => c.tls, true],
    ['protocol', 1, (c) => c.tls, true],
    ['protocol', '0', (c) => c.tls, false],
    ['protocol', -1, (c) => c.tls, false],
    ['direction', 'OUT', (c) => c.topic, 'orders'],
    ['type', 'Kafka', (c) => c.topic, 'orders'],
    ['name', '$return', (c) => c.name, '$return'],
  ];
  for (const [name, value, read, expected] of spelled) {
    it(`take ${name}: ${JSON.stringify(value)}`, () => {
      assert.equal(read(config({ ...GOOD, [name]: value })), expected);
    });
  }

  for (const protocol of ['SaslSsl', 'SASLSSL', 'sasl_ssl', 'SASL_SSL', 'sasl-ssl', 'saslSsl', 3, '3']) {
    it(`take protocol ${JSON.stringify(protocol)}`, () => {
      const { tls, sasl } = config({ ...SASL, protocol });
      assert.equal(tls, true);
      assert.equal(sasl?.mechanism, 'plain');
    });
  }

  const modes: [unknown, string][] = [
    ['PLAIN', 'plain'],
    ['plain', 'plain'],
    [1, 'plain'],
    ['notSet', 'plain'],
    ['SCRAM-SHA-256', 'scram-sha-256'],
    ['ScramSha256', 'scram-sha-256'],
    ['scram_sha_512', 'scram-sha-512'],
    ['3', 'scram-sha-512'],
  ];
  for (const [authenticationMode, mechanism] of modes) {
    it(`take authenticationMode ${JSON.stringify(authenticationMode)}`, () => {
      const { sasl } = config({ ...SASL, authenticationMode });
      assert.equal(sasl?.mechanism, mechanism);
      assert.equal(sasl.username, 'user');
      assert.equal(sasl.password.reveal(), 'word');
    });
  }

  it('take every name as Python writes it', () => {
    for (const { name } of PROPERTIES) {
      const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      const mistakes = (() => {
        try {
          resolveConfig({ [snake]: null }, {});
          return [];
        } catch (error) {
          return (error as ConfigError).problems;
        }
      })();
      assert.ok(!mistakes.some(({ code }) => code === 'unknown'), snake);
    }
  });
});

describe('brokers', () => {
  it('are addresses with a port, each once', () => {
    const { brokers } = config({ ...GOOD, brokerList: ' a:1 ,b.example.com:65535,[::1]:9092,10.0.0.1:9092, A:1,' });
    assert.deepEqual(brokers, [
      { host: 'a', port: 1 },
      { host: 'b.example.com', port: 65535 },
      { host: '::1', port: 9092 },
      { host: '10.0.0.1', port: 9092 },
    ]);
  });

  const refused: [unknown, string, RegExp][] = [
    [undefined, 'missing', /brokerList: is missing/],
    ['', 'missing', /is missing/],
    [',', 'missing', /names no broker/],
    [[], 'type', /got an array/],
    ['localhost', 'format', /"localhost".*port is missing/],
    ['a:0', 'format', /"a:0".*1 to 65535/],
    ['a:65536', 'format', /"a:65536"/],
    ['a:abc', 'format', /"a:abc"/],
    ['http://a:9092', 'format', /without a scheme/],
    ['::1:9092', 'format', /\[::1\]:9092/],
    ['a b:9092', 'format', /a b/],
  ];
  for (const [brokerList, code, says] of refused) {
    it(`are not ${JSON.stringify(brokerList)} (B01, B02)`, () => {
      onlyProblem({ ...GOOD, brokerList }, 'brokerList', code, says);
    });
  }

  it('each get a problem of their own', () => {
    assert.equal(problemsOf({ ...GOOD, brokerList: 'a,b:1,c' }).problems.length, 2);
  });
});

describe('values out of range are refused (B04–B10, B23)', () => {
  const refused: [string, unknown, string, RegExp][] = [
    ['topic', undefined, 'missing', /missing/],
    ['topic', '', 'missing', /missing/],
    ['topic', '.', 'format', /"\."/],
    ['topic', '..', 'format', /"\.\."/],
    ['topic', 'x'.repeat(250), 'format', /250 characters.*249/],
    ['topic', 'no/slash', 'format', /no\/slash/],
    ['topic', 'größe', 'format', /ASCII/],
    ['maxMessageBytes', 0, 'range', /got 0.*1–999.*1 000–1 000 000 000/],
    ['maxMessageBytes', -1, 'range', /got -1/],
    ['maxMessageBytes', 1.5, 'type', /1\.5/],
    ['maxMessageBytes', NaN, 'type', /NaN/],
    ['maxMessageBytes', '1e6x', 'type', /1e6x/],
    ['maxMessageBytes', 2 ** 31, 'range', /2147483648/],
    ['maxMessageBytes', 1_000_000_001, 'range', /1000000001/],
    ['maxMessageBytes', '%SIZE%', 'type', /not looked up/],
    ['batchSize', 0, 'range', /1 to 1 000 000/],
    ['batchSize', -5, 'range', /-5/],
    ['batchSize', 1_000_001, 'range', /1000001/],
    ['maxRetries', -1, 'range', /0 to 2 147 483 647/],
    ['maxRetries', 2 ** 31, 'range', /2147483648/],
    ['messageTimeoutMs', -1, 'range', /ms/],
    ['messageTimeoutMs', 2 ** 31, 'range', /2147483648/],
    ['messageTimeoutMs', 5, 'conflict', /lingerMs is 5/],
    ['requestTimeoutMs', 0, 'range', /1 to 900 000/],
    ['requestTimeoutMs', 900_001, 'range', /900001/],
    ['lingerMs', -1, 'range', /0 to 900 000/],
    ['lingerMs', 900_001, 'range', /900001/],
    ['enableIdempotence', 'yes', 'type', /"yes".*true or false/],
    ['enableIdempotence', 1, 'type', /got 1/],
    ['protocol', 'tls', 'choice', /"tls".*NotSet, Plaintext, Ssl, SaslPlaintext, SaslSsl/],
    ['protocol', 9, 'choice', /got 9/],
    ['authenticationMode', 'basic', 'choice', /Plain, ScramSha256/],
    ['direction', 'in', 'choice', /"in".*out/],
    ['type', 'kafkaTrigger', 'choice', /kafkaTrigger/],
    ['batchSize', {}, 'type', /an object/],
    ['topic', () => 0, 'type', /a function/],
  ];
  for (const [name, value, code, says] of refused) {
    it(`${name}: ${describeGot(value, { secret: false }).slice(0, 20)}`, () => {
      onlyProblem({ ...GOOD, [name]: value }, name, code, says);
    });
  }

  it('every integer has a range that its own ends keep to', () => {
    for (const { name, kind, min, max } of PROPERTIES) {
      if (kind !== 'integer') continue;
      assert.ok(min !== undefined && max !== undefined, name);
      // A time limit has to be longer than the linger time, so that goes out of the way.
      for (const value of [min, max]) config({ lingerMs: 0, messageTimeoutMs: 0, ...GOOD, [name]: value });
      for (const value of [min - 1, max + 1]) onlyProblem({ ...GOOD, [name]: value }, name, 'range', /got -?\d+/);
    }
  });
});

describe('what does not go together', () => {
  it('no retries with idempotence (B07)', () => {
    onlyProblem({ ...GOOD, enableIdempotence: true, maxRetries: 0 }, 'maxRetries', 'conflict', /at least 1/);
  });

  it('SASL without user or password (B13)', () => {
    const { problems } = problemsOf({ ...GOOD, protocol: 'SaslSsl' });
    assert.deepEqual(
      problems.map(({ property }) => property),
      ['username', 'password'],
    );
  });

  it('a user without SASL is worth a warning, as is one that nothing protects', () => {
    assert.match(config({ ...GOOD, username: 'u', password: 'p' }).warnings.join(), /username: is not used/);
    assert.match(config({ ...SASL, protocol: 'SaslPlaintext' }).warnings.join(), /password travels unencrypted/);
    const loopback = { ...SASL, protocol: 'SaslPlaintext', brokerList: '127.0.0.1:9092' };
    assert.deepEqual(config(loopback).warnings, []);
  });

  it('a time limit below the request timeout warns (B08)', () => {
    assert.match(config({ ...GOOD, messageTimeoutMs: 100 }).warnings.join(), /less than requestTimeoutMs/);
  });

  it('a schema and bytes (B22)', () => {
    const { problems } = problemsOf({ ...GOOD, avroSchema: '"string"', dataType: 'binary' });
    assert.ok(problems.some(({ code, property }) => code === 'conflict' && property === 'avroSchema'));
  });
});

describe('names that are no property', () => {
  const suggested: [string, RegExp][] = [
    ['maxRetires', /did you mean maxRetries\?/],
    ['brokerlst', /did you mean brokerList\?/],
    ['bootstrap.servers', /did you mean brokerList\?/],
    ['linger.ms', /did you mean lingerMs\?/],
    ['pasword', /did you mean password\?/],
    ['acks', /all in-sync replicas/],
    ['somethingElseEntirely', /remove it/],
  ];
  for (const [name, says] of suggested) {
    it(`${name} (B19)`, () => {
      onlyProblem({ ...GOOD, [name]: 'CANARY-value' }, name, 'unknown', says);
      assert.doesNotMatch(problemsOf({ ...GOOD, [name]: 'CANARY-value' }).message, /CANARY/);
    });
  }

  it('do not reach any prototype (B20)', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const properties = JSON.parse(`{"brokerList":"a:1","topic":"t","${name}":{"polluted":true}}`) as unknown;
      onlyProblem(properties, name, 'unknown', /is not a property/);
    }
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });

  it('one property under two spellings is a problem unless both say the same', () => {
    onlyProblem({ ...GOOD, BROKERLIST: 'other:1' }, 'brokerList', 'duplicate', /twice/);
    config({ ...GOOD, brokerlist: GOOD.brokerList });
  });
});

describe('the configuration as a whole', () => {
  for (const whole of [null, undefined, [], () => 0, 'text', 7, Symbol('s')]) {
    it(`is not ${Array.isArray(whole) ? 'an array' : String(whole)} (B21)`, () => {
      onlyProblem(whole, '(configuration)', 'source', /must be an object/);
    });
  }

  it('tells every problem at once', () => {
    const { problems, message } = problemsOf({ topic: '.', maxRetries: -1, nope: 1, protocol: 'x', password: '%NO%' });
    assert.deepEqual(problems.map(({ property }) => property).sort(), [
      'brokerList',
      'maxRetries',
      'nope',
      'password',
      'protocol',
      'topic',
    ]);
    assert.match(message, /6 problems/);
  });

  it('is frozen all the way down', () => {
    const resolved = config(SASL);
    for (const part of [resolved, resolved.brokers, resolved.brokers[0], resolved.sasl, resolved.producer]) {
      assert.ok(Object.isFrozen(part));
    }
    assert.ok(Object.isFrozen(resolved.properties) && Object.isFrozen(resolved.properties[0]));
  });

  it('survives getters that throw', () => {
    const hostile = Object.defineProperty({ ...GOOD }, 'batchSize', {
      enumerable: true,
      get: () => {
        throw new Error('CANARY');
      },
    });
    onlyProblem(hostile, 'batchSize', 'type', /got a symbol/);
  });

  it('is never a crash: any JSON gives a configuration or a ConfigError', () => {
    const names = fc.constantFrom(...PROPERTIES.map(({ name }) => name), '__proto__', 'x');
    fc.assert(
      fc.property(fc.dictionary(names, fc.jsonValue()), fc.boolean(), (properties, complete) => {
        try {
          resolveConfig(complete ? { ...GOOD, ...properties } : properties, {});
        } catch (error) {
          assert.ok(error instanceof ConfigError, String(error));
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('what has no effect', () => {
  it('dataType and cardinality have no effect, and a warning says so', () => {
    const { warnings } = config({ ...GOOD, dataType: 'string', cardinality: 'MANY' });
    assert.equal(warnings.length, 2);
  });
});
