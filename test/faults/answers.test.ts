/** Faults in what a broker answers to a Produce request, and in what it does not answer. */
import assert from 'node:assert/strict';
import { failureOf, gate, row, statusesOf, TOPIC } from './drill.ts';

const PARTITION = { topic: TOPIC, partition: 0 };
/** requestTimeoutMs and the grace the producer gives the broker on top of it. */
const REQUEST_DEADLINE_MS = 5_000 + 10_000;
/** The default. */
const MAX_RETRIES = 2;

row('F01 reply lost after append', {}, async (drill) => {
  void drill.broker.control.once('Produce', { drop: 'afterHandling' });
  const [first] = await drill.sendWell(3);
  assert.equal(drill.copies(first!), drill.idempotent ? 1 : 2);
});

row('F02 reply delayed past the deadline of the request', {}, async (drill) => {
  const held = gate();
  const asked = drill.broker.control.once('Produce', { holdReplyUntil: held.opened });
  const sending = drill.sendWell();
  await asked;
  drill.clock.skip(REQUEST_DEADLINE_MS);
  await sending;
  const [before, after] = drill.written;
  assert.notEqual(before!.connectionId, after!.connectionId, 'the connection of the old request is gone');
  assert.deepEqual(before!.bytes, after!.bytes);
  held.open();
});

row('F03 late reply on the old connection after the batch was sent again', {}, async (drill) => {
  const held = gate();
  const again = gate();
  const asked = drill.broker.control.once('Produce', { holdReplyUntil: held.opened });
  const sending = drill.sendWell();
  await asked;
  void drill.broker.control.once('Produce', { holdReplyUntil: again.opened });
  drill.clock.skip(REQUEST_DEADLINE_MS);
  await drill.broker.control.waitFor(() => drill.written.length === 2);
  held.open();
  again.open();
  await sending;
});

row('F19 leader moved after the append, and says where the batch is', { broker: { brokers: 2 } }, async (drill) => {
  // The answer waits for the move, which waits for the append.
  const moved = drill.broker.control
    .waitFor(() => drill.broker.records(TOPIC).length === 1)
    .then(() => {
      drill.broker.control.moveLeader(TOPIC, 0, 2);
    });
  const fault = { ...PARTITION, errorCode: 6, append: true };
  void drill.broker.control.once('Produce', { partitionErrors: [fault], holdReplyUntil: moved });
  const [sent] = await drill.sendWell();
  assert.equal(drill.copies(sent!), drill.idempotent ? 1 : 2);
});

row('F25 request timed out though it was appended', {}, async (drill) => {
  void drill.broker.control.once('Produce', { partitionErrors: [{ ...PARTITION, errorCode: 7, append: true }] });
  const [sent] = await drill.sendWell();
  assert.equal(drill.copies(sent!), drill.idempotent ? 1 : 2);
});

row('F26 not enough replicas after the append, as often as maxRetries allows', {}, async (drill) => {
  const partitionErrors = [{ ...PARTITION, errorCode: 20, append: true }];
  let times = 0;
  drill.broker.control.onRequest(({ produce }) =>
    produce !== undefined && times++ < MAX_RETRIES ? { partitionErrors } : undefined,
  );
  const [sent] = await drill.sendWell();
  assert.equal(drill.copies(sent!), drill.idempotent ? 1 : 1 + MAX_RETRIES);
  assert.equal(sent!.report?.possibleDuplicates, drill.idempotent ? 0 : MAX_RETRIES);
  assert.equal(drill.eventsOf('retry').length, MAX_RETRIES);
});

row('F27 not enough replicas for longer than the retries last', {}, async (drill) => {
  const stop = drill.broker.control.onRequest(({ produce }) => produce && { errorCode: 19 });
  const sent = await drill.send();
  assert.deepEqual(statusesOf(sent), ['notPersisted']);
  assert.equal(failureOf(sent[0]!.report), 'NOT_ENOUGH_REPLICAS');
  stop();
  await drill.sendWell();
});

row('F28 not enough replicas on the retry of an appended batch', {}, async (drill) => {
  void drill.broker.control.once('Produce', { drop: 'afterHandling' }).then(() => {
    drill.broker.control.onRequest(({ produce }) => produce && { errorCode: 19 });
  });
  const sent = await drill.send();
  assert.deepEqual(statusesOf(sent), ['possiblyPersisted']);
});

