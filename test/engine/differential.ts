/** Random groups through both engines: the same partitions, outcomes and bytes, and read back as they were put in. */
import assert from 'node:assert/strict';
import type { Accumulator, BufferRun, Engine, Field, KeyHash, RecordInput } from '../../src/engine/engine.ts';
import { readRecordBatches } from '../../src/protocol/record-batch-reader.ts';
import { Random } from '../support/random.ts';
import { contentOf } from './reference.ts';
import { appendGroup, type ClosedBatch, closeAll, stageRecord } from './support.ts';

/** Pieces of text of every UTF-8 width, and halves of pairs that must not find each other across strings. */
const PIECES = ['a', 'plain text ', 'é', 'ß', '\u0080', '߿', 'ࠀ', '中', '\uffff', '😀', '\ud83d', '\ude00'] as const;

const LARGEST_VALUE_BYTES = 900_000;

interface StagedRecord {
  record: RecordInput;
  partition: number;
}

export interface DifferentialOptions {
  engines: readonly Engine[];
  seed: number;
  recordCount: number;
}

/** Throws an AssertionError at the first difference; returns how many record bytes went through each engine. */
export function runDifferential({ engines, seed, recordCount }: DifferentialOptions): number {
  const random = new Random(seed);
  let bytes = 0;
  for (let done = 0; done < recordCount; ) {
    const count = Math.min(recordCount - done, 1 + random.below(3_000));
    bytes += compareRun(engines, random, count);
    done += count;
  }
  return bytes;
}

/** One accumulator each, with the same random limits, and the same records. */
function compareRun(engines: readonly Engine[], random: Random, count: number): number {
  const options = {
    recordBytesMax: random.pick([1_000_000, 1_000_000, 5_000, 300]),
    batchBytesMax: random.pick([1_000_000, 1_000_000, 20_000, 500]),
    batchRecordsMax: random.pick([10_000, 10_000, 100, 1]),
  };
  const partitionCount = random.pick([1, 6, 50]);
  const hash = random.pick<KeyHash>(['crc32', 'murmur2']);
  const lanes = engines.map((engine) => new Lane(engine.openAccumulator(options), partitionCount, hash));
  const staged = Array.from({ length: count }, () => randomRecord(random, partitionCount));
  for (const item of staged) for (const lane of lanes) lane.put(item);
  for (const lane of lanes) lane.finish();
  const [first, ...others] = lanes as [Lane, ...Lane[]];
  for (const other of others) {
    assert.deepEqual(other.partitions, first.partitions, 'partitions');
    assert.deepEqual(other.outcomes, first.outcomes, 'outcomes');
    sameBatches(other.batches, first.batches);
  }
  readBack(first, staged);
  const records = staged.slice(0, 200).map(({ record }) => record);
  const [encoded, ...encodedByOthers] = engines.map((engine) => engine.encodeRecordBatch(records));
  for (const batch of encodedByOthers) assert.ok(Buffer.compare(batch, encoded!) === 0, 'encoded batches');
  return first.outcomes.reduce((sum, outcome) => sum + Math.max(outcome, 0), 0);
}

/** One engine's way through a run. */
class Lane {
  readonly partitions: number[] = [];
  readonly outcomes: number[] = [];
  readonly batches: ClosedBatch[] = [];
  readonly #accumulator: Accumulator;
  readonly #run: BufferRun;
  readonly #hash: KeyHash;

  constructor(accumulator: Accumulator, partitionCount: number, hash: KeyHash) {
    this.#accumulator = accumulator;
    this.#run = accumulator.reserve(partitionCount)!;
    this.#hash = hash;
  }

