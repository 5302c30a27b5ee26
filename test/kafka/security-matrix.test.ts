/** Every way into a real Kafka, with properties of the binding alone: sent, and read back by Kafka's own consumer. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type KafkaOutputOptions, openKafkaOutput } from '../../src/index.ts';
import { SecurityBroker } from '../support/kafka/security-broker.ts';
import { CLIENT_ID, CLIENT_SECRET } from '../support/kafka/security-issuer.ts';
import { installKerberosPackage, whyNoKerberos } from '../support/kafka/security-kdc.ts';
import { type ListenerName, PASSWORD, USER } from '../support/kafka/security-properties.ts';

const TOPIC = 'matrix';
const withoutKerberos = whyNoKerberos();
if (withoutKerberos !== undefined) {
  console.log(`skipped: Kerberos (${withoutKerberos})`);
  assert.notEqual(process.env['CI'], 'true', 'CI has to run the Kerberos tests');
}

interface Way {
  name: string;
  listener: ListenerName;
  properties: Record<string, unknown>;
  options?: Partial<KafkaOutputOptions>;
}

const LOGIN = { username: USER, password: '%KafkaPassword%' };
const PASSWORD_MODES = ['Plain', 'ScramSha256', 'ScramSha512'];

function passwordWays(): Way[] {
  const plain = PASSWORD_MODES.map((authenticationMode) => ({
    name: `SaslPlaintext, ${authenticationMode}`,
    listener: 'SASL' as const,
    properties: { protocol: 'SaslPlaintext', authenticationMode, ...LOGIN },
  }));
  const tls = PASSWORD_MODES.flatMap((authenticationMode) =>
    [{ sslCaPEM: '%CaPem%' }, { sslCaLocation: '%CaFile%' }].map((ca) => ({
      name: `SaslSsl, ${authenticationMode}, ${Object.keys(ca)[0]!}`,
      listener: 'SASLTLS' as const,
      properties: { protocol: 'SaslSsl', authenticationMode, ...LOGIN, ...ca },
    })),
  );
  return [...plain, ...tls];
}

const ENCRYPTED_PEM = {
  sslCertificatePEM: '%CertificatePem%',
  sslKeyPEM: '%EncryptedKeyPem%',
  sslKeyPassword: '%KeyPassphrase%',
};

function tlsWays(): Way[] {
  const own: [string, Record<string, string>][] = [
    ['PEM', { sslCaPEM: '%CaPem%', sslCertificatePEM: '%CertificatePem%', sslKeyPEM: '%KeyPem%' }],
    ['one PEM', { sslCaPEM: '%CaPem%', sslCertificateandKeyPEM: '%BothPem%' }],
    ['an encrypted PEM', { ...ENCRYPTED_PEM, sslCaPEM: '%CaPem%' }],
    ['a chain in PEM', { sslCaPEM: '%CaPem%', sslCertificatePEM: '%ChainPem%', sslKeyPEM: '%ChainKeyPem%' }],
    [
      'a chain in files',
      { sslCaLocation: '%CaFile%', sslCertificateLocation: '%ChainFile%', sslKeyLocation: '%ChainKeyFile%' },
    ],
    ['files', { sslCaLocation: '%CaFile%', sslCertificateLocation: '%CertificateFile%', sslKeyLocation: '%KeyFile%' }],
    [
      'an encrypted key in a file',
      {
        sslCaLocation: '%CaFile%',
        sslCertificateLocation: '%CertificateFile%',
        sslKeyLocation: '%EncryptedKeyFile%',
        sslKeyPassword: '%KeyPassphrase%',
      },
    ],
  ];
  return [
    { name: 'Plaintext', listener: 'PLAIN', properties: { protocol: 'Plaintext' } },
    { name: 'Ssl, PEM', listener: 'TLS', properties: { protocol: 'Ssl', sslCaPEM: '%CaPem%' } },
    { name: 'Ssl, file', listener: 'TLS', properties: { protocol: 'Ssl', sslCaLocation: '%CaFile%' } },
    {
      name: 'Ssl to a broker with a chain, PEM',
      listener: 'CHAIN',
      properties: { protocol: 'Ssl', sslCaPEM: '%CaPem%' },
    },
    {
      name: 'Ssl to a broker with a chain, file',
      listener: 'CHAIN',
      properties: { protocol: 'Ssl', sslCaLocation: '%CaFile%' },
    },
    {
      name: 'Ssl, sslInsecureSkipVerify',
      listener: 'BADHOST',
      properties: { protocol: 'Ssl' },
      options: { sslInsecureSkipVerify: true },
    },
    ...own.map(
      ([form, properties]): Way => ({
        name: `Ssl with a certificate of the client, ${form}`,
        listener: 'MTLS',
        properties: { protocol: 'Ssl', ...properties },
      }),
    ),
  ];
}

function tokenWays(broker: () => SecurityBroker): Way[] {
  const oidc = {
    authenticationMode: 'OAuthBearer',
    oAuthBearerMethod: 'Oidc',
    oAuthBearerClientId: CLIENT_ID,
    oAuthBearerClientSecret: '%ClientSecret%',
    oAuthBearerScope: 'kafka.write',
    oAuthBearerExtensions: 'traceId=123,tenant=a b',
  };
  const http = { ...oidc, oAuthBearerTokenEndpointUrl: '%TokenUrl%' };
  const https = { ...oidc, oAuthBearerTokenEndpointUrl: '%TokenHttpsUrl%' };
  const own = { authenticationMode: 'OAuthBearer', protocol: 'SaslPlaintext' };
  return [
    { name: 'SaslPlaintext, OIDC', listener: 'SASL', properties: { protocol: 'SaslPlaintext', ...http } },
    ...[{ httpsCaPem: '%CaPem%' }, { httpsCaLocation: '%CaFile%' }].map(
      (ca): Way => ({
        name: `SaslSsl, OIDC, ${Object.keys(ca)[0]!}`,
        listener: 'SASLTLS',
        properties: { protocol: 'SaslSsl', sslCaPEM: '%CaPem%', ...https, ...ca },
      }),
    ),
    {
      name: 'SaslPlaintext, token of a callback',
      listener: 'SASL',
      properties: own,
      options: { oAuthBearerToken: () => Promise.resolve({ value: broker().issuer.token() }) },
    },
  ];
}

describe('a real Kafka with every lock', () => {
  let broker: SecurityBroker;
  let settings: Record<string, string>;

  before(async () => {
    broker = await SecurityBroker.start();
    if (broker.kdc !== undefined) installKerberosPackage();
    const admin = broker.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 1 }], waitForLeaders: true });
    await admin.disconnect();
    const { pki, issuer } = broker;
    settings = {
      KafkaPassword: PASSWORD,
      CaPem: pki.read('ca.crt'),
      CaFile: pki.path('ca.crt'),
      CertificatePem: pki.read('client.crt'),
      CertificateFile: pki.path('client.crt'),
      KeyPem: pki.read('client.key').replaceAll('\n', '\\n'),
      KeyFile: pki.path('client.key'),
      BothPem: pki.read('client.crt') + pki.read('client.key'),
      EncryptedKeyFile: pki.path('client.enc.key'),
      EncryptedKeyPem: pki.read('client.enc.key'),
      ChainPem: pki.read('client-chained.crt'),
      ChainFile: pki.path('client-chained.crt'),
      ChainKeyPem: pki.read('client-chained.key'),
      ChainKeyFile: pki.path('client-chained.key'),
      KeyPassphrase: 'passphrase',
      ClientSecret: CLIENT_SECRET,
      TokenUrl: `${issuer.url}/token`,
      TokenHttpsUrl: `${issuer.httpsUrl}/token`,
    };
  });
  after(async () => {
    await broker.dispose();
  });

  const sent: string[] = [];

  async function send({ name, listener, properties, options }: Way): Promise<void> {
    const all = { brokerList: broker.address(listener), topic: TOPIC, ...properties };
    const output = await openKafkaOutput(all, { settings, ...options });
    try {
      (await output.send(name)).orThrow();
      sent.push(name);
    } finally {
      await output.close();
    }
  }

  for (const way of [...tlsWays(), ...passwordWays(), ...tokenWays(() => broker)]) {
    it(way.name, async () => {
      await send(way);
    });
  }

  it('SaslPlaintext, a token as it is', async () => {
    await send({
      name: 'a token as it is',
      listener: 'SASL',
      properties: { authenticationMode: 'OAuthBearer', protocol: 'SaslPlaintext' },
      options: { oAuthBearerToken: broker.issuer.token() },
    });
  });

  it('SaslPlaintext, Gssapi, by a keytab', { skip: withoutKerberos ?? false }, async () => {
    const { kdc } = broker;
    assert.ok(kdc !== undefined);
    const before = { ...process.env };
    Object.assign(process.env, {
      KRB5_CONFIG: kdc.path('krb5.conf'),
      KRB5_CLIENT_KTNAME: kdc.path('alice.keytab'),
      KRB5CCNAME: 'MEMORY:matrix',
    });
    try {
      const properties = { protocol: 'SaslPlaintext', authenticationMode: 'Gssapi' };
      await send({ name: 'by a keytab', listener: 'GSSAPI', properties });
    } finally {
      for (const name of ['KRB5_CONFIG', 'KRB5_CLIENT_KTNAME', 'KRB5CCNAME']) {
        if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = before[name];
      }
    }
  });

  it('each of them is in the log', async () => {
    assert.deepEqual(await broker.values(TOPIC), sent);
  });

  it('asked for tokens as configured', () => {
    const scopes = broker.issuer.forms.map((form) => [form.get('grant_type'), form.get('scope')].join(' '));
    assert.deepEqual(new Set(scopes), new Set(['client_credentials kafka.write']));
  });
});
