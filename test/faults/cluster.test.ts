/** Faults of nodes, leaders and topics. */
import assert from 'node:assert/strict';
import { failureOf, gate, row, statusesOf, TOPIC, turn } from './drill.ts';

const TWO_NODES = { broker: { brokers: 2 } };
const DURABLE = { maxRetries: 2_147_483_647 };

row('F08 leader killed', { ...TWO_NODES, properties: DURABLE }, async (drill) => {
  await drill.sendWell();
  const held = gate();
  const asked = drill.broker.control.once('Produce', { holdReplyUntil: held.opened });
  const sending = drill.sendWell(3);
  await asked;
  await drill.broker.control.stopNode(1);
  await sending;
  held.open();
  await drill.sendWell();
});

row('F09 leader frozen, then resumed', { ...TWO_NODES, properties: DURABLE }, async (drill) => {
  await drill.sendWell();
  drill.broker.control.freezeNode(1);
  const sending = drill.sendWell(3);
  drill.clock.skip(20_000);
  drill.broker.control.resumeNode(1);
  await sending;
  await drill.sendWell();
});

row('F12 whole cluster down and up again', { ...TWO_NODES, properties: DURABLE }, async (drill) => {
  await drill.sendWell();
  await drill.broker.control.stopNode(1, { elect: false });
  await drill.broker.control.stopNode(2, { elect: false });
  const sending = Promise.all([drill.sendWell(2), drill.sendWell(2)]);
  drill.clock.skip(60_000);
  await drill.broker.control.startNode(1);
  await drill.broker.control.startNode(2);
  await sending;
  await drill.sendWell();
});

row('F13 whole cluster down for longer than messageTimeoutMs', { properties: DURABLE }, async (drill) => {
  await drill.sendWell();
  void drill.broker.control.once('Produce', { mute: true });
  const unclear = drill.send(2);
  await drill.broker.control.waitFor(() => drill.written.length === 2);
  await drill.broker.control.stopNode(1);
  const unsent = drill.send(2);
  await turn();
  drill.clock.skip(300_000);
  assert.deepEqual(statusesOf(await unclear), ['possiblyPersisted', 'possiblyPersisted']);
  assert.deepEqual(statusesOf(await unsent), ['notPersisted', 'notPersisted']);
  await drill.broker.control.startNode(1);
  await drill.sendWell();
});

row('F18 leader moves again and again', { ...TWO_NODES, properties: { batchSize: 2 } }, async (drill) => {
  let requests = 0;
  drill.broker.control.onRequest(({ produce }) => {
    if (produce !== undefined && ++requests % 4 === 0) {
      drill.broker.control.moveLeader(TOPIC, 0, 1 + ((requests / 4) % 2));
    }
    return undefined;
  });
  const sending = [];
  for (let i = 0; i < 10; i++) sending.push(drill.sendWell(3));
  await Promise.all(sending);
  assert.ok(requests >= 12, 'the leader has moved');
});

row('F20 metadata names a dead node as the leader', { broker: { brokers: 3 } }, async (drill) => {
  await drill.sendWell();
  await drill.broker.control.stopNode(1);
  const [, port = '0'] = drill.broker.addresses[0]!.split(':');
  let stale = 3;
  drill.metadata = (metadata) =>
    stale-- <= 0
      ? metadata
      : {
          ...metadata,
          brokers: [...metadata.brokers, { nodeId: 1, host: '127.0.0.1', port: Number(port), rack: null }],
          topics: metadata.topics.map((topic) => ({
            ...topic,
            partitions: topic.partitions.map((partition) => ({ ...partition, leaderId: 1 })),
          })),
        };
  await drill.sendWell(2);
  assert.ok(stale <= 0);
  const counted = drill.eventsOf('retry').length;
  assert.ok(counted > 2, `${counted} retries: more than maxRetries, and none of them spent one`);
});

row('F21 topic missing from the metadata for a while', { properties: DURABLE }, async (drill) => {
  await drill.sendWell(2);
  let missing = 3;
  drill.metadata = (metadata) =>
    missing-- <= 0
      ? metadata
      : { ...metadata, topics: metadata.topics.map((topic) => ({ ...topic, errorCode: 3, partitions: [] })) };
  drill.broker.control.onRequest(({ produce }) =>
    produce !== undefined && missing > 0 ? { errorCode: 3 } : undefined,
  );
  await drill.sendWell(2);
  assert.ok(missing <= 0);
  if (!drill.idempotent) return;
  assert.deepEqual(drill.numbering.at(-1), { ...drill.numbering[0], sequence: 2 }, 'the numbering goes on');
});

