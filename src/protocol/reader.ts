/**
 * Reads the primitive types of the Kafka protocol from untrusted bytes. Every read is checked against the bytes that
 * are there, and every failure is ERR_PROTOCOL naming the message, the field, the offset and the two numbers that
 * disagree: never a RangeError, never an allocation sized by the sender.
 *
 * Primitive grammar (big-endian):
 *   BOOLEAN int8   INT8   INT16   INT32   INT64   UUID 16 bytes
 *   UVARINT        little-endian groups of 7 bits, high bit set on all but the last; at most 5 bytes
 *   STRING         classic: INT16 length, −1 is null        compact: UVARINT length + 1, 0 is null
 *   BYTES          classic: INT32 length, −1 is null        compact: UVARINT length + 1, 0 is null
 *   ARRAY          classic: INT32 count, −1 is null         compact: UVARINT count + 1, 0 is null
 *   TAGS           compact only: UVARINT count, then { UVARINT tag, UVARINT size, size bytes }
 * Compact forms are those of the flexible versions (KIP-482); a reader is opened for one of the two.
 */
import { KafkaHotpathError } from '../errors.ts';

/** Bits above the 32nd must be clear, so the fifth byte of a UVARINT holds at most four bits. */
const UVARINT_FIFTH_BYTE_MAX = 0x0f;

const TWO_POW_32 = 4_294_967_296;

export class Reader {
  /** What is being read, for error messages: "Produce v9 response". */
  readonly what: string;
  /** True for the compact encodings and tagged fields of flexible versions. */
  readonly flexible: boolean;
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array, what: string, flexible: boolean) {
    this.what = what;
    this.flexible = flexible;
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** An ERR_PROTOCOL that says which message and offset it is about. */
  error(problem: string): KafkaHotpathError {
    return new KafkaHotpathError('ERR_PROTOCOL', `${this.what}: ${problem} (at byte ${this.#offset})`);
  }

  boolean(field: string): boolean {
    return this.int8(field) !== 0;
  }

  int8(field: string): number {
    return this.#bytes.readInt8(this.#take(field, 1));
  }

  int16(field: string): number {
    return this.#bytes.readInt16BE(this.#take(field, 2));
  }

  int32(field: string): number {
    return this.#bytes.readInt32BE(this.#take(field, 4));
  }

  int64(field: string): bigint {
    return this.#bytes.readBigInt64BE(this.#take(field, 8));
  }

  /** An INT64 as a number: offsets, times and durations, which stay below 2^53 on any broker that is not broken. */
  safeInt64(field: string): number {
    const start = this.#take(field, 8);
    const value = this.#bytes.readInt32BE(start) * TWO_POW_32 + this.#bytes.readUInt32BE(start + 4);
    if (!Number.isSafeInteger(value)) throw this.error(`${field} is ${value}, beyond 2^53`);
    return value;
  }

  uvarint(field: string): number {
    let value = 0;
    for (let index = 0; index < 5; index++) {
      const byte = this.#bytes.readUInt8(this.#take(field, 1));
      if (index === 4 && byte > UVARINT_FIFTH_BYTE_MAX) break;
      value |= (byte & 0x7f) << (7 * index);
      if (byte < 0x80) return value >>> 0;
    }
    throw this.error(`${field} is a varint of more than 32 bits`);
  }

  /** Signed, zigzag. */
  varint(field: string): number {
    const raw = this.uvarint(field);
    return (raw >>> 1) ^ -(raw & 1);
  }

  uuid(field: string): Buffer {
    return this.raw(field, 16);
  }

  /** A view of the next bytes; nothing is copied. */
  raw(field: string, byteLength: number): Buffer {
    const start = this.#take(field, byteLength);
    return this.#bytes.subarray(start, start + byteLength);
  }

  string(field: string): string {
    return this.nullableString(field) ?? this.#refuseNull(field);
  }

  nullableString(field: string): string | null {
    const byteLength = this.flexible ? this.uvarint(field) - 1 : this.int16(field);
    return this.#text(field, byteLength);
  }

  /** The client id of a request header keeps the classic form in every version. */
  classicNullableString(field: string): string | null {
    return this.#text(field, this.int16(field));
  }

  /** A view, not a copy. */
  bytes(field: string): Buffer {
    return this.nullableBytes(field) ?? this.#refuseNull(field);
  }

  nullableBytes(field: string): Buffer | null {
    const byteLength = this.flexible ? this.uvarint(field) - 1 : this.int32(field);
    return this.#isNull(field, byteLength) ? null : this.raw(field, byteLength);
  }

  array<T>(field: string, read: (reader: Reader) => T): T[] {
    return this.nullableArray(field, read) ?? this.#refuseNull(field);
  }

  nullableArray<T>(field: string, read: (reader: Reader) => T): T[] | null {
    const count = this.flexible ? this.uvarint(field) - 1 : this.int32(field);
    if (this.#isNull(field, count)) return null;
    // No element of any Kafka array is shorter than one byte, so a larger count cannot be true.
    if (count > this.remaining) throw this.error(`${field} claims ${count} elements, ${this.remaining} bytes are left`);
    const elements: T[] = [];
    for (let index = 0; index < count; index++) elements.push(read(this));
    return elements;
  }

  /**
   * The tagged fields that end every struct of a flexible version; nothing in a classic one. Unknown tags are skipped,
   * which is how newer brokers stay readable.
   */
  tags(read?: (tag: number, fields: Reader) => void): void {
    if (!this.flexible) return;
    for (let count = this.uvarint('tagged field count'); count > 0; count--) {
      const tag = this.uvarint('tag');
      const byteLength = this.uvarint(`size of tag ${tag}`);
      const content = this.raw(`tag ${tag}`, byteLength);
      read?.(tag, new Reader(content, `${this.what}, tag ${tag}`, true));
    }
  }

  /** For readers that must account for every byte. */
  expectEnd(): void {
    if (this.remaining > 0) throw this.error(`${this.remaining} bytes are left over`);
  }

  #text(field: string, byteLength: number): string | null {
    if (this.#isNull(field, byteLength)) return null;
    const start = this.#take(field, byteLength);
    return this.#bytes.toString('utf8', start, start + byteLength);
  }

  #isNull(field: string, length: number): boolean {
    if (length < -1) throw this.error(`${field} has length ${length}`);
    return length === -1;
  }

  #refuseNull(field: string): never {
    throw this.error(`${field} is null`);
  }

  #take(field: string, byteLength: number): number {
    if (byteLength > this.remaining) {
      throw this.error(`${field} needs ${byteLength} bytes, ${this.remaining} are left`);
    }
    const start = this.#offset;
    this.#offset += byteLength;
    return start;
  }
}
