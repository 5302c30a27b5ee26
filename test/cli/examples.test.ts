/** The examples do what they say, on a broker of their own and on one that is given. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { createFileRegistry, fromBinary, toJson } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { type EmbeddedBroker, startBroker } from '../../src/broker/index.ts';
import { finish, type RunResult } from './run.ts';

const hex = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString('hex');

function runExample(name: string, environment: Record<string, string>): Promise<RunResult> {
  const child = spawn(process.execPath, ['--import', 'tsx', `examples/${name}.ts`], {
    env: { ...process.env, BROKERS: '', ...environment },
  });
  child.stdin.end();
  return finish(child);
}

describe('examples', { concurrency: 2 }, () => {
  let broker: EmbeddedBroker;
  before(async () => {
    broker = await startBroker({ topics: [{ name: 'orders', partitions: 3 }] });
  });
  after(async () => {
    await broker.close();
  });

  it('start needs nothing but itself, and reports every message', async () => {
    const { code, stdout, stderr } = await runExample('start', {});
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^line\.item +status +stored at +problem +input$/m);
    assert.equal(stdout.match(/^\d+\.\d+ +persisted +orders\[[012]\]@\d+ /gm)?.length, 14);
    assert.match(stdout, /^14 messages from 12 lines: 14 persisted, 0 failed; .* engine wasm; embedded broker/m);
  });

  it('start uses the broker it is given', async () => {
    const before = broker.records('orders').length;
    const { code, stdout } = await runExample('start', { BROKERS: broker.address });
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`; broker ${broker.address}$`, 'm'));
    assert.ok(broker.records('orders').length >= before + 14);
  });

  it('start says what to do when the topic is missing there, or the broker', async () => {
    const other = await startBroker();
    const missing = await runExample('start', { BROKERS: other.address });
    await other.close();
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /--create --topic orders --partitions 3/);
    const gone = await runExample('start', { BROKERS: other.address });
    assert.equal(gone.code, 1);
    assert.match(gone.stderr, /Is a broker listening on BROKERS=/);
  });

  it('embed sends in each of its ways', async () => {
    const { code, stdout, stderr } = await runExample('embed', { BROKERS: broker.address });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^2 persisted \d+ \d+$/m);
    assert.match(stdout, /^1001 messages persisted by the (wasm|typescript) engine$/m);
  });

  it('protobuf stores what Protobuf reads, and refuses one message with its place', async () => {
    const own = await startBroker({ topics: [{ name: 'orders' }] });
    const { code, stdout, stderr } = await runExample('schemas/protobuf', { BROKERS: own.address });
    const stored = own.records('orders').map(({ key, value }) => [key, value].map((field) => hex(field)));
    await own.close();
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^persisted\npersisted\nmessage 2 \(\$\.lines\[1\]\.price\): got a string of 5 characters; /);
    const set = fromBinary(FileDescriptorSetSchema, readFileSync('examples/schemas/orders.pb'));
    const registry = createFileRegistry(set);
    const [[key = '', value = ''] = [], [none, second = ''] = []] = stored;
    // The id 7; shop.Customer is the second message of its file, shop.Order the first.
    assert.match(key, /^00000000070202/);
    assert.match(value, /^000000000700/);
    const shown = (name: string, bytes: string): unknown => {
      const message = registry.getMessage(name);
      assert.ok(message !== undefined);
      return toJson(message, fromBinary(message, Buffer.from(bytes, 'hex')), { registry });
    };
    assert.deepEqual(shown('shop.Customer', key.slice(14)), { name: 'Ada' });
    const order = { id: '9007199254740993', placedAt: '1970-01-01T00:00:00Z', lines: [{ sku: 'a' }] };
    assert.deepEqual(shown('shop.Order', value.slice(12)), order);
    assert.deepEqual([none, shown('shop.Order', second.slice(12))], ['', { id: '2', lines: [{ price: 9.5 }] }]);
  });

  it('json-schema stores the JSON behind its id, and refuses what the hook refuses', async () => {
    const own = await startBroker({ topics: [{ name: 'orders' }] });
    const { code, stdout, stderr } = await runExample('schemas/json-schema', { BROKERS: own.address });
    const stored = own.records('orders').map(({ value }) => Buffer.from(value ?? []).toString('latin1'));
    await own.close();
    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'persisted\npersisted\nmessage 2 ($): the hook validate refused it: id must be an integer\n');
    assert.deepEqual(stored, ['\0\0\0\0\b{"id":1,"note":"an object"}', '\0\0\0\0\b{"id": 2.0}']);
  });

  it('pure-typescript does without WebAssembly', async () => {
    const { code, stdout, stderr } = await runExample('pure-typescript', { BROKERS: broker.address });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^persisted typescript$/m);
  });
});
