/**
 * The engine seam: the hot path, implemented twice (WebAssembly and TypeScript) with the same bytes and the same
 * outcomes. Calls are per group of records; inside a group only numbers cross into WebAssembly.
 *
 * A producer opens one Accumulator. Records are staged one by one (no crossing), appended as a group, and gather in
 * partition buffers; a full or due buffer is closed, which yields the bytes of one finished record batch.
 */

import type { AvroType } from '../avro/avro-type.ts';
import type { AvroOptions } from '../avro/schema.ts';
import type { ByteSlice } from './byte-slice.ts';

/** What a key, a value or a header value can be here. Null and empty are different on the wire. */
export type Field = string | Uint8Array | null;

/** What a key or value can be when it is staged. */
export type StagedField = Field | ByteSlice;

/** Header names and values, flattened in order: [name, value, name, value, …]. Names are strings. */
export type HeaderList = readonly Field[];

export type { AvroGroup, AvroType } from '../avro/avro-type.ts';
export type { AvroOptions } from '../avro/schema.ts';

export type EngineKind = 'wasm' | 'typescript';

export interface Engine {
  readonly kind: EngineKind;
  /** Why this engine was chosen, in one sentence for people. */
  readonly reason: string;
  /** Why single calls (all but those of an accumulator) go to the TypeScript engine since a fault inside this one. */
  readonly fault?: string | undefined;
  /** CRC-32C (Castagnoli), unsigned. */
  crc32c(bytes: Uint8Array): number;
  /** CRC-32 (IEEE, as zlib), unsigned. librdkafka's consistent partitioners use it. */
  crc32(bytes: Uint8Array): number;
  /** murmur2 as Kafka's Java client computes it, before masking the sign; unsigned. */
  murmur2(bytes: Uint8Array): number;
  /** One finished record batch. Throws ERR_RECORD_BATCH for an empty list or unusable numbers. */
  encodeRecordBatch(records: readonly RecordInput[], producer?: ProducerState): Uint8Array;
  /** Partition buffers for one producer. */
  openAccumulator(options: AccumulatorOptions): Accumulator;
  /** An Avro schema (JSON text, or what it parses to), ready to encode. Throws ERR_AVRO_SCHEMA. */
  compileAvro(schema: unknown, options?: AvroOptions): AvroType;
}

/** A record for encodeRecordBatch. */
export interface RecordInput {
  key?: Field;
  value?: Field;
  headers?: readonly { key: string; value: Field }[];
  /** Milliseconds since 1970, a safe integer; default 0. */
  timestamp?: number;
}

/** What idempotence writes into a batch header; all default to −1 (not idempotent). */
export interface ProducerState {
  producerId?: bigint | number;
  producerEpoch?: number;
  baseSequence?: number;
}

export interface AccumulatorOptions {
  /** maxMessageBytes: a record is accepted iff key + value + headers + 36 ≤ this (reliability §2.2). */
  recordBytesMax: number;
  /**
   * A batch is full before its exact encoded size would exceed this; a single accepted record always fits a batch of
   * its own, whatever its size.
   */
  batchBytesMax: number;
  /** A batch is full at this many records (batchSize). */
  batchRecordsMax: number;
}

/** How a record staged without a partition gets one: by the hash of its key bytes. */
export type KeyHash = 'crc32' | 'murmur2';

/** A run of partition buffers, one per partition of one topic. */
export interface BufferRun {
  readonly base: number;
  readonly partitionCount: number;
}

/** Why append stopped before the end of the group. */
export type AppendStop =
  /** The whole group is in. */
  | 'done'
  /** The buffer of the record at `next` is full: close it, then append again from `next`. */
  | 'full'
  /** Engine memory is used up: close every open buffer, then append again from `next`. */
  | 'memory';

/**
 * partitions[i] and outcomes[i] describe staged record i once append has passed it. When append stops, partitions[next]
 * is set too: it names the buffer to close.
 */
export interface Group {
  /** The partition the record went to; also set for records that were refused. */
  readonly partitions: Int32Array;
  /** ≥ 0: accepted, its bytes by the size rule; −(bytes) − 1: refused, too large. */
  readonly outcomes: Int32Array;
}

/** A record read back out of a failed accumulator: the same on the wire, although strings may have become bytes. */
export interface SalvagedRecord {
  /** −1: to be taken from the hash of the key. */
  readonly partition: number;
  readonly timestampMs: number;
  readonly key: Field;
  readonly value: Field;
  readonly headers: HeaderList | null;
  /** Above 0: it was staged as too large and counts this many bytes; its content is gone, its partition is known. */
  readonly refusedBytes: number;
}

/** What a failed accumulator left behind. Nothing is handed out that has not been checked against what is known. */
export interface Wreck {
  /** What happened, in words. */
  readonly reason: string;
  /**
   * The first `count` records of that partition's buffer, which counted `ruleBytes` by the size rule; undefined when
   * they are not all there and sound.
   */
  bufferRecords(run: BufferRun, partition: number, count: number, ruleBytes: number): SalvagedRecord[] | undefined;
  /** The staged records from index `from` on; undefined in place of each that cannot be trusted. */
  stagedRecords(run: BufferRun, hash: KeyHash, from: number): (SalvagedRecord | undefined)[];
}

export interface Accumulator {
  readonly kind: EngineKind;
  /**
   * Set when append or close threw ERR_ENGINE because the engine failed inside. The accumulator is then of no more use:
   * the wreck hands out what was in it, for another accumulator with the same limits.
   */
  readonly wreck: Wreck | undefined;
  readonly group: Group;
  /** How many records are staged and not yet cleared. */
  readonly stagedCount: number;

  /** Reserves one buffer per partition, or undefined when the engine cannot hold so many. */
  reserve(partitionCount: number): BufferRun | undefined;
  /** Gives the run back; its buffers must be empty. */
  release(run: BufferRun): void;

  /**
   * Adds one record to the open group; bytes are copied before it returns, so the caller may reuse them.
   * False: the group has no room for it, nothing was staged; append and clear the group, then stage it again. On an
   * empty group it never returns false for a record that recordBytesMax admits.
   * A record whose size alone shows that it is too large may be staged as a marker and is refused by append.
   * @param partition the partition, or −1 to take it from the hash of the key (which must not be null then)
   * @param timestampMs an integer, |timestampMs| ≤ 2^53 − 1
   */
  stage(
    partition: number,
    timestampMs: number,
    key: StagedField,
    value: StagedField,
    headers: HeaderList | null,
  ): boolean;

  /** Moves staged records from index `from` on into the run's buffers, in order. */
  append(run: BufferRun, hash: KeyHash, from: number): AppendStop;
  /** After append: the index of the first record not yet in. */
  readonly next: number;
  /** Empties the open group; every record must have been appended or be given up. */
  clear(): void;

  /** Records in the buffer of that partition. */
  recordCount(run: BufferRun, partition: number): number;
  /** Exact encoded bytes of the batch so far (61 with no record). */
  batchBytes(run: BufferRun, partition: number): number;
  /**
   * Ends the batch of that partition and empties its buffer: the bytes are a finished record batch with producer
   * fields −1 and a valid CRC, in memory of their own (never a view of WebAssembly memory).
   * stampProducerState puts in the producer fields later, when the batch is first sent.
   */
  close(run: BufferRun, partition: number): Buffer;
  /** Bytes the engine holds for this accumulator (WebAssembly memory or buffers). */
  readonly memoryBytes: number;
  /** Drops everything; WebAssembly memory itself is freed with the accumulator, so let go of it. */
  dispose(): void;
}
