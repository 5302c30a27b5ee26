/** The bindings of docs/connections.md, word by word, send to a real Kafka. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openKafkaOutput } from '../../src/index.ts';
import { documentedBindings } from '../support/documented-bindings.ts';
import { SecurityBroker } from '../support/kafka/security-broker.ts';
import { CLIENT_ID, CLIENT_SECRET } from '../support/kafka/security-issuer.ts';
import { installKerberosPackage, whyNoKerberos } from '../support/kafka/security-kdc.ts';
import { type ListenerName, PASSWORD, USER } from '../support/kafka/security-properties.ts';

const TOPIC = 'documented';

function listenerOf(properties: Record<string, unknown>): ListenerName {
  if (properties['authenticationMode'] === 'Gssapi') return 'GSSAPI';
  if (properties['protocol'] === 'SaslSsl') return 'SASLTLS';
  if (properties['protocol'] !== 'Ssl') return 'PLAIN';
  return 'sslKeyPEM' in properties || 'sslKeyLocation' in properties ? 'MTLS' : 'TLS';
}

describe('docs/connections.md', () => {
  let broker: SecurityBroker;
  // Without a protocol a binding relies on the host of a cloud: test/cloud runs those.
  const bindings = documentedBindings().filter(({ properties }) => 'protocol' in properties);

  before(async () => {
    broker = await SecurityBroker.start();
    if (broker.kdc !== undefined) {
      installKerberosPackage();
      process.env['KRB5_CONFIG'] = broker.kdc.path('krb5.conf');
      process.env['KRB5_CLIENT_KTNAME'] = broker.kdc.path('alice.keytab');
      process.env['KRB5CCNAME'] = 'MEMORY:documented';
    }
    const admin = broker.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 1 }], waitForLeaders: true });
    await admin.disconnect();
  });
  after(async () => {
    await broker.dispose();
  });

  function settingsFor(listener: ListenerName): Record<string, string> {
    const { pki, issuer } = broker;
    return {
      BrokerList: broker.address(listener),
      Topic: TOPIC,
      CaFile: pki.path('ca.crt'),
      CaPem: pki.read('ca.crt'),
      CertificateFile: pki.path('client.crt'),
      CertificatePem: pki.read('client.crt'),
      KeyFile: pki.path('client.enc.key'),
      KeyPassphrase: 'passphrase',
      KeyPem: pki.read('client.key'),
      KafkaUser: USER,
      KafkaPassword: PASSWORD,
      ClientId: CLIENT_ID,
      ClientSecret: CLIENT_SECRET,
      TokenEndpoint: `${issuer.httpsUrl}/token`,
      EventHubConnectionString: PASSWORD,
      ConfluentApiKey: USER,
      ConfluentApiSecret: PASSWORD,
    };
  }

  it('has one for each mechanism and provider', () => {
    const chapters = bindings.map(({ chapter }) => chapter);
    for (const chapter of ['TLS', 'OAuth', 'Kerberos', 'Azure Event Hubs', 'Confluent Cloud']) {
      assert.ok(chapters.includes(chapter), chapter);
    }
  });

  for (const [index, { chapter, properties }] of bindings.entries()) {
    const listener = listenerOf(properties);
    const skip = listener === 'GSSAPI' ? (whyNoKerberos() ?? false) : false;
    it(`${chapter}, binding ${index + 1}`, { skip }, async () => {
      // A provider's certificate comes from a public authority, the test's from its own.
      const isPublic = listener === 'SASLTLS' && !('sslCaPEM' in properties);
      const settings = settingsFor(listener);
      const output = await openKafkaOutput(
        { ...properties, ...(isPublic ? { sslCaPEM: '%CaPem%' } : {}) },
        { settings },
      );
      try {
        (await output.send(`${chapter} ${index}`)).orThrow();
      } finally {
        await output.close();
      }
    });
  }

  it('each of them is in the log', async () => {
    const values = await broker.values(TOPIC);
    const expected = bindings.map(({ chapter }, index) => `${chapter} ${index}`);
    const isHere = (value: string): boolean => broker.kdc !== undefined || !value.startsWith('Kerberos');
    assert.deepEqual(values, expected.filter(isHere));
  });
});
