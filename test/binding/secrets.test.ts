/** Secrets appear in nothing that can be printed: errors, inspect, JSON, string conversion. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { resolveConfig } from '../../src/binding/config.ts';
import { openKafkaOutput } from '../../src/binding/kafka-output.ts';
import { PROPERTIES } from '../../src/binding/properties.ts';
import { FakeProducer } from './fake-producer.ts';

const CANARY = 'CANARY-c4n4ry-0451';
const BASE = { brokerList: 'localhost:9092', topic: 'orders', protocol: 'SaslSsl', username: 'user' };

function shownForms(value: unknown): string {
  const json = JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner));
  return [inspect(value, { depth: Infinity, showHidden: true, getters: true }), json, String(value)].join('\n');
}

function assertClean(value: unknown): void {
  assert.doesNotMatch(shownForms(value), /CANARY|c4n4ry/);
}

function errorOf(properties: object, settings: Record<string, unknown> = {}): unknown {
  try {
    resolveConfig(properties, settings);
  } catch (error) {
    return error;
  }
  assert.fail('no problem was found');
}

describe('a password', () => {
  it('is in the configuration, and shown by nothing of it', () => {
    const config = resolveConfig({ ...BASE, password: '%P%' }, { P: CANARY });
    assert.equal(config.sasl?.password.reveal(), CANARY);
    assertClean(config);
    assertClean(config.sasl);
    assert.equal(config.sasl.password.toString(), '[redacted]');
  });

  it('is shown by nothing of an open output', async () => {
    const producer = new FakeProducer();
    const output = await openKafkaOutput({ ...BASE, password: CANARY }, { settings: {}, producer });
    assertClean(output);
    assertClean(output.config);
    await output.close();
  });

  it('is not in the warning about a name that may be a setting', () => {
    const { warnings } = resolveConfig({ ...BASE, password: 'CANARY_PASSWORD' }, {});
    assert.equal(warnings.length, 1);
    assertClean(warnings);
  });
});

describe('errors repeat no secret', () => {
  for (const { name, secret } of PROPERTIES.filter((spec) => spec.secret)) {
    it(`${name} of a wrong type, or not available`, () => {
      assert.ok(secret);
      const wrong = { ...BASE, password: 'x', topic: '.', [name]: { [CANARY]: CANARY } };
      assertClean(errorOf(wrong));
      assertClean(errorOf({ ...BASE, password: 'x', topic: '.', [name]: CANARY }));
    });
  }

  it('not of misspelt properties', () => {
    assertClean(errorOf({ ...BASE, passwrod: CANARY }));
  });

  it('not where a connection string or an address with a user stands for the brokers', () => {
    const connection = `Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=${CANARY}`;
    assertClean(errorOf({ ...BASE, password: 'x', brokerList: connection }));
    assertClean(errorOf({ ...BASE, password: 'x', brokerList: `user:${CANARY}@host:9092` }));
  });

  it('not where another property was given the setting of the password', () => {
    assertClean(errorOf({ ...BASE, password: '%P%', brokerList: '%P%' }, { P: CANARY }));
    assertClean(errorOf({ ...BASE, brokerList: '%KafkaPassword%' }, { KafkaPassword: CANARY }));
    assertClean(errorOf({ ...BASE, password: '%P%', topic: 'a/%P%' }, { P: CANARY }));
  });
});
