/** A message's report is what became of its batch, however batches are filled, divided and settled in between. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { KafkaHotpathError } from '../../src/errors.ts';
import type { DeliveryReports } from '../../src/producer/api.ts';
import { Delivery, type DeliveryGeneration, NOT_TAKEN } from '../../src/producer/delivery.ts';
import { BatchFate, FateLedger } from '../../src/producer/fates.ts';
import { Random } from '../support/random.ts';
import { openBench, runUntilSettled } from './harness.ts';
import { divideOneByOne } from './one-by-one.ts';

const CHILD = new URL('fates-child.ts', import.meta.url).pathname;

const TIMESTAMP_MS = 1_700_000_000_000;

function generationOf(): DeliveryGeneration {
  return { pendingCount: 0, onEmpty: undefined };
}

/** Of what is given up, what is still in memory; measured in a process of its own. */
async function keptBytes(what: 'chain' | 'culprits'): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--import', 'tsx', CHILD, what]);
  return (JSON.parse(stdout) as { keptBytes: number }).keptBytes;
}

function errorOf(text: string): KafkaHotpathError {
  return new KafkaHotpathError('ERR_BROKER', text);
}

/** A send of so many messages, and its reports once it has them. */
class Send {
  readonly delivery: Delivery;
  reports: DeliveryReports | undefined;

  constructor(length: number, ledger: FateLedger, generation = generationOf()) {
    this.delivery = new Delivery('orders', length, ledger, generation, 0);
    void this.delivery.promise.then((reports) => {
      this.reports = reports;
    });
  }

  join(index: number, fate: BatchFate): void {
    this.delivery.stamp(index, TIMESTAMP_MS + index);
    this.delivery.join(index, fate);
  }
}

describe('the reports of a send', () => {
  it('come when the last of its batches is settled, in whatever order they are', async () => {
    const ledger = new FateLedger();
    const batches = [0, 1, 2].map((partition) => new BatchFate(ledger, partition));
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const fates = batches.map(({ page, number }) => new BatchFate(ledger, page.partitions[number]!));
      const generation = generationOf();
      const send = new Send(3, ledger, generation);
      fates.forEach((fate, index) => {
        send.join(index, fate);
      });
      for (const [at, which] of order.entries()) {
        await Promise.resolve();
        assert.equal(send.reports, undefined);
        assert.equal(generation.pendingCount, 1);
        fates[which]!.persist(100 * which, -1, 0);
        assert.equal(generation.pendingCount, at === 2 ? 0 : 1);
      }
      const reports = await send.delivery.promise;
      assert.deepEqual(
        [...reports].map(({ partition, offset, timestamp }) => [partition, offset, timestamp - TIMESTAMP_MS]),
        [
          [0, 0, 0],
          [1, 100, 1],
          [2, 200, 2],
        ],
      );
    }
  });

  it('tell of refused messages beside others, whichever is decided first', async () => {
    const ledger = new FateLedger();
    const fate = new BatchFate(ledger, 4);
    const send = new Send(4, ledger);
    send.delivery.refuse(3, NOT_TAKEN, errorOf('last'));
    send.join(0, fate);
    send.delivery.stamp(1, TIMESTAMP_MS);
    send.delivery.refuse(1, 7, errorOf('too large'));
    send.join(2, fate);
    fate.fail('possiblyPersisted', errorOf('unclear'), 2);
    const reports = await send.delivery.promise;
    assert.deepEqual(
      [...reports].map(({ status, partition, timestamp, possibleDuplicates, error }) =>
        [status, partition, timestamp < 0 ? -1 : 'stamped', possibleDuplicates, error?.message].join(' '),
      ),
      [
        'possiblyPersisted 4 stamped 2 unclear',
        'notPersisted 7 stamped 0 too large',
        'possiblyPersisted 4 stamped 2 unclear',
        'notPersisted -1 -1 0 last',
      ],
    );
    assert.deepEqual([reports.persistedCount, reports.possiblyPersistedCount, reports.failedCount], [0, 2, 4]);
  });

  it('are there at once for a send of nothing, and for one refused as a whole', async () => {
    const ledger = new FateLedger();
    const generation = generationOf();
    assert.equal((await new Send(0, ledger, generation).delivery.promise).length, 0);
    const send = new Send(2, ledger, generation);
    send.delivery.refuse(0, -1, errorOf('full'));
    assert.equal(generation.pendingCount, 1);
    send.delivery.refuse(1, -1, errorOf('full'));
    assert.equal(generation.pendingCount, 0);
    assert.equal((await send.delivery.promise).failedCount, 2);
  });

  it('are final: a batch is settled once, and a message refused once', () => {
    const ledger = new FateLedger();
    const settled = [
      (fate: BatchFate) => {
        fate.persist(0, -1, 0);
      },
      (fate: BatchFate) => {
        fate.fail('notPersisted', errorOf('x'));
      },
      (fate: BatchFate) => {
        fate.divide(ledger, () => true);
      },
    ];
    for (const first of settled) {
      for (const second of settled) {
        const fate = new BatchFate(ledger, 0);
        first(fate);
        assert.throws(() => {
          second(fate);
        }, /settled twice/);
      }
    }
    const send = new Send(2, ledger);
    send.join(0, new BatchFate(ledger, 0));
    send.delivery.refuse(1, -1, errorOf('x'));
    for (const index of [0, 1]) {
      assert.throws(() => {
        send.delivery.refuse(index, -1, errorOf('x'));
      }, /settled twice/);
    }
  });
});

