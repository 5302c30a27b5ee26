/**
 * A record batch written the plainest way, from the protocol's description: BigInt arithmetic, a small Buffer
 * for each field. Shares no code with the engines and is what they are compared with.
 */
import type { Field, ProducerState, RecordInput } from '../../src/engine/engine.ts';
import { crc32c } from '../../src/protocol/crc32c.ts';

export function referenceBatch(records: readonly RecordInput[], producer: ProducerState = {}): Buffer {
  const timestamps = records.map(({ timestamp = 0 }) => BigInt(timestamp));
  const base = timestamps[0]!;
  const body = Buffer.concat([
    int(2, 0),
    int(4, records.length - 1),
    int(8, base),
    int(
      8,
      timestamps.reduce((latest, timestamp) => (timestamp > latest ? timestamp : latest), base),
    ),
    int(8, producer.producerId ?? -1),
    int(2, producer.producerEpoch ?? -1),
    int(4, producer.baseSequence ?? -1),
    int(4, records.length),
    ...records.map((record, index) => referenceRecord(record, timestamps[index]! - base, index)),
  ]);
  return Buffer.concat([int(8, 0), int(4, body.length + 9), int(4, -1), int(1, 2), int(4, crc32c(body)), body]);
}

export function referenceRecord(record: RecordInput, timestampDelta: bigint, offsetDelta: number): Buffer {
  const headers = record.headers ?? [];
  const body = Buffer.concat([
    int(1, 0),
    varint(timestampDelta),
    varint(offsetDelta),
    fieldWithLength(record.key ?? null),
    fieldWithLength(record.value ?? null),
    varint(headers.length),
    ...headers.flatMap(({ key, value }) => [fieldWithLength(key), fieldWithLength(value)]),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

/** By the size rule (reliability §2.2). */
export function referenceRuleBytes(record: RecordInput): number {
  let bytes = 36 + contentOf(record.key ?? null).length + contentOf(record.value ?? null).length;
  for (const { key, value } of record.headers ?? []) {
    bytes += fieldWithLength(key).length + (value === null ? 1 : fieldWithLength(value).length);
  }
  return bytes;
}

/** Node's own UTF-8, which writes U+FFFD for a surrogate without a partner; empty for null. */
export function contentOf(field: Field): Buffer {
  return field === null ? Buffer.alloc(0) : Buffer.from(field as string);
}

function fieldWithLength(field: Field): Buffer {
  const content = contentOf(field);
  return Buffer.concat([varint(field === null ? -1 : content.length), content]);
}

function varint(integer: bigint | number): Buffer {
  const value = BigInt(integer);
  let rest = BigInt.asUintN(64, value < 0n ? -2n * value - 1n : 2n * value);
  const bytes: number[] = [];
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

/** Big-endian two's complement. */
function int(bytes: 1 | 2 | 4 | 8, integer: bigint | number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(BigInt.asUintN(64, BigInt(integer)));
  return buffer.subarray(8 - bytes);
}
