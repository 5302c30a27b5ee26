/** Retries and what they may claim: R1, R2, R3, R7, R12 and R17 of reliability §1.4. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codes, IDEMPOTENT, openBench, runUntilSettled, statuses, TOPIC } from './harness.ts';

describe('retries (R1, R2, R3, R7, R12, R17)', () => {
  for (const enableIdempotence of [false, true]) {
    it(`sends the same bytes again after a lost answer, idempotence ${enableIdempotence}`, async () => {
      const { clock, cluster, send } = openBench({ enableIdempotence });
      const bytes: string[] = [];
      cluster.onProduce = (call, index) => {
        bytes.push(Buffer.from(call.batches[0]![1]).toString('hex'));
        const response = call.append();
        if (index === 0) call.fail(true);
        else call.respond(response);
      };
      const reports = await runUntilSettled(clock, send('a', 'b'));
      assert.equal(reports.persistedCount, 2);
      assert.equal(bytes[0], bytes[1]);
      assert.deepEqual(cluster.values(TOPIC), enableIdempotence ? ['a', 'b'] : ['a', 'b', 'a', 'b']);
    });
  }

  it('keeps order and partition over a leader move (F18)', async () => {
    const { clock, cluster, send } = openBench({ ...IDEMPOTENT, batchRecordsMax: 1 });
    cluster.onProduce = (call, index) => {
      if (index === 1) cluster.partition(TOPIC, 0).leaderId = 2;
      if (call.nodeId === cluster.partition(TOPIC, 0).leaderId) call.respond(call.append());
      else call.refuse(6);
    };
    const values = Array.from({ length: 20 }, (_, i) => `v${i}`);
    const reports = await runUntilSettled(clock, send(...values));
    assert.equal(reports.persistedCount, 20);
    assert.deepEqual(cluster.values(TOPIC), values);
  });

  it('never has more than one batch of a partition in flight without idempotence, five with', async () => {
    for (const [enableIdempotence, most] of [
      [false, 1],
      [true, 5],
    ] as const) {
      const { clock, cluster, send } = openBench({ enableIdempotence, batchRecordsMax: 1 });
      await runUntilSettled(clock, send('first'));
      cluster.onProduce = (): undefined => undefined;
      void send(...Array.from({ length: 9 }, (_, i) => `v${i}`));
      await clock.advance(1);
      assert.equal(cluster.open.size, most);
    }
  });

  it('retries run out: possibly persisted after an unclear answer, not persisted when refused', async () => {
    const unclear = openBench({ maxRetries: 2 });
    unclear.cluster.onProduce = (call) => {
      call.refuse(7);
    };
    const lost = await runUntilSettled(unclear.clock, unclear.send('a'));
    assert.deepEqual(statuses(lost), ['possiblyPersisted']);
    assert.equal(unclear.cluster.calls.length, 3);
    const refused = openBench({ maxRetries: 2 });
    refused.cluster.onProduce = (call) => {
      call.refuse(19);
    };
    const failed = await runUntilSettled(refused.clock, refused.send('a'));
    assert.deepEqual(statuses(failed), ['notPersisted']);
    assert.deepEqual(codes(failed), ['ERR_BROKER']);
  });

  it('never goes back to not persisted: 19 on the retry of an appended batch (F28)', async () => {
    const { clock, cluster, send } = openBench({ ...IDEMPOTENT, maxRetries: 1 });
    cluster.onProduce = (call, index) => {
      if (index === 0) call.fail(true);
      else call.refuse(19);
    };
    assert.deepEqual(statuses(await runUntilSettled(clock, send('a'))), ['possiblyPersisted']);
  });

  it('takes an error with a base offset as an append (F19), and does not count a plain leader move', async () => {
    const { clock, cluster, send } = openBench({ maxRetries: 0 });
    cluster.onProduce = (call, index) => {
      if (index < 3) call.refuse(6);
      else call.refuse(6, 17);
    };
    assert.deepEqual(statuses(await runUntilSettled(clock, send('a'))), ['possiblyPersisted']);
    assert.equal(cluster.calls.length, 4);
  });

  it('does not count an attempt that was never written (R17, row L1)', async () => {
    const { clock, cluster, send } = openBench({ maxRetries: 0 });
    cluster.onProduce = (call, index) => {
      if (index < 5) call.fail(false);
      else call.respond(call.append());
    };
    assert.deepEqual(statuses(await runUntilSettled(clock, send('a'))), ['persisted']);
  });

  it('accepts "already have it" as persisted without an offset (46)', async () => {
    const { clock, cluster, send } = openBench(IDEMPOTENT);
    cluster.onProduce = (call) => {
      call.refuse(46);
    };
    const reports = await runUntilSettled(clock, send('a'));
    assert.deepEqual(statuses(reports), ['persisted']);
    assert.equal(reports.at(0)?.offset, -1);
  });

  it('reports an unknown error code as possibly persisted', async () => {
    const { clock, cluster, send } = openBench();
    cluster.onProduce = (call) => {
      call.refuse(32767);
    };
    assert.deepEqual(statuses(await runUntilSettled(clock, send('a'))), ['possiblyPersisted']);
  });

  it('fails fast when the credentials are refused (L4)', async () => {
    const { clock, cluster, send } = openBench();
    cluster.onProduce = (call) => {
      call.fail(false, true);
    };
    assert.deepEqual(statuses(await runUntilSettled(clock, send('a'))), ['notPersisted']);
    assert.equal(cluster.calls.length, 1);
  });
});
