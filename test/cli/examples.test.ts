/** The examples do what they say, on a broker of their own and on one that is given. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { type EmbeddedBroker, startBroker } from '../../src/broker/index.ts';
import { finish, type RunResult } from './run.ts';

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

  it('pure-typescript does without WebAssembly', async () => {
    const { code, stdout, stderr } = await runExample('pure-typescript', { BROKERS: broker.address });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^persisted typescript$/m);
  });
});
