/** Where two rules meet: ghosts and deadlines, aborts from inside a send, topics that vanish, hints of new leaders. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import type { RecordSource } from '../../src/producer/api.ts';
import { createProducer } from '../../src/producer/producer.ts';
import { openEngine } from '../../src/engine/select.ts';
import { answer, FakeCluster } from './fake-cluster.ts';
import { codes, IDEMPOTENT, openBench, runUntilSettled, statuses, TOPIC } from './harness.ts';
import { ManualClock, settle } from './manual-clock.ts';

/** Where an unclear batch waits behind one that has been given up: 'a' is a ghost, 'b' is to be told. */
async function openWithGhost(): Promise<ReturnType<typeof openBench> & { reported: Promise<string[]>[] }> {
  const bench = openBench({ ...IDEMPOTENT, batchRecordsMax: 1, messageTimeoutMs: 30_000 }, 2);
  const { clock, cluster, send } = bench;
  await runUntilSettled(clock, send({ value: 'zero', partition: 0 }));
  cluster.onProduce = (call) => void call.append();
  const first = send({ value: 'a', partition: 0 });
  await clock.advance(5_000);
  const second = send({ value: 'b', partition: 0 });
  // Both are unclear when the connection ends at 15 s; the first is asked for again until its time is over.
  await clock.advance(24_900);
  return { ...bench, reported: [first, second].map(async (reports) => statuses(await reports)) };
}

describe('a ghost (R11b)', () => {
  it('has the time of any request for its answer, and spoils no connection for others', async () => {
    const { clock, cluster, send, reported } = await openWithGhost();
    cluster.onProduce = (call) => {
      clock.setTimer(() => {
        call.respond(call.append());
      }, 50);
    };
    await clock.advance(200);
    const disconnects = cluster.disconnects.length;
    const beside = send({ value: 'x', partition: 1 });
    assert.deepEqual(await runUntilSettled(clock, reported[1]!), ['persisted']);
    assert.deepEqual(statuses(await runUntilSettled(clock, beside)), ['persisted']);
    assert.deepEqual(await reported[0], ['possiblyPersisted']);
    assert.equal(cluster.disconnects.length, disconnects);
    assert.deepEqual(cluster.values(TOPIC), ['zero', 'a', 'b']);
  });

  it('is given up when the broker refuses it for good, and the one behind it is asked for', async () => {
    const { clock, cluster, reported } = await openWithGhost();
    let refused = 0;
    cluster.onProduce = (call) => {
      if (call.batches[0]![1].at(-2) !== 'a'.charCodeAt(0)) call.respond(call.append());
      else if (++refused < 50) call.refuse(10);
    };
    assert.deepEqual(await runUntilSettled(clock, reported[1]!), ['persisted']);
    assert.ok(refused < 3, `asked ${refused} times`);
  });
});

describe('what is overdue', () => {
  it('is not written any more, when the process was busy at its deadline', async () => {
    const { clock, cluster, send } = openBench({ messageTimeoutMs: 1_000 });
    await runUntilSettled(clock, send('zero'));
    cluster.onProduce = () => undefined;
    const inFlight = send('a');
    await clock.advance(10);
    const queued = send('b');
    await settle();
    // The clock jumps over both deadlines; the first to run afterwards is an answer, not the timer.
    clock.leap(5_000);
    for (const call of cluster.open) call.respond(call.append());
    assert.deepEqual(statuses(await runUntilSettled(clock, inFlight)), ['persisted']);
    assert.deepEqual(statuses(await runUntilSettled(clock, queued)), ['notPersisted']);
    assert.equal(cluster.calls.length, 2);
  });

  it('is told in time also behind a send that gets in bit by bit', async () => {
    const { clock, cluster, send } = openBench({ messageTimeoutMs: 10_000, queueMessagesMax: 1, batchRecordsMax: 1 });
    await runUntilSettled(clock, send('zero'));
    cluster.onProduce = (call) => {
      clock.setTimer(() => {
        call.respond(call.append());
      }, 3_000);
    };
    const slow = send(...Array.from({ length: 20 }, (_, i) => `slow ${i}`));
    const startMs = clock.now();
    const behind = send('behind');
    assert.deepEqual(codes(await runUntilSettled(clock, behind)), ['ERR_MESSAGE_TIMEOUT']);
    assert.ok(clock.now() - startMs <= 11_000);
    assert.equal((await runUntilSettled(clock, slow)).persistedCount, 20);
  });
});

/** A source whose message at `index` runs `during` while it is taken, as a value's toJSON may. */
function sourceThat(length: number, index: number, during: () => void): RecordSource {
  return {
    length,
    emit(at, target) {
      if (at === index) during();
      target.add(null, `v${at}`, null, 0, -1);
    },
  };
}

