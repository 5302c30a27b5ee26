/**
 * Logins that end (KIP-368), renewed under load on a real Kafka: sessions of 12 s and of 3 s, which kafkajs by itself
 * cannot keep. Each has a renewal or more here; `npm run test:kafka:sessions` makes the load last for a minute each.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { type DeliveryReport, type KafkaOutput, openKafkaOutput } from '../../src/index.ts';
import type { FrameProxy } from '../support/frame-proxy.ts';
import { runJava } from '../support/kafka/install.ts';
import { SecurityBroker } from '../support/kafka/security-broker.ts';
import { PASSWORD, USER } from '../support/kafka/security-properties.ts';
import { watchLogins } from '../support/kafka/security-watch.ts';

interface Case {
  listener: 'SESSION3' | 'SESSION12';
  authenticationMode: 'Plain' | 'ScramSha512' | 'OAuthBearer';
  /** How many the mechanism sends. */
  tokens: number;
}

const CASES: readonly Case[] = [
  { listener: 'SESSION3', authenticationMode: 'ScramSha512', tokens: 2 },
  { listener: 'SESSION3', authenticationMode: 'OAuthBearer', tokens: 1 },
  { listener: 'SESSION12', authenticationMode: 'Plain', tokens: 1 },
];
/** A login is renewed after 60 % of a session as short as these. */
const RENEWAL_SECONDS = { SESSION3: 1.8, SESSION12: 7.2 };
const SECONDS = Number(process.env['SECURITY_SESSION_SECONDS'] ?? 7);
const SENDERS = 10;

describe('sessions that end, under load', () => {
  let broker: SecurityBroker;

  before(async () => {
    broker = await SecurityBroker.start();
    const admin = broker.admin();
    await admin.connect();
    const topics = CASES.map((each) => ({ topic: topicOf(each), numPartitions: 3 }));
    await admin.createTopics({ topics, waitForLeaders: true });
    await admin.disconnect();
  });
  after(async () => {
    await broker.dispose();
  });

  for (const each of CASES) {
    it(`${each.listener}, ${each.authenticationMode}: nothing fails, no request among those of a login`, async () => {
      const proxy = broker.proxy(each.listener);
      const counts = watchLogins(proxy, each.tokens);
      const wanted = 1 + Math.ceil(SECONDS / RENEWAL_SECONDS[each.listener]);
      const output = await open(each, proxy);
      let sent = 0;
      const failures: string[] = [];
      const send = async (): Promise<void> => {
        while (counts.logins < wanted) {
          for (const { status, error } of await output.send(String(sent++))) {
            if (status !== 'persisted') failures.push(`${status} ${String(error?.message)}`);
          }
        }
      };
      await Promise.all(Array.from({ length: SENDERS }, send));
      const again = [...(await output.send(String(sent++)))].map(({ status }) => status);
      await output.close();
      console.log(`${each.listener}, ${each.authenticationMode}: ${sent} messages, ${counts.logins} logins`);
      assert.deepEqual(failures, []);
      assert.deepEqual(again, ['persisted']);
      assert.equal(counts.interleaved, 0);
      const values = await broker.values(topicOf(each));
      assert.deepEqual([values.length, new Set(values).size], [sent, sent]);
    });
  }

  it('a password that is changed: fails with the renewal that comes next, and the new one is taken', async () => {
    await setPassword('canary-old');
    const old = await openAs('canary-old');
    (await old.send('first')).orThrow();
    await setPassword('canary-new');
    let report: DeliveryReport | undefined;
    // The session goes on until its end, which the broker has set.
    do report = (await old.send('later')).at(0);
    while (report?.status === 'persisted');
    assert.deepEqual([report?.status, report?.error?.code], ['notPersisted', 'ERR_AUTH']);
    assert.match(
      report!.error!.message,
      /SASL SCRAM-SHA-256 for user "carol" was refused: .*check username and password/,
    );
    assert.doesNotMatch(inspect(report, { depth: Infinity, showHidden: true }), /canary/);
    await old.close();
    const renewed = await openAs('canary-new');
    (await renewed.send('last')).orThrow();
    await renewed.close();
  });

  async function setPassword(password: string): Promise<void> {
    const to = ['--bootstrap-server', broker.address('PLAIN'), '--entity-type', 'users', '--entity-name', 'carol'];
    const change = ['--alter', '--add-config', `SCRAM-SHA-256=[password=${password}]`];
    await runJava({ main: 'kafka.admin.ConfigCommand', arguments: [...to, ...change] }, () => undefined);
  }

  async function openAs(password: string): Promise<KafkaOutput> {
    const login = { protocol: 'SaslPlaintext', authenticationMode: 'ScramSha256', username: 'carol', password };
    const properties = { brokerList: broker.address('SESSION3'), topic: topicOf(CASES[0]!), lingerMs: 0, ...login };
    return await openKafkaOutput(properties, { settings: {} });
  }

  async function open({ authenticationMode, listener, ...rest }: Case, proxy: FrameProxy): Promise<KafkaOutput> {
    const isToken = authenticationMode === 'OAuthBearer';
    const properties = {
      brokerList: `127.0.0.1:${proxy.port}`,
      topic: topicOf({ authenticationMode, listener, ...rest }),
      protocol: 'SaslPlaintext',
      authenticationMode,
      enableIdempotence: true,
      ...(isToken ? {} : { username: USER, password: PASSWORD }),
    };
    const oAuthBearerToken = (): Promise<{ value: string }> => Promise.resolve({ value: broker.issuer.token() });
    return await openKafkaOutput(properties, { settings: {}, ...(isToken ? { oAuthBearerToken } : {}) });
  }
});

function topicOf({ listener, authenticationMode }: Case): string {
  return `${listener}-${authenticationMode}`;
}
