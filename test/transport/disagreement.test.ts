/** Brokers of one cluster that do not agree about a login: mechanisms, passwords, for a while or for good. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { openEngine } from '../../src/engine/select.ts';
import type { DeliveryReport } from '../../src/producer/api.ts';
import { createProducer } from '../../src/producer/producer.ts';
import { encodeSaslAuthenticateResponse, encodeSaslHandshakeResponse } from '../../src/protocol/sasl-server.ts';
import { createKafkajsTransport, type KafkajsTransport } from '../../src/transport/kafkajs.ts';
import { ArraySource } from '../producer/harness.ts';
import { ManualClock } from '../producer/manual-clock.ts';
import { closeAll, startBroker, transportFailure } from './rig.ts';
import type { ScriptedBroker } from './scripted-broker.ts';

const USER = { username: 'alice', password: 'canary-disagreed' };

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
  await closeAll();
});

/** Two nodes that each lead one partition of "orders" and know the same user. */
async function startTwo(): Promise<[ScriptedBroker, ScriptedBroker]> {
  const first = await startBroker({ nodeId: 1, user: USER });
  const second = await startBroker({ nodeId: 2, user: USER });
  first.endpoints = second.endpoints = [first.endpoint, second.endpoint];
  return [first, second];
}

function open(brokers: ScriptedBroker[], clock = new ManualClock()): KafkajsTransport {
  const transport = createKafkajsTransport({
    brokers: brokers.map(({ host, port }) => ({ host, port })),
    clientId: 'disagreement',
    requestTimeoutMs: 2000,
    connectBackoffMs: 1,
    clock,
    sasl: { mechanism: 'plain', ...USER },
  });
  undo.push(() => transport.close());
  return transport;
}

function refuseMechanism(broker: ScriptedBroker): void {
  broker.on('SaslHandshake', (request) => {
    request.reply(encodeSaslHandshakeResponse(33, ['SCRAM-SHA-256']));
  });
}

function refusePassword(broker: ScriptedBroker): void {
  broker.on('SaslAuthenticate', (request) => {
    const refusal = { errorCode: 58, errorMessage: 'not yet', token: new Uint8Array(0), sessionLifetimeMs: 0 };
    request.reply(encodeSaslAuthenticateResponse(request.version, refusal));
  });
}

describe('opening, with brokers that disagree', () => {
  for (const [what, refuse] of [
    ['mechanisms', refuseMechanism],
    ['the password', refusePassword],
  ] as const) {
    it(`about ${what}, asks the next one`, async () => {
      const [first, second] = await startTwo();
      refuse(first);
      await open([first, second]).connect();
    });

    it(`about ${what} in two ways at once, tells both`, async () => {
      const [first, second] = await startTwo();
      refuse(first);
      const transport = open([first, second]);
      const { port } = second;
      await second.close();
      const error = await transportFailure(transport.connect());
      assert.equal(error.fatal, false, 'the other may come back');
      assert.equal(error.code, 'ERR_CONNECT');
      assert.ok(error.message.includes(`:${first.port}: SASL PLAIN`), error.message);
      assert.ok(error.message.includes(`:${port}: connection refused`), error.message);
    });
  }

  it('about what is wrong, and agreeing that it is for good, ends at the first round', async () => {
    const [first, second] = await startTwo();
    refuseMechanism(first);
    refusePassword(second);
    const error = await transportFailure(open([first, second]).connect());
    assert.deepEqual([error.fatal, error.code], [true, 'ERR_AUTH_MECHANISM']);
    const tried = (broker: ScriptedBroker): number =>
      broker.received.filter(({ api }) => api === 'SaslHandshake').length;
    assert.deepEqual([tried(first), tried(second)], [1, 1]);
  });
});

describe('sending, with a leader that refuses what the others take', () => {
  it('fails its partition at once, keeps the others going, and goes on when it takes the login', async () => {
    const [first, second] = await startTwo();
    refusePassword(second);
    const transportClock = new ManualClock();
    const producer = createProducer({
      transport: open([first, second], transportClock),
      engine: openEngine(),
      config: { lingerMs: 0 },
      // It stands still: nothing that happens here needs time.
      clock: new ManualClock(),
    });
    undo.push(() => producer.close());
    await producer.prepare('orders');
    const send = async (partition: number): Promise<DeliveryReport> =>
      (await producer.produce('orders', new ArraySource([{ value: 'x', partition }]))).at(0)!;
    const [taken, refused] = await Promise.all([send(0), send(1)]);
    assert.equal(taken.status, 'persisted');
    assert.deepEqual([refused.status, refused.error?.code], ['notPersisted', 'ERR_AUTH']);
    assert.match(
      refused.error!.message,
      new RegExp(`:${second.port}: SASL PLAIN for user "alice" was refused: not yet`),
    );
    second.restore('SaslAuthenticate');
    await transportClock.advance(60);
    assert.deepEqual([(await send(1)).status, (await send(0)).status], ['persisted', 'persisted']);
    assert.equal(producer.stats.retries, 0);
  });
});
