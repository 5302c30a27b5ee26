/** `check`: the configuration in force, each step to the topic, and an ending of its own for each mistake. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type EmbeddedBroker, type RequestAction, startBroker } from '../../src/broker/index.ts';
import { KafkaErrorCode } from '../../src/protocol/error-codes.ts';
import { Folder, jsonLines, run } from './run.ts';

const KAFKA_STORAGE_ERROR = 56;
const folder = new Folder();
after(() => {
  folder.remove();
});

function pem(name: string): string {
  return readFileSync(new URL(`../binding/tls/${name}.pem`, import.meta.url), 'utf8');
}

describe('check', { concurrency: 2 }, () => {
  let broker: EmbeddedBroker;
  let secure: EmbeddedBroker;
  /** Something that is no broker: HTTP, and a server that hangs up at once. */
  const others: Record<'http' | 'silent', Server> = {
    http: createHttpServer((_, response) => response.end('hello')),
    silent: createServer((socket) => socket.destroy()),
  };
  const port = (server: Server): number => (server.address() as { port: number }).port;
  before(async () => {
    broker = await startBroker({ topics: [{ name: 'orders', partitions: 2 }], sasl: { user: 'CANARY-word' } });
    secure = await startBroker({
      topics: [{ name: 'orders' }],
      tls: { cert: pem('server'), key: pem('server-key') },
      sasl: { user: 'CANARY-word' },
    });
    for (const server of Object.values(others)) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
  });
  after(async () => {
    for (const server of Object.values(others)) server.close();
    await broker.close();
    await secure.close();
  });

  function sasl(more: object = {}): string {
    return folder.file(`check-${Math.random()}.json`, {
      brokerList: '%BrokerList%',
      topic: 'orders',
      protocol: 'sasl_plaintext',
      username: 'user',
      password: '%Password%',
      maxMessageBytes: 1,
      ...more,
    });
  }
  const good = (): Record<string, string> => ({ BrokerList: broker.address, Password: 'CANARY-word' });

  it('shows the configuration in force and each step, and no secret', async () => {
    const { code, stdout, stderr } = await run(['check', '--binding', sasl()], '', good());
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^maxMessageBytes +1000000 bytes +set +message\.max\.bytes$/m);
    assert.match(stdout, /^brokerList +127\.0\.0\.1:\d+ +setting BrokerList +bootstrap\.servers$/m);
    assert.match(stdout, /^password +\[redacted\] +setting Password +sasl\.password$/m);
    assert.match(stdout, /^authenticationMode +Plain +default/m);
    for (const step of ['dns', 'tcp', 'apiVersions', 'sasl', 'topic', 'partitions', 'leaders']) {
      assert.match(stdout, new RegExp(`^ok +${step} `, 'm'));
    }
    assert.match(stderr, /note: maxMessageBytes: 1 counts megabytes/);
    assert.doesNotMatch(stdout + stderr, /CANARY/);
  });

  it('is all data with --json, and stays off the network with --offline', async () => {
    const args = ['check', '--binding', sasl(), '--json', '--offline'];
    const { code, stdout } = await run(args, '', { ...good(), BrokerList: 'nowhere.invalid:1' });
    assert.equal(code, 0);
    const lines = jsonLines(stdout);
    assert.deepEqual(
      lines.find(({ property }) => property === 'topic'),
      { property: 'topic', value: 'orders', source: 'set', settings: [] },
    );
    assert.equal(
      lines.some(({ step }) => step !== undefined),
      false,
    );
    assert.deepEqual(lines.at(-1), { summary: { ok: true, exitCode: 0, ending: 'ok' } });
    assert.doesNotMatch(stdout, /CANARY/);
  });

  it('takes settings from a file, the environment before it', async () => {
    const settings = folder.file('local.settings.json', {
      Values: { BrokerList: 'file:1', Password: 'CANARY-file', Unused: 1 },
    });
    const args = ['check', '--binding', sasl(), '--settings', settings, '--offline'];
    const { stdout } = await run(args, '', { BrokerList: 'environment:1' });
    assert.match(stdout, /^brokerList +environment:1/m);
    assert.match(stdout, /^password +\[redacted\]/m);
  });

  it('lists every problem of a configuration, as data too', async () => {
    const broken = sasl({ topic: '.', maxRetires: 1, password: null });
    const { code, stdout, stderr } = await run(['check', '--binding', broken, '--json'], '', good());
    assert.equal(code, 3);
    assert.match(stderr, /3 problems/);
    const problems = jsonLines(stdout).map(({ problem }) => (problem as { property: string }).property);
    assert.deepEqual(problems.sort(), ['maxRetires', 'password', 'topic']);
  });

  it('shows TLS as a step of its own, and reads certificates from the folder of the functions', async () => {
    folder.file('ca.pem', pem('ca'));
    const binding = sasl({ protocol: 'SaslSsl', sslCaLocation: 'ca.pem', keyDataType: 'long' });
    const { code, stdout } = await run(['check', '--binding', binding], '', {
      ...good(),
      BrokerList: secure.address,
    });
    assert.equal(code, 0, stdout);
    assert.match(
      stdout,
      /^ok +tls +127\.0\.0\.1:\d+ +\d+ ms +TLSv1\.3, TLS_\w+, certificate of "localhost" until Dec 31/m,
    );
    assert.match(stdout, /^keyDataType +Long +set$/m);
    assert.match(stdout, /^sslCaLocation +ca\.pem +set +ssl\.ca\.location$/m);
  });

  it('warns about what Event Hubs and Azure would not like', async () => {
    const binding = sasl({
      brokerList: 'x.servicebus.windows.net:9093',
      maxMessageBytes: 2,
      protocol: 'SaslSsl',
      requestTimeoutMs: 5000,
    });
    const { code, stdout, stderr } = await run(['check', '--binding', binding, '--offline'], '', good());
    assert.equal(code, 0);
    assert.match(stdout, /^maxMessageBytes +104\d{4} bytes +set/m);
    assert.match(stderr, /^note: brokerList: Azure Event Hubs, .*gzip .*requests over 1046528 bytes and after 240 s/m);
    assert.match(stderr, /^warning: username: got "user"; Event Hubs takes the word \$ConnectionString/m);
    assert.match(stderr, /^warning: password: is no connection string of Event Hubs/m);
    assert.match(stderr, /^warning: requestTimeoutMs: 5000 is low for Event Hubs/m);
    assert.match(stderr, /^warning: maxMessageBytes: 2000000 does not fit into a request of 1046528 bytes/m);
    assert.doesNotMatch(stdout + stderr, /CANARY/);
    const plain = sasl({ brokerList: 'broker.example:9092' });
    const unsafe = await run(['check', '--binding', plain, '--offline'], '', good());
    assert.match(unsafe.stderr, /^warning: protocol: SaslPlaintext, so the password travels unencrypted/m);
  });

  it('shows megabytes and bytes as the bytes they are', async () => {
    for (const [maxMessageBytes, bytes] of [
      [1, 1_000_000],
      [1_000_000, 1_000_000],
      [4096, 4096],
    ]) {
      const { stdout } = await run(['check', '--binding', sasl({ maxMessageBytes }), '--offline'], '', good());
      assert.match(stdout, new RegExp(`^maxMessageBytes +${bytes} bytes +set`, 'm'));
    }
  });

  it('finds the output of a folder of functions, and its settings', async () => {
    const app = join(folder.path, 'app');
    for (const name of ['One', 'Two', 'NoFunction']) mkdirSync(join(app, name), { recursive: true });
    const kafka = { type: 'kafka', direction: 'out', brokerList: '%BrokerList%', topic: 'orders' };
    const http = { type: 'httpTrigger', direction: 'in', name: 'req' };
    folder.file('app/One/function.json', { bindings: [http] });
    folder.file('app/Two/function.json', { bindings: [http, { ...kafka, name: 'first' }] });
    folder.file('app/local.settings.json', { Values: { BrokerList: 'app-settings:1' } });
    const args = ['check', '--app', app, '--offline'];
    assert.match((await run(args)).stdout, /^brokerList +app-settings:1 +setting BrokerList/m);
    folder.file('app/One/function.json', { bindings: [http, { ...kafka, name: '$return', topic: 'other' }] });
    const several = await run(args);
    assert.equal(several.code, 3);
    assert.match(several.stderr, /has 2 Kafka outputs: name one of One#\$return, Two#first/);
    assert.match((await run([...args, '--binding', 'One'])).stdout, /^topic +other/m);
    assert.match((await run([...args, '--binding', 'Two#first'])).stdout, /^topic +orders/m);
    assert.match((await run([...args, '--binding', 'Three'])).stderr, /has no function Three; there are: One, Two/);
    assert.equal((await run(['check', '--app', join(app, 'none')])).code, 3);
  });

  const opened: EmbeddedBroker[] = [];
  after(async () => {
    for (const one of opened) await one.close();
  });

  /** A broker of its own that answers every question for metadata so. */
  async function told(action: RequestAction): Promise<{ properties: object; brokers: string }> {
    const one = await startBroker({ topics: [{ name: 'orders', partitions: 2 }], sasl: { user: 'CANARY-word' } });
    opened.push(one);
    one.control.onRequest(({ apiName }) => (apiName === 'Metadata' ? action : undefined));
    return { properties: {}, brokers: one.address };
  }

  function leadersAt(host: string, port: number): Required<RequestAction>['rewriteMetadata'] {
    return (metadata) => ({ ...metadata, brokers: metadata.brokers.map((one) => ({ ...one, host, port })) });
  }

  const endings: [string, number, string, RegExp, () => Promise<{ properties: object; brokers: string }>][] = [
    [
      'a stopped broker',
      4,
      'unreachable',
      /FAILED tcp .*\n +nothing listens on that port/,
      async () => {
        const gone = await startBroker();
        await gone.close();
        return { properties: {}, brokers: gone.address };
      },
    ],
    [
      'a name that does not exist',
      4,
      'unknownHost',
      /FAILED dns .*\n +no such name/,
      () => Promise.resolve({ properties: {}, brokers: 'no.invalid:1' }),
    ],
    [
      'a port of HTTP',
      4,
      'notKafka',
      /FAILED apiVersions .*the answer is HTTP\n +something else than Kafka/,
      () => Promise.resolve({ properties: {}, brokers: `127.0.0.1:${port(others.http)}` }),
    ],
    [
      'a port that hangs up',
      4,
      'notKafka',
      /FAILED apiVersions .*\n +something else than Kafka/,
      () => Promise.resolve({ properties: {}, brokers: `127.0.0.1:${port(others.silent)}` }),
    ],
    [
      'a TLS port without TLS',
      4,
      'tlsExpected',
      /FAILED apiVersions .*\n +the port speaks TLS: set protocol to Ssl or SaslSsl/,
      () => Promise.resolve({ properties: {}, brokers: secure.address }),
    ],
    [
      'TLS on a port without it',
      4,
      'plaintextExpected',
      /FAILED tls .*\n +the port speaks no TLS/,
      () => Promise.resolve({ properties: { protocol: 'SaslSsl' }, brokers: broker.address }),
    ],
    [
      'an authority that is not trusted',
      4,
      'certificate',
      /FAILED tls .*certificate was refused.*\n +look at sslCaLocation or sslCaPEM/,
      () => Promise.resolve({ properties: { protocol: 'SaslSsl' }, brokers: secure.address }),
    ],
    [
      'a wrong password',
      4,
      'login',
      /FAILED sasl .*user.*\n +look at username, password/,
      () => Promise.resolve({ properties: { password: 'CANARY-wrong' }, brokers: broker.address }),
    ],
    [
      'no login where one is wanted',
      4,
      'login',
      /FAILED topic .*\n +look at username, password/,
      () => Promise.resolve({ properties: { protocol: 'Plaintext' }, brokers: broker.address }),
    ],
    [
      'a wrong topic',
      3,
      'unknownTopic',
      /FAILED topic +ordres .*UNKNOWN_TOPIC_OR_PARTITION\n +create the topic/,
      () => Promise.resolve({ properties: { topic: 'ordres' }, brokers: broker.address }),
    ],
    [
      'a topic that this user may not write to',
      4,
      'topicRefused',
      /FAILED topic +orders TOPIC_AUTHORIZATION_FAILED\n +the user may not write to this topic; ask for an ACL/,
      () => told({ errorCode: KafkaErrorCode.TOPIC_AUTHORIZATION_FAILED }),
    ],
    [
      'a topic that the cluster cannot describe',
      4,
      'topicFailed',
      /FAILED topic +orders KAFKA_STORAGE_ERROR\n +the cluster could not describe the topic/,
      () => told({ errorCode: KAFKA_STORAGE_ERROR }),
    ],
    [
      'a topic whose leaders are being elected',
      4,
      'noLeader',
      /FAILED topic +orders LEADER_NOT_AVAILABLE\n +messages for these partitions wait until a leader is elected/,
      () => told({ errorCode: KafkaErrorCode.LEADER_NOT_AVAILABLE }),
    ],
    [
      'partitions without a leader',
      4,
      'noLeader',
      /FAILED leaders +orders none for partitions 1\n +messages for these partitions wait until a leader is elected/,
      () =>
        told({
          rewriteMetadata: (metadata) => ({
            ...metadata,
            topics: metadata.topics.map((topic) => ({
              ...topic,
              partitions: topic.partitions.map((one) => (one.partition === 1 ? { ...one, leaderId: -1 } : one)),
            })),
          }),
        }),
    ],
    [
      'a topic that is being created',
      4,
      'noLeader',
      /FAILED partitions +orders 0\n +the topic is being created; try again/,
      () =>
        told({
          rewriteMetadata: (metadata) => ({
            ...metadata,
            topics: metadata.topics.map((topic) => ({ ...topic, partitions: [] })),
          }),
        }),
    ],
    [
      'a leader at an address where nothing listens',
      4,
      'leaderUnreachable',
      /FAILED leaders +127\.0\.0\.1:\d+ .*ECONNREFUSED.*\n +the cluster gives this address .*advertised\.listeners/,
      async () => {
        const gone = await startBroker();
        await gone.close();
        return told({ rewriteMetadata: leadersAt('127.0.0.1', Number(gone.address.split(':')[1])) });
      },
    ],
    [
      'a leader at a name that is not known here',
      4,
      'leaderUnreachable',
      /FAILED leaders +kafka-0\.invalid:9092 there is no such host .*\n +the cluster gives this address/,
      () => told({ rewriteMetadata: leadersAt('kafka-0.invalid', 9092) }),
    ],
  ];
  for (const [name, expected, ending, says, arrange] of endings) {
    it(`has an ending of its own for ${name}`, async () => {
      const { properties, brokers } = await arrange();
      const environment = { ...good(), BrokerList: brokers };
      const { code, stdout, stderr } = await run(['check', '--binding', sasl(properties), '--json'], '', environment);
      const lines = jsonLines(stdout);
      const failed = lines.filter(({ ok }) => ok === false);
      assert.equal(failed.length, 1, stdout);
      const { step, target, detail, hint } = failed[0] as Record<string, string>;
      assert.match(`FAILED ${step} ${target} ${detail}\n ${hint}`, says);
      assert.equal(code, expected);
      assert.deepEqual(lines.at(-1), { summary: { ok: false, exitCode: expected, ending } });
      assert.doesNotMatch(stdout + stderr, /CANARY/);
    });
  }

  it('says what failed and what to do about it in two lines for people', async () => {
    const { code, stdout } = await run(['check', '--binding', sasl({ topic: 'ordres' })], '', good());
    assert.equal(code, 3);
    assert.match(stdout, /^FAILED topic +ordres +\d+ ms +UNKNOWN_TOPIC_OR_PARTITION\n +create the topic, or correct/m);
  });
});
