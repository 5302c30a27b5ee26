/**
 * Brokers that break the protocol, one way at a time. The process lives, nothing is reported persisted that is not, and
 * as soon as the broker answers properly again the messages arrive.
 */
import assert from 'node:assert/strict';
import { encodeApiVersionsResponse } from '../../src/protocol/api-versions-server.ts';
import type { ApiVersionsResponse } from '../../src/protocol/api-versions.ts';
import type { ClusterMetadata } from '../../src/protocol/messages.ts';
import { type Drill, failureOf, row, statusesOf, TOPIC } from '../faults/drill.ts';

const PROXIED = { proxied: true, properties: { maxRetries: 2_147_483_647 } } as const;

/** Replaces the next answer to a Produce request. */
function spoil(drill: Drill, change: (reply: Buffer) => Uint8Array): void {
  const [proxy] = drill.proxies;
  proxy!.onReply = (reply, api) => {
    if (api !== 'Produce') return undefined;
    proxy!.onReply = undefined;
    return { bytes: change(reply) };
  };
}

function prefixed(length: number, content: Uint8Array = Buffer.alloc(0)): Buffer {
  const frame = Buffer.alloc(4 + content.length);
  frame.writeInt32BE(length);
  frame.set(content, 4);
  return frame;
}

/** Every spoiled answer costs its connection and a retry, and the message arrives all the same. */
async function survive(drill: Drill, change: (reply: Buffer) => Uint8Array): Promise<void> {
  spoil(drill, change);
  const ended = drill.nextEvent('disconnected');
  const [sent] = await drill.sendWell();
  await ended;
  assert.equal(drill.copies(sent!), drill.idempotent ? 1 : 2);
}

row('B71 length no frame can have', PROXIED, async (drill) => {
  await drill.sendWell();
  for (const length of [-(2 ** 31), -100, -4, -1, 0, 2, 3]) await survive(drill, () => prefixed(length));
});

row('B72 endless length, then nothing or a trickle', PROXIED, async (drill) => {
  await drill.sendWell();
  await survive(drill, () => prefixed(2 ** 31 - 1));
  await survive(drill, () => prefixed(2 ** 31 - 1, Buffer.from('trickle')));
  await survive(drill, () => prefixed(100_000_001));
});

