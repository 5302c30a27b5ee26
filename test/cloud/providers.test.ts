/** Which hosts are a cloud's Kafka, what holds there by default, and what is warned about. */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { describe, it } from 'node:test';
import { type BindingConfig, ConfigError, type ConfigOptions, resolveConfig } from '../../src/index.ts';
import { API_KEY, API_SECRET, CONFLUENT_HOST, CONNECTION_STRING, HUBS_HOST } from './cloud-broker.ts';

const HUBS = { brokerList: `${HUBS_HOST}:9093`, topic: 'orders', password: CONNECTION_STRING };
const CONFLUENT = { brokerList: `${CONFLUENT_HOST}:9092`, topic: 'orders', username: API_KEY, password: API_SECRET };

function configure(properties: object, options: ConfigOptions = {}): BindingConfig {
  return resolveConfig(properties, {}, options);
}

describe('a cloud is recognised by the host', () => {
  const cases: [string, BindingConfig['provider']][] = [
    ['x.servicebus.windows.net:9093', 'azureEventHubs'],
    ['X.ServiceBus.Windows.NET.:9093', 'azureEventHubs'],
    ['x.servicebus.chinacloudapi.cn:9093', 'azureEventHubs'],
    ['x.servicebus.usgovcloudapi.net:9093', 'azureEventHubs'],
    ['x.servicebus.cloudapi.de:9093', 'azureEventHubs'],
    ['x.servicebus.windows.net.evil.example:9093', undefined],
    ['servicebus.windows.net:9093', undefined],
    ['xservicebus.windows.net:9093', undefined],
    ['pkc-1.eu.confluent.cloud:9092', 'confluentCloud'],
    ['lkc-1.pkc-1.eu.gcp.glb.CONFLUENT.cloud:9092', 'confluentCloud'],
    ['confluent.cloud.example:9092', undefined],
    ['myconfluent.cloud:9092', undefined],
    ['127.0.0.1:9092', undefined],
    ['127.0.0.1:9092, pkc-1.eu.confluent.cloud:9092', 'confluentCloud'],
  ];
  for (const [brokerList, provider] of cases) {
    it(`${brokerList}: ${provider ?? 'none'}`, () => {
      assert.equal(configure({ brokerList, topic: 'orders', username: 'u', password: 'p' }).provider, provider);
    });
  }
});

describe('the defaults of a cloud', () => {
  const limits = ({ producer, connectionsMaxIdleMs }: BindingConfig): unknown[] => [
    producer.requestTimeoutMs,
    producer.requestBytesMax,
    producer.recordBytesMax,
    connectionsMaxIdleMs,
  ];

  it('are those of Event Hubs, which needs nothing but the connection string', () => {
    const config = configure(HUBS);
    assert.deepEqual(limits(config), [60_000, 1_046_528, 1_000_000, 180_000]);
    assert.deepEqual([config.tls, config.sasl?.mechanism, config.sasl?.username], [true, 'plain', '$ConnectionString']);
    assert.deepEqual(config.warnings, []);
    assert.deepEqual(config.notes, [
      'brokerList: Azure Event Hubs, so by default protocol SaslSsl, authenticationMode Plain, username ' +
        '$ConnectionString, requestTimeoutMs 60000; it takes no compression but gzip (messages go uncompressed), and ' +
        'closes connections on requests over 1046528 bytes and after 240 s of silence',
    ]);
  });

  it('are those of Confluent Cloud', () => {
    const config = configure(CONFLUENT);
    assert.deepEqual(limits(config), [30_000, 1_000_000, 1_000_000, 180_000]);
    assert.deepEqual([config.tls, config.sasl?.mechanism], [true, 'plain']);
    assert.deepEqual(config.warnings, []);
  });

  it('are nobody else’s', () => {
    const config = configure({ brokerList: 'broker.example:9092', topic: 'orders' });
    assert.deepEqual(limits(config), [5_000, 1_000_000, 1_000_000, 540_000]);
    assert.deepEqual([config.tls, config.notes, config.warnings], [false, [], []]);
  });

  it('give way to what is written', () => {
    const written = { requestTimeoutMs: 45_000, maxMessageBytes: 500_000 };
    const config = configure({ ...HUBS, ...written }, { connectionsMaxIdleMs: 60_000, requestBytesMax: 900_000 });
    assert.deepEqual(limits(config), [45_000, 900_000, 500_000, 60_000]);
    assert.match(config.notes[0]!, /by default protocol SaslSsl, authenticationMode Plain, username [^,]+; it/);
  });

  it('go before those of a profile', () => {
    const { producer } = configure(HUBS, { profile: 'durable' });
    assert.deepEqual([producer.requestTimeoutMs, producer.enableIdempotence], [60_000, true]);
  });

  it('lack the connection string, and say so', () => {
    assert.throws(() => configure({ ...HUBS, password: '' }), /password: is missing; protocol SaslSsl/);
  });

  it('of a token login ask for no user', () => {
    const config = configure(
      { ...HUBS, password: '', authenticationMode: 'OAuthBearer' },
      { oAuthBearerToken: 'a.b.c' },
    );
    assert.deepEqual([config.sasl, config.warnings], [undefined, []]);
  });
});