row('F22 topic deleted and created again', { except: ['O2', 'O4', 'O7'] }, async (drill) => {
  await drill.sendWell(3);
  drill.broker.control.deleteTopic(TOPIC);
  drill.broker.createTopic({ name: TOPIC });
  const sent = await drill.sendWell(2);
  assert.deepEqual(
    sent.map((one) => drill.copies(one)),
    [1, 1],
  );
  assert.equal(drill.eventsOf('offsetRegression').length, 1);
});

row('F23 partitions added', { partitions: 3, metadataMaxAgeMs: 1_000 }, async (drill) => {
  const held = gate();
  const asked = drill.broker.control.once('Produce', { delayUntil: held.opened });
  const queued = drill.sendWell(2, { partition: 2 });
  await asked;
  drill.broker.control.addPartitions(TOPIC, 6);
  drill.clock.skip(1_100);
  held.open();
  await queued;
  await drill.sendWell(2, { partition: 2 });
  // Whether the metadata is already new or not: a message for a partition that is not there asks for it.
  let [grown] = await drill.send(1, { partition: 5 });
  while (grown!.report?.status !== 'persisted') {
    assert.equal(failureOf(grown!.report), 'ERR_PARTITION');
    // A refusal is immediate; without a turn for the sockets the answer would never be read.
    await new Promise((resolve) => setImmediate(resolve));
    [grown] = await drill.send(1, { partition: 5 });
  }
});

row('F24 partition without a leader', { partitions: 2 }, async (drill) => {
  await drill.sendWell(1, { partition: 0 });
  drill.broker.control.setLeader(TOPIC, 0, -1);
  const waiting = drill.sendWell(2, { partition: 0 });
  await drill.sendWell(2, { partition: 1 });
  await drill.broker.control.nextRequest('Metadata');
  drill.broker.control.setLeader(TOPIC, 0, 1);
  await waiting;
});

row('F44 connection closed while it was idle', {}, async (drill) => {
  await drill.sendWell();
  drill.broker.control.dropConnections(1);
  // Written before our side can have seen the end of the connection.
  await drill.sendWell(2);
});

row('F47 a dead address, a live one, and a name', { properties: {} }, async (drill) => {
  await drill.broker.control.stopNode(1);
  const waiting = drill.sendWell(2);
  await drill.broker.control.startNode(1);
  await waiting;
  drill.metadata = (metadata) => ({
    ...metadata,
    brokers: metadata.brokers.map((broker) => ({ ...broker, host: 'localhost' })),
  });
  void drill.broker.control.once('Produce', { errorCode: 6 });
  await drill.sendWell(2);
  drill.broker.control.dropConnections(1);
  await drill.sendWell(2);
});

row('F48 two brokers on one address, then one id on another address', TWO_NODES, async (drill) => {
  const [port1, port2] = drill.broker.addresses.map((address) => Number(address.split(':')[1]));
  let shown = port1!;
  drill.metadata = (metadata) => ({
    ...metadata,
    brokers: [7, 8].map((nodeId) => ({ nodeId, host: '127.0.0.1', port: shown, rack: null })),
    topics: metadata.topics.map((topic) => ({
      ...topic,
      partitions: topic.partitions.map((partition) => ({ ...partition, leaderId: 8 })),
    })),
  });
  void drill.broker.control.once('Produce', { errorCode: 6 });
  await drill.sendWell(2);
  shown = port2!;
  drill.broker.control.moveLeader(TOPIC, 0, 2);
  await drill.sendWell(2);
});

row('F61 unclean election drops what was acknowledged', { except: ['O2', 'O7'] }, async (drill) => {
  await drill.sendWell();
  const lost = await drill.sendWell(3);
  drill.broker.control.truncate(TOPIC, 0, 1);
  await drill.sendWell();
  assert.equal(drill.eventsOf('offsetRegression').length, 1);
  assert.deepEqual(statusesOf(lost), ['persisted', 'persisted', 'persisted'], 'a report is never revised');
});
