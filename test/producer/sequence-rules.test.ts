/** Sequences, epochs and producer ids: the rules R4, R5, R6, R9, R10, R11b and R18 of reliability §1.4. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BrokerError } from '../../src/errors.ts';
import { readRecordBatches } from '../../src/protocol/record-batch-reader.ts';
import { answer } from './fake-cluster.ts';
import { IDEMPOTENT, openBench, runUntilSettled, statuses, TOPIC, written } from './harness.ts';

describe('sequences and epochs (R4, R5, R6, R9, R10, R11b)', () => {
  it('numbers batches one after the other and restarts only with a new epoch', async () => {
    const { clock, cluster, send } = openBench({ ...IDEMPOTENT, batchRecordsMax: 2 });
    await runUntilSettled(clock, send('a', 'b', 'c', 'd', 'e'));
    assert.deepEqual(written(cluster), ['4000/0/0', '4000/0/2', '4000/0/4']);
    assert.equal(cluster.identityCount, 1);
  });

  it('requeues what came behind a refused head, free and in order (F31)', async () => {
    const { clock, cluster, send } = openBench({ ...IDEMPOTENT, batchRecordsMax: 1, maxRetries: 1 });
    // One good batch first: a broker that knows nothing of the producer would take any sequence.
    await runUntilSettled(clock, send('zero'));
    cluster.onProduce = (call, index) => {
      if (index === 1) call.refuse(19);
      else call.respond(call.append());
    };
    const reports = await runUntilSettled(clock, send('a', 'b', 'c', 'd', 'e'));
    assert.equal(reports.persistedCount, 5);
    assert.deepEqual(cluster.values(TOPIC), ['zero', 'a', 'b', 'c', 'd', 'e']);
  });

  it('recovers five in flight after the connection broke in the middle', async () => {
    const { clock, cluster, send } = openBench({ ...IDEMPOTENT, batchRecordsMax: 1 });
    await runUntilSettled(clock, send('zero'));
    cluster.onProduce = (call, index) => {
      if (index <= 5) {
        // The first two of five are stored, no answer arrives.
        if (index <= 2) call.append();
        if (index === 5) cluster.disconnect(1, 'test');
        return;
      }
      call.respond(call.append());
    };
    const values = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const reports = await runUntilSettled(clock, send(...values));
    assert.equal(reports.persistedCount, 7);
    assert.deepEqual(cluster.values(TOPIC), ['zero', ...values]);
    assert.deepEqual(
      [...reports].map(({ offset }) => offset),
      [1, 2, 3, 4, 5, 6, 7],
    );
  });

  it('bumps the epoch after a numbered batch failed for good, and later messages still go (R12)', async () => {
    const { clock, cluster, send } = openBench({ ...IDEMPOTENT, batchRecordsMax: 1 });
    await runUntilSettled(clock, send('zero'));
    cluster.onProduce = (call) => {
      const value = Buffer.from(readRecordBatches(call.batches[0]![1])[0]!.records[0]!.value!).toString();
      if (value === 'bad') call.refuse(87);
      else call.respond(call.append());
    };
    const reports = await runUntilSettled(clock, send('a', 'bad', 'b', 'c'));
    assert.deepEqual(statuses(reports), ['persisted', 'notPersisted', 'persisted', 'persisted']);
    assert.deepEqual(cluster.values(TOPIC), ['zero', 'a', 'b', 'c']);
    assert.equal(written(cluster).at(-1)!.startsWith('4000/1/'), true);
  });

  it('tells of a gap when the broker has lost its state, and goes on under a new epoch (F32)', async () => {
    const { clock, cluster, events, send } = openBench(IDEMPOTENT);
    await runUntilSettled(clock, send('a'));
    cluster.onProduce = (call, index) => {
      if (index === 1) call.refuse(45);
      else call.respond(call.append());
    };
    assert.equal((await runUntilSettled(clock, send('b'))).persistedCount, 1);
    assert.deepEqual(written(cluster), ['4000/0/0', '4000/0/1', '4000/1/0']);
    assert.deepEqual(
      events.filter(({ type }) => type === 'gapDetected').map((event) => event.type),
      ['gapDetected'],
    );
  });

  it('a head that may be in the log and is out of order is reported, never renumbered (R6, R9)', async () => {
    const { clock, cluster, send } = openBench({ ...IDEMPOTENT, batchRecordsMax: 1 });
    await runUntilSettled(clock, send('zero'));
    cluster.onProduce = (call, index) => {
      if (index === 1) call.fail(true);
      else if (index === 2) call.refuse(45);
      else call.respond(call.append());
    };
    const reports = await runUntilSettled(clock, send('a'));
    assert.deepEqual(statuses(reports), ['possiblyPersisted']);
    assert.equal((await runUntilSettled(clock, send('b'))).persistedCount, 1);
    assert.deepEqual(written(cluster), ['4000/0/0', '4000/0/1', '4000/0/1', '4000/1/0']);
  });

  it('asks again for an expired batch while unclear ones wait behind it (R11b: ghost)', async () => {
    const { clock, cluster, send } = openBench({ ...IDEMPOTENT, batchRecordsMax: 1, messageTimeoutMs: 6_000 });
    await runUntilSettled(clock, send('zero'));
    // Everything is stored, and no answer comes.
    cluster.onProduce = (call) => {
      call.append();
    };
    const first = send('a');
    await clock.advance(4_000);
    const second = send('b', 'c');
    await clock.advance(1_000);
    cluster.disconnect(1, 'test');
    assert.deepEqual(statuses(await runUntilSettled(clock, first)), ['possiblyPersisted']);
    // The answer takes its time; the deadline of its message, which is over, must not cut it off.
    cluster.onProduce = (call) => {
      clock.setTimer(() => {
        call.respond(call.append());
      }, 700);
    };
    for (const call of [...cluster.open]) call.fail(true);
    cluster.disconnects.length = 0;
    const before = written(cluster).length;
    assert.deepEqual(statuses(await runUntilSettled(clock, second)), ['persisted', 'persisted']);
    assert.deepEqual(written(cluster).slice(before), ['4000/0/1', '4000/0/2', '4000/0/3']);
    assert.deepEqual(cluster.disconnects, []);
    assert.deepEqual(cluster.values(TOPIC), ['zero', 'a', 'b', 'c']);
  });

  it('asks for a new producer id when the epoch is refused (47)', async () => {
    const { clock, cluster, send } = openBench(IDEMPOTENT);
    await runUntilSettled(clock, send('a'));
    cluster.onProduce = (call, index) => {
      if (index === 1) call.refuse(47);
      else call.respond(call.append());
    };
    assert.equal((await runUntilSettled(clock, send('b'))).persistedCount, 1);
    assert.deepEqual(written(cluster), ['4000/0/0', '4000/0/1', '4001/0/0']);
  });

  it('waits for a slow producer id, and fails everything when it is refused (F38, F39, R18)', async () => {
    const slow = openBench(IDEMPOTENT);
    let attempts = 0;
    slow.cluster.onInitProducerId = () => {
      attempts += 1;
      if (attempts < 4) return Promise.reject(new BrokerError(14, 'COORDINATOR_LOAD_IN_PROGRESS', 'loading'));
      return Promise.resolve({ producerId: 5n, producerEpoch: 0 });
    };
    assert.equal((await runUntilSettled(slow.clock, slow.send('a'))).persistedCount, 1);
    const refused = openBench(IDEMPOTENT);
    refused.cluster.onInitProducerId = () =>
      Promise.reject(new BrokerError(31, 'CLUSTER_AUTHORIZATION_FAILED', 'needs IdempotentWrite'));
    assert.deepEqual(statuses(await runUntilSettled(refused.clock, refused.send('a', 'b'))), [
      'notPersisted',
      'notPersisted',
    ]);
    assert.deepEqual(statuses(await runUntilSettled(refused.clock, refused.send('c'))), ['notPersisted']);
  });

  it('alarms when acknowledged offsets run backwards (F42)', async () => {
    const { clock, cluster, events, send } = openBench();
    cluster.onProduce = (call) => {
      call.respond(call.map(() => answer(0, 0)));
    };
    await runUntilSettled(clock, send('a'));
    await runUntilSettled(clock, send('b'));
    assert.deepEqual(
      events.filter(({ type }) => type === 'offsetRegression'),
      [{ type: 'offsetRegression', topic: TOPIC, partition: 0, previousOffset: 0, offset: 0 }],
    );
  });
});
