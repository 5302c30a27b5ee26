/** What the registry client makes of a registry that refuses, and of answers that are none. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Fault, refuse, reply } from '../support/registry/fake-registry.ts';
import { clientOf, failure, LONG, useRegistries } from '../support/registry/rig.ts';

const registries = useRegistries();

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
      const registry = await registries.start();
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
      const registry = await registries.start();
      registry.faults.push((response) => {
        response.writeHead(code).end(body);
      });
      const error = await failure(clientOf(registry.url).client.lookUp('s', LONG));
      assert.equal(error.code, 'ERR_REGISTRY');
      assert.match(error.message, expected);
      assert.equal(registry.seen.length, 1);
    }
    for (const answer of [{ id: 1 }, { schema: 5 }, { schema: 'x', schemaType: 'XML' }]) {
      const registry = await registries.start();
      registry.faults.push((response) => {
        reply(response, answer);
      });
      assert.equal((await failure(clientOf(registry.url).client.byId(1))).code, 'ERR_REGISTRY');
    }
  });
});
