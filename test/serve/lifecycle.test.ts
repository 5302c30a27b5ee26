/** Tokens, overload and endings; the command as a process of its own, killed under load. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type EmbeddedBroker, startBroker } from '../../src/broker/index.ts';
import { startSidecar } from '../../src/serve/index.ts';
import { finish, firstLine, Folder, run, start } from '../cli/run.ts';
import { ndjson, startRig } from './rig.ts';

const CALL = '{"operation":"create","data":"x"}';
const TOKEN = 'a token of enough length'.replaceAll(' ', '-');

describe('a sidecar with a token', () => {
  it('answers who has it, and only probes without it', async () => {
    const rig = await startRig({ token: TOKEN });
    const call = (headers?: Record<string, string>): Promise<{ status: number; headers: Headers }> =>
      rig.post('/v1.0/bindings/out', 'application/json', CALL, headers);
    const refused = await call();
    assert.equal(refused.status, 401);
    assert.match(refused.headers.get('www-authenticate') ?? '', /^Bearer/);
    for (const wrong of ['', 'Bearer', 'Bearer x', `Basic ${TOKEN}`, `Bearer ${TOKEN}x`, `Bearer ${TOKEN} x`]) {
      assert.equal((await call({ authorization: wrong })).status, 401, wrong);
    }
    assert.equal((await call({ authorization: `bearer ${TOKEN}` })).status, 204);
    const paths = ['/metrics', '/nothing', '/healthz', '/readyz'];
    const statuses = await Promise.all(paths.map(async (path) => (await rig.get(path)).status));
    assert.deepEqual(statuses, [401, 401, 200, 200]);
    assert.deepEqual(rig.values(), ['x']);
    await rig.close();
  });

  it('is needed beyond loopback, and must be hard to guess', async () => {
    const rig = await startRig();
    await assert.rejects(startSidecar(rig.output, { host: '0.0.0.0' }), {
      code: 'ERR_CONFIG',
      message: /bearer token/,
    });
    await assert.rejects(startSidecar(rig.output, { token: 'short' }), { code: 'ERR_CONFIG', message: /at least 16/ });
    await assert.rejects(startSidecar(rig.output, { token: `${TOKEN}\r\nx: y` }), { code: 'ERR_CONFIG' });
    await assert.rejects(startSidecar(rig.output, { bodyBytesMax: 0 }), {
      code: 'ERR_CONFIG',
      message: /bodyBytesMax/,
    });
    await rig.close();
  });
});

describe('a sidecar under load', () => {
  it('answers 429 with Retry-After while too much waits, and takes more afterwards', async () => {
    const rig = await startRig({ pendingMessagesMax: 1 });
    let release: (value?: unknown) => void = () => undefined;
    const held = rig.broker.control.once('Produce', { delayUntil: new Promise((resolve) => (release = resolve)) });
    const first = rig.post('/v1.0/bindings/out', 'application/json', CALL);
    await held;
    const second = await rig.post('/v1.0/bindings/out', 'application/json', CALL);
    const stream = await rig.post('/bindings/out', 'application/x-ndjson', '1');
    const ready = await rig.get('/readyz');
    assert.deepEqual([second.status, stream.status, ready.status], [429, 429, 503]);
    for (const { headers } of [second, stream, ready]) assert.equal(headers.get('retry-after'), '1');
    release();
    assert.equal((await first).status, 204);
    assert.equal((await rig.post('/v1.0/bindings/out', 'application/json', CALL)).status, 204);
    assert.match((await rig.get('/metrics')).text, /^kafka_hotpath_pending_messages 0$/m);
    await rig.close();
  });

  it('answers 504 when the broker may have the message, 503 when closing gave it up', async () => {
    const rig = await startRig();
    const arrived = rig.broker.control.once('Produce', { mute: true });
    const stuck = rig.post('/v1.0/bindings/out', 'application/json', CALL);
    await arrived;
    const end = await rig.sidecar.close({ timeoutMs: 20 });
    assert.deepEqual(end, { notPersisted: 0, possiblyPersisted: 1 });
    const { status, text } = await stuck;
    assert.equal(status, 504);
    assert.match(text, /ERR_PURGED_INFLIGHT/);
    await rig.close();
  });

  it('ends a stream at a drain with a summary that says so', async () => {
    const rig = await startRig();
    const appended = rig.broker.control.waitFor(() => rig.values().length === 1);
    let close: () => void = () => undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(Buffer.from('"one"\n"tw'));
        close = (): void => {
          controller.close();
        };
      },
    });
    const headers = { 'content-type': 'application/x-ndjson' };
    const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit;
    const response = fetch(`${rig.sidecar.address}/bindings/out`, init);
    await appended;
    const ending = rig.sidecar.close();
    const lines = ndjson(await (await response).text());
    close();
    const { complete, persisted, code } = lines.at(-1)?.['summary'] as Record<string, unknown>;
    assert.deepEqual([lines.length, complete, persisted, code], [2, false, 1, 'ERR_CLOSED']);
    assert.deepEqual(await ending, { notPersisted: 0, possiblyPersisted: 0 });
    assert.deepEqual(rig.values(), ['one']);
    await rig.close();
  });
});

describe('serve', () => {
  const folder = new Folder();
  let broker: EmbeddedBroker;
  let binding: string;
  before(async () => {
    broker = await startBroker({ topics: [{ name: 'orders', partitions: 3 }] });
    binding = folder.file('function.json', {
      bindings: [{ type: 'kafka', direction: 'out', name: 'out', brokerList: broker.address, topic: 'orders' }],
    });
  });
  after(async () => {
    await broker.close();
    folder.remove();
  });

  it('loses nothing that it answered 2xx when it is terminated under load', async () => {
    const child = start(['serve', '--binding', binding, '--port', '0', '--quiet']);
    const done = finish(child);
    const address = await firstLine(child);
    const answered: string[] = [];
    let isOver = false;
    const client = async (name: number): Promise<void> => {
      for (let count = 0; !isOver; count++) {
        const text = `${name}-${count}`;
        const body = JSON.stringify({ operation: 'create', data: text });
        const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
        // Once the port is closed there is nobody to ask.
        const status = await fetch(`${address}/v1.0/bindings/out`, init).then(
          (response) => response.status,
          () => undefined,
        );
        if (status === 204) answered.push(text);
        else isOver = true;
        if (answered.length === 300) child.kill('SIGTERM');
      }
    };
    await Promise.all(Array.from({ length: 20 }, (_, name) => client(name)));
    const { code, stderr } = await done;
    assert.equal(code, 0, stderr);
    const stored = new Set(broker.records('orders').map(({ value }) => Buffer.from(value ?? []).toString()));
    assert.deepEqual(
      answered.filter((text) => !stored.has(text)),
      [],
    );
    assert.ok(answered.length >= 300);
  });

  it('refuses what it cannot serve with 2, takes its token from a file or the environment', async () => {
    const open = await run(['serve', '--binding', binding, '--host', '0.0.0.0', '--port', '0']);
    assert.equal(open.code, 2, open.stderr);
    assert.match(open.stderr, /only with a bearer token/);
    const missing = await run(['serve', '--binding', binding, '--token-file', '/nowhere/token']);
    assert.equal(missing.code, 2);
    const token = folder.file('token', `${TOKEN}\n`);
    const child = start(['serve', '--binding', binding, '--port', '0', '--token-file', token, '--json']);
    const done = finish(child);
    const { address } = JSON.parse(await firstLine(child)) as { address: string };
    assert.equal((await fetch(`${address}/metrics`)).status, 401);
    assert.equal((await fetch(`${address}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } })).status, 200);
    child.kill('SIGINT');
    assert.equal((await done).code, 0);
  });
});