describe('a warning is given for', () => {
  const other = CONNECTION_STRING.replace('shop', 'elsewhere');
  const cases: [string, object, ConfigOptions, RegExp[]][] = [
    [
      'plaintext',
      { ...HUBS, protocol: 'Plaintext' },
      {},
      [/^protocol: Plaintext cannot reach Azure Event Hubs/, /used/],
    ],
    ['no TLS', { ...HUBS, protocol: 'SaslPlaintext' }, {}, [/unencrypted/, /^protocol: SaslPlaintext cannot reach/]],
    ['NotSet in so many words', { ...HUBS, protocol: 'NotSet' }, {}, [/^protocol: NotSet cannot/, /used/]],
    [
      'SCRAM',
      { ...HUBS, authenticationMode: 'ScramSha256' },
      {},
      [/^authenticationMode: Azure Event Hubs does not know/],
    ],
    ['Kerberos', { ...HUBS, authenticationMode: 'Gssapi' }, {}, [/does not know Gssapi; set Plain or OAuthBearer/]],
    [
      'the port of plaintext Kafka',
      { ...HUBS, brokerList: `${HUBS_HOST}:9092` },
      {},
      [/on port 9093; got shop.*:9092/],
    ],
    [
      'a small letter',
      { ...HUBS, username: '$connectionstring' },
      {},
      [/^username: got "\$connectionstring"; .* word/],
    ],
    ['no dollar', { ...HUBS, username: 'ConnectionString' }, {}, [/reads like/, /got "ConnectionString"; Event/]],
    ['the policy as user', { ...HUBS, username: 'send' }, {}, [/spelled so, and the connection string as password/]],
    ['the key alone', { ...HUBS, password: 'canary/aXM+bm90LWE9PQ==' }, {}, [/^password: is no connection string/]],
    ['a half string', { ...HUBS, password: `Endpoint=sb://${HUBS_HOST}/` }, {}, [/SharedAccessKeyName/]],
    ['another namespace', { ...HUBS, password: other }, {}, [/^password: .*another namespace than the host in broker/]],
    [
      'another event hub',
      { ...HUBS, password: `${CONNECTION_STRING};EntityPath=canary-hub` },
      {},
      [/^password: .* \(its EntityPath\), which is not the topic "orders"/],
    ],
    ['a short time', { ...HUBS, requestTimeoutMs: 20_000 }, {}, [/^requestTimeoutMs: 20000 is low for Event Hubs/]],
    [
      'large messages',
      { ...HUBS, maxMessageBytes: 4 },
      {},
      [/^maxMessageBytes: 4000000 does not fit .* 1046528 bytes/],
    ],
    ['long idleness', HUBS, { connectionsMaxIdleMs: 240_000 }, [/^connectionsMaxIdleMs: 240000 .*240 s.*180000/]],
    ['old metadata', HUBS, { metadataMaxAgeMs: 300_000 }, [/^metadataMaxAgeMs: 300000 lets a silent connection/]],
    ['Event Hubs’ user elsewhere', { ...CONFLUENT, username: '$ConnectionString' }, {}, [/takes an API key/]],
    [
      'SCRAM at Confluent',
      { ...CONFLUENT, authenticationMode: 'ScramSha512' },
      {},
      [/Confluent Cloud does not know Scram/],
    ],
    ['TLS alone at Confluent', { ...CONFLUENT, protocol: 'Ssl' }, {}, [/^protocol: Ssl cannot reach Conf/, /not used/]],
  ];
  for (const [name, properties, options, expected] of cases) {
    it(name, () => {
      const config = configure(properties, options);
      assert.equal(config.warnings.length, expected.length, config.warnings.join('\n'));
      for (const pattern of expected) {
        assert.ok(
          config.warnings.some((warning) => pattern.test(warning)),
          `${String(pattern)} in ${config.warnings.join('\n')}`,
        );
      }
      assert.doesNotMatch(inspect(config, { depth: Infinity }), /canary/);
    });
  }

  it('the connection string as the user: refused, since users are shown', () => {
    const swapped = { ...HUBS, username: CONNECTION_STRING, password: '$ConnectionString' };
    assert.throws(
      () => configure(swapped),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.match(
          error.message,
          /username: got \[redacted\], which reads as a connection string of Azure; username is/,
        );
        assert.doesNotMatch(inspect(error, { depth: Infinity, showHidden: true }), /canary/);
        return true;
      },
    );
  });

  it('nothing, where the event hub of the string is the topic, or the login is a signature', () => {
    const signature = 'SharedAccessSignature sr=x&sig=canary';
    const signed = `Endpoint=sb://${HUBS_HOST.toUpperCase()}/;SharedAccessSignature=${signature}`;
    for (const password of [`${CONNECTION_STRING};EntityPath=orders`, signed]) {
      assert.deepEqual(configure({ ...HUBS, password }).warnings, []);
    }
  });
});
