/** The ordinary way of a message: batched, sent, acknowledged, reported. */
import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import { describe, it } from 'node:test';
import { KafkaHotpathError } from '../../src/errors.ts';
import { readRecordBatches } from '../../src/protocol/record-batch-reader.ts';
import { FakePartition, type ProduceCall } from './fake-cluster.ts';
import { settle } from './manual-clock.ts';
import { ArraySource, codes, openBench, runUntilSettled, statuses, TOPIC } from './harness.ts';

describe('the way of a message', () => {
  it('reports partition, offset and timestamp of every message, in order', async () => {
    const { clock, cluster, send } = openBench();
    const first = await runUntilSettled(clock, send('a', 'b'));
    const second = await runUntilSettled(clock, send({ value: 'c', timestamp: 42 }));
    assert.deepEqual(
      [...first, ...second].map(({ index, status, topic, partition, offset, timestamp, error }) => [
        index,
        status,
        topic,
        partition,
        offset,
        timestamp,
        error,
      ]),
      [
        [0, 'persisted', TOPIC, 0, 0, 1_700_000_000_000, undefined],
        [1, 'persisted', TOPIC, 0, 1, 1_700_000_000_000, undefined],
        [0, 'persisted', TOPIC, 0, 2, 42, undefined],
      ],
    );
    assert.deepEqual(cluster.values(TOPIC), ['a', 'b', 'c']);
  });

  it('reports the broker time on a LogAppendTime topic', async () => {
    const { clock, cluster, send } = openBench();
    cluster.onProduce = (call) => {
      const response = call.append();
      response.topics[0]!.partitions[0]!.logAppendTimeMs = 99;
      call.respond(response);
    };
    const reports = await runUntilSettled(clock, send('a'));
    assert.equal(reports.at(0)?.timestamp, 99);
  });

  it('sends without waiting for a timer when nothing lingers, although time passes while it works', async () => {
    const { clock, cluster, producer, send } = openBench();
    await producer.prepare(TOPIC);
    clock.readingMs = 0.001;
    const sent = send('a');
    await settle();
    assert.equal(cluster.calls.length, 1);
    await sent;
  });

  it('asks for the partitions of a topic when a message is for one that it does not know', async () => {
    const { clock, cluster, send } = openBench({}, 1);
    await runUntilSettled(clock, send({ value: 'a', partition: 0 }));
    const asked = cluster.metadataCount;
    cluster.topics.get(TOPIC)?.push(new FakePartition(), new FakePartition());
    // Not sooner than a backoff after the last time, however many such messages there are.
    const refused = await runUntilSettled(clock, send({ value: 'b', partition: 2 }));
    assert.deepEqual(codes(refused), ['ERR_PARTITION']);
    assert.equal(cluster.metadataCount, asked);
    await clock.advance(1_000);
    await runUntilSettled(clock, send({ value: 'b', partition: 2 }));
    await settle();
    assert.equal(cluster.metadataCount, asked + 1);
    assert.deepEqual(statuses(await runUntilSettled(clock, send({ value: 'c', partition: 2 }))), ['persisted']);
  });

  it('does not write what came to be overdue while the process was busy (F52)', async () => {
    const { clock, cluster, send } = openBench({ messageTimeoutMs: 10_000, maxRetries: 10 });
    cluster.onProduce = (call) => {
      call.refuse(6);
    };
    const refused = send('a');
    await settle();
    const { length } = cluster.calls;
    cluster.onProduce = (call) => {
      call.respond(call.append());
    };
    clock.leap(20_000);
    const next = send('b');
    assert.deepEqual(statuses(await runUntilSettled(clock, refused)), ['notPersisted']);
    assert.deepEqual(statuses(await runUntilSettled(clock, next)), ['persisted']);
    assert.equal(length, 1);
    assert.deepEqual(cluster.values(TOPIC), ['b']);
  });

  it('lets a batch go on filling for which the requests in flight have no room', async () => {
    const { clock, cluster, send } = openBench({ requestBytesMax: 2_000 }, 20);
    const held: ProduceCall[] = [];
    cluster.onProduce = (call) => held.push(call);
    const partitions = Array.from({ length: 20 }, (_, partition) => partition);
    const value = 'v'.repeat(900);
    const first = partitions.map((partition) => send({ value, partition }));
    await settle();
    // Five requests with one batch each are under way; what comes now joins the fifteen batches that wait.
    assert.equal(held.length, 5);
    const second = partitions.map((partition) => send({ value: 'w', partition }));
    await settle();
    cluster.onProduce = (call) => {
      call.respond(call.append());
    };
    for (const call of held) call.respond(call.append());
    await runUntilSettled(clock, Promise.all([...first, ...second]));
    const sizes = cluster.calls.flatMap(({ batches }) => batches.map(([, bytes]) => readRecordBatches(bytes)[0]!));
    assert.equal(sizes.filter(({ records }) => records.length === 2).length, 15);
    assert.equal(sizes.length, 25);
  });

  it('puts what is handed over in one turn into one batch, and into one request for all partitions', async () => {
    const { clock, cluster, send } = openBench({}, 3);
    await runUntilSettled(
      clock,
      Promise.all([0, 1, 2, 0, 1, 2].map((partition) => send({ value: `v${partition}`, partition }))),
    );
    assert.equal(cluster.calls.length, 1);
    assert.deepEqual(
      cluster.calls[0]!.batches.map(([name, bytes]) => [name, readRecordBatches(bytes)[0]!.records.length]),
      [
        [`${TOPIC}-0`, 2],
        [`${TOPIC}-1`, 2],
        [`${TOPIC}-2`, 2],
      ],
    );
  });

  it('lingers, and a full batch does not wait for the linger', async () => {
    const { clock, cluster, send } = openBench({ lingerMs: 50, batchRecordsMax: 3 });
    const reports = send('a', 'b', 'c', 'd');
    await clock.advance(49);
    assert.deepEqual(cluster.values(TOPIC), ['a', 'b', 'c']);
    await clock.advance(1);
    assert.deepEqual(cluster.values(TOPIC), ['a', 'b', 'c', 'd']);
    assert.equal((await reports).persistedCount, 4);
  });

  it('fills the next batch while one is in flight, instead of sending small ones', async () => {
    const { clock, cluster, send } = openBench({ enableIdempotence: true });
    cluster.onProduce = (): undefined => undefined;
    const all = [send('a')];
    await clock.advance(1);
    for (const value of ['b', 'c', 'd']) {
      all.push(send(value));
      await clock.advance(1);
    }
    assert.equal(cluster.calls.length, 1);
    cluster.onProduce = (call) => {
      call.respond(call.append());
    };
    const [call] = cluster.open;
    call!.respond(call!.append());
    await runUntilSettled(clock, Promise.all(all));
    assert.equal(cluster.calls.length, 2);
    assert.deepEqual(cluster.values(TOPIC), ['a', 'b', 'c', 'd']);
  });

  it('chooses the partition of a keyed message as librdkafka does, and keeps keyless ones together', async () => {
    const { clock, send } = openBench({}, 7);
    const keys = ['23456', 'hejsan', 'ключ', '123456789', '\u{1f600}'];
    const reports = await runUntilSettled(clock, send(...keys.map((key) => ({ key, value: 'v' }))));
    assert.deepEqual(
      [...reports].map(({ partition }) => partition),
      keys.map((key) => crc32(key) % 7),
    );
    const keyless = await runUntilSettled(clock, send('a', { key: '', value: 'b' }, 'c'));
    assert.equal(new Set([...keyless].map(({ partition }) => partition)).size, 1);
  });

  it('hashes as the Java client with murmur2_random, the empty key included', async () => {
    const { clock, send } = openBench({ partitioner: 'murmur2_random' }, 6);
    const keys = ['23456', 'hejsan', 'key', 'a', ''];
    const reports = await runUntilSettled(clock, send(...keys.map((key) => ({ key, value: 'v' }))));
    // reliability §1.7; the empty key hashes to 0x106e08d9.
    assert.deepEqual(
      [...reports].map(({ partition }) => partition),
      [5, 1, 1, 4, 0x106e08d9 % 6],
    );
  });

  it('refuses a bad, a too large and a misplaced message alone; neighbours go on', async () => {
    const { clock, cluster, send } = openBench({ recordBytesMax: 1_000 });
    const reports = await runUntilSettled(
      clock,
      send('a', { value: 'x', bad: true }, 'y'.repeat(965), 'z'.repeat(964), { value: 'p', partition: 7 }, 'b'),
    );
    assert.deepEqual(
      [...reports].map(({ status, error }) => error?.code ?? status),
      ['persisted', 'ERR_SERIALIZE', 'ERR_MSG_SIZE_TOO_LARGE', 'persisted', 'ERR_PARTITION', 'persisted'],
    );
    assert.match(reports.at(2)!.error!.message, /1001 bytes.*1000/);
    assert.match(reports.at(4)!.error!.message, /partitions 0 to 0/);
    assert.deepEqual(cluster.values(TOPIC), ['a', 'z'.repeat(964), 'b']);
    assert.equal(reports.failedCount, 3);
    assert.throws(() => reports.orThrow(), { code: 'ERR_DELIVERY' });
  });

  it('copies bytes before it returns', async () => {
    const { clock, cluster, send } = openBench({ lingerMs: 100 });
    const value = Buffer.from('before');
    const reports = send({ value });
    await clock.advance(0);
    const key = Buffer.from('key');
    const second = send({ key, value });
    value.fill('x');
    key.fill('x');
    await runUntilSettled(clock, Promise.all([reports, second]));
    assert.deepEqual(
      cluster.partition(TOPIC, 0).records.map((record) => [record.key, record.value]),
      [
        [null, 'before'],
        ['key', 'before'],
      ],
    );
  });

  it('resolves an empty send at once', async () => {
    const { send } = openBench();
    assert.equal((await send()).length, 0);
  });

  it('works before any metadata has come, and takes sends in order', async () => {
    const { clock, cluster, producer, send } = openBench();
    const source = new ArraySource([{ value: 'a' }]);
    const all = [producer.produce(TOPIC, source), send('b'), send('c')];
    assert.equal(source.retainedFrom, 0);
    await runUntilSettled(clock, Promise.all(all));
    assert.deepEqual(cluster.values(TOPIC), ['a', 'b', 'c']);
  });
});

