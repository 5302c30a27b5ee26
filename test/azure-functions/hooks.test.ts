/** installKafkaOutputs on the real @azure/functions 4: what the samples set arrives, and failures surface. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { output } from '@azure/functions';
import { installKafkaOutputs, kafkaOutput, type KafkaOutputs } from '../../src/azure-functions/index.ts';
import { type EmbeddedBroker, startBroker } from '../../src/broker/index.ts';
import { DeliveryError } from '../../src/index.ts';
import type { DeliveryReports } from '../../src/producer/api.ts';
import { envelope, messages, values } from './records.ts';
import { app, HTTP_INPUT, invoke, logged } from './worker.ts';

describe('installKafkaOutputs', () => {
  let broker: EmbeddedBroker;
  let outputs: KafkaOutputs;
  const settings: Record<string, string> = {};
  const seen: DeliveryReports[] = [];

  before(async () => {
    broker = await startBroker({ autoCreateTopics: true });
    settings['BrokerList'] = broker.address;
    outputs = installKafkaOutputs(app, { settings, onReports: (reports) => seen.push(reports) });
  });
  after(async () => {
    await outputs.close();
    await broker.close();
  });

  /** An output as the v4 samples declare it. */
  function declared(topic: string): ReturnType<typeof output.generic> {
    return output.generic({ type: 'kafka', direction: 'out', topic, brokerList: '%BrokerList%' });
  }

  function http(name: string, topic: string, run: (set: (value: unknown) => void) => void): void {
    const kafka = declared(topic);
    app.http(name, {
      methods: ['GET'],
      authLevel: 'anonymous',
      extraOutputs: [kafka],
      handler: (_request, context) => {
        run((value) => {
          context.extraOutputs.set(kafka, value);
        });
        return { status: 202, body: 'done' };
      },
    });
  }

  it('sends one text, keeps the HTTP result and leaves the host nothing to send', async () => {
    http('v4One', 'v4-one', (set) => {
      set('Hello, world!');
    });
    const { response, error } = await invoke('v4One');
    assert.equal(error, undefined);
    assert.deepEqual(values(broker, 'v4-one'), ['Hello, world!']);
    assert.deepEqual(response?.outputData, []);
    assert.equal(response.returnValue?.http?.statusCode, '202');
  });

  it('sends each element of an array, texts and bytes and objects as they are', async () => {
    http('v4Many', 'v4-many', (set) => {
      set(['one', Buffer.from([0, 255]), { a: 1 }]);
    });
    assert.equal((await invoke('v4Many')).error, undefined);
    const stored = broker.records('v4-many').map(({ value }) => Buffer.from(value ?? []).toString('latin1'));
    assert.deepEqual(stored, ['one', '\u0000\u00ff', '{"a":1}']);
  });

  it('keeps the last of two values, as the runtime has it, and warns once', async () => {
    http('v4Twice', 'v4-twice', (set) => {
      set('first');
      set('second');
    });
    await invoke('v4Twice');
    await invoke('v4Twice');
    assert.deepEqual(values(broker, 'v4-twice'), ['second', 'second']);
    const warnings = logged.filter(({ message }) => message.includes('set output'));
    assert.deepEqual(
      warnings.map(({ level, functionName }) => [level, functionName]),
      [['warning', 'v4Twice']],
    );
  });

  it('reads the envelope of the HTTP sample: key, escaped JSON value, header', async () => {
    const value = JSON.stringify({ quoted: '"x"' });
    http('v4Headers', 'v4-headers', (set) => {
      set(JSON.stringify(envelope(value, 'javascript', { Key: 'k1' })));
    });
    await invoke('v4Headers');
    assert.deepEqual(messages(broker, 'v4-headers'), [['k1', value, [['test', 'javascript']]]]);
  });

  it('reads an array of envelopes, as texts and as objects', async () => {
    http('v4ManyHeaders', 'v4-many-headers', (set) => {
      set([JSON.stringify(envelope('one', 'typescript')), envelope('two', 'typescript')]);
    });
    await invoke('v4ManyHeaders');
    assert.deepEqual(messages(broker, 'v4-many-headers'), [
      [null, 'one', [['test', 'typescript']]],
      [null, 'two', [['test', 'typescript']]],
    ]);
  });

  it('sends what a timer function returns, in the four forms of the samples', async () => {
    const forms: [string, unknown][] = [
      ['text', 'the time is now'],
      ['many', ['one', 'two']],
      ['headers', JSON.stringify(envelope('v', 'javascript', { Key: 7 }))],
      ['prefixed', [`1: ${JSON.stringify(envelope('v', 'x'))}`, '2: rest']],
    ];
    for (const [name, value] of forms) {
      app.timer(`timer-${name}`, {
        schedule: '0 */5 * * * *',
        // The samples of the timer spell the property like this.
        return: output.generic({ type: 'kafka', topic: `timer-${name}`, brokerlist: '%BrokerList%' }),
        handler: () => value,
      });
      const { response, error } = await invoke(`timer-${name}`, { json: '{}' });
      assert.equal(error, undefined);
      assert.equal(response?.returnValue, undefined);
    }
    assert.deepEqual(values(broker, 'timer-text'), ['the time is now']);
    assert.deepEqual(values(broker, 'timer-many'), ['one', 'two']);
    assert.deepEqual(messages(broker, 'timer-headers'), [['7', 'v', [['test', 'javascript']]]]);
    assert.deepEqual(values(broker, 'timer-prefixed'), [`1: ${JSON.stringify(envelope('v', 'x'))}`, '2: rest']);
  });

  it('serves kafkaOutput() that no function declares, and as return', async () => {
    const orders = kafkaOutput({ topic: 'orders', brokerList: '%BrokerList%' });
    app.http('undeclared', {
      handler: (_request, context) => {
        context.extraOutputs.set(orders, ['a', 'b']);
        return { status: 200 };
      },
    });
    app.timer('returned', { schedule: '* * * * * *', return: orders, handler: () => 'c' });
    assert.deepEqual((await invoke('undeclared')).response?.outputData, []);
    await invoke('returned', { json: '{}' });
    assert.deepEqual(values(broker, 'orders'), ['a', 'b', 'c']);
  });

  it('sends nothing of nothing, and nothing of a function that fails', async () => {
    http('v4Nothing', 'v4-nothing', (set) => {
      set(undefined);
      set(null);
      set([]);
    });
    assert.equal((await invoke('v4Nothing')).error, undefined);
    http('v4Throws', 'v4-nothing', (set) => {
      set('never');
      throw new Error('of the function');
    });
    assert.match(String((await invoke('v4Throws')).error), /of the function/);
    assert.deepEqual(values(broker, 'v4-nothing'), []);
  });

  it('fails the invocation with the delivery error, and shows it to later hooks', async () => {
    http('v4Fails', 'v4-fails', (set) => {
      set(['fine', 'x'.repeat(1_000_001)]);
    });
    const errors: unknown[] = [];
    const hook = app.hook.postInvocation(({ error }) => {
      errors.push(error);
    });
    const { error } = await invoke('v4Fails');
    hook.dispose();
    assert.ok(error instanceof DeliveryError);
    assert.deepEqual(errors, [error]);
    assert.deepEqual(
      [...error.reports].map(({ status, error: reason }) => [status, reason?.code]),
      [
        ['persisted', undefined],
        ['notPersisted', 'ERR_MSG_SIZE_TOO_LARGE'],
      ],
    );
    assert.equal(seen.at(-1), error.reports);
  });

  it('fails with every problem of the properties, and with both errors of two outputs', async () => {
    const wrong = [kafkaOutput({ topic: 'a b' }), kafkaOutput({ topic: 'fine', brokerList: 'nowhere' })];
    app.http('wrong', {
      handler: (_request, context) => {
        for (const one of wrong) context.extraOutputs.set(one, 'x');
        return {};
      },
    });
    const { error } = await invoke('wrong');
    assert.ok(error instanceof AggregateError);
    assert.deepEqual(
      error.errors.map((one: { code: string }) => one.code),
      ['ERR_CONFIG', 'ERR_CONFIG'],
    );
  });

  it('tries again what it could not open', async () => {
    const strict = await startBroker();
    settings['Other'] = strict.address;
    const late = kafkaOutput({ topic: 'late', brokerList: '%Other%' });
    app.http('late', {
      handler: (_request, context) => {
        context.extraOutputs.set(late, 'x');
        return {};
      },
    });
    assert.equal(((await invoke('late')).error as { code: string }).code, 'ERR_UNKNOWN_TOPIC');
    strict.createTopic({ name: 'late', partitions: 1 });
    assert.equal((await invoke('late')).error, undefined);
    assert.deepEqual(values(strict, 'late'), ['x']);
    await strict.close();
  });

  it('keeps invocations apart: 500 at once, one producer, each its own message', async () => {
    const producersBefore = outputs.producerCount;
    const kafka = declared('concurrent');
    app.http('concurrent', {
      extraOutputs: [kafka],
      handler: async (request, context) => {
        const id = request.query.get('id');
        // Invocations take turns here, so that what one has set would be there for another to send.
        await Promise.resolve();
        if (Number(id) % 2 === 0) context.extraOutputs.set(kafka, id);
        return { body: id };
      },
    });
    const outcomes = await Promise.all(
      Array.from({ length: 500 }, (_, id) =>
        invoke('concurrent', { http: { ...HTTP_INPUT.http, url: `http://localhost/?id=${id}` } }),
      ),
    );
    assert.ok(outcomes.every(({ error }) => error === undefined));
    const expected = Array.from({ length: 250 }, (_, index) => String(index * 2));
    assert.deepEqual(values(broker, 'concurrent').sort(), expected.sort());
    assert.equal(outputs.producerCount, producersBefore);
  });
});
