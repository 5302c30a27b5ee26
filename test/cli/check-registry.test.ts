/** `check` with schemas: the registry reached, TLS and login accepted, the schema found; an ending for each mistake. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type EmbeddedBroker, startBroker } from '../../src/broker/index.ts';
import { DESCRIPTOR_SET } from '../formats/protobuf-vectors.ts';
import { FakeRegistry, type Fault, reply, refuse } from '../support/registry/fake-registry.ts';
import { makePki, type Pki, withoutOpenssl } from '../transport/pki.ts';
import { Folder, jsonLines, run } from './run.ts';

const SCHEMA = '{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"long"}]}';
const LOGIN = `Basic ${Buffer.from('ada:CANARY-word').toString('base64')}`;
const folder = new Folder();

interface Arranged {
  properties?: object;
  /** Of the registry, for the setting Registry. */
  url: string;
}

describe('check of a binding with schemas', { concurrency: 2 }, () => {
  let broker: EmbeddedBroker;
  const open: FakeRegistry[] = [];
  const silent: Server = createServer((socket) => socket.destroy());
  before(async () => {
    broker = await startBroker({ topics: [{ name: 'orders', partitions: 1 }] });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    writeFileSync(join(folder.path, 'orders.pb'), DESCRIPTOR_SET);
  });
  after(async () => {
    await Promise.all(open.map((one) => one.stop()));
    silent.close();
    await broker.close();
    folder.remove();
  });

  /** One that has the schema under orders-value and wants the login. */
  async function start(...faults: Fault[]): Promise<FakeRegistry> {
    const registry = await FakeRegistry.start({ authorization: LOGIN, firstId: 41 });
    registry.register('orders-value', SCHEMA);
    registry.faults.push(...faults);
    open.push(registry);
    return registry;
  }

  async function check(
    { properties, url }: Arranged,
    ...more: string[]
  ): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const binding = folder.file(`check-${Math.random()}.json`, {
      brokerList: '%BrokerList%',
      topic: 'orders',
      avroSchema: SCHEMA,
      schemaRegistryUrl: '%Registry%',
      schemaRegistryUsername: 'ada',
      schemaRegistryPassword: '%Password%',
      ...properties,
    });
    const environment = { BrokerList: broker.address, Registry: url, Password: 'CANARY-word', Token: 'CANARY-token' };
    const result = await run(['check', '--binding', binding, ...more], '', environment);
    assert.doesNotMatch(result.stdout + result.stderr, /CANARY/);
    return result;
  }

  it('shows the registry, the subject and the id, for people and as data', async () => {
    const registry = await start();
    const id = registry.register('orders-key', '"string"');
    const properties = { keyAvroSchema: '"string"' };
    const { code, stdout } = await check({ url: registry.url, properties });
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^ok +registry +127\.0\.0\.1:\d+ +\d+ ms +it answers, user and password are accepted$/m);
    assert.match(stdout, /^ok +schema +values of orders +\d+ ms +AVRO shop\.Order, id 41 under subject orders-value$/m);
    assert.match(
      stdout,
      new RegExp(`^ok +schema +keys of orders +\\d+ ms +AVRO, id ${id} under subject orders-key$`, 'm'),
    );
    const lines = jsonLines((await check({ url: registry.url, properties }, '--json')).stdout);
    const steps = lines.filter(({ step }) => step === 'registry' || step === 'schema');
    assert.deepEqual(
      steps.map(({ step, ok, code: failure }) => [step, ok, failure]),
      [
        ['registry', true, undefined],
        ['schema', true, undefined],
        ['schema', true, undefined],
      ],
    );
    assert.deepEqual(lines.at(-1), { summary: { ok: true, exitCode: 0, ending: 'ok' } });
  });

  it('shows schemas that no registry is asked for', async () => {
    const none = { schemaRegistryUrl: null, schemaRegistryUsername: null, schemaRegistryPassword: null };
    const given = await check({ url: '', properties: { ...none, schemaId: 7 } });
    assert.match(given.stdout, /^ok +schema +values of orders +\d+ ms +AVRO shop\.Order, id 7 as given$/m);
    assert.doesNotMatch(given.stdout, /^\S+ +registry /m);
    const raw = await check({ url: '', properties: none });
    assert.match(raw.stdout, /^ok +schema +values of orders +\d+ ms +AVRO shop\.Order, no id$/m);
    const registry = await start();
    const both = await check({ url: registry.url, properties: { schemaId: 7 } });
    assert.match(both.stdout, /id 7 as given$/m);
    assert.deepEqual([both.code, registry.seen.length], [0, 0]);
    const offline = await check({ url: registry.url }, '--offline');
    assert.deepEqual([offline.code, registry.seen.length], [0, 0]);
  });

  it('is content with one of several addresses, and says which are not', async () => {
    const registry = await start();
    const { code, stdout } = await check({ url: `http://127.0.0.1:1,${registry.url}` });
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^FAILED registry +127\.0\.0\.1:1 .*connection refused.* \(ERR_REGISTRY\)$/m);
    assert.match(stdout, /^ok +registry +127/m);
    assert.match(stdout, /^ok +schema .*id 41 /m);
  });

  it('registers nothing: it asks whether the subject would take the schema', async () => {
    const registry = await start();
    const other = SCHEMA.replace('long', 'int');
    const properties = { avroSchema: other, schemaRegistryAutoRegister: true };
    // The answers to: the address, the schema, its compatibility.
    const missing: Fault = (response) => {
      refuse(response, 404, 40403, 'Schema not found');
    };
    registry.faults.push(missing, missing, (response) => {
      reply(response, { is_compatible: true });
    });
    const taken = await check({ url: registry.url, properties });
    assert.equal(taken.code, 0, taken.stdout);
    assert.match(taken.stdout, /^ok +schema .*AVRO, will be registered under subject orders-value, which takes it$/m);
    assert.equal(registry.seen.at(-1)?.path, '/compatibility/subjects/orders-value/versions/latest');
    assert.deepEqual(registry.seen.at(-1)?.body, { schema: other });
    const fresh = await check({ url: registry.url, properties: { ...properties, keyAvroSchema: '"int"' } });
    assert.match(fresh.stdout, /^ok +schema +keys .*will be registered under subject orders-key/m);
    assert.ok(registry.seen.every(({ method, path }) => method === 'GET' || !/^\/subjects\/.*\/versions$/.test(path)));
  });

  it('tries the registry even when no broker is there, whose ending comes first', async () => {
    const registry = await start();
    const away = await check({ url: registry.url, properties: { brokerList: '127.0.0.1:1' } }, '--json');
    assert.equal(away.code, 4);
    const lines = jsonLines(away.stdout);
    assert.equal((lines.at(-1)?.['summary'] as { ending: string }).ending, 'unreachable');
    assert.ok(lines.some(({ step, ok }) => step === 'schema' && ok === true));
  });

  const protobuf = { avroSchema: null, protobufDescriptorLocation: 'orders.pb', protobufMessage: 'shop.Order' };
  const endings: [string, number, string, string, RegExp, () => Promise<Arranged>][] = [
    [
      'a registry that is not there',
      4,
      'registryUnreachable',
      'ERR_REGISTRY',
      /FAILED registry 127\.0\.0\.1:1 .*connection refused.*\n look at host and port in schemaRegistryUrl/,
      () => Promise.resolve({ url: 'http://127.0.0.1:1' }),
    ],
    [
      'a name that does not exist',
      4,
      'registryUnreachable',
      'ERR_REGISTRY',
      /FAILED registry no\.invalid .*host name is not known.*\n look at host and port/,
      () => Promise.resolve({ url: 'http://no.invalid' }),
    ],
    [
      'a port that hangs up',
      4,
      'registryUnreachable',
      'ERR_REGISTRY',
      /FAILED registry .*the request failed/,
      () => Promise.resolve({ url: `http://127.0.0.1:${(silent.address() as { port: number }).port}` }),
    ],
    [
      'a registry that is not well',
      4,
      'registryUnreachable',
      'ERR_REGISTRY',
      /FAILED registry .*answered 503/,
      async () => ({ url: (await start((response) => response.writeHead(503).end())).url }),
    ],
    [
      'a port of something else',
      4,
      'notRegistry',
      'ERR_REGISTRY',
      /FAILED registry .*is it a Confluent-compatible API.*\n look at schemaRegistryUrl and its path/,
      async () => ({ url: (await start((response) => response.end('<h1>hello</h1>'))).url }),
    ],
    [
      'a path that is not that of the API',
      4,
      'notRegistry',
      'ERR_REGISTRY',
      /FAILED registry .*answered 404; check the address and its path/,
      async () => ({ url: (await start((response) => response.writeHead(404).end('<h1>no</h1>'))).url }),
    ],
    [
      'a wrong password',
      4,
      'registryLogin',
      'ERR_REGISTRY_AUTH',
      /FAILED registry .*answered 401.*\n look at schemaRegistryUsername and schemaRegistryPassword/,
      async () => ({ url: (await start()).url, properties: { schemaRegistryUsername: 'eve' } }),
    ],
    [
      'a token that is not taken',
      4,
      'registryLogin',
      'ERR_REGISTRY_AUTH',
      /FAILED registry .*answered 401/,
      async () => ({
        url: (await start()).url,
        properties: { schemaRegistryUsername: null, schemaRegistryPassword: null, schemaRegistryToken: '%Token%' },
      }),
    ],
    [
      'a user that may not read the subject',
      4,
      'registryLogin',
      'ERR_REGISTRY_AUTH',
      /FAILED registry .*answered 403.*this user may not do that.*\n look at .* what it may do/,
      async () => ({
        url: (
          await start((response) => {
            refuse(response, 403, 40301, 'denied');
          })
        ).url,
      }),
    ],
    [
      'a schema that is not registered',
      3,
      'unknownSchema',
      'ERR_REGISTRY_NOT_FOUND',
      /FAILED schema values of orders .*40403.*\n register the schema, or correct topic/,
      async () => ({ url: (await start()).url, properties: { avroSchema: '"int"' } }),
    ],
    [
      'a subject that is not there',
      3,
      'unknownSchema',
      'ERR_REGISTRY_NOT_FOUND',
      /FAILED schema values of orders .*subject "shop\.Order".*40401/,
      async () => ({
        url: (await start()).url,
        properties: { schemaRegistrySubjectNameStrategy: 'RecordName' },
      }),
    ],
    [
      'an id that is not there',
      3,
      'unknownSchema',
      'ERR_REGISTRY_NOT_FOUND',
      /FAILED schema values of orders .*schema 999.*40403/,
      async () => ({ url: (await start()).url, properties: { avroSchema: null, schemaId: 999 } }),
    ],
    [
      'a schema that the subject would not take',
      3,
      'incompatibleSchema',
      'ERR_REGISTRY_INCOMPATIBLE',
      /FAILED schema values of orders .*not compatible with the latest version.*\n change the schema so that it goes/,
      async () => {
        const missing: Fault = (response) => {
          refuse(response, 404, 40403, 'Schema not found');
        };
        const incompatible: Fault = (response) => {
          reply(response, { is_compatible: false });
        };
        const { url } = await start(missing, missing, incompatible);
        return { url, properties: { avroSchema: '"int"', schemaRegistryAutoRegister: true } };
      },
    ],
    [
      'a latest schema of another kind',
      3,
      'unusableSchema',
      'ERR_REGISTRY_SCHEMA',
      /FAILED schema values of orders .*latest schema of orders-value is AVRO; allowed.*\n correct the schema/,
      async () => ({ url: (await start()).url, properties: protobuf }),
    ],
    [
      'a schema of the registry that is none',
      3,
      'unusableSchema',
      'ERR_AVRO_SCHEMA',
      /FAILED schema values of orders .*\n correct the schema/,
      async () => {
        const registry = await start();
        registry.register('orders-value', '{"type":"nothing"}');
        return { url: registry.url, properties: { avroSchema: 'latest' } };
      },
    ],
    [
      'a descriptor set without the message',
      3,
      'unusableSchema',
      'ERR_PROTOBUF_SCHEMA',
      /FAILED schema values of orders .*has no message "shop\.Ordre"/,
      async () => ({ url: (await start()).url, properties: { ...protobuf, protobufMessage: 'shop.Ordre' } }),
    ],
  ];
  async function ends(
    arranged: Arranged,
    [exitCode, ending, code, says]: [number, string, string, RegExp],
  ): Promise<void> {
    const result = await check(arranged, '--json');
    const lines = jsonLines(result.stdout);
    const failed = lines.filter(({ ok }) => ok === false) as Record<string, string>[];
    assert.equal(failed.length, 1, result.stdout);
    const { step, target, detail, hint, code: got } = failed[0] ?? {};
    assert.match(`FAILED ${step} ${target} ${detail}\n ${hint}`, says);
    assert.deepEqual([got, result.code], [code, exitCode]);
    assert.deepEqual(lines.at(-1), { summary: { ok: false, exitCode, ending } });
  }

  for (const [name, exitCode, ending, code, says, arrange] of endings) {
    it(`has an ending of its own for ${name}`, async () => {
      await ends(await arrange(), [exitCode, ending, code, says]);
    });
  }

  it('has an ending of its own for certificates, and is content with good ones', { skip: withoutOpenssl }, async () => {
    const pki: Pki = makePki();
    const registry = await FakeRegistry.start({ tls: { ...pki.server, ca: pki.ca }, authorization: LOGIN });
    open.push(registry);
    registry.register('orders-value', SCHEMA);
    const client = { schemaRegistryCertificatePEM: pki.elsewhere.cert, schemaRegistryKeyPEM: pki.elsewhere.key };
    const expected: [number, string, string, RegExp] = [
      4,
      'registryCertificate',
      'ERR_REGISTRY_TLS',
      /FAILED registry .*\n look at httpsCaPem or httpsCaLocation/,
    ];
    await ends({ url: registry.url, properties: client }, expected);
    await ends({ url: registry.url, properties: { ...client, httpsCaPem: pki.otherCa } }, expected);
    const plain = await start();
    await ends({ url: plain.url.replace('http:', 'https:'), properties: client }, expected);
    const { code, stdout } = await check({ url: registry.url, properties: { ...client, httpsCaPem: pki.ca } });
    assert.equal(code, 0, stdout);
    assert.match(stdout, /it answers, its certificate is trusted, user and password are accepted$/m);
  });
});
