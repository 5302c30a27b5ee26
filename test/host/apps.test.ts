/** `kafka-hotpath host` as a process: the example apps as they are, and apps it must refuse. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import typescript from 'typescript';
import { type EmbeddedBroker, startBroker } from '../../src/broker/index.ts';
import { messages, values } from '../azure-functions/records.ts';
import { finish, firstLine, run, type RunResult, start } from '../cli/run.ts';

const EXAMPLES = 'examples/azure-functions';

/** Its build step, without looking at types: the type check of the repository has done that. */
function buildTypescript(): void {
  const folder = join(EXAMPLES, 'typescript');
  const source = readFileSync(join(folder, 'src/functions/readings.ts'), 'utf8');
  const compilerOptions = { module: typescript.ModuleKind.ESNext, target: typescript.ScriptTarget.ES2023 };
  mkdirSync(join(folder, 'dist/functions'), { recursive: true });
  const { outputText } = typescript.transpileModule(source, { compilerOptions });
  writeFileSync(join(folder, 'dist/functions/readings.js'), outputText);
}

describe('kafka-hotpath host', () => {
  let broker: EmbeddedBroker;
  before(async () => {
    broker = await startBroker({ autoCreateTopics: true });
  });
  after(async () => {
    await broker.close();
  });

  /** Runs the app while `use` needs it, then ends it with SIGTERM. */
  async function whileRunning(app: string, use: (address: string) => Promise<void>): Promise<RunResult> {
    const child = start(['host', '--app', app, '--port', '0'], { BrokerList: broker.address });
    const ended = finish(child);
    try {
      await use(await firstLine(child));
    } finally {
      child.kill('SIGTERM');
    }
    return ended;
  }

  it('runs the JavaScript example: routes, keys and headers, a timer by hand, refusals', async () => {
    const { code, stderr } = await whileRunning(join(EXAMPLES, 'javascript'), async (address) => {
      const order = { method: 'POST', body: '[{"sku":1},{"sku":2}]' };
      const response = await fetch(`${address}/api/orders/c%201`, order);
      assert.deepEqual([response.status, await response.json()], [202, { accepted: 2 }]);
      assert.deepEqual(messages(broker, 'orders'), [
        ['c 1', '{"sku":1}', [['source', 'web']]],
        ['c 1', '{"sku":2}', [['source', 'web']]],
      ]);
      const json = { 'content-type': 'application/json' };
      const admin = `${address}/admin/functions`;
      assert.equal((await fetch(`${admin}/report`, { method: 'POST', headers: json, body: '{}' })).status, 202);
      assert.equal(values(broker, 'orders').at(-1), 'the daily report');
      assert.equal((await fetch(`${admin}/report`, { method: 'POST', body: '{}' })).status, 415);
      assert.equal((await fetch(`${admin}/nothing`, { method: 'POST', headers: json })).status, 404);
      assert.equal((await fetch(`${address}/api/orders/c1`)).status, 404);
      assert.equal((await fetch(`${address}/api/orders/c1`, { method: 'POST', body: 'no JSON' })).status, 500);
    });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^orders: http POST \/api\/orders\/\{customer\}$/m);
    assert.match(stderr, /^report: timer 0 0 6 \* \* \*$/m);
  });

  it('runs the TypeScript example, whose outputs are its own', async () => {
    buildTypescript();
    const { code, stderr } = await whileRunning(join(EXAMPLES, 'typescript'), async (address) => {
      const fine = await fetch(`${address}/api/readings`, { method: 'POST', body: '1\n2\n3\n' });
      assert.equal(fine.status, 204);
      const large = await fetch(`${address}/api/readings`, { method: 'POST', body: 'x'.repeat(1_000_001) });
      assert.equal(large.status, 500);
    });
    assert.equal(code, 0, stderr);
    assert.deepEqual(values(broker, 'readings'), ['1', '2', '3']);
    assert.match(stderr, /ERR_MSG_SIZE_TOO_LARGE|1 of 1 messages to topic readings/);
  });

  it('follows retry policies of the v4 model, but for HTTP', async () => {
    const app = mkdtempSync(join(import.meta.dirname, 'app-'));
    try {
      writeFileSync(join(app, 'package.json'), '{ "main": "index.js" }');
      writeFileSync(
        join(app, 'index.js'),
        `const { app, output } = require('@azure/functions');
        const retry = { strategy: 'fixedDelay', maxRetryCount: 2, delayInterval: 0 };
        const kafka = output.generic({ type: 'kafka', topic: 'retried', brokerList: '%BrokerList%' });
        app.timer('late', {
          schedule: '0 0 0 1 1 *', retry, return: kafka,
          handler: (_timer, { retryContext: { retryCount, maxRetryCount } }) => {
            if (retryCount < 2) throw new Error('not yet');
            return retryCount + ' of ' + maxRetryCount;
          },
        });
        app.http('once', { retry, handler: () => { throw new Error('once'); } });`,
      );
      const { code, stderr } = await whileRunning(app, async (address) => {
        const byHand = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
        assert.equal((await fetch(`${address}/admin/functions/late`, byHand)).status, 202);
        assert.equal((await fetch(`${address}/api/once`)).status, 500);
      });
      assert.equal(code, 0, stderr);
      assert.deepEqual(values(broker, 'retried'), ['2 of 2']);
      assert.equal(stderr.match(/Error: not yet/g)?.length, 2, stderr);
      assert.equal(stderr.match(/Error: once/g)?.length, 1, stderr);
      assert.match(stderr, /once: its retry policy is not followed/);
    } finally {
      rmSync(app, { recursive: true });
    }
  });

  it('refuses an app of both models', async () => {
    const app = mkdtempSync(join(import.meta.dirname, 'app-'));
    try {
      writeFileSync(join(app, 'package.json'), '{ "main": "index.js" }');
      writeFileSync(join(app, 'index.js'), "require('@azure/functions').app.http('a', { handler: () => undefined });");
      mkdirSync(join(app, 'b'));
      writeFileSync(join(app, 'b/function.json'), '{ "bindings": [] }');
      const { code, stderr } = await run(['host', '--app', app, '--port', '0']);
      assert.equal(code, 3);
      assert.match(stderr, /registers functions, as a, and has folders with a function\.json, as b/);
    } finally {
      rmSync(app, { recursive: true });
    }
  });

  it('refuses an app with other bindings by their names, and a folder without an app', async () => {
    const app = mkdtempSync(join(import.meta.dirname, 'app-'));
    try {
      writeFileSync(join(app, 'package.json'), '{ "main": "index.js" }');
      writeFileSync(
        join(app, 'index.js'),
        `const { app } = require('@azure/functions');
        app.storageQueue('fromQueue', { queueName: 'q', connection: 'c', handler: () => undefined });`,
      );
      const refused = await run(['host', '--app', app, '--port', '0']);
      assert.equal(refused.code, 3);
      assert.match(refused.stderr, /fromQueue: its in binding \S+ of type "queueTrigger" is not served here/);
    } finally {
      rmSync(app, { recursive: true });
    }
    const nothing = await run(['host', '--app', join(tmpdir(), 'no-such-app'), '--port', '0']);
    assert.equal(nothing.code, 3);
  });
});
