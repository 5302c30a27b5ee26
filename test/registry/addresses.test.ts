/** Several addresses of a registry, and registries that hang, break off or have no end. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SchemaRegistry } from '../../src/registry/schema-registry.ts';
import { clientOf, failure, LONG, status, useRegistries } from '../support/registry/rig.ts';

const registries = useRegistries();

describe('several addresses', () => {
  it('are tried in turn at once, and the one that answered stays first', async () => {
    const [first, second] = [await registries.start(), await registries.start()];
    second.register('s', '"long"');
    first.register('s', '"long"');
    first.faults.push(status(503));
    const { client, pauses } = clientOf([first.url, second.url]);
    assert.equal(await client.lookUp('s', LONG), 1);
    assert.deepEqual([first.seen.length, second.seen.length], [1, 1]);
    await client.latest('s');
    assert.deepEqual([first.seen.length, second.seen.length], [1, 2]);
    await registries.stop(second);
    await client.latest('s');
    assert.deepEqual([first.seen.length, pauses.length], [2, 0]);
  });

  it('get another round after a pause when none answers; Retry-After is kept', async () => {
    const [first, second] = [await registries.start(), await registries.start()];
    first.register('s', '"long"');
    first.faults.push(status(429, { 'retry-after': '2' }), status(500));
    second.faults.push(status(502), (response) => response.destroy());
    const { client, pauses } = clientOf([first.url, second.url]);
    assert.equal(await client.lookUp('s', LONG), 1);
    assert.deepEqual(pauses, [2000, 150]);
  });

  it('do not get a final answer changed by asking others', async () => {
    const [first, second] = [await registries.start(), await registries.start()];
    second.register('s', '"long"');
    const error = await failure(clientOf([first.url, second.url]).client.lookUp('s', LONG));
    assert.equal(error.code, 'ERR_REGISTRY_NOT_FOUND');
    assert.equal(second.seen.length, 0);
  });

  it('of which none is there end in the error of one, with every address tried', async () => {
    const gone = await registries.start();
    await registries.stop(gone);
    const { client, pauses } = clientOf([gone.url, gone.url], { retries: 1 });
    const error = await failure(client.byId(1));
    assert.deepEqual([error.code, error.retriable, pauses.length], ['ERR_REGISTRY', true, 1]);
    assert.match(error.message, /connection refused; check that it is up/);
  });
});

describe('a registry that hangs, breaks off or floods', () => {
  it('is given up after its time, and asked again', async () => {
    const registry = await registries.start();
    registry.register('s', '"long"');
    registry.faults.push(() => undefined);
    const { client } = clientOf(registry.url, { timeoutMs: 30 });
    assert.equal(await client.lookUp('s', LONG), 1);
    registry.faults.push(() => undefined);
    const error = await failure(clientOf(registry.url, { timeoutMs: 30, retries: 0 }).client.byId(1));
    assert.match(error.message, /no answer within 30 ms/);
  });

  it('in the middle of an answer is asked again', async () => {
    const registry = await registries.start();
    registry.register('s', '"long"');
    registry.faults.push((response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{"schema":');
      setImmediate(() => response.destroy());
    });
    assert.equal((await clientOf(registry.url).client.byId(1)).schema, '"long"');
    assert.equal(registry.seen.length, 2);
  });

  it('without end is cut off', async () => {
    const registry = await registries.start();
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
    const registry = await registries.start();
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

    const busy = await registries.start();
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