  /** Groups end where this engine has no more room, which is not the same for all. */
  put({ record, partition }: StagedRecord): void {
    if (stageRecord(this.#accumulator, record, partition)) return;
    this.#append();
    assert.ok(stageRecord(this.#accumulator, record, partition), 'an empty group takes any record');
  }

  finish(): void {
    this.#append();
    this.batches.push(...closeAll(this.#accumulator, this.#run));
    this.#accumulator.dispose();
  }

  #append(): void {
    const { partitions, outcomes, batches } = appendGroup(this.#accumulator, this.#run, this.#hash);
    this.partitions.push(...partitions);
    this.outcomes.push(...outcomes);
    this.batches.push(...batches);
  }
}

function sameBatches(actual: readonly ClosedBatch[], expected: readonly ClosedBatch[]): void {
  assert.equal(actual.length, expected.length, 'number of batches');
  for (const [index, { partition, bytes }] of expected.entries()) {
    assert.equal(actual[index]!.partition, partition, `partition of batch ${index}`);
    if (Buffer.compare(actual[index]!.bytes, bytes) === 0) continue;
    assert.equal(actual[index]!.bytes.toString('hex'), bytes.toString('hex'), `batch ${index}`);
  }
}

/** Every accepted record is in its partition's batches, in order, with the content it was staged with. */
function readBack(lane: Lane, staged: readonly StagedRecord[]): void {
  const read = new Map<number, ReturnType<typeof readRecordBatches>[number]['records']>();
  for (const { partition, bytes } of lane.batches) {
    const records = readRecordBatches(bytes).flatMap((batch) => batch.records);
    read.set(partition, [...(read.get(partition) ?? []), ...records]);
  }
  const position = new Map<number, number>();
  for (const [index, { record, partition }] of staged.entries()) {
    const actualPartition = lane.partitions[index]!;
    if (partition >= 0) assert.equal(actualPartition, partition);
    if (lane.outcomes[index]! < 0) continue;
    const at = position.get(actualPartition) ?? 0;
    position.set(actualPartition, at + 1);
    const found = read.get(actualPartition)?.[at];
    assert.ok(found, `record ${index} is missing`);
    assert.equal(found.timestamp, BigInt(record.timestamp ?? 0));
    sameField(found.key, record.key);
    sameField(found.value, record.value);
    const headers = record.headers ?? [];
    assert.equal(found.headers.length, headers.length);
    for (const [header, { key, value }] of headers.entries()) {
      sameField(Buffer.from(found.headers[header]!.key), key);
      sameField(found.headers[header]!.value, value);
    }
  }
  for (const [partition, records] of read)
    assert.equal(position.get(partition), records.length, 'nothing else is there');
}

function sameField(actual: Uint8Array | null, expected: Field | undefined): void {
  if (expected === null || expected === undefined) assert.equal(actual, null);
  else assert.ok(actual !== null && Buffer.compare(actual, contentOf(expected)) === 0, 'content of a field');
}

function randomRecord(random: Random, partitionCount: number): StagedRecord {
  const partition = random.below(3) === 0 ? -1 : random.below(partitionCount);
  const key = partition < 0 ? (randomField(random, 40) ?? '') : randomField(random, 40);
  const headerCount = random.below(4) === 0 ? random.below(random.below(50) === 0 ? 300 : 6) : 0;
  const headers = Array.from({ length: headerCount }, () => ({
    key: randomText(random, random.below(20)),
    value: randomField(random, 60),
  }));
  const record: RecordInput = { key, value: randomField(random, randomLength(random)), timestamp: randomTime(random) };
  return { partition, record: headerCount > 0 || random.below(2) === 0 ? { ...record, headers } : record };
}

function randomLength(random: Random): number {
  const kind = random.below(2_000);
  if (kind === 0) return LARGEST_VALUE_BYTES;
  if (kind < 20) return 40_000;
  return kind < 300 ? 3_000 : 200;
}

function randomField(random: Random, lengthMax: number): Field {
  const kind = random.below(10);
  if (kind === 0) return null;
  const length = random.below(lengthMax);
  return kind < 4 ? Buffer.alloc(length, random.bits() & 0xff) : randomText(random, length);
}

function randomText(random: Random, units: number): string {
  // Three of four strings are ASCII, as in life; every other of the rest is long and ASCII but for a piece.
  const kind = random.below(4);
  if (kind > 0) return 'The five boxing wizards jump quickly. '.repeat(1 + units / 38).slice(0, units);
  let text = random.below(2) === 0 ? 'x'.repeat(units) : '';
  for (let pieces = Math.min(units, 40); pieces > 0; pieces--) text += random.pick(PIECES);
  return text;
}

/** Mostly now and a little later or earlier; sometimes anything a number can hold exactly. */
function randomTime(random: Random): number {
  const kind = random.below(50);
  if (kind > 1) return 1_700_000_000_000 + random.below(200) - 20;
  const time = Math.floor((random.bits() / 2 ** 32) * Number.MAX_SAFE_INTEGER);
  return kind === 0 ? -time : time;
}
