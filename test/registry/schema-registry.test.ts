/** The registry client against a registry on loopback: what is asked, how often, and what comes of every bad answer. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { inspect } from 'node:util';
import type { EndpointsOptions } from '../../src/registry/endpoints.ts';
import { RegistryError } from '../../src/registry/registry-error.ts';
import { SchemaRegistry } from '../../src/registry/schema-registry.ts';
import { subjectOf } from '../../src/registry/subject.ts';
import {
  FakeRegistry,
  type FakeRegistryOptions,
  type Fault,
  refuse,
  reply,
} from '../support/registry/fake-registry.ts';
import { makePki, withoutOpenssl } from '../transport/pki.ts';

const LONG = { schema: '"long"', schemaType: 'AVRO' } as const;
const open: FakeRegistry[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((registry) => registry.stop()));
});

async function start(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const registry = await FakeRegistry.start(options);
  open.push(registry);
  return registry;
}

interface Rig {
  client: SchemaRegistry;
  /** Pauses that were asked for, in ms. */
  pauses: number[];
}

function clientOf(urls: string | string[], options: Partial<EndpointsOptions> = {}): Rig {
  const pauses: number[] = [];
  const pause = (ms: number): Promise<void> => {
    pauses.push(ms);
    return Promise.resolve();
  };
  const client = new SchemaRegistry({ urls: [urls].flat(), pause, random: () => 0.5, ...options });
  return { client, pauses };
}

