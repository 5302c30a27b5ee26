/** Registries on loopback that end with the test that started them, and clients whose pauses take no time. */
import assert from 'node:assert/strict';
import { afterEach } from 'node:test';
import { inspect } from 'node:util';
import type { EndpointsOptions } from '../../../src/registry/endpoints.ts';
import { RegistryError } from '../../../src/registry/registry-error.ts';
import { SchemaRegistry } from '../../../src/registry/schema-registry.ts';
import { FakeRegistry, type FakeRegistryOptions, type Fault } from './fake-registry.ts';

export const LONG = { schema: '"long"', schemaType: 'AVRO' } as const;

export interface Registries {
  start(options?: FakeRegistryOptions): Promise<FakeRegistry>;
  /** In the middle of a test, for one that must be gone. */
  stop(registry: FakeRegistry): Promise<void>;
}

/** For a whole test file. */
export function useRegistries(): Registries {
  const open = new Set<FakeRegistry>();
  const stop = async (registry: FakeRegistry): Promise<void> => {
    if (open.delete(registry)) await registry.stop();
  };
  afterEach(async () => {
    await Promise.all([...open].map(stop));
  });
  return {
    stop,
    start: async (options = {}) => {
      const registry = await FakeRegistry.start(options);
      open.add(registry);
      return registry;
    },
  };
}

export interface Rig {
  client: SchemaRegistry;
  /** Pauses that were asked for, in ms. */
  pauses: number[];
}

export function clientOf(urls: string | string[], options: Partial<EndpointsOptions> = {}): Rig {
  const pauses: number[] = [];
  const pause = (ms: number): Promise<void> => {
    pauses.push(ms);
    return Promise.resolve();
  };
  const client = new SchemaRegistry({ urls: [urls].flat(), pause, random: () => 0.5, ...options });
  return { client, pauses };
}

/** What it is rejected with, which shows no secret. */
export async function failure(promise: Promise<unknown>): Promise<RegistryError> {
  const error: unknown = await promise.then(
    () => assert.fail('resolved'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof RegistryError, inspect(error));
  assert.doesNotMatch(inspect(error, { depth: Infinity, showHidden: true }), /canary/);
  return error;
}

export const status =
  (code: number, more: Record<string, string> = {}): Fault =>
  (response) => {
    response.writeHead(code, more).end('{"error_code":50001,"message":"busy"}');
  };
