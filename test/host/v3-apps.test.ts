/** Apps of the v3 model under the host: the sample families as they are, and what is refused before anything runs. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import typescript from 'typescript';
import { type EmbeddedBroker, startBroker } from '../../src/broker/index.ts';
import type { Clock } from '../../src/host/clock.ts';
import { type Host, type HostOptions, startHost } from '../../src/host/host.ts';
import { messages, values } from '../azure-functions/records.ts';

const EXAMPLES = resolve('examples/azure-functions');
const HTTP_IN = { type: 'httpTrigger', direction: 'in', name: 'req', authLevel: 'function', methods: ['get'] };
const HTTP_OUT = { type: 'http', direction: 'out', name: 'res' };
const MANUAL = { type: 'manualTrigger', direction: 'in', name: 'input' };

function kafka(topic: string, name = 'outputKafkaMessage'): object {
  return { type: 'kafka', direction: 'out', name, topic, brokerList: 'BrokerList' };
}

/** The envelope as the samples write it, with its value as it stands in the query. */
const ENVELOPE = (value: string): string =>
  `'{ "Offset":364,"Partition":0,"Topic":"kafkaeventhubtest1","Timestamp":"2022-04-09T03:20:06.591Z", ' +
  '"Value": "' + ${value} + '", "Headers": [{ "Key": "test", "Value": "javascript" }] }'`;

/** What stands in the body of each sample. */
const FAMILIES: Readonly<Record<string, string>> = {
  KafkaOutput: 'context.bindings.outputKafkaMessage = req.query.message;',
  KafkaOutputMany: "context.bindings.outputKafkaMessage = ['one', 'two'];",
  KafkaOutputWithHeaders: `context.bindings.outputKafkaMessage = ${ENVELOPE('req.query.message')};`,
  KafkaOutputManyWithHeaders: `context.bindings.outputKafkaMessage = [${ENVELOPE("'one'")}, ${ENVELOPE("'two'")}];`,
};

function sample(opening: string, body: string): string {
  return `${opening} async function (context, req) {
    const message = req.query.message || (req.body && req.body.message);
    ${body}
    context.res = { body: 'Ok ' + message };
  };`;
}

