/** What goes wrong on a real Kafka with locks: each failure has a code and a text of its own, and shows no secret. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import kafkajs from 'kafkajs';
import type { SaslCredentials } from '../../src/transport/auth/credentials.ts';
import { oidcTokens } from '../../src/transport/auth/oidc.ts';
import { BrokerError, KafkaHotpathError, openKafkaOutput } from '../../src/index.ts';
import { createKafkajsTransport, type KafkajsTransportOptions } from '../../src/transport/kafkajs.ts';
import { freePorts } from '../support/kafka/ports.ts';
import { SecurityBroker } from '../support/kafka/security-broker.ts';
import { CLIENT_ID, CLIENT_SECRET } from '../support/kafka/security-issuer.ts';
import { installKerberosPackage, whyNoKerberos } from '../support/kafka/security-kdc.ts';
import { type ListenerName, PASSWORD, USER } from '../support/kafka/security-properties.ts';

// Node finds these names only in the whole of a CommonJS module.
const { AclOperationTypes: Operation, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const CANARY = /canary/;
const BOB = { principal: 'User:bob', host: '*', resourcePatternType: ResourcePatternTypes.LITERAL };
const TOPIC = { resourceType: AclResourceTypes.TOPIC };
const CLUSTER = { resourceType: AclResourceTypes.CLUSTER, resourceName: 'kafka-cluster' };
const DENY = { permissionType: AclPermissionTypes.DENY };
const ALLOW = { permissionType: AclPermissionTypes.ALLOW };

interface Case {
  name: string;
  listener: ListenerName;
  ssl?: (file: (name: string) => string) => NonNullable<KafkajsTransportOptions['ssl']>;
  sasl?: () => SaslCredentials;
  code: string;
  says: RegExp;
  /** The failure may pass, so connect() tries its three rounds. */
  isTried?: boolean;
}

const user = { username: USER, password: PASSWORD };
const TRUST = (file: (name: string) => string): { ca: string } => ({ ca: file('ca.crt') });

const PASSWORD_CASES: readonly Case[] = (['plain', 'scram-sha-256', 'scram-sha-512'] as const).flatMap((mechanism) => [
  {
    name: `wrong password, ${mechanism}`,
    listener: 'SASL',
    sasl: () => ({ mechanism, username: USER, password: 'canary-wrong' }),
    code: 'ERR_AUTH',
    says: new RegExp(`SASL ${mechanism.toUpperCase()} for user "alice" was refused: .*; check username and password`),
  },
  {
    name: `unknown user, ${mechanism}`,
    listener: 'SASL',
    sasl: () => ({ mechanism, username: 'nobody', password: PASSWORD }),
    code: 'ERR_AUTH',
    says: /for user "nobody" was refused/,
  },
]);

const LISTENER_CASES: readonly Case[] = [
  {
    name: 'a mechanism that is not enabled',
    listener: 'SCRAMONLY',
    sasl: () => ({ mechanism: 'plain', ...user }),
    code: 'ERR_AUTH_MECHANISM',
    says: /not enabled this mechanism; it has SCRAM-SHA-256, SCRAM-SHA-512: set authenticationMode/,
  },
  {
    name: 'SASL on a port without',
    listener: 'PLAIN',
    sasl: () => ({ mechanism: 'plain', ...user }),
    code: 'ERR_LISTENER',
    says: /this port does not expect SASL/,
  },
  { name: 'no SASL on a port with', listener: 'SASL', code: 'ERR_LISTENER', says: /want SASL/, isTried: true },
  { name: 'plaintext on a TLS port', listener: 'TLS', code: 'ERR_LISTENER', says: /TLS/, isTried: true },
  {
    name: 'TLS on a plaintext port',
    listener: 'PLAIN',
    ssl: TRUST,
    code: 'ERR_LISTENER',
    says: /plaintext port/,
    isTried: true,
  },
];

