/** Faults around the producer: credentials, clocks, callers, memory, closing. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startBroker } from '../../src/broker/index.ts';
import { message, openKafkaOutput } from '../../src/index.ts';
import { MODES, nameOf } from '../support/modes.ts';
import { failureOf, gate, PAYLOAD_MARK, row, statusesOf, TOPIC, turn } from './drill.ts';

const PASSWORD = 'password-canary';
const SASL = {
  broker: { sasl: { ann: PASSWORD } },
  properties: {
    protocol: 'saslPlaintext',
    authenticationMode: 'plain',
    username: 'ann',
    password: PASSWORD,
  },
};

row(
  'F45 SASL session expires mid-stream',
  { ...SASL, broker: { ...SASL.broker, saslSessionLifetimeMs: 2_000 } },
  async (drill) => {
    const handshakes = new Map<number, number>();
    drill.broker.control.onRequest(({ apiName, connectionId }) => {
      if (apiName === 'SaslHandshake') handshakes.set(connectionId, (handshakes.get(connectionId) ?? 0) + 1);
      return undefined;
    });
    while (Math.max(0, ...handshakes.values()) < 2) await drill.sendWell(2);
    await drill.sendWell();
  },
);

row('F46 credentials changed: the old ones are refused', SASL, async (drill) => {
  await drill.sendWell();
  drill.broker.control.setPassword('ann', 'another');
  const ended = drill.nextEvent('disconnected');
  drill.broker.control.dropConnections(1);
  await ended;
  const sent = await drill.send(2);
  assert.deepEqual(statusesOf(sent), ['notPersisted', 'notPersisted']);
  const { error } = sent[0]!.report!;
  assert.equal(error?.code, 'ERR_AUTH');
  assert.match(error.message, /PLAIN/);
  assert.ok(!error.message.includes(PASSWORD));
});

row('F49 another cluster answers', { metadataMaxAgeMs: 1_000 }, async (drill) => {
  await drill.sendWell();
  drill.metadata = (metadata) => ({ ...metadata, clusterId: 'another-cluster' });
  drill.broker.control.onRequest(({ produce }) => produce && { errorCode: 6 });
  const sent = await drill.send(2);
  assert.deepEqual(statusesOf(sent), ['notPersisted', 'notPersisted']);
  assert.match(sent[0]!.report?.error?.message ?? '', /another-cluster/);
  assert.deepEqual(statusesOf(await drill.send()), ['notPersisted'], 'nothing is sent to it later either');
});

let wallMs = 1_700_000_000_000;

row('F50 wall clock jumps', { now: () => wallMs }, async (drill) => {
  await drill.sendWell();
  wallMs -= 3_600_000;
  await drill.sendWell();
  wallMs += 7_200_000;
  await drill.sendWell();
  // The modes share the wall clock, so only the size of what was stored is certain.
  for (const { timestamp } of drill.broker.records(TOPIC)) assert.ok(Math.abs(timestamp - wallMs) < 1e9);
});

describe('F52 event loop blocked while the answer is in the socket', () => {
  for (const mode of MODES) {
    void it(nameOf(mode), async () => {
      const broker = await startBroker({ topics: [{ name: TOPIC }] });
      const properties = { brokerList: broker.address, topic: TOPIC, enableIdempotence: mode.idempotent, lingerMs: 0 };
      const output = await openKafkaOutput({ ...properties, messageTimeoutMs: 400 }, { engine: mode.engine });
      try {
        await output.send('first');
        const sending = output.send('second');
        // The broker answers in its own turn; from then on user code blocks until the deadline has long passed.
        await broker.control.nextRequest('Produce');
        await turn();
        const untilMs = performance.now() + 600;
        while (performance.now() < untilMs);
        assert.deepEqual(
          [...(await sending)].map(({ status }) => status),
          ['persisted'],
        );
      } finally {
        await output.close({ timeoutMs: 0 });
        await broker.close();
      }
    });
  }
});

const MEBIBYTE = 2 ** 20;

row(
  'F56 batch expired in flight while the broker reads slowly',
  { properties: { messageTimeoutMs: 60_000 } },
  async (drill) => {
    await drill.sendWell();
    drill.broker.control.freezeNode(1);
    const expired = drill.send(500);
    while (drill.output.stats.inFlightRequests === 0) await turn();
    drill.clock.skip(60_000);
    const fates = new Set(statusesOf(await expired));
    assert.ok(fates.has('possiblyPersisted') && !fates.has('persisted'), [...fates].join());
    // New messages use the memory the old ones had; what of the old request is in the sockets must not change by it.
    const next = drill.sendWell(500);
    drill.broker.control.resumeNode(1);
    await next;
  },
);

row('F57 broker stops reading: the memory stays bounded', { queueBytesMax: 2 * MEBIBYTE }, async (drill) => {
  await drill.sendWell();
  drill.broker.control.freezeNode(1);
  const big = 'x'.repeat(100_000);
  const values = Array.from({ length: 100 }, (_, i) => `${PAYLOAD_MARK}-big-${i}-${big}`);
  const sent = values.map((value) => ({
    value,
    key: null,
    sentAtMs: drill.clock.now(),
    report: undefined,
    reportedAtMs: 0,
  }));
  drill.sent.push(...sent);
  const sending = drill.output.send(values.map((value) => message({ value, partition: 0 })));
  await turn();
  const { queuedBytes } = drill.output.stats;
  assert.ok(queuedBytes > MEBIBYTE && queuedBytes <= 3 * MEBIBYTE, `${queuedBytes} bytes are queued`);
  drill.broker.control.resumeNode(1);
  await drill.settle(sending, sent);
  assert.ok(statusesOf(sent).every((status) => status === 'persisted'));
});

row('F58 callbacks that throw, send again, and close', {}, async (drill) => {
  const warned = gate();
  process.once('warning', warned.open);
  const { output } = drill;
  void drill.broker.control.once('Produce', { drop: 'afterHandling' });
  const first = drill.sendWell(2);
  let later: Promise<unknown> = Promise.resolve();
  const again = first.then(() => {
    later = drill.sendWell(2);
    return output.close();
  });
  await Promise.all([first, again]);
  await later;
  assert.equal(drill.copies(drill.sent.at(-1)!), 1);
});

row('F59 closed during an outage, twice, and used afterwards', {}, async (drill) => {
  await drill.sendWell();
  void drill.broker.control.once('Produce', { mute: true });
  const inFlight = drill.send(2);
  await drill.broker.control.waitFor(() => drill.written.length === 2);
  const queued = drill.send(2);
  const closing = drill.output.close({ timeoutMs: 1_000 });
  const again = drill.output.close();
  drill.clock.skip(1_000);
  await Promise.all([closing, again]);
  const [unclear, unsent] = [await inFlight, await queued];
  assert.deepEqual(
    unclear.map(({ report }) => failureOf(report)),
    ['ERR_PURGED_INFLIGHT', 'ERR_PURGED_INFLIGHT'],
  );
  assert.deepEqual(statusesOf(unclear), ['possiblyPersisted', 'possiblyPersisted']);
  assert.deepEqual(
    unsent.map(({ report }) => failureOf(report)),
    ['ERR_PURGED_QUEUE', 'ERR_PURGED_QUEUE'],
  );
  assert.deepEqual(statusesOf(unsent), ['notPersisted', 'notPersisted']);
  await assert.rejects(drill.output.send('late'), { code: 'ERR_CLOSED' });
});
