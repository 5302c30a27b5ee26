/** Who the registry client says it is, whom it trusts, and that its secrets stay its own. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { refuse } from '../support/registry/fake-registry.ts';
import { clientOf, failure, LONG, useRegistries } from '../support/registry/rig.ts';
import { makePki, withoutOpenssl } from '../transport/pki.ts';

const registries = useRegistries();

describe('credentials of a registry', () => {
  const basic = { kind: 'basic', username: 'ada:lovelace', password: 'canary pä:ss' } as const;

  it('by name and password are sent as UTF-8, and never repeated', async () => {
    const login = `Basic ${Buffer.from('ada:lovelace:canary pä:ss').toString('base64')}`;
    const registry = await registries.start({ authorization: login });
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
    const registry = await registries.start({ authorization: 'Bearer canary-2' });
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
    const registry = await registries.start();
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
    const registry = await registries.start({ tls: { ...pki.server, ca: pki.ca } });
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
    const elsewhere = await registries.start({ tls: pki.elsewhere });
    const wrongHost = await failure(clientOf(elsewhere.url, { tls: { ca: [pki.ca] } }).client.byId(1));
    assert.match(wrongHost.message, /ERR_TLS_CERT_ALTNAME_INVALID/);
    const plain = await registries.start();
    const noTls = await failure(clientOf(plain.url.replace('http', 'https')).client.byId(1));
    assert.deepEqual([noTls.code, noTls.retriable], ['ERR_REGISTRY_TLS', false]);
  });
});