row('B73 HTTP and TLS on the port', PROXIED, async (drill) => {
  await drill.sendWell();
  await survive(drill, () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await survive(drill, () => Buffer.from('15030300020228', 'hex'));
  const told = drill.events.map((event) => ('reason' in event ? event.reason : '')).join('\n');
  assert.match(told, /HTTP/);
  assert.match(told, /TLS/);
});

row('B74 unknown, huge and repeated correlation ids', PROXIED, async (drill) => {
  await drill.sendWell();
  for (const id of [0x7fffffff, -1, -(2 ** 31), 123_456]) {
    await survive(drill, (reply) => {
      reply.writeInt32BE(id, 4);
      return reply;
    });
  }
  spoil(drill, (reply) => Buffer.concat([reply, reply]));
  await drill.sendWell(2);
  await drill.sendWell(2);
});

row('B75 answer cut short at every length, as a frame of its own', PROXIED, async (drill) => {
  await drill.sendWell();
  let length = 5;
  for (let at = 4; at < length; at++) {
    await survive(drill, (reply) => {
      length = reply.length - 4;
      return prefixed(at, reply.subarray(4, 4 + at));
    });
  }
  assert.ok(length > 40);
});

row('B75 counts and lengths beyond the end', PROXIED, async (drill) => {
  await drill.sendWell();
  for (let at = 8; at < 24; at += 3) {
    for (const bytes of ['ffffffffff', '7fffffff', '80000000', 'fffffffe']) {
      spoil(drill, (reply) => {
        Buffer.from(bytes, 'hex').copy(reply, at, 0, Math.max(0, Math.min(reply.length - at, 4)));
        return reply;
      });
      // What the bytes happen to mean may be a refusal; that it is no crash and no false "persisted" is judged below.
      await drill.send();
    }
  }
});

const BAD_METADATA: readonly [string, (metadata: ClusterMetadata) => ClusterMetadata][] = [
  ['no brokers', (metadata) => ({ ...metadata, brokers: [] })],
  ['no leader for any partition', (metadata) => withPartitions(metadata, { leaderId: -1 })],
  ['a leader nobody knows', (metadata) => withPartitions(metadata, { leaderId: 4_711 })],
  ['two brokers of one id', (metadata) => ({ ...metadata, brokers: [...metadata.brokers, ...metadata.brokers] })],
  ['port −1', (metadata) => withBrokers(metadata, { port: -1 })],
  ['port 99999', (metadata) => withBrokers(metadata, { port: 99_999 })],
  ['an empty host', (metadata) => withBrokers(metadata, { host: '' })],
  ['a host with NUL', (metadata) => withBrokers(metadata, { host: '127.0.0.1\0evil' })],
  ['a host of 30 000 characters', (metadata) => withBrokers(metadata, { host: 'x'.repeat(30_000) })],
  ['negative partitions', (metadata) => withPartitions(metadata, { partition: -3 })],
  ['holes between the partitions', (metadata) => withPartitions(metadata, { partition: 5 })],
  ['partition 2 147 483 647', (metadata) => withPartitions(metadata, { partition: 2 ** 31 - 1 })],
];

function withBrokers(metadata: ClusterMetadata, change: { port?: number; host?: string }): ClusterMetadata {
  return { ...metadata, brokers: metadata.brokers.map((broker) => ({ ...broker, ...change })) };
}

function withPartitions(metadata: ClusterMetadata, change: { leaderId?: number; partition?: number }): ClusterMetadata {
  const topics = metadata.topics.map((topic) => ({
    ...topic,
    partitions: topic.partitions.map((partition) => ({ ...partition, ...change })),
  }));
  return { ...metadata, topics };
}

for (const [what, change] of BAD_METADATA) {
  row(`B77 metadata with ${what}`, {}, async (drill) => {
    await drill.sendWell();
    let bad = 2;
    drill.metadata = (metadata) => (bad-- > 0 ? change(metadata) : metadata);
    drill.broker.control.onRequest(({ produce }) => (produce !== undefined && bad > 0 ? { errorCode: 6 } : undefined));
    await drill.sendWell(2);
    assert.ok(bad <= 0);
  });
}

/** Answers the next ApiVersions request with this, in the version it was asked in. */
function spoilVersions(drill: Drill, response: ApiVersionsResponse): void {
  const [proxy] = drill.proxies;
  let version = 0;
  proxy!.onRequest = (request, api) => {
    if (api === 'ApiVersions') version = request.readInt16BE(6);
    return undefined;
  };
  proxy!.onReply = (reply, api) => {
    if (api !== 'ApiVersions') return undefined;
    proxy!.onReply = undefined;
    const body = encodeApiVersionsResponse(version, response);
    return { bytes: prefixed(4 + body.length, Buffer.concat([reply.subarray(4, 8), body])) };
  };
}

const NO_VERSIONS: ApiVersionsResponse = { errorCode: 0, throttleMs: 0, ranges: new Map() };

for (const [name, response] of [
  ['none', NO_VERSIONS],
  ['reversed', { ...NO_VERSIONS, ranges: new Map([0, 3, 17, 22, 36].map((key) => [key, { min: 9, max: 3 }])) }],
  ['refused', { ...NO_VERSIONS, errorCode: 35 }],
  ['every request there could be', { ...NO_VERSIONS, ranges: manyVersions() }],
] as const) {
  row(`B76 ApiVersions: ${name}`, PROXIED, async (drill) => {
    await drill.sendWell();
    spoilVersions(drill, response);
    const ended = drill.nextEvent('disconnected');
    drill.proxies[0]!.cut();
    await ended;
    // A broker that cannot take Produce is no broker to wait for; whatever is reported, the next connection is good.
    const [sent] = await drill.send();
    assert.ok(sent!.report?.status === 'persisted' || drill.copies(sent!) === 0);
    assert.equal(drill.proxies[0]!.onReply, undefined, 'it was asked');
    await drill.sendWell(2);
  });
}

function manyVersions(): Map<number, { min: number; max: number }> {
  const keys = Array.from({ length: 32_768 }, (_, key) => key);
  return new Map(keys.map((key) => [key, { min: 0, max: 1 }]));
}

row('B77 metadata with a hundred thousand partitions', {}, async (drill) => {
  await drill.sendWell();
  let bad = 1;
  drill.metadata = (metadata) => {
    if (bad-- <= 0) return metadata;
    const [first] = metadata.topics[0]!.partitions;
    const partitions = Array.from({ length: 100_000 }, (_, partition) => ({ ...first!, partition }));
    return { ...metadata, topics: [{ ...metadata.topics[0]!, partitions }] };
  };
  drill.broker.control.onRequest(({ produce }) => (produce !== undefined && bad > 0 ? { errorCode: 6 } : undefined));
  await drill.sendWell(2);
});

type Partition = { baseOffset: number; errorCode: number; recordErrors: { batchIndex: number; message: null }[] };

/** Changes the next Produce answer of the broker in one partition. */
function rewriteNext(drill: Drill, change: Partial<Partition>, throttleMs = 0): void {
  void drill.broker.control.once('Produce', {
    throttleMs,
    rewriteProduce: (answer) => ({
      ...answer,
      topics: answer.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((partition) => ({ ...partition, ...change })),
      })),
    }),
  });
}

