/** What goes wrong on a real Kafka with locks: each failure has a code and a text of its own, and shows no secret. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { inspect } from 'node:util';
import kafkajs from 'kafkajs';
import { oidcTokens } from '../../src/transport/auth/oidc.ts';
import { BrokerError, type DeliveryReports, openKafkaOutput } from '../../src/index.ts';
import { freePorts } from '../support/kafka/ports.ts';
import { SecurityBroker } from '../support/kafka/security-broker.ts';
import { type Case, LISTENER_CASES, PASSWORD_CASES, TLS_CASES } from '../support/kafka/security-cases.ts';
import { CLIENT_ID, CLIENT_SECRET } from '../support/kafka/security-issuer.ts';
import { assertRefused } from '../support/kafka/security-refusal.ts';
import {
  installKerberosPackage,
  type SecurityKdc,
  whyNoKerberos,
  whyNoOtherClock,
} from '../support/kafka/security-kdc.ts';

// Node finds these names only in the whole of a CommonJS module.
const { AclOperationTypes: Operation, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const BOB = { principal: 'User:bob', host: '*', resourcePatternType: ResourcePatternTypes.LITERAL };
const TOPIC = { resourceType: AclResourceTypes.TOPIC };
const CLUSTER = { resourceType: AclResourceTypes.CLUSTER, resourceName: 'kafka-cluster' };
const DENY = { permissionType: AclPermissionTypes.DENY };
const ALLOW = { permissionType: AclPermissionTypes.ALLOW };

describe('a real Kafka refuses', () => {
  let broker: SecurityBroker;

  before(async () => {
    broker = await SecurityBroker.start();
  });
  after(async () => {
    await broker.dispose();
  });

  const refused = (each: Omit<Case, 'name'>): Promise<void> => assertRefused(broker, each);

  for (const each of [...PASSWORD_CASES, ...LISTENER_CASES, ...TLS_CASES]) {
    it(`${each.name}: ${each.code}`, async () => {
      await refused(each);
    });
  }

  it('and has a listener of TLS 1.1 that those who take it can use', async () => {
    const [host = '', port = ''] = broker.address('TLS11').split(':');
    const ca = broker.pki.read('ca.crt');
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const socket = connectTls({ host, port: Number(port), ca, ...old });
    await once(socket, 'secureConnect');
    assert.equal(socket.getProtocol(), 'TLSv1.1');
    socket.destroy();
  });

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

    describe('with clocks that differ', { skip: whyNoOtherClock() ?? false }, () => {
      let ahead: SecurityKdc;
      let behind: SecurityKdc;
      const gssapi = (code: string, says: RegExp): Omit<Case, 'name'> => ({
        listener: 'GSSAPI',
        sasl: () => ({ mechanism: 'gssapi' }),
        code,
        says,
      });
      const CLOCK = gssapi('ERR_AUTH_KERBEROS_CLOCK', /clocks differ by more than .* set the time of this machine/);

      before(async () => {
        ahead = await broker.kdc!.withOtherClock('+1h');
        behind = await broker.kdc!.withOtherClock('-2d');
      });
      after(() => {
        ahead.stop();
        behind.stop();
        process.env['KRB5_CONFIG'] = broker.kdc!.path('krb5.conf');
      });

      it('from that of the KDC, with a keytab: ERR_AUTH_KERBEROS_CLOCK', async () => {
        process.env['KRB5_CONFIG'] = ahead.path('krb5.conf');
        process.env['KRB5_CLIENT_KTNAME'] = broker.kdc!.path('alice.keytab');
        process.env['KRB5CCNAME'] = 'MEMORY:ahead';
        await refused(CLOCK);
      });

      it('from that of the KDC, with the ticket of kinit', async () => {
        useCache('own', broker.kdc!);
        process.env['KRB5_CONFIG'] = ahead.path('krb5.conf');
        await refused(CLOCK);
      });

      it('so that the ticket begins only later', async () => {
        useCache('ahead', ahead, 'kafka/localhost');
        process.env['KRB5_CONFIG'] = ahead.path('krb5.conf');
        await refused(CLOCK);
      });

      it('so that the ticket has ended: ERR_AUTH_KERBEROS_TICKET', async () => {
        useCache('behind', behind, 'kafka/localhost');
        process.env['KRB5_CONFIG'] = broker.kdc!.path('krb5.conf');
        await refused(gssapi('ERR_AUTH_KERBEROS_TICKET', /run kinit/));
      });

      /** Without a keytab, so that the ticket is all there is. */
      function useCache(name: string, kdc: SecurityKdc, service?: string): void {
        const cache = broker.kdc!.path(`cache-${name}`);
        kdc.kinit(cache, broker.kdc!.path('alice.keytab'), service);
        process.env['KRB5CCNAME'] = cache;
        process.env['KRB5_CLIENT_KTNAME'] = broker.kdc!.path('none.keytab');
      }
    });

    it('a KDC that is down may come back: ERR_AUTH_KERBEROS', async () => {
      broker.kdc!.stop();
      process.env['KRB5_CLIENT_KTNAME'] = broker.kdc!.path('alice.keytab');
      process.env['KRB5CCNAME'] = 'MEMORY:down';
      await refused({
        listener: 'GSSAPI',
        sasl: () => ({ mechanism: 'gssapi' }),
        code: 'ERR_AUTH_KERBEROS',
        says: /KDC of the realm cannot be reached; check krb5\.conf/,
        isTried: true,
      });
    });
  });

  describe('what a user may not do', () => {
    const login = { protocol: 'SaslPlaintext', authenticationMode: 'Plain', username: 'bob', password: 'b' };

    before(async () => {
      const admin = broker.admin();
      await admin.connect();
      const topics = ['open', 'closed', 'hidden'].map((topic) => ({ topic, numPartitions: 1 }));
      await admin.createTopics({ topics, waitForLeaders: true });
      await admin.createAcls({
        acl: [
          { ...BOB, ...TOPIC, ...DENY, resourceName: 'closed', operation: Operation.WRITE },
          { ...BOB, ...TOPIC, ...DENY, resourceName: 'hidden', operation: Operation.DESCRIBE },
        ],
      });
      await admin.disconnect();
    });

    async function sendAs(topic: string, more: object): Promise<DeliveryReports> {
      const brokerList = broker.address('SASL');
      const output = await openKafkaOutput({ brokerList, topic, ...login, ...more }, { settings: {} });
      try {
        const reports = await output.send('x');
        assert.equal(output.stats.retries, 0, 'nothing that stays so is tried again');
        return reports.orThrow();
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
      await sendAs('open', {});
      await assert.rejects(sendAs('closed', {}), isRefusal('TOPIC_AUTHORIZATION_FAILED'));
    });

    it('know a topic: found at opening', async () => {
      await assert.rejects(sendAs('hidden', {}), (error) => {
        assert.ok(error instanceof BrokerError);
        assert.equal(error.kafkaError, 'TOPIC_AUTHORIZATION_FAILED');
        assert.match(error.message, /topic hidden: .*not authorized.*grant/);
        return true;
      });
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
        sendAs('open', { enableIdempotence: true, messageTimeoutMs: 20_000 }),
        isRefusal('CLUSTER_AUTHORIZATION_FAILED'),
      );
    });
  });
});
