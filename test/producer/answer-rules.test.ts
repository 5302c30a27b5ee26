/** Splitting, invalid records, deadlines and answers that cannot be trusted: R11, R13, R14 and R15. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ProducePartitionResponse } from '../../src/protocol/messages.ts';
import { answer, FakePartition } from './fake-cluster.ts';
import { codes, IDEMPOTENT, openBench, runUntilSettled, statuses, TOPIC, written } from './harness.ts';

describe('size and invalid records (R13, R15)', () => {
  for (const enableIdempotence of [false, true]) {
    it(`splits down to the single message that is too large, idempotence ${enableIdempotence} (F29)`, async () => {
      const { clock, cluster, send } = openBench({ enableIdempotence });
      cluster.onProduce = (call) => {
        const [, bytes] = call.batches[0]!;
        if (bytes.length > 200) call.refuse(10);
        else call.respond(call.append());
      };
      const small = Array.from({ length: 7 }, (_, i) => `v${i}`);
      const reports = await runUntilSettled(clock, send(...small, 'x'.repeat(500), 'end'));
      assert.deepEqual(statuses(reports), [...small.map(() => 'persisted'), 'notPersisted', 'persisted']);
      assert.deepEqual(cluster.values(TOPIC), [...small, 'end']);
    });
  }

  it('does not split what may be in the log (F30)', async () => {
    const { clock, cluster, send } = openBench();
    cluster.onProduce = (call, index) => {
      if (index === 0) call.refuse(7);
      else call.refuse(10);
    };
    assert.deepEqual(statuses(await runUntilSettled(clock, send('a', 'b'))), [
      'possiblyPersisted',
      'possiblyPersisted',
    ]);
  });

  for (const enableIdempotence of [false, true]) {
    it(`fails only the records the broker names, idempotence ${enableIdempotence}`, async () => {
      const { clock, cluster, send } = openBench({ enableIdempotence });
      cluster.onProduce = (call, index) => {
        if (index > 0) {
          call.respond(call.append());
          return;
        }
        call.respond(
          call.map(() => ({
            ...answer(87, -1),
            recordErrors: [{ batchIndex: 1, message: 'key required' }],
            errorMessage: 'one or more records have been rejected',
          })),
        );
      };
      const reports = await runUntilSettled(clock, send('a', 'b', 'c'));
      assert.deepEqual(statuses(reports), ['persisted', 'notPersisted', 'persisted']);
      assert.match(reports.at(1)!.error!.message, /INVALID_RECORD.*key required/);
      assert.deepEqual(cluster.values(TOPIC), ['a', 'c']);
    });
  }
});

describe('deadlines and answers that cannot be trusted (R11, R14)', () => {
  it('never sent at the deadline: not persisted, and no later than a second after it (O8)', async () => {
    const { clock, cluster, send } = openBench({ messageTimeoutMs: 5_000 });
    cluster.partition(TOPIC, 0).leaderId = -1;
    const reports = send('a');
    const startMs = clock.now();
    assert.deepEqual(statuses(await runUntilSettled(clock, reports)), ['notPersisted']);
    assert.deepEqual(codes(await reports), ['ERR_MESSAGE_TIMEOUT']);
    assert.ok(clock.now() - startMs <= 6_000);
  });

  it('sent and unanswered at the deadline: the connection is destroyed and it is possibly persisted', async () => {
    const { clock, cluster, send } = openBench({ messageTimeoutMs: 5_000 });
    cluster.onProduce = (): undefined => undefined;
    const startMs = clock.now();
    const reports = await runUntilSettled(clock, send('a'));
    assert.deepEqual(statuses(reports), ['possiblyPersisted']);
    assert.equal(cluster.disconnects.length, 1);
    assert.ok(clock.now() - startMs <= 6_000);
  });

  it('an answer after our own deadline changes nothing', async () => {
    const { clock, cluster, send } = openBench({ messageTimeoutMs: 5_000 });
    cluster.disconnect = (): undefined => undefined;
    cluster.onProduce = (): undefined => undefined;
    const reports = await runUntilSettled(clock, send('a'));
    assert.deepEqual(statuses(reports), ['possiblyPersisted']);
    const [late] = cluster.open;
    late!.respond(late!.append());
    await clock.advance(1_000);
    assert.deepEqual(statuses(reports), ['possiblyPersisted']);
  });

  it('gives up a request after requestTimeoutMs and its grace, not before', async () => {
    const { clock, cluster, send } = openBench({ requestTimeoutMs: 5_000 });
    cluster.onProduce = (call, index) => {
      if (index > 0) call.respond(call.append());
    };
    const reports = send('a');
    await clock.advance(14_999);
    assert.equal(cluster.disconnects.length, 0);
    await clock.advance(1_500);
    assert.equal(cluster.disconnects.length, 1);
    assert.deepEqual(statuses(await reports), ['persisted']);
  });

  it('an unknown topic is given up after 30 seconds, with its name', async () => {
    const { clock, cluster, send } = openBench();
    cluster.topics.delete(TOPIC);
    const startMs = clock.now();
    const reports = await runUntilSettled(clock, send('a'));
    assert.deepEqual(codes(reports), ['ERR_UNKNOWN_TOPIC']);
    assert.ok(clock.now() - startMs < 40_000);
  });

  it('a topic missing for a while keeps its numbering (F21)', async () => {
    const { clock, cluster, send } = openBench(IDEMPOTENT);
    await runUntilSettled(clock, send('a'));
    const partitions = cluster.topics.get(TOPIC)!;
    cluster.onProduce = (call) => {
      if (cluster.topics.has(TOPIC)) call.respond(call.append());
      else call.refuse(3);
    };
    cluster.topics.delete(TOPIC);
    const reports = send('b');
    await clock.advance(5_000);
    cluster.topics.set(TOPIC, partitions);
    assert.equal((await runUntilSettled(clock, reports)).persistedCount, 1);
    assert.deepEqual(cluster.values(TOPIC), ['a', 'b']);
    assert.equal(new Set(written(cluster)).size, 2);
  });

  it('a topic that grows gets its new partitions, and queued messages keep theirs (F23)', async () => {
    const { clock, cluster, producer, send } = openBench({ metadataMaxAgeMs: 1_000, lingerMs: 10 }, 3);
    await runUntilSettled(clock, send({ key: 'k', value: 'a' }));
    cluster.topics.get(TOPIC)!.push(new FakePartition(), new FakePartition(), new FakePartition());
    await clock.advance(2_000);
    await runUntilSettled(clock, send({ key: 'k', value: 'b' }));
    await clock.advance(500);
    const reports = await runUntilSettled(clock, send({ value: 'c', partition: 5 }));
    assert.deepEqual(statuses(reports), ['persisted']);
    assert.equal(producer.stats.queuedMessages, 0);
  });

  const changes: [string, (list: ProducePartitionResponse[]) => ProducePartitionResponse[]][] = [
    ['omits', () => []],
    ['repeats', (list) => [...list, ...list]],
    ['adds to', (list) => [...list, { ...list[0]!, partition: 9 }]],
  ];
  for (const [name, change] of changes) {
    it(`an answer that ${name} the partitions it was asked for is not believed`, async () => {
      const { clock, cluster, send } = openBench();
      cluster.onProduce = (call, index) => {
        const response = call.append();
        if (index === 0) response.topics[0]!.partitions = change(response.topics[0]!.partitions);
        call.respond(response);
      };
      const reports = await runUntilSettled(clock, send('a'));
      assert.deepEqual(statuses(reports), ['persisted']);
      assert.equal(cluster.disconnects.length, 1);
      assert.equal(cluster.calls.length, 2);
    });
  }
});
