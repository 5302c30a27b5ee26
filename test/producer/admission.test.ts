/** Getting in: a full queue, an aborted send, and what a listener hears. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ArraySource, codes, openBench, runUntilSettled, statuses, TOPIC } from './harness.ts';

describe('admission', () => {
  it('fails at once what does not fit, when asked to', async () => {
    const { clock, cluster, producer, send } = openBench({ queueMessagesMax: 3, whenFull: 'fail' });
    await runUntilSettled(clock, producer.prepare(TOPIC));
    const reports = await runUntilSettled(clock, send('a', 'b', 'c', 'd', 'e'));
    assert.deepEqual(statuses(reports), ['persisted', 'persisted', 'persisted', 'notPersisted', 'notPersisted']);
    assert.deepEqual(codes(reports).slice(3), ['ERR_QUEUE_FULL', 'ERR_QUEUE_FULL']);
    assert.deepEqual(cluster.values(TOPIC), ['a', 'b', 'c']);
    assert.deepEqual(statuses(await runUntilSettled(clock, send('f'))), ['persisted']);
  });

  it('an aborted send loses only what was not taken, and the queue goes on', async () => {
    const { clock, cluster, producer, send } = openBench({ queueMessagesMax: 2 });
    await runUntilSettled(clock, producer.prepare(TOPIC));
    cluster.onProduce = (): undefined => undefined;
    const abort = new AbortController();
    const source = new ArraySource(['a', 'b', 'c', 'd'].map((value) => ({ value })));
    const aborted = producer.produce(TOPIC, source, { signal: abort.signal });
    const behind = send('e');
    abort.abort();
    await clock.advance(1);
    cluster.onProduce = (call) => {
      call.respond(call.append());
    };
    for (const call of cluster.open) call.respond(call.append());
    const reports = await runUntilSettled(clock, aborted);
    assert.deepEqual(statuses(reports), ['persisted', 'persisted', 'notPersisted', 'notPersisted']);
    assert.deepEqual(codes(reports).slice(2), ['ERR_ABORTED', 'ERR_ABORTED']);
    assert.deepEqual(statuses(await runUntilSettled(clock, behind)), ['persisted']);
    assert.deepEqual(cluster.values(TOPIC), ['a', 'b', 'e']);
  });

  it('takes nothing of a send that is aborted already', async () => {
    const { cluster, producer } = openBench();
    const source = new ArraySource([{ value: 'a' }]);
    const reports = await producer.produce(TOPIC, source, { signal: AbortSignal.abort() });
    assert.deepEqual(codes(reports), ['ERR_ABORTED']);
    assert.equal(cluster.calls.length, 0);
  });

  it('tells of every batch that has its reports', async () => {
    const { clock, cluster, events, send } = openBench({ batchRecordsMax: 2, maxRetries: 0 });
    cluster.onProduce = (call, index) => {
      if (index === 0) call.respond(call.append());
      else call.refuse(7);
    };
    await runUntilSettled(clock, send('a', 'b', 'c'));
    assert.deepEqual(
      events.filter(({ type }) => type === 'delivery'),
      [
        { type: 'delivery', topic: TOPIC, partition: 0, status: 'persisted', messages: 2, baseOffset: 0 },
        { type: 'delivery', topic: TOPIC, partition: 0, status: 'possiblyPersisted', messages: 1, baseOffset: -1 },
      ],
    );
  });

  it('an hour without brokers costs no more than the queue allows', async () => {
    const { clock, cluster, producer, send } = openBench({
      queueMessagesMax: 500,
      whenFull: 'fail',
      messageTimeoutMs: 60_000,
      lingerMs: 5,
    });
    await runUntilSettled(clock, producer.prepare(TOPIC));
    cluster.onProduce = (call) => {
      call.fail(false);
    };
    let mostQueued = 0;
    let reported = 0;
    for (let second = 0; second < 3_600; second++) {
      void send(...Array.from({ length: 20 }, () => 'x'.repeat(100))).then((reports) => {
        reported += reports.length;
      });
      await clock.advance(1_000);
      mostQueued = Math.max(mostQueued, producer.stats.queuedMessages);
    }
    await clock.advance(61_000);
    assert.ok(mostQueued <= 500, `${mostQueued} messages were queued`);
    assert.equal(reported, 72_000);
    assert.equal(producer.stats.queuedMessages, 0);
    assert.equal(producer.stats.queuedBytes, 0);
    assert.equal(clock.timerCount, 0);
  });
});