describe('v3 apps under the host', () => {
  let broker: EmbeddedBroker;
  const folders: string[] = [];
  const hosts: Host[] = [];
  before(async () => {
    broker = await startBroker({ autoCreateTopics: true });
  });
  afterEach(async () => {
    for (const host of hosts.splice(0)) await host.close();
  });
  after(async () => {
    await broker.close();
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  function appOf(files: Readonly<Record<string, string | object>>): string {
    const folder = mkdtempSync(join(tmpdir(), 'kafka-hotpath-v3-'));
    folders.push(folder);
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
    }
    return folder;
  }

  async function run(app: string, options: Partial<HostOptions> = {}): Promise<Host> {
    const settings = { BrokerList: broker.address, ReportSchedule: '0 0 6 * * *', Off: 'true' };
    const host = await startHost({ app, settings, ...options });
    hosts.push(host);
    return host;
  }

  /** Function folders from what each has beside `bindings`. */
  function refused(definition: object, message: RegExp, script = "throw new Error('must not run');"): Promise<void> {
    const app = appOf({ 'f/function.json': definition, 'f/index.js': script });
    return assert.rejects(run(app), { code: 'ERR_CONFIG', message });
  }

  for (const [kind, manifest, opening] of [
    ['CommonJS', {}, 'module.exports ='],
    ['ESM', { type: 'module' }, 'export default'],
  ] as const) {
    it(`runs every sample family as it is, ${kind}`, async () => {
      const files = Object.entries(FAMILIES).flatMap(([name, body]): [string, string | object][] => {
        const bindings = [HTTP_IN, kafka(`${kind}-${name}`), HTTP_OUT];
        return [
          [`${name}/function.json`, { bindings }],
          [`${name}/index.js`, sample(opening, body)],
        ];
      });
      const host = await run(appOf({ ...Object.fromEntries<string | object>(files), 'package.json': manifest }));
      for (const name of Object.keys(FAMILIES)) {
        const response = await fetch(`${host.address}/api/${name}?message=hello`);
        assert.deepEqual([response.status, await response.text()], [200, 'Ok hello'], name);
        assert.match(response.headers.get('content-type') ?? '', /^text\/plain/);
      }
      assert.equal((await fetch(`${host.address}/api/KafkaOutput`)).status, 200);
      assert.deepEqual(values(broker, `${kind}-KafkaOutput`), ['hello']);
      assert.deepEqual(values(broker, `${kind}-KafkaOutputMany`), ['one', 'two']);
      const headers = [['test', 'javascript']];
      assert.deepEqual(messages(broker, `${kind}-KafkaOutputWithHeaders`), [[null, 'hello', headers]]);
      assert.deepEqual(messages(broker, `${kind}-KafkaOutputManyWithHeaders`), [
        [null, 'one', headers],
        [null, 'two', headers],
      ]);
    });
  }

  it('runs the JavaScript example: keys and headers, and a timer by hand', async () => {
    const host = await run(join(EXAMPLES, 'javascript-v3'));
    const order = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '[{"sku":1},{"sku":2}]' };
    const response = await fetch(`${host.address}/api/orders/c%201`, order);
    assert.deepEqual([response.status, await response.json()], [202, { accepted: 2 }]);
    assert.equal((await fetch(`${host.address}/api/orders/c1`)).status, 404);
    assert.equal((await fetch(`${host.address}/api/orders/c1`, { method: 'POST', body: 'x' })).status, 500);
    assert.ok(await host.invoke('report'));
    assert.deepEqual(messages(broker, 'orders'), [
      ['c 1', '{"sku":1}', [['source', 'web']]],
      ['c 1', '{"sku":2}', [['source', 'web']]],
      [null, 'the daily report', []],
    ]);
  });

  it('runs the wrapped example, which delivers by itself, once', async () => {
    process.env['BrokerList'] = broker.address;
    const host = await run(join(EXAMPLES, 'javascript-v3-wrapped'));
    assert.equal((await fetch(`${host.address}/api/KafkaOutput?message=wrapped`)).status, 200);
    assert.deepEqual(values(broker, 'topic'), ['wrapped']);
    const { closeKafkaOutputs } = await import('../../src/azure-functions/index.ts');
    await closeKafkaOutputs();
  });

  it('runs the TypeScript example, compiled against the types of version 3', async () => {
    const folder = join(EXAMPLES, 'typescript-v3');
    const { config } = typescript.readConfigFile(join(folder, 'tsconfig.json'), (path) =>
      typescript.sys.readFile(path),
    ) as {
      config: object;
    };
    const { options, fileNames } = typescript.parseJsonConfigFileContent(config, typescript.sys, folder);
    const types = { '@azure/functions': [resolve('node_modules/azure-functions-v3/types/index.d.ts')] };
    const program = typescript.createProgram(fileNames, {
      ...options,
      paths: types,
      types: ['node'],
      skipLibCheck: true,
    });
    const complaints = [...typescript.getPreEmitDiagnostics(program), ...program.emit().diagnostics];
    assert.deepEqual(
      complaints.map(({ messageText }) => messageText),
      [],
    );
    const host = await run(folder);
    const response = await fetch(`${host.address}/api/readings`, { method: 'POST', body: '1\n2\n3\n' });
    assert.equal(response.status, 204);
    assert.deepEqual(values(broker, 'readings-v3'), ['1', '2', '3']);
  });

  it('finds the function as entryPoint, by the only name, as run; with the module as this', async () => {
    const bindings = [MANUAL, kafka('entries', '$return')];
    const app = appOf({
      'named/function.json': { bindings, scriptFile: '../shared.js', entryPoint: 'second' },
      'shared.js':
        "exports.first = () => {}; exports.second = async function () { return this.word; }; exports.word = 'named';",
      'only/function.json': { bindings },
      'only/main.cjs': "exports.anything = async () => 'only';",
      'run/function.json': { bindings, scriptFile: 'a.mjs' },
      'run/a.mjs': "export const other = 1; export async function run() { return 'run'; }",
      'run/b.mjs': '',
    });
    const host = await run(app);
    for (const name of ['named', 'only', 'run']) assert.ok(await host.invoke(name), name);
    assert.deepEqual(values(broker, 'entries'), ['named', 'only', 'run']);
  });

  it('fails what cannot be delivered, and sends nothing of a function that fails', async () => {
    const bindings = [HTTP_IN, kafka('fails'), HTTP_OUT];
    const host = await run(
      appOf({
        'large/function.json': { bindings },
        'large/index.js': "module.exports = async (c) => { c.bindings.outputKafkaMessage = 'x'.repeat(1000001); };",
        'throws/function.json': { bindings },
        'throws/index.js': "module.exports = async (c) => { c.bindings.outputKafkaMessage = 'x'; throw new Error(); };",
        'silent/function.json': { bindings },
        'silent/index.js': 'module.exports = async () => {};',
      }),
    );
    const status = async (name: string): Promise<number> => (await fetch(`${host.address}/api/${name}`)).status;
    assert.deepEqual([await status('large'), await status('throws'), await status('silent')], [500, 500, 204]);
    assert.deepEqual(values(broker, 'fails'), []);
  });

  it('follows the retry policy of function.json, on the clock it is given', async () => {
    const delays: number[] = [];
    const clock: Clock = {
      now: () => 0,
      after: (delayMs, callback) => {
        delays.push(delayMs);
        // Only a retry's turn comes: the end of the drain would come too soon.
        if (delayMs === 5000) setImmediate(callback);
        return () => undefined;
      },
    };
    const host = await run(
      appOf({
        'f/function.json': {
          bindings: [MANUAL, kafka('retried', '$return')],
          retry: { strategy: 'fixedDelay', maxRetryCount: 4, delayInterval: '00:00:05' },
        },
        'f/index.js': `module.exports = async (context) => {
          const { retryCount, maxRetryCount } = context.executionContext.retryContext;
          if (retryCount < 2) throw new Error('not yet');
          return retryCount + ' of ' + maxRetryCount;
        };`,
      }),
      { clock },
    );
    assert.ok(await host.invoke('f'));
    assert.deepEqual(delays, [5000, 5000]);
    assert.deepEqual(values(broker, 'retried'), ['2 of 4']);
  });

  it('leaves out what is disabled, in the file, by a setting it names, by the setting of the app', async () => {
    const bindings = [MANUAL];
    const files = {
      'a/function.json': { bindings, disabled: true },
      'b/function.json': { bindings, disabled: 'Off' },
      'c/function.json': { bindings },
      'd/function.json': { bindings, disabled: false },
      'd/index.js': 'module.exports = async () => {};',
    };
    const host = await run(appOf(files), { settings: { 'AzureWebJobs.c.Disabled': '1', Off: 'TRUE' } });
    assert.deepEqual(
      host.functions.map(({ name }) => name),
      ['d'],
    );
  });

  it('refuses other bindings by their names before a line of the app has run', async () => {
    const queue = { type: 'queueTrigger', direction: 'in', name: 'item' };
    const blob = { type: 'blob', direction: 'out', name: 'file' };
    await refused(
      { bindings: [queue, blob] },
      /f: its in binding item of type "queueTrigger".*\n?.*f: its out binding file/s,
    );
    await refused({ bindings: [kafka('t')] }, /f: has no trigger/, 'module.exports = () => {};');
    await refused(
      { bindings: [HTTP_IN, kafka('t'), kafka('u')] },
      /f: two of its bindings are named outputKafkaMessage/,
    );
    await refused({ bindings: [{ type: 'httpTrigger', direction: 'in' }] }, /f: a binding has no name/);
    await refused({}, /f: its function\.json has no array "bindings"/);
    await refused(
      { bindings: [MANUAL], scriptFile: 'dist/index.js' },
      /f: scriptFile: there is no .*is the app built\?/,
    );
    await refused({ bindings: [MANUAL], entryPoint: 'b' }, /no function b; name the one/, 'exports.a = () => {};');
    await refused({ bindings: [MANUAL] }, /no function, or several/, 'exports.a = () => {}; exports.b = () => {};');
    await refused({ bindings: [MANUAL] }, /f: .*index\.js cannot be loaded: must not run/);
    const retry = { strategy: 'fixedDelay', maxRetryCount: 1 };
    await refused({ bindings: [MANUAL], retry }, /f: retry\.delayInterval/, 'module.exports = () => {};');
  });
});