/** What the reports have to be, kept message by message. */
interface Expected {
  send: number;
  index: number;
  partition: number;
  text: string;
}

class Model {
  readonly #random: Random;
  readonly #ledger: FateLedger;
  readonly sends: Send[] = [];
  readonly expected: string[][] = [];
  readonly #left: number[] = [];
  readonly #open: { fate: BatchFate; members: Expected[] }[] = [];

  constructor(random: Random, ledger: FateLedger) {
    this.#random = random;
    this.#ledger = ledger;
  }

  open(): void {
    const length = this.#random.pick([1, 2, 17, 60]);
    this.sends.push(new Send(length, this.#ledger));
    this.expected.push(Array.from({ length }, () => ''));
    this.#left.push(length);
    const send = this.sends.length - 1;
    for (let index = 0; index < length; index++) this.#place(send, index);
  }

  settle(): void {
    const [batch] = this.#open.splice(this.#random.below(this.#open.length), 1);
    if (batch === undefined) return;
    const { fate, members } = batch;
    const kind = this.#random.below(4);
    if (kind === 0 && members.length > 1) this.#divide(fate, members);
    else if (kind === 1) {
      const status = this.#random.pick(['notPersisted', 'possiblyPersisted'] as const);
      const duplicates = this.#random.below(3);
      for (const member of members) this.#note(member, `${status} ${member.partition} -1 ${duplicates} ${member.text}`);
      fate.fail(status, errorOf('failed'), duplicates);
    } else {
      const baseOffset = this.#random.pick([-1, 0, 5_000_000_000]);
      const appendedMs = this.#random.pick([-1, 1_800_000_000_000]);
      for (const [position, member] of members.entries()) {
        const offset = baseOffset < 0 ? -1 : baseOffset + position;
        const time = appendedMs < 0 ? member.text : String(appendedMs);
        this.#note(member, `persisted ${member.partition} ${offset} 0 ${time}`);
      }
      fate.persist(baseOffset, appendedMs, 0);
    }
  }

  get openCount(): number {
    return this.#open.length;
  }

  /** Sends whose messages are all settled. */
  isOver(send: number): boolean {
    return this.#left[send] === 0;
  }

  #place(send: number, index: number): void {
    const { delivery } = this.sends[send]!;
    // The first messages of a send agree, most of the time.
    const timestampMs = this.#random.below(20) === 0 ? index : TIMESTAMP_MS;
    delivery.stamp(index, timestampMs);
    if (this.#random.below(15) === 0) {
      this.#note({ send, index, partition: 3, text: '' }, `notPersisted 3 -1 0 ${timestampMs}`);
      delivery.refuse(index, 3, errorOf('refused'));
      return;
    }
    if (this.#open.length === 0 || this.#random.below(4) === 0) {
      this.#open.push({ fate: new BatchFate(this.#ledger, this.#random.below(9)), members: [] });
    }
    const { fate, members } = this.#open[this.#random.below(this.#open.length)]!;
    const partition = fate.page.partitions[fate.number]!;
    members.push({ send, index, partition, text: String(timestampMs) });
    delivery.join(index, fate);
  }

  #divide(fate: BatchFate, members: Expected[]): void {
    const bits = members.map(() => this.#random.below(2));
    const parts = fate.divide(this.#ledger, (position) => bits[position] === 0);
    for (const [which, part] of parts.entries()) {
      const own = members.filter((_, position) => bits[position] === which);
      assert.equal(part.count, own.length);
      this.#open.push({ fate: part, members: own });
    }
  }

  #note({ send, index }: Expected, text: string): void {
    this.expected[send]![index] = text;
    this.#left[send]! -= 1;
  }
}

describe('any order of batches', () => {
  it('gives the reports of a model that keeps every message by itself', async () => {
    const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000);
    console.log(`TEST_SEED=${seed}`);
    // One for all, so that sends have batches of several pages.
    const ledger = new FateLedger();
    for (let round = 0; round < 40; round++) {
      const model = new Model(new Random(seed + round), ledger);
      const steps = new Random(seed - round);
      for (let step = 0; step < 400; step++) {
        if (steps.below(5) === 0) model.open();
        else model.settle();
      }
      while (model.openCount > 0) model.settle();
      await Promise.resolve();
      for (const [send, { reports }] of model.sends.entries()) {
        assert.ok(model.isOver(send));
        assert.ok(reports !== undefined, `send ${send} of round ${round} has no reports`);
        const told = [...reports].map(({ status, partition, offset, possibleDuplicates, timestamp }) =>
          [status, partition, offset, possibleDuplicates, timestamp].join(' '),
        );
        assert.deepEqual(told, model.expected[send]);
        const count = (status: string): number => told.filter((text) => text.startsWith(status)).length;
        assert.equal(reports.persistedCount, count('persisted'));
        assert.equal(reports.possiblyPersistedCount, count('possiblyPersisted'));
        assert.equal(reports.failedCount, reports.length - count('persisted'));
      }
    }
  });
});

