/** What happens when kafkajs is not the kafkajs we know. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterEach, describe, it } from 'node:test';
import { KafkaHotpathError } from '../../src/errors.ts';
import { createKafkajsTransport } from '../../src/transport/kafkajs.ts';
import { inspectSeam, KAFKAJS_VERSION_PINNED, openSeam, SEAM_MEMBERS } from '../../src/transport/kafkajs-seam.ts';
import { ScriptedBroker } from './scripted-broker.ts';

/** An object that has every member, but the one left out. */
function rootsWithout(missing?: string): Record<string, unknown> {
  const roots: Record<string, unknown> = {};
  const values = { function: () => undefined, object: {}, number: 1 };
  for (const { path, type } of SEAM_MEMBERS) {
    if (path === missing) continue;
    const names = path.split('.');
    const last = names.pop()!;
    let holder = roots;
    for (const name of names) holder = (holder[name] ??= {}) as Record<string, unknown>;
    holder[last] = values[type];
  }
  return roots;
}

function isSeamError(member: string): (error: unknown) => boolean {
  return (error) =>
    error instanceof KafkaHotpathError &&
    error.code === 'ERR_SEAM' &&
    error.message.includes(member) &&
    /kafkajs 2\.2\.4 lacks .* pinned to kafkajs 2\.2\.4/.test(error.message);
}

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** Takes a method away from one of kafkajs' classes until the test ends. */
function takeAway(file: string, method: string): void {
  const { prototype } = createRequire(import.meta.url)(file) as { prototype: Record<string, unknown> };
  const original = prototype[method];
  assert.equal(typeof original, 'function');
  prototype[method] = undefined;
  undo.push(() => {
    prototype[method] = original;
  });
}

async function connectTo(broker: ScriptedBroker): Promise<void> {
  const transport = createKafkajsTransport({ brokers: [broker.endpoint], clientId: 'x', requestTimeoutMs: 1000 });
  undo.push(() => transport.close());
  await transport.connect();
  await transport.produce(1, { acks: -1, timeoutMs: 1000, topics: [] });
}

async function startBroker(): Promise<ScriptedBroker> {
  const broker = await ScriptedBroker.start();
  undo.push(() => broker.close());
  return broker;
}

describe('kafkajs seam', () => {
  it('is complete in the kafkajs that is installed', async () => {
    const options = { host: 'unused', port: 1, clientId: 'x', sasl: undefined, connectionTimeoutMs: 1 };
    const seam = await openSeam({ ...options, authenticationTimeoutMs: 1, openSocket: () => assert.fail('no socket') });
    assert.equal(seam.path, 'corked');
  });

  it('is pinned to the version in package.json', () => {
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> };
    assert.equal(manifest.dependencies['kafkajs'], KAFKAJS_VERSION_PINNED);
  });

  for (const { path, neededFor } of SEAM_MEMBERS) {
    it(neededFor === 'everything' ? `names ${path} when it is missing` : `does without ${path}`, () => {
      assert.equal(inspectSeam(rootsWithout()), 'corked');
      if (neededFor === 'corked') assert.equal(inspectSeam(rootsWithout(path)), 'pool');
      else assert.throws(() => inspectSeam(rootsWithout(path)), isSeamError(path));
    });
  }

  it('rejects connect at once when a member is missing', async () => {
    const broker = await startBroker();
    takeAway('kafkajs/src/network/connectionPool.js', 'send');
    await assert.rejects(connectTo(broker), isSeamError('broker.connectionPool.send'));
  });
});