describe('an abort from inside a send', () => {
  it('while it is taken at once', async () => {
    const { clock, cluster, producer, send } = openBench();
    await runUntilSettled(clock, producer.prepare(TOPIC));
    const abort = new AbortController();
    const source = sourceThat(4, 1, () => {
      abort.abort();
    });
    const reports = await runUntilSettled(clock, producer.produce(TOPIC, source, { signal: abort.signal }));
    assert.deepEqual(codes(reports), [undefined, undefined, 'ERR_ABORTED', 'ERR_ABORTED']);
    assert.equal((await runUntilSettled(clock, send('next'))).persistedCount, 1);
    assert.deepEqual(cluster.values(TOPIC), ['v0', 'v1', 'next']);
  });

  it('while it is taken after waiting, with another send behind it', async () => {
    const { clock, cluster, producer, send } = openBench();
    const abort = new AbortController();
    const source = sourceThat(4, 1, () => {
      abort.abort();
    });
    const aborted = producer.produce(TOPIC, source, { signal: abort.signal });
    const behind = send('behind');
    const reports = await runUntilSettled(clock, aborted);
    assert.deepEqual(codes(reports), [undefined, undefined, 'ERR_ABORTED', 'ERR_ABORTED']);
    assert.equal((await runUntilSettled(clock, behind)).persistedCount, 1);
    assert.deepEqual(cluster.values(TOPIC), ['v0', 'v1', 'behind']);
  });

  it('while it fills the queue', async () => {
    const { clock, cluster, producer } = openBench({ queueMessagesMax: 2 });
    await runUntilSettled(clock, producer.prepare(TOPIC));
    cluster.onProduce = () => undefined;
    const abort = new AbortController();
    const source = sourceThat(4, 1, () => {
      abort.abort();
    });
    const reports = producer.produce(TOPIC, source, { signal: abort.signal });
    await clock.advance(1);
    assert.equal(producer.stats.notPersistedMessages, 2);
    for (const call of cluster.open) call.respond(call.append());
    assert.equal((await runUntilSettled(clock, reports)).persistedCount, 2);
  });
});

describe('a topic that vanishes', () => {
  it('is waited for, for 30 seconds: then what is queued fails with its name (R17)', async () => {
    const { clock, cluster, producer, send } = openBench({ messageTimeoutMs: 0 });
    await runUntilSettled(clock, send('zero'));
    cluster.topics.delete(TOPIC);
    cluster.onProduce = (call) => {
      call.refuse(3);
    };
    const startMs = clock.now();
    const reports = await runUntilSettled(clock, send('a', 'b'));
    assert.deepEqual(codes(reports), ['ERR_UNKNOWN_TOPIC', 'ERR_UNKNOWN_TOPIC']);
    assert.deepEqual(statuses(reports), ['notPersisted', 'notPersisted']);
    assert.ok(clock.now() - startMs >= 30_000 && clock.now() - startMs < 32_000);
    assert.equal(producer.stats.queuedMessages, 0);
  });

  it('costs no wake-ups while the answer to what was sent before is still awaited', async () => {
    const { clock, cluster, send } = openBench({
      messageTimeoutMs: 0,
      requestTimeoutMs: 90_000,
      metadataMaxAgeMs: 1_000,
    });
    await runUntilSettled(clock, send('zero'));
    cluster.onProduce = () => undefined;
    const sending = send('a');
    await settle();
    const partitions = cluster.topics.get(TOPIC)!;
    cluster.topics.delete(TOPIC);
    await clock.advance(1_000);
    // Asks for metadata, which no longer has the topic.
    assert.deepEqual(codes(await send({ value: 'b', partition: 9 })), ['ERR_PARTITION']);
    const timers = clock.timersSet;
    await clock.advance(60_000);
    // Metadata is asked for every 100 ms; a deadline in the past would set one timer after the other.
    assert.ok(clock.timersSet - timers < 5_000, `${clock.timersSet - timers} timers`);
    cluster.topics.set(TOPIC, partitions);
    for (const call of cluster.open) call.respond(call.append());
    assert.deepEqual(statuses(await runUntilSettled(clock, sending)), ['persisted']);
  });

  it('and is there again in time, takes what waited', async () => {
    const { clock, cluster, send } = openBench(IDEMPOTENT);
    await runUntilSettled(clock, send('zero'));
    const partitions = cluster.topics.get(TOPIC)!;
    cluster.topics.delete(TOPIC);
    cluster.onProduce = (call) => {
      if (cluster.topics.has(TOPIC)) call.respond(call.append());
      else call.refuse(3);
    };
    const sending = send('a');
    await clock.advance(25_000);
    cluster.topics.set(TOPIC, partitions);
    assert.deepEqual(statuses(await runUntilSettled(clock, sending)), ['persisted']);
    await clock.advance(60_000);
    assert.deepEqual(statuses(await runUntilSettled(clock, send('b'))), ['persisted']);
    assert.deepEqual(cluster.values(TOPIC), ['zero', 'a', 'b']);
  });
});