describe('the report of a message refused before a partition was chosen', () => {
  it('still has the timestamp it was handed over with', async () => {
    const { clock, send } = openBench({ recordBytesMax: 1_000 });
    const reports = await runUntilSettled(clock, send('a', { value: 'b', partition: 7, timestamp: 42 }));
    assert.equal(reports.at(1)?.error?.code, 'ERR_PARTITION');
    assert.equal(reports.at(1)?.timestamp, 42);
  });
});

describe('sends whose messages share a batch', () => {
  it('resolve in the order they were made', async () => {
    const { clock, send } = openBench();
    const resolved: string[] = [];
    const sends = ['a', 'b', 'c'].map((value) => send(value).then(() => resolved.push(value)));
    await runUntilSettled(clock, Promise.all(sends));
    assert.deepEqual(resolved, ['a', 'b', 'c']);
  });
});

describe('a batch that is divided again and again (R15)', () => {
  it('settles its messages however often: a broker may name one invalid record at a time', async () => {
    const count = 10_000;
    const reports = await divideOneByOne(count);
    assert.equal(reports.persistedCount, 2);
    assert.deepEqual([reports.at(count - 2)?.offset, reports.at(count - 1)?.offset], [100, 101]);
  });

  it('leaves no more behind than its messages need', async () => {
    const bytes = await keptBytes('culprits');
    assert.ok(bytes < 1_000_000, `${bytes} bytes in arrays for a send of 2000 messages`);
  });
});

describe('an old report that somebody keeps', () => {
  it('does not keep what became of all later batches, when the topic takes smaller ones (R13)', async () => {
    const bytes = await keptBytes('chain');
    assert.ok(bytes < 2_000_000, `${bytes} bytes beside a single report`);
  });
});
