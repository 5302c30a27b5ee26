/** Opening, sending, enqueueing, flushing, closing, with a producer that has no network. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KafkaHotpathError } from '../../src/errors.ts';
import { ConfigError } from '../../src/binding/config-error.ts';
import { openKafkaOutput } from '../../src/binding/kafka-output.ts';
import type { KafkaOutput, KafkaOutputOptions } from '../../src/binding/output-api.ts';
import { DeliveryError } from '../../src/producer/delivery.ts';
import { FakeProducer, type SentRecord } from './fake-producer.ts';

const GOOD = { brokerList: 'one:9092', topic: 'orders' };

async function open(options: KafkaOutputOptions = {}): Promise<{ output: KafkaOutput; producer: FakeProducer }> {
  const producer = new FakeProducer();
  const output = await openKafkaOutput(GOOD, { settings: {}, producer, now: () => 42, ...options });
  return { output, producer };
}

function codeIs(code: string): (error: unknown) => boolean {
  return (error) => error instanceof KafkaHotpathError && error.code === code;
}

describe('opening', () => {
  it('asks for the topic, unless told to wait', async () => {
    assert.deepEqual((await open()).producer.calls, ['prepare orders']);
    assert.deepEqual((await open({ connect: false })).producer.calls, []);
  });

  it('fails with the reason, and leaves nothing open', async () => {
    const producer = new FakeProducer();
    producer.prepareError = new KafkaHotpathError('ERR_UNKNOWN_TOPIC', 'no such topic');
    await assert.rejects(openKafkaOutput(GOOD, { settings: {}, producer }), codeIs('ERR_UNKNOWN_TOPIC'));
    assert.deepEqual(producer.calls, ['prepare orders', 'close 0']);
  });

  it('tells all problems of the configuration and of the options before it connects', async () => {
    const producer = new FakeProducer();
    const options = {
      settings: {},
      producer,
      envelope: 'maybe' as never,
      queueMessagesMax: 0,
      partitioner: 'x' as never,
    };
    await assert.rejects(openKafkaOutput({ topic: '.' }, options), (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(
        error.problems.map(({ property }) => property),
        ['brokerList', 'topic', 'queueMessagesMax', 'partitioner', 'envelope'],
      );
      return true;
    });
    assert.deepEqual(producer.calls, []);
  });

  it('takes settings from the environment when none are given', async () => {
    process.env['KAFKA_HOTPATH_TEST_TOPIC'] = 'from-the-environment';
    const properties = { ...GOOD, topic: '%kafka_hotpath_test_topic%' };
    const output = await openKafkaOutput(properties, { producer: new FakeProducer() });
    assert.equal(output.config.topic, 'from-the-environment');
    assert.equal(output.engine.kind, 'external');
  });
});

describe('send', () => {
  it('resolves with a report per message, failures among them', async () => {
    const { output, producer } = await open();
    producer.failValue = 'bad';
    const reports = await output.send(['good', 'bad', Symbol('s'), { a: 1 }]);
    assert.deepEqual(
      [...reports].map(({ index, status, error }) => [index, status, error?.code]),
      [
        [0, 'persisted', undefined],
        [1, 'possiblyPersisted', 'ERR_BROKER'],
        [2, 'notPersisted', 'ERR_SERIALIZE'],
        [3, 'persisted', undefined],
      ],
    );
    assert.equal(reports.failedCount, 2);
    assert.throws(() => reports.orThrow(), DeliveryError);
  });

  it('stamps all messages of a send with one reading of the clock', async () => {
    const { output, producer } = await open();
    await output.send(['a', 'b']);
    assert.deepEqual(
      producer.sent.map((record) => (record as SentRecord).timestampMs),
      [42, 42],
    );
  });

  it('of nothing resolves with no reports', async () => {
    const { output } = await open();
    for (const nothing of [null, undefined, [], '[]']) assert.equal((await output.send(nothing)).length, 0);
  });

  it('is refused after close', async () => {
    const { output } = await open();
    await output.close();
    await assert.rejects(output.send('x'), codeIs('ERR_CLOSED'));
    assert.throws(() => {
      output.enqueue('x');
    }, codeIs('ERR_CLOSED'));
  });
});

describe('enqueue and flush', () => {
  it('tell about every failure once', async () => {
    const { output, producer } = await open();
    producer.failValue = 'bad';
    output.enqueue('good');
    output.enqueue(['bad', 'good', () => 0]);
    output.enqueue('bad');
    await assert.rejects(output.flush(), (error: unknown) => {
      assert.ok(error instanceof DeliveryError && error.code === 'ERR_DELIVERY');
      assert.equal(error.reports.length, 3);
      assert.equal(error.reports.failedCount, 3);
      assert.equal(error.reports.possiblyPersistedCount, 2);
      assert.equal(error.reports.at(0)?.error?.code, 'ERR_BROKER');
      assert.equal(error.reports.at(3), undefined);
      assert.equal(JSON.stringify(error.reports).includes('ERR_SERIALIZE'), true);
      return true;
    });
    await output.flush();
    await output.close();
  });

  it('leave failures of send to its caller', async () => {
    const { output, producer } = await open();
    producer.failValue = 'bad';
    await output.send('bad');
    await output.flush();
  });

  it('have a bound that one big array may exceed', async () => {
    const { output, producer } = await open({ enqueueMessagesMax: 2 });
    let release: () => void = () => undefined;
    producer.gate = new Promise((resolve) => {
      release = resolve;
    });
    output.enqueue(['a', 'b', 'c']);
    assert.throws(() => {
      output.enqueue('d');
    }, codeIs('ERR_QUEUE_FULL'));
    release();
    await output.flush();
    output.enqueue('d');
    await output.flush();
    assert.equal(producer.sent.length, 4);
  });

  it('report messages that a closed producer did not take', async () => {
    const { output, producer } = await open();
    producer.closed = true;
    output.enqueue(['a', 'b']);
    await assert.rejects(output.flush(), (error: unknown) => {
      assert.ok(error instanceof DeliveryError);
      assert.deepEqual(
        [...error.reports].map(({ status, error: reason }) => [status, reason?.code]),
        [
          ['notPersisted', 'ERR_CLOSED'],
          ['notPersisted', 'ERR_CLOSED'],
        ],
      );
      return true;
    });
  });
});

describe('close', () => {
  it('closes the producer once, with the time it is given', async () => {
    const { output, producer } = await open();
    await Promise.all([output.close({ timeoutMs: 5 }), output.close()]);
    assert.deepEqual(producer.calls, ['prepare orders', 'close 5']);
  });

  it('does not swallow failures that no flush has told about', async () => {
    const { output, producer } = await open();
    producer.failValue = 'bad';
    output.enqueue('bad');
    await assert.rejects(output.close(), codeIs('ERR_DELIVERY'));
  });

  it('comes by itself at the end of a scope', async () => {
    const { output, producer } = await open();
    {
      await using scoped = output;
      await scoped.send('x');
    }
    assert.equal(producer.closed, true);
  });
});
