/**
 * Holds what a topic holds against what was sent and what was reported. The records of a topic go in one by one, in the
 * order of their offsets; any difference throws.
 */
import assert from 'node:assert/strict';
import type { DeliveryReport } from '../../../src/producer/api.ts';
import type { Expected } from './corpus.ts';
import type { StoredRecord } from './reader.ts';

export class Ledger {
  readonly #expected: readonly Expected[];
  readonly #reportOf: (id: number) => DeliveryReport | undefined;
  readonly #seen: Uint8Array;
  readonly #lastOfKey = new Map<string, number>();

  /** @param reportOf the report of the message with that number */
  constructor(expected: readonly Expected[], reportOf: (id: number) => DeliveryReport | undefined) {
    this.#expected = expected;
    this.#reportOf = reportOf;
    this.#seen = new Uint8Array(expected.length);
  }

  /** The same bytes, once, on the partition of its key, after its predecessors, where the report says. */
  enter({ partition, offset, ...record }: StoredRecord): void {
    const id = idOf(record.headers);
    const wanted = this.#expected[id];
    assert.ok(wanted !== undefined, `a record that was never sent: ${record.headers}`);
    assert.equal(this.#seen[id], 0, `message ${id} is there twice`);
    this.#seen[id] = 1;
    const { partition: keyPartition, ...fields } = wanted;
    if (!isSame(record, fields)) assert.deepEqual(record, fields, `message ${id} was changed`);
    if (keyPartition !== -1) {
      assert.equal(partition, keyPartition, `message ${id} is not on the partition of its key`);
      assert.ok(id > (this.#lastOfKey.get(record.key) ?? -1), `message ${id} overtook another of its key`);
      this.#lastOfKey.set(record.key, id);
    }
    const report = this.#reportOf(id);
    assert.equal(report?.status, 'persisted', `message ${id} is there, its report says otherwise`);
    assert.deepEqual([report.partition, report.offset], [partition, offset], `message ${id} is somewhere else`);
  }

  /** To be called after the last record. */
  close(): void {
    const missing = this.#seen.indexOf(0);
    assert.equal(missing, -1, `message ${missing} is missing`);
  }
}

/** Comparing objects in depth would take a minute for so many. */
function isSame(a: Omit<Expected, 'partition'>, b: Omit<Expected, 'partition'>): boolean {
  return a.key === b.key && a.value === b.value && a.headers === b.headers && a.timestamp === b.timestamp;
}

/** The first header is `id` with the number as its text. */
function idOf(headers: string): number {
  const [, hex = ''] = /^6964=x([0-9a-f]+);/.exec(headers) ?? [];
  return Number(Buffer.from(hex, 'hex').toString());
}
