/**
 * Writes the primitive types of the Kafka protocol; the grammar is in reader.ts. The buffer grows as needed, and cut()
 * hands out what was written since the last cut, so that a request can be sent as pieces of header around batches that
 * are never copied.
 */
import { KafkaHotpathError } from '../errors.ts';

/** Fits every request of one topic and partition without growing. */
const CAPACITY_DEFAULT = 256;

const STRING_BYTES_MAX = 32_767;

export class Writer {
  /** True for the compact encodings and tagged fields of flexible versions (KIP-482). */
  readonly flexible: boolean;
  #buffer: Buffer;
  /** Where the piece that cut() will hand out begins. */
  #start = 0;
  #end = 0;

  constructor(flexible: boolean, capacity: number = CAPACITY_DEFAULT) {
    this.flexible = flexible;
    this.#buffer = Buffer.allocUnsafe(capacity);
  }

  /** The bytes written since the last cut; they are never written to again. */
  cut(): Buffer {
    const piece = this.#buffer.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return piece;
  }

  boolean(value: boolean): void {
    this.int8(value ? 1 : 0);
  }

  int8(value: number): void {
    const at = this.#reserve(1);
    this.#buffer.writeInt8(value, at);
  }

  int16(value: number): void {
    const at = this.#reserve(2);
    this.#buffer.writeInt16BE(value, at);
  }

  int32(value: number): void {
    const at = this.#reserve(4);
    this.#buffer.writeInt32BE(value, at);
  }

  int64(value: bigint | number): void {
    const at = this.#reserve(8);
    this.#buffer.writeBigInt64BE(BigInt(value), at);
  }

  uvarint(value: number): void {
    let rest = value >>> 0;
    const at = this.#reserve(uvarintBytes(rest));
    let position = at;
    while (rest > 0x7f) {
      this.#buffer[position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#buffer[position] = rest;
  }

  /** Signed, zigzag. */
  varint(value: number): void {
    this.uvarint((value << 1) ^ (value >> 31));
  }

  raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#buffer.set(bytes, at);
  }

  string(value: string): void {
    const byteLength = Buffer.byteLength(value);
    if (byteLength > STRING_BYTES_MAX) {
      throw new KafkaHotpathError('ERR_PROTOCOL', `a string of ${byteLength} bytes, at most ${STRING_BYTES_MAX} fit`);
    }
    if (this.flexible) this.uvarint(byteLength + 1);
    else this.int16(byteLength);
    const at = this.#reserve(byteLength);
    this.#buffer.write(value, at, byteLength, 'utf8');
  }

  nullableString(value: string | null): void {
    if (value !== null) this.string(value);
    else if (this.flexible) this.uvarint(0);
    else this.int16(-1);
  }

  /** The length in front of BYTES whose content is sent on its own. */
  bytesLength(byteLength: number): void {
    if (this.flexible) this.uvarint(byteLength + 1);
    else this.int32(byteLength);
  }

  bytes(value: Uint8Array): void {
    this.bytesLength(value.length);
    this.raw(value);
  }

  nullableBytes(value: Uint8Array | null): void {
    if (value === null) this.bytesLength(-1);
    else this.bytes(value);
  }

  arrayLength(count: number): void {
    this.bytesLength(count);
  }

  array<T>(elements: readonly T[], write: (element: T) => void): void {
    this.arrayLength(elements.length);
    for (const element of elements) write(element);
  }

  nullArray(): void {
    this.arrayLength(-1);
  }

  /** No tagged fields; nothing at all in a classic version. */
  noTags(): void {
    if (this.flexible) this.uvarint(0);
  }

  /** Tagged fields in ascending order of tag, each already encoded. */
  tags(fields: readonly { tag: number; content: Uint8Array }[]): void {
    if (!this.flexible) return;
    this.uvarint(fields.length);
    for (const { tag, content } of fields) {
      this.uvarint(tag);
      this.uvarint(content.length);
      this.raw(content);
    }
  }

  /** Makes room and moves the end; returns where to write. */
  #reserve(byteLength: number): number {
    if (this.#end + byteLength > this.#buffer.length) this.#grow(byteLength);
    const at = this.#end;
    this.#end += byteLength;
    return at;
  }

  /** Pieces already cut stay in the old buffer, which nobody writes to again; only the open piece moves. */
  #grow(byteLength: number): void {
    const open = this.#buffer.subarray(this.#start, this.#end);
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length, open.length + byteLength) * 2);
    grown.set(open, 0);
    this.#buffer = grown;
    this.#start = 0;
    this.#end = open.length;
  }
}

/** How many bytes uvarint() writes for the value. */
export function uvarintBytes(value: number): number {
  let byteCount = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) byteCount++;
  return byteCount;
}