async function failure(promise: Promise<unknown>): Promise<RegistryError> {
  const error: unknown = await promise.then(
    () => assert.fail('resolved'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof RegistryError, inspect(error));
  assert.doesNotMatch(inspect(error, { depth: Infinity, showHidden: true }), /canary/);
  return error;
}

const status =
  (code: number, more: Record<string, string> = {}): Fault =>
  (response) => {
    response.writeHead(code, more).end('{"error_code":50001,"message":"busy"}');
  };

describe('a schema registry', () => {
  it('registers, looks up, and gives schemas by id and the latest of a subject', async () => {
    const registry = await start({ firstId: 41 });
    const { client } = clientOf(registry.url);
    assert.equal(await client.register('orders-value', LONG), 41);
    assert.equal(await client.register('orders-value', { schema: '{"type":"object"}', schemaType: 'JSON' }), 42);
    assert.equal(await clientOf(registry.url).client.lookUp('orders-value', LONG), 41);
    assert.deepEqual(await client.byId(41), { id: 41, ...LONG, referenceCount: 0 });
    const latest = { id: 42, version: 2, schema: '{"type":"object"}', schemaType: 'JSON', referenceCount: 0 };
    assert.deepEqual(await client.latest('orders-value'), latest);
    assert.deepEqual(
      registry.seen.map(({ method, path, body }) => [method, path, body]),
      [
        ['POST', '/subjects/orders-value/versions', { schema: '"long"' }],
        ['POST', '/subjects/orders-value/versions', { schema: '{"type":"object"}', schemaType: 'JSON' }],
        ['POST', '/subjects/orders-value', { schema: '"long"' }],
        ['GET', '/schemas/ids/41', undefined],
        ['GET', '/subjects/orders-value/versions/latest', undefined],
      ],
    );
    assert.equal(registry.seen[0]?.contentType, 'application/vnd.schemaregistry.v1+json');
    assert.match(registry.seen[3]?.accept ?? '', /^application\/vnd\.schemaregistry\.v1\+json/);
  });

  it('may lie below a path, and subjects may have any characters', async () => {
    const registry = await start({ base: '/apis/ccompat/v7' });
    const { client } = clientOf(`${registry.url}//`);
    const id = await client.register('a/b ?#ü', LONG);
    assert.equal((await client.latest('a/b ?#ü')).id, id);
  });

  it('is asked once for what does not change, by any number of callers at the same time', async () => {
    const registry = await start();
    registry.register('s', '"long"');
    const { client } = clientOf(registry.url);
    let letGo = (): void => undefined;
    registry.gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const calls = Array.from({ length: 20 }, () => [client.byId(1), client.lookUp('s', LONG)]).flat();
    letGo();
    await Promise.all(calls);
    await client.byId(1);
    await client.lookUp('s', LONG);
    assert.equal(registry.seen.length, 2);
    await client.latest('s');
    await client.latest('s');
    assert.equal(registry.seen.length, 4);
  });

  it('is asked again after a failure, which is not kept', async () => {
    const registry = await start();
    const { client } = clientOf(registry.url);
    assert.equal((await failure(client.lookUp('s', LONG))).code, 'ERR_REGISTRY_NOT_FOUND');
    registry.register('s', '"long"');
    assert.equal(await client.lookUp('s', LONG), 1);
  });

  it('keeps what it knows within bounds', async () => {
    const registry = await start();
    for (let id = 1; id <= 1001; id++) registry.register('s', `{"type":"fixed","name":"f","size":${id}}`);
    const { client } = clientOf(registry.url);
    await client.byId(1);
    await Promise.all(Array.from({ length: 1000 }, (_, index) => client.byId(index + 2)));
    await client.byId(1001);
    assert.equal(registry.seen.length, 1001);
    await client.byId(1);
    assert.equal(registry.seen.length, 1002);
  });
});

describe('answers of a registry that refuse', () => {
  const cases: [number, number, string, boolean][] = [
    [401, 401, 'ERR_REGISTRY_AUTH', false],
    [403, 40301, 'ERR_REGISTRY_AUTH', false],
    [404, 40401, 'ERR_REGISTRY_NOT_FOUND', false],
    [404, 40403, 'ERR_REGISTRY_NOT_FOUND', false],
    [409, 409, 'ERR_REGISTRY_INCOMPATIBLE', false],
    [422, 42201, 'ERR_REGISTRY_SCHEMA', false],
    [429, 429, 'ERR_REGISTRY', true],
    [500, 50001, 'ERR_REGISTRY', true],
    [503, 50003, 'ERR_REGISTRY', true],
  ];
  for (const [code, number, expected, isRetriable] of cases) {
    it(`${code}, error ${number}: ${expected}, ${isRetriable ? 'after retries' : 'at once'}`, async () => {
      const registry = await start();
      const fault: Fault = (response) => {
        refuse(response, code, number, `words\nof the\u0000registry ${'x'.repeat(1000)}`);
      };
      registry.faults.push(fault, fault, fault, fault);
      const { client, pauses } = clientOf(registry.url);
      const error = await failure(client.register('s', LONG));
      assert.deepEqual(
        [error.code, error.status, error.registryCode, error.retriable],
        [expected, code, number, isRetriable],
      );
      assert.match(error.message, /^schema registry http:\/\/127\.0\.0\.1:\d+: register in subject "s": answered/);
      assert.match(error.message, /\(words of the registry x{200,300}…\)/);
      assert.equal(registry.seen.length, isRetriable ? 4 : 1);
      assert.deepEqual(pauses, isRetriable ? [75, 150, 300] : []);
    });
  }

  it('with what is no JSON, has not what was asked for, or is no API at all are told apart', async () => {
    const bodies: [number, string, RegExp][] = [
      [200, '<html>', /has not an id/],
      [200, '{"id":1.5}', /has not an id/],
      [200, '{"id":2147483648}', /has not an id/],
      [200, '[{"id":1}]', /has not an id/],
      [404, '<html>', /answered 404; check the address/],
      [404, '{"error_code":0,"message":"none"}', /answered 404, error 0 \(none\); check the address and its path/],
      [302, '', /answered 302; check the address/],
    ];
    for (const [code, body, expected] of bodies) {
      const registry = await start();
      registry.faults.push((response) => {
        response.writeHead(code).end(body);
      });
      const error = await failure(clientOf(registry.url).client.lookUp('s', LONG));
      assert.equal(error.code, 'ERR_REGISTRY');
      assert.match(error.message, expected);
      assert.equal(registry.seen.length, 1);
    }
    for (const answer of [{ id: 1 }, { schema: 5 }, { schema: 'x', schemaType: 'XML' }]) {
      const registry = await start();
      registry.faults.push((response) => {
        reply(response, answer);
      });
      assert.equal((await failure(clientOf(registry.url).client.byId(1))).code, 'ERR_REGISTRY');
    }
  });
});

describe('several addresses', () => {
  it('are tried in turn at once, and the one that answered stays first', async () => {
    const [first, second] = [await start(), await start()];
    second.register('s', '"long"');
    first.register('s', '"long"');
    first.faults.push(status(503));
    const { client, pauses } = clientOf([first.url, second.url]);
    assert.equal(await client.lookUp('s', LONG), 1);
    assert.deepEqual([first.seen.length, second.seen.length], [1, 1]);
    await client.latest('s');
    assert.deepEqual([first.seen.length, second.seen.length], [1, 2]);
    await second.stop();
    open.splice(open.indexOf(second), 1);
    await client.latest('s');
    assert.deepEqual([first.seen.length, pauses.length], [2, 0]);
  });

  it('get another round after a pause when none answers; Retry-After is kept', async () => {
    const [first, second] = [await start(), await start()];
    first.register('s', '"long"');
    first.faults.push(status(429, { 'retry-after': '2' }), status(500));
    second.faults.push(status(502), (response) => response.destroy());
    const { client, pauses } = clientOf([first.url, second.url]);
    assert.equal(await client.lookUp('s', LONG), 1);
    assert.deepEqual(pauses, [2000, 150]);
  });

  it('do not get a final answer changed by asking others', async () => {
    const [first, second] = [await start(), await start()];
    second.register('s', '"long"');
    const error = await failure(clientOf([first.url, second.url]).client.lookUp('s', LONG));
    assert.equal(error.code, 'ERR_REGISTRY_NOT_FOUND');
    assert.equal(second.seen.length, 0);
  });

  it('of which none is there end in the error of one, with every address tried', async () => {
    const gone = await start();
    await gone.stop();
    open.splice(0);
    const { client, pauses } = clientOf([gone.url, gone.url], { retries: 1 });
    const error = await failure(client.byId(1));
    assert.deepEqual([error.code, error.retriable, pauses.length], ['ERR_REGISTRY', true, 1]);
    assert.match(error.message, /connection refused; check that it is up/);
  });
});

describe('a registry that hangs, breaks off or floods', () => {
  it('is given up after its time, and asked again', async () => {
    const registry = await start();
    registry.register('s', '"long"');
    registry.faults.push(() => undefined);
    const { client } = clientOf(registry.url, { timeoutMs: 30 });
    assert.equal(await client.lookUp('s', LONG), 1);
    registry.faults.push(() => undefined);
    const error = await failure(clientOf(registry.url, { timeoutMs: 30, retries: 0 }).client.byId(1));
    assert.match(error.message, /no answer within 30 ms/);
  });

  it('in the middle of an answer is asked again', async () => {
    const registry = await start();
    registry.register('s', '"long"');
    registry.faults.push((response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{"schema":');
      setImmediate(() => response.destroy());
    });
    assert.equal((await clientOf(registry.url).client.byId(1)).schema, '"long"');
    assert.equal(registry.seen.length, 2);
  });

  it('without end is cut off', async () => {
    const registry = await start();
    registry.faults.push((response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    assert.match((await failure(clientOf(registry.url).client.byId(1))).message, /exceeds 8388608 bytes/);
  });

  it('does not hold up closing, neither in a call nor between two', async () => {
    const registry = await start();
    const { client } = clientOf(registry.url);
    const asked = new Promise<void>((resolve) => {
      registry.faults.push(() => {
        resolve();
      });
    });
    const call = failure(client.byId(1));
    await asked;
    client.close();
    assert.equal((await call).code, 'ERR_CLOSED');
    assert.equal((await failure(client.latest('s'))).code, 'ERR_CLOSED');

    const busy = await start();
    busy.faults.push(status(503, { 'retry-after': '999' }));
    const paused = new Promise<SchemaRegistry>((resolve) => {
      const pause = (_: number, signal: AbortSignal): Promise<void> => {
        resolve(waiting);
        return new Promise((__, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('aborted'));
          });
        });
      };
      const waiting = new SchemaRegistry({ urls: [busy.url], pause });
      void failure(waiting.byId(1)).then(({ code }) => {
        assert.equal(code, 'ERR_CLOSED');
      });
    });
    (await paused).close();
  });
});

describe('credentials of a registry', () => {
  const basic = { kind: 'basic', username: 'ada:lovelace', password: 'canary pä:ss' } as const;

  it('by name and password are sent as UTF-8, and never repeated', async () => {
    const login = `Basic ${Buffer.from('ada:lovelace:canary pä:ss').toString('base64')}`;
    const registry = await start({ authorization: login });
    registry.register('s', '"long"');
    assert.equal(await clientOf(registry.url, { credentials: basic }).client.lookUp('s', LONG), 1);
    registry.faults.push((response) => {
      refuse(response, 401, 40101, `got canary pä:ss by ${login}`);
    });
    const error = await failure(clientOf(registry.url, { credentials: basic }).client.byId(1));
    assert.equal(error.code, 'ERR_REGISTRY_AUTH');
    assert.match(error.message, /got \[redacted\] by Basic \[redacted\]/);
    const { client } = clientOf(registry.url, { credentials: basic });
    assert.doesNotMatch(inspect(client, { depth: Infinity, showHidden: true }) + JSON.stringify(client), /canary/);
  });

  it('by a bearer token, or a function that gets one; a refused token is fetched anew, once', async () => {
    const registry = await start({ authorization: 'Bearer canary-2' });
    registry.register('s', '"long"');
    const fixed = { kind: 'bearer', token: 'canary-2' } as const;
    assert.equal((await clientOf(registry.url, { credentials: fixed }).client.byId(1)).id, 1);
    let count = 0;
    const token = (): Promise<{ value: string; expiresAtMs: number }> =>
      Promise.resolve({ value: `canary-${++count}`, expiresAtMs: Date.now() + 1e6 });
    const { client } = clientOf(registry.url, { credentials: { kind: 'bearer', token } });
    assert.equal((await client.byId(1)).id, 1);
    assert.equal(count, 2);
    await client.latest('s');
    assert.equal(count, 2);
    registry.authorization = 'Bearer none';
    assert.equal((await failure(client.latest('s'))).code, 'ERR_REGISTRY_AUTH');
    assert.equal(count, 3);
  });

  it('that cannot be had are no answer of the registry', async () => {
    const registry = await start();
    const token = (): Promise<never> => Promise.reject(new Error('canary'));
    const { client, pauses } = clientOf(registry.url, { credentials: { kind: 'bearer', token } });
    const error = await failure(client.byId(1));
    assert.deepEqual([error.code, error.retriable, pauses.length], ['ERR_REGISTRY_AUTH', true, 3]);
    assert.equal(registry.seen.length, 0);
  });
});

describe('a registry with TLS', { skip: withoutOpenssl }, () => {
  it('is taken by its authority only; a certificate of this client is shown where it is wanted', async () => {
    const pki = makePki();
    const registry = await start({ tls: { ...pki.server, ca: pki.ca } });
    registry.register('s', '"long"');
    const { cert, key } = pki.elsewhere;
    const good = clientOf(registry.url, { tls: { ca: [pki.ca], cert, key } });
    assert.equal(await good.client.lookUp('s', LONG), 1);
    for (const tls of [{}, { ca: [pki.otherCa], cert, key }]) {
      const { client, pauses } = clientOf(registry.url, { tls });
      const error = await failure(client.byId(1));
      assert.deepEqual([error.code, error.retriable, pauses.length], ['ERR_REGISTRY_TLS', false, 0]);
      assert.match(error.message, /certificate was refused .*httpsCaPem/);
    }
    const none = await failure(clientOf(registry.url, { tls: { ca: [pki.ca] } }).client.byId(1));
    assert.match(none.code, /^ERR_REGISTRY/);
    const bad = await failure(clientOf(registry.url, { tls: { ca: [pki.ca], cert, key: 'canary' } }).client.byId(1));
    assert.equal(bad.code, 'ERR_REGISTRY_TLS');
    const elsewhere = await start({ tls: pki.elsewhere });
    const wrongHost = await failure(clientOf(elsewhere.url, { tls: { ca: [pki.ca] } }).client.byId(1));
    assert.match(wrongHost.message, /ERR_TLS_CERT_ALTNAME_INVALID/);
    const plain = await start();
    const noTls = await failure(clientOf(plain.url.replace('http', 'https')).client.byId(1));
    assert.deepEqual([noTls.code, noTls.retriable], ['ERR_REGISTRY_TLS', false]);
  });
});

describe('subjects', () => {
  it('are named by topic, record or both', () => {
    const parts = { topic: 'orders', role: 'value', recordName: 'shop.Order' } as const;
    assert.equal(subjectOf('TopicName', parts), 'orders-value');
    assert.equal(subjectOf('TopicName', { ...parts, role: 'key', recordName: undefined }), 'orders-key');
    assert.equal(subjectOf('RecordName', parts), 'shop.Order');
    assert.equal(subjectOf('TopicRecordName', parts), 'orders-shop.Order');
    assert.equal(subjectOf('RecordName', { ...parts, recordName: undefined }), undefined);
  });
});
