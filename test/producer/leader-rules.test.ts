/** Who leads, in a cluster that is cut in two: whom the producer asks, and whose answer it takes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { retryRule } from '../../src/producer/retry-rules.ts';
import { IDEMPOTENT, openBench, runUntilSettled, TOPIC } from './harness.ts';

describe('a leader that is cut off from the others (F15)', () => {
  for (const enableIdempotence of [false, true]) {
    for (const code of [7, 19, 20]) {
      it(`is left for the new one when all it answers is ${code}, idempotence ${enableIdempotence}`, async () => {
        const { clock, cluster, send } = openBench({ ...IDEMPOTENT, enableIdempotence });
        await runUntilSettled(clock, send('zero'));
        const partition = cluster.partition(TOPIC, 0);
        cluster.onProduce = (call) => {
          if (call.nodeId !== 1) {
            call.respond(call.append());
            return;
          }
          // The others have elected one of themselves, which this one cannot know.
          Object.assign(partition, { leaderId: 2, leaderEpoch: 1 });
          call.refuse(code);
        };
        assert.equal((await runUntilSettled(clock, send('a'))).persistedCount, 1);
        assert.deepEqual(
          cluster.calls.map(({ nodeId }) => nodeId),
          [1, 1, 2],
        );
        assert.deepEqual(cluster.doubted.at(-1), [1]);
      });
    }
  }

  it('is not asked itself, nor is one whose connection was lost; one that knows it does not lead may be', () => {
    assert.deepEqual(
      [7, 19, 20].map((code) => retryRule(code).refresh),
      ['others', 'others', 'others'],
    );
    assert.deepEqual(
      [3, 5, 6, 56, 72, 74, 75, 100, 103].map((code) => retryRule(code).refresh),
      Array.from({ length: 9 }, () => 'any'),
    );
  });

  it('is doubted after a lost connection, until somebody has answered', async () => {
    const { clock, cluster, send } = openBench(IDEMPOTENT);
    await runUntilSettled(clock, send('zero'));
    cluster.onProduce = (call, index) => {
      if (index === 1) call.fail(true);
      else if (index === 2) call.refuse(6);
      else call.respond(call.append());
    };
    assert.equal((await runUntilSettled(clock, send('a'))).persistedCount, 1);
    assert.deepEqual(cluster.doubted.slice(-2), [[1], []]);
  });
});

describe('an answer from the past', () => {
  const told = { leaderId: 2, leaderEpoch: 5 };

  it('does not bring back a leader of an earlier epoch', async () => {
    const { clock, cluster, send } = openBench({ ...IDEMPOTENT, metadataMaxAgeMs: 1_000, lingerMs: 10 });
    cluster.topicIds.set(TOPIC, 'a1');
    Object.assign(cluster.partition(TOPIC, 0), told);
    await runUntilSettled(clock, send('zero'));
    const asked = cluster.metadataCount;
    Object.assign(cluster.partition(TOPIC, 0), { leaderId: 1, leaderEpoch: 4 });
    await clock.advance(2_000);
    await runUntilSettled(clock, send('a'));
    assert.ok(cluster.metadataCount > asked);
    await runUntilSettled(clock, send('b'));
    assert.deepEqual(
      cluster.calls.map(({ nodeId }) => nodeId),
      [2, 2, 2],
    );
  });

  it('is none when the topic is another one by now, or when brokers tell no ids', async () => {
    for (const [before, after] of [
      ['a1', 'a2'],
      ['', ''],
    ] as const) {
      const { clock, cluster, send } = openBench({ ...IDEMPOTENT, metadataMaxAgeMs: 1_000, lingerMs: 10 });
      cluster.topicIds.set(TOPIC, before);
      Object.assign(cluster.partition(TOPIC, 0), told);
      await runUntilSettled(clock, send('zero'));
      cluster.topicIds.set(TOPIC, after);
      Object.assign(cluster.partition(TOPIC, 0), { leaderId: 1, leaderEpoch: 0 });
      await clock.advance(2_000);
      await runUntilSettled(clock, send('a'));
      await runUntilSettled(clock, send('b'));
      assert.deepEqual(cluster.calls.map(({ nodeId }) => nodeId).slice(-1), [1], `topic id ${before} then ${after}`);
    }
  });

  it('is believed in the end, when there is no other', async () => {
    const { clock, cluster, send } = openBench({ ...IDEMPOTENT, metadataMaxAgeMs: 1_000 });
    cluster.topicIds.set(TOPIC, 'a1');
    Object.assign(cluster.partition(TOPIC, 0), told);
    await runUntilSettled(clock, send('zero'));
    Object.assign(cluster.partition(TOPIC, 0), { leaderId: 1, leaderEpoch: 4 });
    cluster.onProduce = (call) => {
      if (call.nodeId === 1) call.respond(call.append());
      else call.refuse(6);
    };
    const startMs = clock.now();
    assert.equal((await runUntilSettled(clock, send('a'))).persistedCount, 1);
    assert.ok(clock.now() - startMs > 29_000 && clock.now() - startMs < 33_000, `${clock.now() - startMs} ms`);
  });
});
