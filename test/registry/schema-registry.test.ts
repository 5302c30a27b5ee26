/** The registry client against a registry on loopback: what is asked, how often, and under which subjects. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { subjectOf } from '../../src/registry/subject.ts';
import { clientOf, failure, LONG, useRegistries } from '../support/registry/rig.ts';

const registries = useRegistries();

describe('a schema registry', () => {
  it('registers, looks up, and gives schemas by id and the latest of a subject', async () => {
    const registry = await registries.start({ firstId: 41 });
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
    const registry = await registries.start({ base: '/apis/ccompat/v7' });
    const { client } = clientOf(`${registry.url}//`);
    const id = await client.register('a/b ?#ü', LONG);
    assert.equal((await client.latest('a/b ?#ü')).id, id);
  });

  it('is asked once for what does not change, by any number of callers at the same time', async () => {
    const registry = await registries.start();
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
    const registry = await registries.start();
    const { client } = clientOf(registry.url);
    assert.equal((await failure(client.lookUp('s', LONG))).code, 'ERR_REGISTRY_NOT_FOUND');
    registry.register('s', '"long"');
    assert.equal(await client.lookUp('s', LONG), 1);
  });

  it('keeps what it knows within bounds', async () => {
    const registry = await registries.start();
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