const TLS_CASES: readonly Case[] = [
  { name: 'no authority', listener: 'TLS', ssl: () => ({}), code: 'ERR_TLS_AUTHORITY', says: /sslCaLocation/ },
  {
    name: 'another authority',
    listener: 'TLS',
    ssl: (file) => ({ ca: file('otherca.crt') }),
    code: 'ERR_TLS_AUTHORITY',
    says: /authority that signed it/,
  },
  { name: 'self-signed', listener: 'SELFSIGNED', ssl: TRUST, code: 'ERR_TLS_SELF_SIGNED', says: /self.signed/ },
  { name: 'expired', listener: 'EXPIRED', ssl: TRUST, code: 'ERR_TLS_EXPIRED', says: /expired.*needs a new one/ },
  { name: 'not yet valid', listener: 'FUTURE', ssl: TRUST, code: 'ERR_TLS_NOT_YET_VALID', says: /check the clock/ },
  { name: 'another host', listener: 'BADHOST', ssl: TRUST, code: 'ERR_TLS_HOST_NAME', says: /broker\.example\.com/ },
  {
    name: 'no certificate of the client',
    listener: 'MTLS',
    ssl: TRUST,
    code: 'ERR_TLS_CLIENT_CERTIFICATE',
    says: /wants a certificate of this client/,
  },
  {
    name: 'a certificate of the client by another authority',
    listener: 'MTLS',
    ssl: (file) => ({ ca: file('ca.crt'), cert: file('stranger.crt'), key: file('stranger.key') }),
    code: 'ERR_TLS_CLIENT_CERTIFICATE',
    says: /that it trusts/,
  },
  {
    name: 'key and certificate of two clients',
    listener: 'MTLS',
    ssl: (file) => ({ ca: file('ca.crt'), cert: file('client.crt'), key: file('stranger.key') }),
    code: 'ERR_TLS_KEY',
    says: /do not belong together/,
  },
  {
    name: 'a wrong passphrase',
    listener: 'MTLS',
    ssl: (file) => ({
      ca: file('ca.crt'),
      cert: file('client.crt'),
      key: file('client.enc.key'),
      passphrase: 'canary',
    }),
    code: 'ERR_TLS_PASSPHRASE',
    says: /sslKeyPassword is missing or wrong/,
  },
  {
    name: 'no TLS version in common',
    listener: 'TLS13',
    ssl: (file) => ({ ca: file('ca.crt'), maxVersion: 'TLSv1.2' }),
    code: 'ERR_TLS_VERSION',
    says: /no TLS version or cipher in common/,
  },
];

