/** What goes wrong on a real Kafka comes back as an error with its stable code, and only where it went wrong. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { BrokerError, type DeliveryReports, type KafkaOutput, message, openKafkaOutput } from '../../src/index.ts';
import { RealKafka } from '../support/kafka/broker.ts';
import { freePorts } from '../support/kafka/ports.ts';
import { describeField, readTopic } from '../support/kafka/reader.ts';

function fates(reports: DeliveryReports): string[] {
  return [...reports].map(({ status, error }) => (error === undefined ? status : `${status} ${error.code}`));
}

describe('errors on a real Kafka', () => {
  let kafka: RealKafka;

  before(async () => {
    kafka = await RealKafka.start();
    await kafka.createTopic('orders', { partitions: 1 });
    const small = { name: 'max.message.bytes', value: '2000' };
    await kafka.createTopic('small', { partitions: 1, configEntries: [small] });
  });
  after(async () => {
    await kafka.dispose();
  });

  async function withOutput(properties: object, use: (output: KafkaOutput) => Promise<void>): Promise<void> {
    const output = await openKafkaOutput({ brokerList: kafka.address, topic: 'orders', ...properties });
    try {
      await use(output);
    } finally {
      await output.close();
    }
  }

  it('an unreachable broker is ERR_CONNECT and named', async () => {
    const [port = 0] = await freePorts(1);
    await assert.rejects(openKafkaOutput({ brokerList: `127.0.0.1:${port}`, topic: 'orders' }), (error: Error) => {
      assert.equal('code' in error && error.code, 'ERR_CONNECT');
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}`));
      return true;
    });
  });

  it('one reachable broker in the list is enough', async () => {
    const [port = 0] = await freePorts(1);
    await withOutput({ brokerList: `127.0.0.1:${port},${kafka.address}` }, async (output) => {
      assert.deepEqual(fates(await output.send('one')), ['persisted']);
    });
  });

  it('an unknown topic is ERR_UNKNOWN_TOPIC and named', async () => {
    await assert.rejects(openKafkaOutput({ brokerList: kafka.address, topic: 'nowhere' }), {
      code: 'ERR_UNKNOWN_TOPIC',
      message: /nowhere/,
    });
  });

  it('a message above maxMessageBytes fails alone', async () => {
    await withOutput({ maxMessageBytes: 2000 }, async (output) => {
      const reports = await output.send(['before', 'x'.repeat(2000), 'after']);
      assert.deepEqual(fates(reports), ['persisted', 'notPersisted ERR_MSG_SIZE_TOO_LARGE', 'persisted']);
      assert.match(reports.at(1)?.error?.message ?? '', /2000/);
    });
    const values = (await readTopic(kafka, 'orders')).map(({ value }) => value);
    assert.deepEqual(values.slice(-2), [describeField('before'), describeField('after')]);
  });

  it('a message above the limit of the broker fails alone', async () => {
    await withOutput({ topic: 'small' }, async (output) => {
      const reports = await output.send(['before', 'x'.repeat(5000), 'after']);
      assert.deepEqual(fates(reports), ['persisted', 'notPersisted ERR_BROKER', 'persisted']);
      const error = reports.at(1)?.error;
      assert.ok(error instanceof BrokerError);
      assert.equal(error.kafkaError, 'MESSAGE_TOO_LARGE');
    });
    const values = (await readTopic(kafka, 'small')).map(({ value }) => value);
    assert.deepEqual(values, [describeField('before'), describeField('after')]);
  });

  it('a partition that the topic does not have is ERR_PARTITION, for that message only', async () => {
    await withOutput({}, async (output) => {
      const reports = await output.send(['fine', message({ value: 'nowhere', partition: 7 })]);
      assert.deepEqual(fates(reports), ['persisted', 'notPersisted ERR_PARTITION']);
    });
  });

  it('a closed output is ERR_CLOSED', async () => {
    const output = await openKafkaOutput({ brokerList: kafka.address, topic: 'orders' });
    await output.close();
    await assert.rejects(output.send('late'), { code: 'ERR_CLOSED' });
    await output.close();
  });

  it('a process with a closed output ends by itself', async () => {
    const source = `
      import { openKafkaOutput } from './src/index.ts';
      const output = await openKafkaOutput({ brokerList: '${kafka.address}', topic: 'orders' });
      const reports = await output.send('last words');
      await output.close();
      console.log(reports.at(0).status);`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk));
    // Were anything left open, this would wait for the deadline of the run.
    const status = await new Promise((resolve) => child.once('close', resolve));
    assert.deepEqual([status, printed.trim()], [0, 'persisted']);
  });
});
