/**
 * What a broker says reaches the caller as one short line, and never repeats a secret or a message: a broker knows the
 * password it was sent and the messages it refuses.
 */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { type PartitionFault, startBroker } from '../../src/broker/index.ts';
import { openEngine } from '../../src/engine/select.ts';
import type { ProducerEvent } from '../../src/index.ts';
import type { ProducerHandle } from '../../src/producer/api.ts';
import { createProducer } from '../../src/producer/producer.ts';
import type { ClusterMetadata } from '../../src/protocol/messages.ts';
import { createKafkajsTransport } from '../../src/transport/kafkajs.ts';
import { gate } from '../faults/drill.ts';
import { ArraySource, type TestMessage } from '../producer/harness.ts';
import { assertSilent, PASSWORD } from './canary.ts';

const TOPIC = 'orders';
const INVALID_RECORD = 87;
const NOT_ENOUGH_REPLICAS = 19;
const MESSAGE: TestMessage = {
  key: 'customer 4711 of Springfield',
  value: Buffer.from('{"card":"4111 1111 1111 1111"}'),
  headers: ['session', 'header-value-0123456789'],
};

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

type Fault = Omit<PartitionFault, 'topic' | 'partition'>;

interface Opened {
  readonly producer: ProducerHandle;
  readonly events: ProducerEvent[];
  /** The first retry. */
  readonly retried: Promise<unknown>;
}

async function open(fault: Fault, rewrite?: (metadata: ClusterMetadata) => ClusterMetadata): Promise<Opened> {
  const broker = await startBroker({ topics: [{ name: TOPIC }], sasl: { alice: PASSWORD } });
  undo.push(() => broker.close());
  broker.control.onRequest(({ apiName }) => {
    if (apiName === 'Produce') return { partitionErrors: [{ topic: TOPIC, partition: 0, ...fault }] };
    return apiName === 'Metadata' && rewrite !== undefined ? { rewriteMetadata: rewrite } : undefined;
  });
  const events: ProducerEvent[] = [];
  const { opened: retried, open: onRetry } = gate();
  const producer = createProducer({
    transport: createKafkajsTransport({
      brokers: [{ host: '127.0.0.1', port: Number(broker.address.split(':')[1]) }],
      clientId: 'words',
      requestTimeoutMs: 30_000,
      sasl: { mechanism: 'plain', username: 'alice', password: PASSWORD },
    }),
    engine: openEngine(),
    config: { lingerMs: 0, maxRetries: 1 },
    onEvent: (event) => {
      events.push(event);
      if (event.type === 'retry') onRetry();
    },
  });
  undo.push(() => producer.close({ timeoutMs: 0 }));
  return { producer, events, retried };
}

/** The text of the error of one message; nothing that is shown beside it may repeat a secret. */
async function told(fault: Fault): Promise<string> {
  const { producer, events } = await open(fault);
  const reports = await producer.produce(TOPIC, new ArraySource([MESSAGE]));
  const { error } = reports.at(0)!;
  assertSilent(reports.toJSON(), 'the reports as JSON');
  assertSilent([...reports], 'the report');
  assertSilent(events, 'an event');
  const shown = inspect([error, events], { depth: 8 });
  for (const part of ['4711 of Spring', '4111 1111 1111', 'header-value-01']) assert.ok(!shown.includes(part), shown);
  return error?.message ?? '';
}

describe('the words of a broker', () => {
  it('are told', async () => {
    const errorMessage = 'Timestamp 1700000000000 of message with offset 0 is out of range.';
    assert.ok((await told({ errorCode: INVALID_RECORD, errorMessage })).endsWith(`: ${errorMessage}`));
    const recordErrors = [{ batchIndex: 0, message: 'no key' }];
    assert.match(await told({ errorCode: INVALID_RECORD, recordErrors, errorMessage: 'one' }), /: one$/);
  });

  it('are withheld when they repeat a secret, also in an event and in what is said of a record', async () => {
    const errorMessage = `alice has ${PASSWORD}`;
    assert.match(await told({ errorCode: INVALID_RECORD, errorMessage }), /text withheld/);
    assert.match(await told({ errorCode: NOT_ENOUGH_REPLICAS, errorMessage }), /text withheld/);
  });

  for (const [name, text] of [
    ['key', `bad key customer 4711 of Springfield`],
    ['value', 'cannot read {"card":"4111 1111 1111 1111"}'],
    ['value in part', 'at 3: card":"4111 1111 1111 ...'],
    ['header', 'session=header-value-0123456789'],
  ] as const) {
    it(`are withheld when they repeat a message: its ${name}`, async () => {
      assert.match(await told({ errorCode: INVALID_RECORD, errorMessage: text }), /text withheld/);
    });
  }

  it('are one line of bounded length', async () => {
    const errorMessage = `first\nERROR forged line\u2028\u001b[2J ${'x'.repeat(20_000)}`;
    const text = await told({ errorCode: INVALID_RECORD, errorMessage });
    assert.ok(text.length < 500, `${text.length} characters`);
    assert.match(text, /first ERROR forged line/);
    assert.doesNotMatch(text, /\p{Cc}|\u2028/u);
  });

  it('are as harmless in what it calls itself and its cluster', async () => {
    let clusterId = 'first';
    const { producer, events } = await open({ errorCode: 6 }, (metadata) => ({ ...metadata, clusterId }));
    await producer.prepare(TOPIC);
    clusterId = `${PASSWORD}\n${'y'.repeat(9_000)}`;
    const reports = await producer.produce(TOPIC, new ArraySource([MESSAGE]));
    const { error } = reports.at(0)!;
    assert.equal(error?.code, 'ERR_CLUSTER_CHANGED');
    assertSilent([error, events], 'the error');
    assert.ok(error.message.length < 700 && !error.message.includes('\n'));
  });

  it('are as harmless in the name of a host', async () => {
    const renamed = (metadata: ClusterMetadata): ClusterMetadata => ({
      ...metadata,
      brokers: metadata.brokers.map((node) => ({ ...node, host: `first\n${'z'.repeat(9_000)}` })),
    });
    const { producer, events, retried } = await open({ errorCode: 0 }, renamed);
    const sending = producer.produce(TOPIC, new ArraySource([MESSAGE]));
    await retried;
    await producer.close({ timeoutMs: 0 });
    const shown = JSON.stringify([await sending, events]);
    assert.match(shown, /first zzz/);
    assert.doesNotMatch(shown, /first\\n|z{300}/);
  });
});
