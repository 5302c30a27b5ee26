/** The ledger of the suites on a real Kafka sees every way in which a topic can differ from what was sent. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DeliveryReport } from '../src/producer/api.ts';
import { Corpus, type Expected } from './support/kafka/corpus.ts';
import { Ledger } from './support/kafka/ledger.ts';
import { describeField, describeHeaders, type StoredRecord } from './support/kafka/reader.ts';

/** Three messages of one key on partition 2, as they were sent. */
const EXPECTED: Expected[] = [0, 1, 2].map((id) => ({
  key: describeField('k'),
  value: describeField(`value ${id}`),
  headers: describeHeaders([['id', String(id)]]),
  timestamp: 1000 + id,
  partition: 2,
}));
const STORED: StoredRecord[] = EXPECTED.map((expected, offset) => ({ ...expected, offset }));

function report(id: number, changes: Partial<DeliveryReport> = {}): DeliveryReport {
  const place = { partition: 2, offset: id, timestamp: 1000 + id, topic: 't', index: id };
  return { status: 'persisted', possibleDuplicates: 0, error: undefined, ...place, ...changes };
}

function check(stored: readonly StoredRecord[], reportOf: (id: number) => DeliveryReport = report): void {
  const ledger = new Ledger(EXPECTED, reportOf);
  for (const record of stored) ledger.enter(record);
  ledger.close();
}

/** The stored records with one of them changed. */
function changed(id: number, changes: Partial<StoredRecord>): StoredRecord[] {
  return STORED.map((record, index) => (index === id ? { ...record, ...changes } : record));
}

describe('the ledger', () => {
  it('accepts a topic that holds what was sent', () => {
    check(STORED);
  });

  it('sees what is missing, twice, or from somewhere else', () => {
    assert.throws(() => {
      check(STORED.slice(0, 2));
    }, /message 2 is missing/);
    assert.throws(() => {
      check([...STORED, STORED[1]!]);
    }, /message 1 is there twice/);
    const stranger = { ...STORED[0]!, headers: describeHeaders([['id', '7']]) };
    assert.throws(() => {
      check([...STORED, stranger]);
    }, /never sent/);
  });

  it('sees changed bytes, also null for empty and the other way', () => {
    for (const changes of [{ value: '-' }, { value: 'x' }, { key: 'x' }, { timestamp: 1 }]) {
      assert.throws(() => {
        check(changed(1, changes));
      }, /message 1 was changed/);
    }
    const headers = `${EXPECTED[1]!.headers}68=-;`;
    assert.throws(() => {
      check(changed(1, { headers }));
    }, /message 1 was changed/);
  });

  it('sees a wrong partition and a broken order', () => {
    assert.throws(() => {
      check(changed(1, { partition: 0 }));
    }, /not on the partition of its key/);
    assert.throws(() => {
      check([STORED[1]!, STORED[0]!, STORED[2]!]);
    }, /message 0 overtook/);
  });

  it('sees a report that does not agree', () => {
    assert.throws(() => {
      check(STORED, (id) => report(id, { offset: 9 }));
    }, /somewhere else/);
    assert.throws(() => {
      check(STORED, (id) => report(id, { status: 'notPersisted' }));
    }, /says otherwise/);
  });
});

describe('the corpus', () => {
  it('is the same for the same seed, and has every kind of field', () => {
    const make = (): Expected[] => {
      const corpus = new Corpus({ seed: 3, partitions: 4 });
      return Array.from({ length: 2000 }, () => corpus.next().expected);
    };
    const made = make();
    assert.deepEqual(make(), made);
    for (const field of ['key', 'value'] as const) {
      assert.ok(made.some((expected) => expected[field] === '-') && made.some((expected) => expected[field] === 'x'));
    }
    assert.ok(made.some(({ value }) => value.startsWith('900000:')));
    assert.ok(made.some(({ partition }) => partition === -1) && made.some(({ partition }) => partition === 3));
  });
});
