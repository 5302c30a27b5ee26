/**
 * The size rule (reliability §2.2): a record is accepted iff key + value + serialised headers + 36 ≤ recordBytesMax, as
 * librdkafka and so the Azure binding have it. A serialised header is varint name varint value; the header count is not
 * counted.
 */
import { ByteSlice } from './byte-slice.ts';
import type { HeaderList, KeyHash, StagedField } from './engine.ts';
import { RECORD_OVERHEAD_MAX } from './layout.ts';
import { crc32 } from './typescript/crc32.ts';
import { murmur2 } from './typescript/murmur2.ts';
import { sizeOfLength } from './typescript/varint.ts';

/** A copy, because an imported constant is read from memory each time it is used. */
const OVERHEAD_MAX: number = RECORD_OVERHEAD_MAX;

/** What is kept of a record that is too large to be staged. */
export interface OversizeRecord {
  ruleBytes: number;
  /** Hashes of the key, for a record that has no partition yet. */
  crc32: number;
  murmur2: number;
}

/** Outcomes are int32: a size beyond is reported as this one. */
const RULE_BYTES_MAX = 0x7fff_ffff;

/** A bound from below that needs no look at the content: a UTF-16 unit becomes at least one byte. */
export function ruleBytesMin(key: StagedField, value: StagedField, headers: HeaderList | null): number {
  const bytes = OVERHEAD_MAX + (key === null ? 0 : key.length) + (value === null ? 0 : value.length);
  return headers === null ? bytes : bytes + headerBytesMin(headers);
}

function headerBytesMin(headers: HeaderList): number {
  let bytes = 0;
  for (const field of headers) bytes += 1 + (field === null ? 0 : field.length);
  return bytes;
}

/** Exact. */
export function ruleBytes(key: StagedField, value: StagedField, headers: HeaderList | null): number {
  let bytes = OVERHEAD_MAX + contentLength(key) + contentLength(value);
  if (headers !== null) {
    for (const field of headers) {
      const length = contentLength(field);
      bytes += sizeOfLength(length) + length;
    }
  }
  return bytes;
}

/** Looks at a record that recordBytesMax does not admit once more, and keeps what append must tell of it. */
export function toOversizeRecord(
  partition: number,
  key: StagedField,
  value: StagedField,
  headers: HeaderList | null,
): OversizeRecord {
  const keyBytes = partition >= 0 ? Buffer.alloc(0) : bytesOf(key);
  return {
    ruleBytes: Math.min(ruleBytes(key, value, headers), RULE_BYTES_MAX),
    crc32: crc32(keyBytes),
    murmur2: murmur2(keyBytes),
  };
}

function bytesOf(key: StagedField): Uint8Array {
  if (key === null) return Buffer.alloc(0);
  if (typeof key === 'string') return Buffer.from(key);
  return key instanceof ByteSlice ? key.toBuffer() : key;
}

/** librdkafka's consistent takes all 32 bits, Kafka's Java client masks the sign first. */
export function hashToPartition(keyHash: number, hash: KeyHash, partitionCount: number): number {
  return (hash === 'crc32' ? keyHash : keyHash & 0x7fff_ffff) % partitionCount;
}

/** Bytes of a field's content on the wire; 0 for null. */
export function contentLength(field: StagedField): number {
  if (field === null) return 0;
  return typeof field === 'string' ? Buffer.byteLength(field) : field.length;
}
