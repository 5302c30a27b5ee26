/** The rules R1–R18 of reliability §1.4, each shown where it matters. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DeliveryReports } from '../../src/producer/api.ts';
import type { ProducePartitionResponse } from '../../src/protocol/messages.ts';
import { readRecordBatches } from '../../src/protocol/record-batch-reader.ts';
import { answer, type FakeCluster } from './fake-cluster.ts';
import { openBench, runUntilSettled, statuses, TOPIC } from './harness.ts';

const IDEMPOTENT = { enableIdempotence: true, maxRetries: 10 } as const;

function codes(reports: DeliveryReports): (string | undefined)[] {
  return [...reports].map(({ error }) => error?.code);
}

/** Producer id, epoch and base sequence of each batch written, and how often each distinct batch was. */
function written(cluster: FakeCluster): string[] {
  return cluster.calls.flatMap((call) =>
    call.batches.map(([, bytes]) => {
      const batch = readRecordBatches(bytes)[0]!;
      return `${batch.producerId}/${batch.producerEpoch}/${batch.baseSequence}`;
    }),
  );
}

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
      cluster.onProduce = (): undefined => undefined;
      void send(...Array.from({ length: 9 }, (_, i) => `v${i}`));
      await clock.advance(1);
      assert.equal(cluster.open.size, most);
    }
  });

  it('reports possibly persisted when retries run out after an unclear answer, and not persisted when refused', async () => {
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

describe('sequences and epochs (R4, R5, R6, R9, R10, R11b)', () => {
  it('numbers batches one after the other and restarts only with a new epoch', async () => {
    const { clock, cluster, send } = openBench({ ...IDEMPOTENT, batchRecordsMax: 2 });
    await runUntilSettled(clock, send('a', 'b', 'c', 'd', 'e'));
    assert.deepEqual(written(cluster), ['4000/0/0', '4000/0/2', '4000/0/4']);
    assert.equal(cluster.identityCount, 1);
  });

  it('requeues what came behind a failed head, free and in order (F31)', async () => {
    const { clock, cluster, send } = openBench({ ...IDEMPOTENT, batchRecordsMax: 1, maxRetries: 1 });
    let refusals = 0;
    cluster.onProduce = (call, index) => {
      if (index === 0 && refusals++ === 0) call.refuse(19);
      else call.respond(call.append());
    };
    // The first of five is refused; the fake broker answers 45 for the other four by itself? It knows no producer yet,
    // so it would take any first sequence, as Kafka does; force the broker's memory with one good batch.
    const first = await runUntilSettled(clock, send('zero'));
    assert.equal(first.persistedCount, 1);
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
    const { clock, cluster, send } = openBench({ ...IDEMPOTENT, batchRecordsMax: 1, messageTimeoutMs: 30_000 });
    await runUntilSettled(clock, send('zero'));
    let isBroken = true;
    cluster.onProduce = (call) => {
      if (isBroken) {
        call.append();
        return;
      }
      call.respond(call.append());
    };
    const first = send('a');
    await clock.advance(20_000);
    const second = send('b', 'c');
    await clock.advance(9_000);
    cluster.disconnect(1, 'test');
    await runUntilSettled(clock, first);
    isBroken = false;
    for (const call of [...cluster.open]) call.fail(true);
    const reports = await runUntilSettled(clock, second);
    assert.deepEqual(statuses(await first), ['possiblyPersisted']);
    assert.deepEqual(statuses(reports), ['persisted', 'persisted']);
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

  it('waits for a producer id that is slow to come, and fails everything when it is refused (F38, F39, R18)', async () => {
    const slow = openBench(IDEMPOTENT);
    const { BrokerError } = await import('../../src/errors.ts');
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

describe('size and invalid records (R13, R15)', () => {
  for (const enableIdempotence of [false, true]) {
    it(`splits down to the single message and fails only the culprit, idempotence ${enableIdempotence} (F29)`, async () => {
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
    const { FakePartition } = await import('./fake-cluster.ts');
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