row('B78 success with a negative offset', { except: ['O2'] }, async (drill) => {
  await drill.sendWell();
  rewriteNext(drill, { baseOffset: -5 });
  const [sent] = await drill.sendWell();
  assert.ok(sent!.report!.offset >= -1, `offset ${sent!.report!.offset}`);
  await drill.sendWell();
});

row('B78 error code nobody knows', {}, async (drill) => {
  await drill.sendWell();
  rewriteNext(drill, { errorCode: 32_767 });
  assert.deepEqual(statusesOf(await drill.send()), ['possiblyPersisted']);
  await drill.sendWell();
});

row('B78 record errors of records that do not exist', {}, async (drill) => {
  await drill.sendWell();
  for (const batchIndex of [-1, 3, 2 ** 31 - 1]) {
    void drill.broker.control.once('Produce', {
      partitionErrors: [{ topic: TOPIC, partition: 0, errorCode: 87, recordErrors: [{ batchIndex, message: null }] }],
    });
    assert.deepEqual(statusesOf(await drill.send(3)), Array(3).fill('notPersisted'));
  }
  await drill.sendWell();
});

row('B78 throttle of 24 days', { properties: { messageTimeoutMs: 60_000 } }, async (drill) => {
  const throttled = drill.nextEvent('throttled');
  rewriteNext(drill, {}, 2 ** 31 - 1);
  await drill.sendWell();
  await throttled;
  const held = drill.send();
  await new Promise((resolve) => setImmediate(resolve));
  drill.clock.skip(60_000);
  const [sent] = await held;
  assert.notEqual(sent!.report?.status, undefined);
});

row('B79 producer id −1 without an error', {}, async (drill) => {
  void drill.broker.control.once('InitProducerId', {
    rewriteInitProducerId: () => ({ producerId: -1n, producerEpoch: -1 }),
  });
  await drill.sendWell(2);
  if (drill.idempotent) assert.ok(drill.numbering.every(({ producerId }) => producerId >= 0));
});

const MESSAGE_TIMEOUT_MS = 300_000;
/** Seven waits of 100 ms that double up to a second, each a fifth shorter at the least. */
const BACKOFF_MS_MIN = 0.8 * (100 + 200 + 400 + 800 + 3 * 1000);

row(
  'B80 two brokers that each name the other as the leader',
  { broker: { brokers: 2 }, properties: { messageTimeoutMs: MESSAGE_TIMEOUT_MS } },
  async (drill) => {
    drill.broker.control.onRequest(({ produce, nodeId }) => {
      if (produce === undefined) return undefined;
      drill.broker.control.moveLeader(TOPIC, 0, 3 - nodeId);
      return undefined;
    });
    const startedMs = drill.clock.now();
    const sending = drill.send(2);
    for (let retry = 1; retry <= 8; retry++) await drill.nextEvent('retry');
    const waitedMs = drill.clock.now() - startedMs;
    assert.ok(waitedMs >= BACKOFF_MS_MIN, `eight retries within ${waitedMs} ms: it spins`);
    // While the next one waits, so that no request is on its way when time is up.
    drill.clock.skip(MESSAGE_TIMEOUT_MS);
    const sent = await sending;
    assert.deepEqual(statusesOf(sent), ['notPersisted', 'notPersisted']);
    assert.equal(failureOf(sent[0]!.report), 'ERR_MESSAGE_TIMEOUT');
  },
);

row('B81 answer to a request that was never sent', PROXIED, async (drill) => {
  await drill.sendWell();
  spoil(drill, (reply) => Buffer.concat([reply, prefixed(8, Buffer.from('0000beef00000000', 'hex'))]));
  await drill.sendWell();
  await drill.sendWell();
});

row('B81 bytes before any request', { ...PROXIED, connect: false }, async (drill) => {
  const [proxy] = drill.proxies;
  let spoiled = 0;
  proxy!.onConnection = (client) => {
    if (spoiled++ < 2) client.write(prefixed(4, Buffer.from('00000001', 'hex')));
    return false;
  };
  await drill.sendWell(2);
  assert.ok(spoiled >= 3);
});
