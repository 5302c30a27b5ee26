/** The oracles of the fault drills see every broken promise; without this, green drills would prove nothing. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StoredRecord } from '../../src/broker/index.ts';
import type { DeliveryReport, DeliveryStatus } from '../../src/producer/api.ts';
import { brokenOracles, type Evidence, type Sent } from './oracles.ts';

function sent(id: number, status: DeliveryStatus = 'persisted', offset = id): Sent {
  const report: DeliveryReport = {
    index: 0,
    status,
    topic: 't',
    partition: 0,
    offset: status === 'persisted' ? offset : -1,
    timestamp: 1,
    possibleDuplicates: 0,
    error: undefined,
  };
  return { value: `m${id}`, key: 'k', sentAtMs: 0, report, reportedAtMs: 5 };
}

function stored(id: number, offset = id, partition = 0): StoredRecord {
  const text = (value: string): Uint8Array => Buffer.from(value);
  return { partition, offset, timestamp: 1, key: text('k'), value: text(`m${id}`), headers: [] };
}

function judge(evidence: Partial<Evidence>): string[] {
  return brokenOracles({
    sent: [sent(0), sent(1)],
    records: [stored(0), stored(1)],
    idempotent: true,
    messageTimeoutMs: 1_000,
    ...evidence,
  }).map((sentence) => sentence.split(':')[0] ?? '');
}

describe('the oracles', () => {
  it('accept what is as it was reported', () => {
    assert.deepEqual(judge({}), []);
    assert.deepEqual(judge({ sent: [sent(0), sent(1, 'possiblyPersisted')] }), []);
  });

  it('O1: see a missing report', () => {
    assert.ok(judge({ sent: [sent(0), { ...sent(1), report: undefined }] }).includes('O1'));
  });

  it('O2: see a persisted message that is missing, elsewhere, or has another key', () => {
    assert.deepEqual(judge({ records: [stored(0)] }), ['O2']);
    assert.deepEqual(judge({ records: [stored(0), stored(1, 9)] }), ['O2']);
    assert.deepEqual(judge({ records: [stored(0), { ...stored(1), key: null }] }), ['O2']);
  });

  it('O3, O6: see a second copy, and without idempotence one that its report does not tell of', () => {
    const records = [stored(0), stored(1), stored(1, 2)];
    const told = { ...sent(1), report: { ...sent(1).report!, possibleDuplicates: 1 } };
    assert.deepEqual(judge({ records, sent: [sent(0), told] }), ['O3/O6']);
    assert.deepEqual(judge({ records, idempotent: false }), ['O3']);
    assert.deepEqual(judge({ records, idempotent: false, sent: [sent(0), told] }), []);
  });

  it('O4, O7: see a message that overtook another, in the log and in the reports', () => {
    assert.deepEqual(
      judge({ sent: [sent(0, 'persisted', 1), sent(1, 'persisted', 0)], records: [stored(1, 0), stored(0, 1)] }),
      ['O4', 'O7'],
    );
  });

  it('O5: see a message that was reported not persisted and is there', () => {
    assert.deepEqual(judge({ sent: [sent(0), sent(1, 'notPersisted')] }), ['O5']);
  });

  it('O8: see a report that comes too late', () => {
    const reportedAt = (reportedAtMs: number): Sent[] => [sent(0), { ...sent(1), reportedAtMs }];
    assert.deepEqual(judge({ sent: reportedAt(2_000) }), []);
    assert.deepEqual(judge({ sent: reportedAt(2_001) }), ['O8']);
    const firstSeen = (atMs: number): number => atMs + 3_000;
    assert.deepEqual(judge({ sent: reportedAt(5_000), firstSeen }), []);
    assert.deepEqual(judge({ sent: reportedAt(5_001), firstSeen }), ['O8']);
  });

  it('O11: see what was never sent', () => {
    assert.deepEqual(judge({ records: [stored(0), stored(1), stored(7, 2)] }), ['O11']);
  });
});