row('F29 batch too large for the topic: split down to single messages', {}, async (drill) => {
  await drill.sendWell();
  const [single] = drill.broker.log(TOPIC, 0);
  drill.broker.control.setMaxMessageBytes(TOPIC, single!.length + 4);
  await drill.sendWell(9);
  assert.equal(drill.broker.log(TOPIC, 0).length, 10);
  if (!drill.idempotent) return;
  const stored = new Set(drill.numbering.map(({ sequence }) => sequence));
  assert.deepEqual(
    [...stored].sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
});

row('F30 batch too large on the retry of an appended batch: not split', {}, async (drill) => {
  void drill.broker.control.once('Produce', { drop: 'afterHandling' }).then(() => {
    drill.broker.control.onRequest(({ produce }) => produce && { errorCode: 10 });
  });
  const sent = await drill.send(4);
  assert.deepEqual(statusesOf(sent), Array(4).fill('possiblyPersisted'));
  assert.equal(drill.written.length, 2);
});

row('F34 duplicate sequence on a retry', {}, async (drill) => {
  void drill.broker.control.once('Produce', { drop: 'afterHandling' }).then(() => {
    void drill.broker.control.once('Produce', { errorCode: 46 });
  });
  const [sent] = await drill.sendWell();
  assert.equal(sent!.report?.offset, -1);
  assert.equal(drill.copies(sent!), 1);
});

row('F40 replies of one connection out of order', { partitions: 2 }, async (drill) => {
  await drill.sendWell();
  const held = gate();
  const asked = drill.broker.control.once('Produce', { holdReplyUntil: held.opened });
  const first = drill.sendWell(1, { partition: 0 });
  await asked;
  void drill.broker.control.once('Produce', { overtake: true });
  const second = drill.sendWell(1, { partition: 1 });
  await Promise.all([first, second]);
  held.open();
});

for (const [what, change] of [
  ['omits a partition', (partitions: object[]) => partitions.slice(1)],
  ['repeats a partition', (partitions: object[]) => [...partitions, ...partitions.slice(0, 1)]],
  ['names an unknown partition', (partitions: object[]) => [...partitions, { ...partitions[0], partition: 7 }]],
] as const) {
  row(`F41 reply ${what}`, { partitions: 2 }, async (drill) => {
    void drill.broker.control.once('Produce', {
      rewriteProduce: (answer) => ({
        ...answer,
        topics: answer.topics.map(({ topic, partitions }) => ({ topic, partitions: change(partitions) as never })),
      }),
    });
    await Promise.all([drill.sendWell(2, { partition: 0 }), drill.sendWell(2, { partition: 1 })]);
    assert.equal(new Set(drill.written.map(({ connectionId }) => connectionId)).size, 2, 'the connection was given up');
  });
}

row('F42 base offset repeated: an alarm', { except: ['O2', 'O7'] }, async (drill) => {
  await drill.sendWell(2);
  void drill.broker.control.once('Produce', {
    rewriteProduce: (answer) => ({
      ...answer,
      topics: answer.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((partition) => ({ ...partition, baseOffset: 0 })),
      })),
    }),
  });
  await drill.send();
  assert.equal(drill.eventsOf('offsetRegression').length, 1);
});

row('F43 throttled', {}, async (drill) => {
  void drill.broker.control.once('Produce', { throttleMs: 100 });
  await drill.sendWell();
  await drill.sendWell();
  assert.equal(drill.eventsOf('throttled').length, 1);
  assert.equal(drill.output.stats.retries, 0);
});

const TWO_HOURS_MS = 7_200_000;

row('F51 timestamp ahead of what the broker allows', {}, async (drill) => {
  const sending = [drill.send(), drill.send(1, { timestamp: Date.now() + TWO_HOURS_MS }), drill.send()];
  const [before, culprit, after] = await Promise.all(sending);
  assert.deepEqual(
    [before, culprit, after].map((sent) => sent![0]!.report?.status),
    ['persisted', 'notPersisted', 'persisted'],
  );
  assert.equal(failureOf(culprit![0]!.report), 'INVALID_TIMESTAMP');
  assert.match(culprit![0]!.report?.error?.message ?? '', /Timestamp \d+ is out of range/);
});