describe('the hint of a new leader (Produce v10)', () => {
  it('is followed at once, before the metadata knows of it', async () => {
    const { clock, cluster, send } = openBench();
    await runUntilSettled(clock, send('zero'));
    cluster.onProduce = (call) => {
      if (call.nodeId === 3) call.respond(call.append());
      else call.respond(call.map(() => ({ ...answer(6, -1), currentLeader: { leaderId: 3, leaderEpoch: 1 } })));
    };
    const startMs = clock.now();
    assert.equal((await runUntilSettled(clock, send('a'))).persistedCount, 1);
    assert.equal(clock.now(), startMs);
    assert.deepEqual(cluster.calls.map(({ nodeId }) => nodeId).slice(1), [1, 3]);
  });

  it('does not make two brokers that name each other a loop without a pause (B80)', async () => {
    const { clock, cluster, send } = openBench({ messageTimeoutMs: 5_000 });
    await runUntilSettled(clock, send('zero'));
    let epoch = 1;
    cluster.onProduce = (call) => {
      const currentLeader = { leaderId: call.nodeId === 1 ? 2 : 1, leaderEpoch: epoch++ };
      call.respond(call.map(() => ({ ...answer(6, -1), currentLeader })));
    };
    assert.deepEqual(statuses(await runUntilSettled(clock, send('a'))), ['notPersisted']);
    assert.ok(cluster.calls.length < 20, `${cluster.calls.length} requests`);
  });
});

describe('a broker that will not have our numbers', () => {
  it('is asked with a pause between the epochs', async () => {
    const { clock, cluster, send } = openBench({ ...IDEMPOTENT, messageTimeoutMs: 5_000 });
    await runUntilSettled(clock, send('zero'));
    cluster.onProduce = (call) => {
      call.refuse(45);
    };
    assert.deepEqual(statuses(await runUntilSettled(clock, send('a'))), ['notPersisted']);
    assert.ok(cluster.calls.length < 20, `${cluster.calls.length} requests`);
  });
});

describe('the backoff', () => {
  it('grows once for all that a lost connection takes with it', async () => {
    const { clock, cluster, events, send } = openBench({ ...IDEMPOTENT, batchRecordsMax: 1 });
    await runUntilSettled(clock, send('zero'));
    cluster.onProduce = () => undefined;
    const sending = send('a', 'b', 'c', 'd', 'e');
    await clock.advance(1);
    assert.ok(cluster.open.size > 2);
    cluster.disconnect(1, 'test');
    await settle();
    cluster.onProduce = (call) => {
      call.respond(call.append());
    };
    const startMs = clock.now();
    assert.equal((await runUntilSettled(clock, sending)).persistedCount, 5);
    assert.ok(clock.now() - startMs <= 120, `${clock.now() - startMs} ms`);
    const attempts = events.flatMap((event) => (event.type === 'retry' ? [event.attempt] : []));
    assert.deepEqual(new Set(attempts), new Set([1]));
  });
});

describe('a listener', () => {
  it('that rejects later ends nothing either', async () => {
    const clock = new ManualClock();
    const cluster = new FakeCluster({ [TOPIC]: 1 });
    const warned = once(process, 'warning');
    const rejecting = (): unknown => Promise.reject(new Error('too late'));
    const producer = createProducer({
      transport: cluster,
      engine: openEngine(),
      config: { lingerMs: 0 },
      clock,
      // What a caller does who writes an async listener.
      onEvent: rejecting,
    });
    const sending = producer.produce(
      TOPIC,
      sourceThat(1, -1, () => undefined),
    );
    assert.equal((await runUntilSettled(clock, sending)).persistedCount, 1);
    const [warning] = (await warned) as [Error & { code?: string }];
    assert.equal(warning.code, 'KAFKA_HOTPATH_LISTENER');
  });
});

describe('a producer that can send no more', () => {
  it('says why, also when a full queue fails at once', async () => {
    const { clock, cluster, send } = openBench({ whenFull: 'fail' });
    await runUntilSettled(clock, send('zero'));
    cluster.onProduce = (call) => {
      call.refuse(35);
    };
    await runUntilSettled(clock, send('a'));
    assert.deepEqual(codes(await runUntilSettled(clock, send('b'))), ['ERR_BROKER']);
  });
});
