/** What the end of a connection, or a throttle, means for several requests at once (R11b, R16 of reliability §1.4). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readRecordBatches, type RecordBatch } from '../../src/protocol/record-batch-reader.ts';
import { IDEMPOTENT, openBench, runUntilSettled, statuses, TOPIC, written } from './harness.ts';

describe('a batch given up while later ones are still in flight (R11b)', () => {
  it('is asked for again, because the end of its connection makes them unclear a moment later', async () => {
    const { clock, cluster, send } = openBench({ ...IDEMPOTENT, batchRecordsMax: 1, messageTimeoutMs: 6_000 });
    await runUntilSettled(clock, send('zero'));
    // Nothing of what is sent now reaches the log.
    cluster.onProduce = () => undefined;
    const first = send('a');
    await clock.advance(2_000);
    const second = send('b', 'c');
    await clock.advance(1_000);
    assert.equal(cluster.open.size, 2);
    cluster.onProduce = (call) => {
      call.respond(call.append());
    };
    assert.deepEqual(statuses(await runUntilSettled(clock, first)), ['possiblyPersisted']);
    assert.deepEqual(statuses(await runUntilSettled(clock, second)), ['persisted', 'persisted']);
    assert.deepEqual(cluster.values(TOPIC), ['zero', 'a', 'b', 'c']);
    assert.ok(
      written(cluster).every((numbers) => numbers.startsWith('4000/0/')),
      written(cluster).join(),
    );
  });
});

describe('a throttle (R16)', () => {
  it('spends no retry and ends no connection, however long a broker keeps silent for it', async () => {
    const { clock, cluster, events, send } = openBench({ ...IDEMPOTENT, batchRecordsMax: 1, maxRetries: 1 });
    await runUntilSettled(clock, send('zero'));
    cluster.onProduce = () => undefined;
    const sending = send('a', 'b', 'c');
    await clock.advance(1);
    // The broker answers the first and mutes the connection: what is in it already is read 25 s later.
    const [first, ...others] = [...cluster.open];
    first!.respond({ ...first!.append(), throttleMs: 25_000 });
    await clock.advance(24_999);
    cluster.onProduce = (call) => {
      call.respond(call.append());
    };
    for (const call of others) call.respond(call.append());
    assert.equal((await runUntilSettled(clock, sending)).persistedCount, 3);
    assert.deepEqual(cluster.disconnects, []);
    assert.deepEqual(
      events.filter(({ type }) => type === 'retry'),
      [],
    );
  });
});

describe('a broker that has forgotten the producer', () => {
  it('gets one batch at a time in the new epoch until one is acknowledged: it would take any sequence', async () => {
    const { clock, cluster, send } = openBench({ ...IDEMPOTENT, batchRecordsMax: 1 });
    await runUntilSettled(clock, send('zero'));
    cluster.partition(TOPIC, 0).producers.clear();
    let hasRefused = false;
    cluster.onProduce = (call) => {
      const [{ producerEpoch, baseSequence }] = readRecordBatches(call.batches[0]![1]) as [RecordBatch];
      // It does not know the numbers of before, and has too few replicas for the first batch with new ones.
      if (producerEpoch === 0) call.refuse(59);
      else if (baseSequence === 0 && !hasRefused) {
        hasRefused = true;
        call.refuse(19);
      } else call.respond(call.append());
    };
    const reports = await runUntilSettled(clock, send('a', 'b', 'c'));
    assert.equal(reports.persistedCount, 3);
    assert.deepEqual(cluster.values(TOPIC), ['zero', 'a', 'b', 'c']);
  });
});
