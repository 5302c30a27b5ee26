/** A registry, or what stands in its place, at its worst: every row names what it does and what has to come of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RegistryCredentials } from '../../src/registry/endpoints.ts';
import { type FakeRegistry, type Fault, refuse, reply } from '../support/registry/fake-registry.ts';
import { clientOf, failure, LONG, useRegistries } from '../support/registry/rig.ts';

const registries = useRegistries();

/** One that has "long" as id 1 under the subject s. */
async function start(...faults: Fault[]): Promise<FakeRegistry> {
  const registry = await registries.start();
  registry.register('s', '"long"');
  registry.faults.push(...faults);
  return registry;
}

/** Whatever it says, it says it to everybody who asks. */
const page =
  (status: number, body = '<h1>maintenance</h1>', headers: Record<string, string> = {}): Fault =>
  (response) => {
    response.writeHead(status, headers).end(body);
  };

/** A byte now and then for ever: each keeps a socket's own timeout from firing. */
const trickle: Fault = (response) => {
  response.writeHead(200, { 'content-length': 1000 });
  const more = (): void => {
    if (!response.destroyed) response.write(' ', () => setImmediate(more));
  };
  more();
};

describe('what is no answer of a registry', () => {
  const rows: [string, Fault][] = [
    ['a page in place of JSON', page(200)],
    ['JSON that is cut off', page(200, '{"id":1')],
    ['JSON of something else', page(200, '{"status":"ok"}')],
    ['an empty 204', page(204, '')],
    ['a redirect', page(302, '', { location: 'http://127.0.0.1:1/canary' })],
    ['a permanent redirect of a POST', page(308, '', { location: '/elsewhere' })],
    ['a page that is not there', page(404)],
    ['a 400 page', page(400)],
    ['a wish for a proxy login', page(407)],
    ['a head without an end', (response) => response.socket?.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(99_999)}`)],
    ['bytes that are no HTTP', (response) => response.socket?.end('SSH-2.0-OpenSSH_9.2\r\n')],
    ['an end at once', (response) => response.socket?.destroy()],
    [
      'another protocol',
      (response) => response.socket?.end('HTTP/1.1 101 X\r\nupgrade: y\r\nconnection: upgrade\r\n\r\n'),
    ],
    ['more than anybody should read', page(200, `{"id":1,"x":"${'x'.repeat(8_388_608)}"}`)],
  ];
  for (const [name, fault] of rows) {
    it(`${name}: the next address is asked, and alone it is ERR_REGISTRY`, async () => {
      const [bad, good] = [await start(fault), await start()];
      const { client, pauses } = clientOf([bad.url, good.url]);
      assert.equal(await client.lookUp('s', LONG), 1);
      assert.deepEqual([bad.seen.length, good.seen.length, pauses.length], [1, 1, 0]);
      // The one that answered is asked first from now on.
      await client.latest('s');
      assert.deepEqual([bad.seen.length, good.seen.length], [1, 2]);

      const alone = await start(fault);
      const error = await failure(clientOf([alone.url], { retries: 0 }).client.lookUp('s', LONG));
      assert.equal(error.code, 'ERR_REGISTRY', error.message);
    });
  }

  it('leads nowhere else: a redirect is not followed, whatever it offers', async () => {
    const other = await start();
    const registry = await start(page(307, '', { location: `${other.url}/subjects/s` }));
    const credentials = { kind: 'basic', username: 'user', password: 'canary' } as const;
    const error = await failure(clientOf([registry.url], { credentials }).client.lookUp('s', LONG));
    assert.match(error.message, /answered 307; check the address and its path/);
    assert.equal(other.seen.length, 0);
  });
});

describe("a registry's own refusal", () => {
  const rows: [number, number, string][] = [
    [401, 40101, 'ERR_REGISTRY_AUTH'],
    [403, 40301, 'ERR_REGISTRY_AUTH'],
    [404, 40401, 'ERR_REGISTRY_NOT_FOUND'],
    [404, 40403, 'ERR_REGISTRY_NOT_FOUND'],
    [409, 40901, 'ERR_REGISTRY_INCOMPATIBLE'],
    [422, 42201, 'ERR_REGISTRY_SCHEMA'],
  ];
  for (const [status, number, code] of rows) {
    it(`${status} ${number} stands: no other address, no other round, and nothing is kept of it`, async () => {
      const [first, second] = [
        await start((response) => {
          refuse(response, status, number, 'no');
        }),
        await start(),
      ];
      const { client, pauses } = clientOf([first.url, second.url]);
      const error = await failure(client.lookUp('s', LONG));
      assert.deepEqual([error.code, error.status, error.registryCode], [code, status, number]);
      assert.deepEqual([second.seen.length, pauses.length], [0, 0]);
      assert.equal(await client.lookUp('s', LONG), 1);
    });
  }
});

describe('a registry that is busy', () => {
  const now = Date.UTC(2026, 10, 26, 12, 0, 0);
  const rows: [string, number][] = [
    ['7', 7000],
    ['0', 75],
    ['99999', 10_000],
    ['Thu, 26 Nov 2026 12:00:04 GMT', 4000],
    ['Thu, 26 Nov 2026 11:00:00 GMT', 75],
    ['Thu, 26 Nov 2099 12:00:00 GMT', 10_000],
    ['-5', 75],
    ['1e9', 75],
    ['2027-01-01', 75],
    ['Thu, 99 Nov 2026 12:00:04 GMT', 75],
    ['soon', 75],
  ];
  for (const status of [429, 503]) {
    for (const [header, pauseMs] of rows) {
      it(`${status} with Retry-After ${header} is asked again after ${pauseMs} ms`, async () => {
        const registry = await start(page(status, '', { 'retry-after': header }));
        const { client, pauses } = clientOf([registry.url], { nowMs: () => now });
        assert.equal(await client.lookUp('s', LONG), 1);
        assert.deepEqual(pauses, [pauseMs]);
      });
    }
  }

  it('in all its parts ends after the last round with the error of the first', async () => {
    const faults = Array.from({ length: 3 }, () => page(500));
    const [first, second] = [await start(...faults), await start(...faults)];
    const { client, pauses } = clientOf([first.url, second.url], { retries: 2 });
    const error = await failure(client.lookUp('s', LONG));
    assert.deepEqual([error.code, error.retriable, error.status], ['ERR_REGISTRY', true, 500]);
    assert.deepEqual([first.seen.length, second.seen.length, pauses], [3, 3, [75, 150]]);
    assert.ok(error.message.includes(first.url));
  });

  it('is asked by all its callers with one call, which fails for all of them', async () => {
    const registry = await start(page(500));
    const { client } = clientOf([registry.url], { retries: 0 });
    const calls = await Promise.all([1, 2, 3].map(() => failure(client.lookUp('s', LONG))));
    assert.equal(new Set(calls).size, 1);
    assert.equal(registry.seen.length, 1);
    assert.equal(await client.lookUp('s', LONG), 1);
  });
});

describe('a registry that takes its time', () => {
  /** Time that passes when it is told to. */
  class Timers {
    readonly #running = new Map<number, () => void>();
    readonly started: number[] = [];
    #stopped = (): void => undefined;

    start(ms: number, fire: () => void): () => void {
      const index = this.started.push(ms);
      this.#running.set(index, fire);
      return () => {
        this.#running.delete(index);
        if (this.#running.size === 0) this.#stopped();
      };
    }

    /** When every timer that was started has been stopped. */
    allStopped(): Promise<void> {
      if (this.#running.size === 0) return Promise.resolve();
      return new Promise((resolve) => {
        this.#stopped = resolve;
      });
    }

    pass(): void {
      for (const fire of [...this.#running.values()]) fire();
    }
  }

  const rows: [string, Fault][] = [
    ['says nothing', () => undefined],
    ['says a byte at a time, without end', trickle],
    [
      'gives a head and no body',
      (response) => {
        response.writeHead(200, { 'content-length': 9 }).flushHeaders();
      },
    ],
  ];
  for (const [name, fault] of rows) {
    it(`and ${name} is given up when its time is over, not before, and the next is asked`, async () => {
      const timers = new Timers();
      const slow = await registries.start();
      const asked = new Promise<void>((resolve) => {
        slow.faults.push((response, request) => {
          fault(response, request);
          resolve();
        });
      });
      const good = await start();
      const { client } = clientOf([slow.url, good.url], {
        timeoutMs: 4321,
        startTimer: (ms, fire) => timers.start(ms, fire),
      });
      const found = client.lookUp('s', LONG);
      await asked;
      assert.deepEqual([timers.started, good.seen.length], [[4321], 0]);
      timers.pass();
      assert.equal(await found, 1);
      assert.deepEqual(timers.started, [4321, 4321]);
      // None is left behind, not that of the answered call either.
      await timers.allStopped();
    });
  }
});

describe('secrets', () => {
  const echo =
    (text: string): Fault =>
    (response) => {
      refuse(response, 422, 42201, text);
    };

  const passwords = ['canary', 'ca  nary\tcanary', 'canary\ncanary', '[canary]', 'canary$&$1', 'c\u200bcanary'];
  for (const password of passwords) {
    it(`such as ${JSON.stringify(password)} are in no error, however the registry repeats them`, async () => {
      const credentials = { kind: 'basic', username: 'user', password } as const;
      const encoded = Buffer.from(`user:${password}`).toString('base64');
      const registry = await start(echo(`${password} / ${encoded} / ${password}`));
      const error = await failure(clientOf([registry.url], { credentials }).client.lookUp('s', LONG));
      assert.equal(error.message.split('[redacted]').length, 4, error.message);
      for (const word of password.split(/\s+/)) assert.ok(!error.message.includes(word), error.message);
    });
  }

  it('that cannot be sent are refused here, by a code that says whose they are', async () => {
    const registry = await start();
    const rows: RegistryCredentials[] = [
      { kind: 'bearer', token: 'canary\r\nx: y' },
      { kind: 'bearer', token: 'canary\u20ac' },
      { kind: 'bearer', token: () => Promise.resolve({ value: 'canary\n', expiresAtMs: Date.now() + 1e6 }) },
    ];
    for (const credentials of rows) {
      const { client, pauses } = clientOf([registry.url], { credentials });
      const error = await failure(client.lookUp('s', LONG));
      assert.equal(error.code, 'ERR_REGISTRY_AUTH', error.message);
      assert.match(error.message, /the credentials have characters that cannot be sent/);
      assert.equal(pauses.length, 0);
    }
    assert.equal(registry.seen.length, 0);
  });

  it('do not come into the line of a log as what it does not show', async () => {
    const registry = await start(echo('one\r\ntwo\u001b[31m \u202Ethree\u200b'));
    const error = await failure(clientOf([registry.url]).client.lookUp('s', LONG));
    assert.match(error.message, /\(one two \[31m three \)/);
  });
});

describe('names of subjects', () => {
  it('that are no step of a path are refused before anybody is asked', async () => {
    const registry = await start();
    const { client } = clientOf([registry.url]);
    for (const name of ['', '.', '..']) {
      for (const call of [client.latest(name), client.lookUp(name, LONG), client.register(name, LONG)]) {
        assert.equal((await failure(call)).code, 'ERR_REGISTRY_SCHEMA');
      }
    }
    assert.equal(registry.seen.length, 0);
  });

  it('may hold anything else, half a surrogate pair and the marks of paths too', async () => {
    const registry = await start();
    const { client } = clientOf([registry.url]);
    for (const name of ['...', '../x', 'a/../b', '%2e%2e', 'a?b#c', 'a\ud800b', '\u0000']) {
      const id = await client.register(name, LONG);
      assert.equal((await client.latest(name)).id, id, JSON.stringify(name));
      assert.match(registry.seen.at(-1)?.path ?? '', /^\/subjects\/[^/]+\/versions\/latest$/);
    }
  });
});

describe('a schema that refers to others', () => {
  it('is told with their number, because its id may be all that is wanted', async () => {
    const registry = await start((response) => {
      const references = [{ name: 'a.proto', subject: 'a', version: 1 }];
      reply(response, { id: 5, version: 2, schema: 'import "a.proto";', schemaType: 'PROTOBUF', references });
    });
    const latest = await clientOf([registry.url]).client.latest('s');
    assert.deepEqual([latest.id, latest.referenceCount], [5, 1]);
  });
});