describe('a real Kafka refuses', () => {
  let broker: SecurityBroker;

  before(async () => {
    broker = await SecurityBroker.start();
  });
  after(async () => {
    await broker.dispose();
  });

  async function refused({ listener, ssl, sasl, code, says, isTried = false }: Omit<Case, 'name'>): Promise<void> {
    const address = broker.address(listener);
    const [host = '', port = ''] = address.split(':');
    let rounds = 0;
    const transport = createKafkajsTransport({
      brokers: [{ host, port: Number(port) }],
      clientId: 'security',
      requestTimeoutMs: 30_000,
      connectBackoffMs: 1,
      ssl: ssl?.((name) => broker.pki.read(name)),
      sasl: sasl?.(),
      get authenticationTimeoutMs() {
        rounds += 1;
        return 30_000;
      },
    });
    try {
      const error: unknown = await transport.connect().then(
        () => assert.fail('it was let in'),
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof KafkaHotpathError, inspect(error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, says);
      assert.ok(error.message.includes(address), error.message);
      assert.equal('fatal' in error && error.fatal, !isTried, 'whether trying again may help');
      assert.ok(rounds <= 1);
      assert.doesNotMatch(inspect(error, { depth: Infinity, showHidden: true }) + JSON.stringify(error), CANARY);
    } finally {
      await transport.close();
    }
  }

  for (const each of [...PASSWORD_CASES, ...LISTENER_CASES, ...TLS_CASES]) {
    it(`${each.name}: ${each.code}`, async () => {
      await refused(each);
    });
  }

  describe('tokens', () => {
    const far = Date.now() + 3_600_000;
    const tokens: [string, () => string][] = [
      ['one that has expired', () => broker.issuer.token({ lifetimeSeconds: -600 })],
      ['one for another audience', () => broker.issuer.token({ audience: 'other' })],
      ['one signed by an unknown key', () => broker.issuer.token({ rogue: true })],
    ];
    for (const [name, token] of tokens) {
      it(`${name}, found at connecting: ERR_AUTH_TOKEN`, async () => {
        const provider = (): Promise<{ value: string; expiresAtMs: number }> =>
          Promise.resolve({ value: token(), expiresAtMs: far });
        await refused({
          listener: 'SASL',
          sasl: () => ({ mechanism: 'oauthbearer', token: provider }),
          code: 'ERR_AUTH_TOKEN',
          says: /refused the token \(invalid_token\); check that it has not expired/,
        });
      });
    }

    it('an expired one is not even sent', async () => {
      await refused({
        listener: 'SASL',
        sasl: () => ({ mechanism: 'oauthbearer', token: broker.issuer.token({ lifetimeSeconds: -600 }) }),
        code: 'ERR_AUTH_TOKEN',
        says: /the token ended at \d{4}-/,
      });
    });

    it('a token endpoint that is down may come back: ERR_AUTH_TOKEN_ENDPOINT', async () => {
      const [port = 0] = await freePorts(1);
      const tokenEndpointUrl = `http://127.0.0.1:${port}/token`;
      const token = oidcTokens({ tokenEndpointUrl, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET });
      await refused({
        listener: 'SASL',
        sasl: () => ({ mechanism: 'oauthbearer', token }),
        code: 'ERR_AUTH_TOKEN_ENDPOINT',
        says: /token endpoint http:\/\/127\.0\.0\.1:\d+\/token: connection refused/,
        isTried: true,
      });
    });

    it('a client secret that the token endpoint refuses', async () => {
      const tokenEndpointUrl = `${broker.issuer.url}/token`;
      const token = oidcTokens({ tokenEndpointUrl, clientId: CLIENT_ID, clientSecret: 'canary-wrong' });
      await refused({
        listener: 'SASL',
        sasl: () => ({ mechanism: 'oauthbearer', token }),
        code: 'ERR_AUTH_TOKEN_ENDPOINT',
        says: /answered 401, invalid_client; check client id/,
      });
    });
  });

  describe('Kerberos', { skip: whyNoKerberos() ?? false }, () => {
    before(() => {
      installKerberosPackage();
      process.env['KRB5_CONFIG'] = broker.kdc!.path('krb5.conf');
    });
    after(() => {
      for (const name of ['KRB5_CONFIG', 'KRB5_CLIENT_KTNAME', 'KRB5CCNAME']) Reflect.deleteProperty(process.env, name);
    });

    it('no ticket: ERR_AUTH_KERBEROS_TICKET', async () => {
      process.env['KRB5CCNAME'] = 'MEMORY:none';
      process.env['KRB5_CLIENT_KTNAME'] = broker.kdc!.path('none.keytab');
      await refused({
        listener: 'GSSAPI',
        sasl: () => ({ mechanism: 'gssapi' }),
        code: 'ERR_AUTH_KERBEROS_TICKET',
        says: /run kinit, or name a keytab/,
      });
    });

    it('a service the realm does not know: ERR_AUTH_KERBEROS_SERVICE', async () => {
      process.env['KRB5CCNAME'] = 'MEMORY:service';
      process.env['KRB5_CLIENT_KTNAME'] = broker.kdc!.path('alice.keytab');
      await refused({
        listener: 'GSSAPI',
        sasl: () => ({ mechanism: 'gssapi', serviceName: 'other' }),
        code: 'ERR_AUTH_KERBEROS_SERVICE',
        says: /does not know other\/localhost/,
      });
    });
  });

  describe('what a user may not do', () => {
    const login = { protocol: 'SaslPlaintext', authenticationMode: 'Plain', username: 'bob', password: 'b' };

    before(async () => {
      const admin = broker.admin();
      await admin.connect();
      const topics = ['open', 'closed'].map((topic) => ({ topic, numPartitions: 1 }));
      await admin.createTopics({ topics, waitForLeaders: true });
      await admin.createAcls({
        acl: [{ ...BOB, ...TOPIC, ...DENY, resourceName: 'closed', operation: Operation.WRITE }],
      });
      await admin.disconnect();
    });

    async function openAs(topic: string, more: object): Promise<void> {
      const brokerList = broker.address('SASL');
      const output = await openKafkaOutput({ brokerList, topic, ...login, ...more }, { settings: {} });
      try {
        (await output.send('x')).orThrow();
      } finally {
        await output.close();
      }
    }

    function isRefusal(kafkaError: string): (error: unknown) => boolean {
      return (error) => {
        const cause = error instanceof AggregateError || error instanceof BrokerError ? error : (error as Error).cause;
        assert.match(inspect(error, { depth: 5 }), new RegExp(kafkaError), inspect(cause));
        assert.match(inspect(error, { depth: 5 }), /not authorized.*(grant the user Write|needs Write)/);
        return true;
      };
    }

    it('write to a topic: TOPIC_AUTHORIZATION_FAILED', async () => {
      await openAs('open', {});
      await assert.rejects(openAs('closed', {}), isRefusal('TOPIC_AUTHORIZATION_FAILED'));
    });

    it('write idempotently: CLUSTER_AUTHORIZATION_FAILED', async () => {
      const admin = broker.admin();
      await admin.connect();
      const acl = [
        { ...BOB, ...TOPIC, ...DENY, resourceName: '*', operation: Operation.WRITE },
        { ...BOB, ...TOPIC, ...ALLOW, resourceName: 'open', operation: Operation.DESCRIBE },
        { ...BOB, ...CLUSTER, ...DENY, operation: Operation.IDEMPOTENT_WRITE },
      ];
      await admin.createAcls({ acl });
      await admin.disconnect();
      await assert.rejects(
        openAs('open', { enableIdempotence: true, messageTimeoutMs: 20_000 }),
        isRefusal('CLUSTER_AUTHORIZATION_FAILED'),
      );
    });
  });
});
