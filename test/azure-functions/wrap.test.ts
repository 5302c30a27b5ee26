/** withKafkaOutput: both programming models, v3 with its real package. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { closeKafkaOutputs, kafkaOutput, KafkaOutputs, withKafkaOutput } from '../../src/azure-functions/index.ts';
import { type EmbeddedBroker, startBroker } from '../../src/broker/index.ts';
import type { FunctionCallback, FunctionMetadata, ProgrammingModel } from '../../src/host/core-api.ts';
import { envelope, messages, values } from './records.ts';
import { app, HTTP_INPUT, invoke, invokeFunction, type Outcome, worker } from './worker.ts';

interface V3Context {
  bindings: Record<string, unknown>;
  res: unknown;
  done: (error?: unknown, result?: unknown) => void;
}

const FOLDER = join(
  import.meta.dirname,
  '..',
  '..',
  'examples',
  'azure-functions',
  'javascript-v3-wrapped',
  'KafkaOutput',
);

/** Version 3 sets its model as version 4 does, in the same place. */
function v3Model(): ProgrammingModel {
  const { model: v4 } = worker;
  const library = createRequire(import.meta.url)('azure-functions-v3') as { setup(): void };
  library.setup();
  const { model } = worker;
  assert.ok(model !== undefined && model !== v4);
  return model;
}

describe('withKafkaOutput', () => {
  let broker: EmbeddedBroker;
  let outputs: KafkaOutputs;
  let v3: ProgrammingModel;

  before(async () => {
    broker = await startBroker({ autoCreateTopics: true });
    process.env['BrokerList'] = broker.address;
    outputs = new KafkaOutputs();
    app.http('v4', {
      handler: withKafkaOutput(
        (_request, context) => {
          context.extraOutputs.set(kafkaOutput({ topic: 'v4', brokerList: 'BrokerList' }), ['a', 'b']);
          return { status: 201 };
        },
        { outputs },
      ),
    });
  });
  after(async () => {
    await outputs.close();
    await closeKafkaOutputs();
    await broker.close();
  });

  function runV3(topic: string, handler: (context: V3Context) => unknown, name = 'out'): Promise<Outcome> {
    const kafka = { type: 'kafka', direction: 'out', name, topic, brokerList: 'BrokerList' };
    const metadata: FunctionMetadata & { directory: string } = {
      name: topic,
      directory: FOLDER,
      bindings: { req: { type: 'httpTrigger', direction: 'in' }, [name]: { ...kafka } },
    };
    const callback = withKafkaOutput(handler as FunctionCallback, { outputs, bindings: [kafka] });
    return invokeFunction(v3, { metadata, callback }, HTTP_INPUT);
  }

  it('delivers in the v4 model without a hook', async () => {
    const { response } = await invoke('v4');
    assert.equal(response?.returnValue?.http?.statusCode, '201');
    assert.deepEqual(values(broker, 'v4'), ['a', 'b']);
  });

  it('delivers what the v3 samples set: one, none, many, headers, many with headers', async () => {
    v3 = v3Model();
    const forms: [string, unknown][] = [
      ['one', 'text'],
      ['none', undefined],
      ['many', ['one', 'two']],
      ['headers', JSON.stringify(envelope('v', 'javascript'))],
      ['many-headers', ['one', 'two'].map((value) => JSON.stringify(envelope(value, 'typescript')))],
    ];
    for (const [name, value] of forms) {
      const { response, error } = await runV3(`v3-${name}`, (context) => {
        context.bindings['out'] = value;
        return Promise.resolve();
      });
      assert.equal(error, undefined);
      assert.deepEqual(response?.outputData, []);
    }
    assert.deepEqual(values(broker, 'v3-one'), ['text']);
    assert.deepEqual(values(broker, 'v3-many'), ['one', 'two']);
    assert.deepEqual(messages(broker, 'v3-headers'), [[null, 'v', [['test', 'javascript']]]]);
    assert.deepEqual(messages(broker, 'v3-many-headers'), [
      [null, 'one', [['test', 'typescript']]],
      [null, 'two', [['test', 'typescript']]],
    ]);
  });

  it('delivers what a v3 function returns or ends with by context.done()', async () => {
    await runV3('v3-ends', () => Promise.resolve({ out: 'returned by name' }));
    await runV3('v3-ends', () => Promise.resolve('returned'), '$return');
    await runV3('v3-ends', (context) => {
      context.done(null, { out: 'done' });
    });
    assert.deepEqual(values(broker, 'v3-ends'), ['returned by name', 'returned', 'done']);
    const { error } = await runV3('v3-ends', (context) => {
      context.bindings['out'] = 'never';
      context.done(new Error('of the function'));
    });
    assert.match(String(error), /of the function/);
    assert.equal(values(broker, 'v3-ends').length, 3);
  });

  it('warns of a partial failure where that is asked for, and fails when nothing is stored', async () => {
    const seen: number[] = [];
    const lenient = new KafkaOutputs({
      partialFailure: 'warn',
      onReports: ({ failedCount }) => seen.push(failedCount),
    });
    const kafka = { type: 'kafka', direction: 'out', name: 'out', topic: 'partial', brokerList: 'BrokerList' };
    const warnings: unknown[] = [];
    const run = (value: unknown): Promise<unknown> => {
      const context = { bindings: {}, log: { warn: (text: unknown) => warnings.push(text) } };
      const handler = withKafkaOutput(() => Promise.resolve({ out: value }), { outputs: lenient, bindings: [kafka] });
      return (handler as (context: unknown) => Promise<unknown>)(context);
    };
    const large = 'x'.repeat(1_000_001);
    await run(['fine', large]);
    assert.deepEqual([seen, values(broker, 'partial')], [[1], ['fine']]);
    assert.match(String(warnings), /1 of 2 messages to topic partial are not known to be persisted/);
    await assert.rejects(run([large, large]), { code: 'ERR_DELIVERY' });
    assert.deepEqual([seen, warnings.length], [[1, 2], 1]);
    await lenient.close();
  });

  it('fails the v3 invocation with the delivery error', async () => {
    const { error } = await runV3('v3-fails', (context) => {
      context.bindings['out'] = 'x'.repeat(1_000_001);
      return Promise.resolve();
    });
    assert.equal((error as { code?: string }).code, 'ERR_DELIVERY');
  });

  it('finds the bindings of a v3 function in its function.json', async () => {
    const handler = createRequire(import.meta.url)(join(FOLDER, 'index.js')) as FunctionCallback;
    const metadata: FunctionMetadata & { directory: string } = {
      name: 'KafkaOutput',
      directory: FOLDER,
      bindings: {
        req: { type: 'httpTrigger', direction: 'in' },
        outputKafkaMessage: { type: 'kafka', direction: 'out' },
        res: { type: 'http', direction: 'out' },
      },
    };
    const data = { http: { ...HTTP_INPUT.http, query: { message: 'hello' } } };
    const { response, error } = await invokeFunction(v3, { metadata, callback: handler }, data);
    assert.equal(error, undefined);
    assert.deepEqual(
      response?.outputData?.map(({ name }) => name),
      ['res'],
    );
    assert.deepEqual(values(broker, 'topic'), ['hello']);
  });
});