describe('limits, flush and close', () => {
  it('waits for room and never holds more than the limit', async () => {
    const { clock, cluster, producer, send } = openBench({ queueMessagesMax: 10 });
    let mostQueued = 0;
    cluster.onProduce = (call) => {
      mostQueued = Math.max(mostQueued, producer.stats.queuedMessages);
      call.respond(call.append());
    };
    const values = Array.from({ length: 95 }, (_, i) => `v${i}`);
    const reports = await runUntilSettled(clock, send(...values));
    assert.equal(reports.persistedCount, 95);
    assert.deepEqual(cluster.values(TOPIC), values);
    assert.ok(mostQueued <= 10, `${mostQueued} messages were queued`);
    assert.equal(producer.stats.queuedMessages, 0);
    assert.equal(producer.stats.queuedBytes, 0);
  });

  it('flush cancels the linger and waits only for what was handed over before', async () => {
    const { clock, cluster, producer, send } = openBench({ lingerMs: 60_000 });
    await runUntilSettled(clock, producer.prepare(TOPIC));
    const held: (() => void)[] = [];
    cluster.onProduce = (call) => {
      held.push(() => {
        call.respond(call.append());
      });
    };
    const before = send('a');
    const flushed = producer.flush();
    await clock.advance(1);
    assert.equal(held.length, 1);
    const after = send('b');
    held.shift()!();
    await flushed;
    assert.equal((await before).persistedCount, 1);
    const second = producer.flush();
    await clock.advance(1);
    held.shift()!();
    await second;
    assert.equal((await after).persistedCount, 1);
  });

  it('a flush that takes too long says so and leaves the messages queued', async () => {
    const { clock, cluster, producer, send } = openBench();
    cluster.onProduce = (): undefined => undefined;
    const reports = send('a');
    await assert.rejects(runUntilSettled(clock, producer.flush({ timeoutMs: 50 })), { code: 'ERR_FLUSH_TIMEOUT' });
    assert.equal(producer.stats.queuedMessages, 1);
    const [call] = cluster.open;
    call!.respond(call!.append());
    assert.equal((await runUntilSettled(clock, reports)).persistedCount, 1);
  });

  it('close reports everything: sent is possibly persisted, the rest is not', async () => {
    const { clock, cluster, producer, send } = openBench({ batchRecordsMax: 1 });
    cluster.onProduce = (): undefined => undefined;
    const reports = send('a', 'b');
    await clock.advance(1);
    await runUntilSettled(clock, producer.close({ timeoutMs: 100 }));
    assert.deepEqual(
      [...(await reports)].map(({ status, error }) => [status, error?.code]),
      [
        ['possiblyPersisted', 'ERR_PURGED_INFLIGHT'],
        ['notPersisted', 'ERR_PURGED_QUEUE'],
      ],
    );
    assert.equal(cluster.isClosed, true);
    assert.equal(clock.timerCount, 0);
    await assert.rejects(send('c'), { code: 'ERR_CLOSED' });
    await producer.close();
  });

  it('close tells what waited for a connection from what was sent', async () => {
    const { clock, cluster, producer, send } = openBench({ maxRetries: 0 }, 3);
    cluster.partition(TOPIC, 1).leaderId = 2;
    cluster.onProduce = (call): void => {
      call.isWritten = call.nodeId === 1;
    };
    const reports = send({ value: 'sent', partition: 0 }, { value: 'waits', partition: 1 });
    await clock.advance(1);
    assert.equal(cluster.open.size, 2);
    await runUntilSettled(clock, producer.close({ timeoutMs: 100 }));
    assert.deepEqual(
      [...(await reports)].map(({ status, error }) => [status, error?.code]),
      [
        ['possiblyPersisted', 'ERR_PURGED_INFLIGHT'],
        ['notPersisted', 'ERR_PURGED_QUEUE'],
      ],
    );
    assert.equal(cluster.calls.length, 2, 'nothing is sent again');
    assert.equal(clock.timerCount, 0);
  });

  it('prepare names an unknown topic and an unreachable cluster', async () => {
    const { clock, cluster, producer } = openBench();
    await assert.rejects(runUntilSettled(clock, producer.prepare('nope')), { code: 'ERR_UNKNOWN_TOPIC' });
    const { TransportError } = await import('../../src/errors.ts');
    cluster.metadataError = new TransportError('none answers', { code: 'ERR_CONNECT', mayBeWritten: false });
    await assert.rejects(producer.prepare(TOPIC), { code: 'ERR_CONNECT' });
  });

  it('a send made while another is being read waits its turn and goes to its own report', async () => {
    const { clock, cluster, producer, send } = openBench();
    await runUntilSettled(clock, producer.prepare(TOPIC));
    let inner: Promise<unknown> | undefined;
    const outer = producer.produce(TOPIC, {
      length: 2,
      emit(index, target) {
        if (index === 0) inner = send('inner');
        target.add(null, `outer${index}`, null, 0, -1);
      },
    });
    const reports = await runUntilSettled(clock, outer);
    await runUntilSettled(clock, inner!);
    assert.deepEqual(statuses(reports), ['persisted', 'persisted']);
    assert.deepEqual(cluster.values(TOPIC), ['outer0', 'outer1', 'inner']);
  });

  it('an event listener that throws changes nothing', async () => {
    const { clock, cluster, producer, send } = openBench();
    producer.onEvent = () => {
      throw new KafkaHotpathError('ERR_CLOSED', 'listener');
    };
    cluster.onProduce = (call, index) => {
      if (index === 0) call.refuse(6);
      else call.respond(call.append());
    };
    const warnings: Error[] = [];
    const listen = (warning: Error): void => {
      warnings.push(warning);
    };
    process.on('warning', listen);
    assert.equal((await runUntilSettled(clock, send('a'))).persistedCount, 1);
    process.off('warning', listen);
    assert.ok(warnings.length > 0);
  });
});
