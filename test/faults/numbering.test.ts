/** Faults that concern sequences, epochs and producer ids. Without idempotence they must change nothing. */
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { PartitionSequence } from '../../src/producer/sequences.ts';
import { failureOf, gate, row, type Drill, statusesOf, TOPIC } from './drill.ts';

const ONE_EACH = { batchSize: 1 };

row('F31 out of order behind a refused batch', { properties: ONE_EACH }, async (drill) => {
  await drill.sendWell();
  const held = gate();
  // Damaged on the way: refused, and with it whatever of the partition came behind.
  void drill.broker.control.once('Produce', { errorCode: 2, delayUntil: held.opened });
  const sending = drill.sendWell(5);
  await drill.broker.control.waitFor(() => drill.written.length === (drill.idempotent ? 6 : 2));
  held.open();
  await sending;
  assert.equal(drill.eventsOf('gapDetected').length, 0);
});

row('F32 broker lost the end of its log and the producer state', { except: ['O2', 'O7'] }, async (drill) => {
  await drill.sendWell();
  await drill.sendWell();
  await drill.sendWell();
  drill.broker.control.truncate(TOPIC, 0, 1);
  await drill.sendWell(2);
  if (!drill.idempotent) return;
  assert.equal(drill.eventsOf('gapDetected').length, 1);
  assert.deepEqual(drill.numbering.at(-1), { ...drill.numbering[0], epoch: 1, sequence: 0 });
});

row('F33 producer forgotten after retention emptied the log', { except: ['O2'] }, async (drill) => {
  await drill.sendWell();
  await drill.sendWell();
  drill.broker.control.deleteRecords(TOPIC, 0, 2);
  if (drill.idempotent) {
    void drill.broker.control.once('Produce', {
      errorCode: 59,
      rewriteProduce: (answer) => ({
        ...answer,
        topics: answer.topics.map(({ topic, partitions }) => ({
          topic,
          partitions: partitions.map((partition) => ({ ...partition, logStartOffset: 2 })),
        })),
      }),
    });
  }
  await drill.sendWell();
  assert.equal(drill.eventsOf('gapDetected').length, 0);
});

/** Hands out the last epoch there is to the first producer id. */
function lastEpochFirst(drill: Drill): void {
  void drill.broker.control.once('InitProducerId', {
    rewriteInitProducerId: ({ producerId }) => ({ producerId, producerEpoch: 32_767 }),
  });
}

row('F35 epochs used up', {}, async (drill) => {
  lastEpochFirst(drill);
  await drill.sendWell();
  const stop = drill.broker.control.onRequest(({ produce }) => produce && { errorCode: 19 });
  assert.deepEqual(statusesOf(await drill.send()), ['notPersisted']);
  stop();
  await drill.sendWell();
  if (!drill.idempotent) return;
  const [first, last] = [drill.numbering[0]!, drill.numbering.at(-1)!];
  assert.equal(first.epoch, 32_767);
  assert.notEqual(last.producerId, first.producerId);
  assert.deepEqual([last.epoch, last.sequence], [0, 0]);
});

describe('close to the end of the sequences', () => {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its object below
  const { adopt } = PartitionSequence.prototype;

  before(() => {
    // Two billion messages are too many for a test: the numbering starts near its end, which a broker that knows
    // nothing of the producer accepts.
    PartitionSequence.prototype.adopt = function (identity) {
      adopt.call(this, identity);
      this.take(2 ** 31 - 2);
    };
  });
  after(() => {
    PartitionSequence.prototype.adopt = adopt;
  });

  row('F36 sequence wraps inside a batch', {}, async (drill) => {
    await drill.sendWell(3);
    void drill.broker.control.once('Produce', { drop: 'afterHandling' });
    await drill.sendWell(2);
    if (!drill.idempotent) return;
    assert.deepEqual(
      drill.numbering.map(({ sequence }) => sequence),
      [2 ** 31 - 2, 1, 1],
    );
  });
});

row('F37 never more batches in flight than the broker remembers', { properties: ONE_EACH }, async (drill) => {
  await drill.sendWell();
  const gates: { open: () => void }[] = [];
  let opened = 0;
  let most = 0;
  drill.broker.control.onRequest(({ produce }) => {
    if (produce === undefined) return undefined;
    const held = gate();
    gates.push(held);
    most = Math.max(most, gates.length - opened);
    return { holdReplyUntil: held.opened };
  });
  const sending = drill.sendWell(20);
  const limit = drill.idempotent ? 5 : 1;
  while (opened < 20) {
    // The last message is in a batch that is still open and goes when nothing is in flight.
    const expected = Math.max(opened + 1, Math.min(19, opened + limit));
    await drill.broker.control.waitFor(() => gates.length >= expected);
    gates[opened++]!.open();
  }
  await sending;
  assert.equal(most, limit);
});

row('F38 producer id refused ten times, then given', {}, async (drill) => {
  let refusals = 0;
  drill.broker.control.onRequest(({ apiName }) =>
    apiName === 'InitProducerId' && refusals < 10 ? { errorCode: [14, 15, 7][refusals++ % 3]! } : undefined,
  );
  await drill.sendWell(2);
  assert.equal(refusals, drill.idempotent ? 10 : 0);
  assert.equal(drill.eventsOf('retry').length, 0);
});

row('F38 producer id never given', { properties: { messageTimeoutMs: 60_000 } }, async (drill) => {
  const asked = drill.broker.control.nextRequest('InitProducerId');
  drill.broker.control.onRequest(({ apiName }) => (apiName === 'InitProducerId' ? { mute: true } : undefined));
  if (!drill.idempotent) {
    await drill.sendWell();
    return;
  }
  const sending = drill.send(2);
  await asked;
  drill.clock.skip(60_000);
  const sent = await sending;
  assert.deepEqual(statusesOf(sent), ['notPersisted', 'notPersisted']);
  assert.equal(failureOf(sent[0]!.report), 'ERR_MESSAGE_TIMEOUT');
});

row('F39 producer id refused for good', {}, async (drill) => {
  drill.broker.control.onRequest(({ apiName }) => (apiName === 'InitProducerId' ? { errorCode: 31 } : undefined));
  const sent = await drill.send(2);
  if (!drill.idempotent) {
    assert.deepEqual(statusesOf(sent), ['persisted', 'persisted']);
    return;
  }
  assert.deepEqual(statusesOf(sent), ['notPersisted', 'notPersisted']);
  assert.equal(failureOf(sent[0]!.report), 'CLUSTER_AUTHORIZATION_FAILED');
  assert.deepEqual(statusesOf(await drill.send()), ['notPersisted'], 'later sends fail at once');
});
