/**
 * Avro's binary encoding of primitives:
 *
 *     boolean => int8      0 or 1
 *     int     => varint    put.ts has these two
 *     long    => varint
 *     float   => 4 bytes, little-endian;  double => 8 bytes, little-endian
 *     bytes   => long (count), the bytes;  string => the same of its UTF-8
 *     fixed   => the bytes
 */
import { fault } from './fault.ts';
import { putHalves, putInt, putLong, putShortText, putUnsigned, SHORT_UNITS_MAX, VARINT_BYTES_MAX } from './put.ts';

const START_BYTES = 1024;
/** No record of Kafka is larger, and no reader of Avro takes more. */
const BYTES_MAX = 2_147_483_647;
/** What small values share, twice the pool of Node's own buffers, and how large a small value is. */
const SLAB_BYTES = 16_384;
const SHARED_BYTES_MAX = 1024;
/** The one NaN that is written, whatever bits a NaN here may have. */
const NAN_FLOAT_HIGH = 0x7fc0_0000;
const NAN_DOUBLE_HIGH = 0x7ff8_0000;

/**
 * The class that buffers are made of, as ECMAScript has any typed array tell it; subarray makes the same in three times
 * the time, because it asks for the memory and the offset first.
 */
const Slice = (Buffer as unknown as { [Symbol.species]: Uint8ArrayConstructor })[Symbol.species] as unknown as new (
  memory: ArrayBuffer,
  start: number,
  bytes: number,
) => Buffer;

export class ByteWriter {
  buffer: Buffer = Buffer.allocUnsafeSlow(START_BYTES);
  at = 0;
  view: DataView = viewOf(this.buffer);
  readonly #bytesMax: number;

  constructor(bytesMax = BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** All bytes, in that memory if they have room there, else in memory of their own. */
  copyInto(into: Uint8Array | undefined): Uint8Array {
    const { at } = this;
    if (into === undefined || into.length < at) return this.copyFrom(0);
    this.buffer.copy(into, 0, 0, at);
    return into.subarray(0, at);
  }

  /** The bytes from `start` on, in memory of their own. */
  copyFrom(start: number): Buffer {
    const bytes = Buffer.allocUnsafe(this.at - start);
    this.buffer.copy(bytes, 0, start, this.at);
    return bytes;
  }

  /**
   * The same for one value after the other: small ones lie side by side in memory that is not written again, as those
   * of Buffer.allocUnsafe do; large ones get memory of their own.
   */
  take(start: number): Buffer {
    const { at } = this;
    if (at - start > SHARED_BYTES_MAX) {
      const bytes = this.copyFrom(start);
      this.at = start;
      if (this.buffer.length > SLAB_BYTES) this.#begin();
      return bytes;
    }
    const bytes = new Slice(this.view.buffer as ArrayBuffer, start, at - start);
    if (this.buffer.length - at < SHARED_BYTES_MAX || this.buffer.length > SLAB_BYTES) this.#begin();
    return bytes;
  }

  boolean(value: boolean): void {
    this.reserve(1);
    this.buffer[this.at++] = value ? 1 : 0;
  }

  int(value: number): void {
    this.reserve(VARINT_BYTES_MAX);
    this.at = putInt(this.buffer, this.at, value);
  }

  long(value: number): void {
    this.reserve(VARINT_BYTES_MAX);
    this.at = putLong(this.buffer, this.at, value);
  }

  bigLong(value: bigint): void {
    this.reserve(VARINT_BYTES_MAX);
    const high = Number(BigInt.asIntN(32, value >> 32n));
    this.at = putHalves(this.buffer, this.at, high, Number(BigInt.asIntN(32, value)));
  }

  float(value: number): void {
    this.reserve(4);
    if (Number.isNaN(value)) this.view.setUint32(this.at, NAN_FLOAT_HIGH, true);
    else this.view.setFloat32(this.at, value, true);
    this.at += 4;
  }

  double(value: number): void {
    this.reserve(8);
    if (Number.isNaN(value)) {
      this.view.setUint32(this.at, 0, true);
      this.view.setUint32(this.at + 4, NAN_DOUBLE_HIGH, true);
    } else this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  text(value: string): void {
    if (value.length <= SHORT_UNITS_MAX) {
      this.reserve(1 + SHORT_UNITS_MAX);
      const end = putShortText(this.buffer, this.at, value);
      if (end >= 0) {
        this.at = end;
        return;
      }
    }
    this.#longText(value);
  }

  /** The length comes first and is known only behind: room is left for that of ASCII text, which is the usual case. */
  #longText(value: string): void {
    const units = value.length;
    // A UTF-16 unit becomes three bytes at most.
    this.reserve(VARINT_BYTES_MAX + units * 3);
    const { buffer, at } = this;
    const guess = sizeOfCount(units);
    const length = buffer.write(value, at + guess);
    const size = length === units ? guess : sizeOfCount(length);
    if (size !== guess) buffer.copyWithin(at + size, at + guess, at + guess + length);
    this.at = putUnsigned(buffer, at, (length << 1) >>> 0) + length;
  }

  bytes(value: Uint8Array): void {
    this.long(value.length);
    this.raw(value);
  }

  raw(value: Uint8Array): void {
    this.reserve(value.length);
    this.buffer.set(value, this.at);
    this.at += value.length;
  }

  /** Makes sure that so many bytes can be written. */
  reserve(bytes: number): void {
    if (this.at + bytes > this.buffer.length) this.#grow(bytes);
  }

  /** Puts a count in front of what begins at `start`, where `gap` bytes were left for it. */
  insertCount(start: number, gap: number, count: number): void {
    const size = sizeOfCount(count);
    this.reserve(VARINT_BYTES_MAX);
    const end = this.at;
    if (size !== gap) this.buffer.copyWithin(start + size, start + gap, end);
    this.at = start;
    this.int(count);
    this.at = end + size - gap;
  }

  #begin(): void {
    this.buffer = Buffer.allocUnsafeSlow(SLAB_BYTES);
    this.view = viewOf(this.buffer);
    this.at = 0;
  }

  #grow(bytes: number): void {
    const needed = this.at + bytes;
    if (needed > this.#bytesMax) throw fault(`a value that may take more than ${this.#bytesMax} bytes`, 'as many');
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(this.buffer.length * 2, this.#bytesMax)));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
    this.view = viewOf(larger);
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Bytes of the varint of a count below 2^30. */
function sizeOfCount(count: number): number {
  return ((32 - Math.clz32(count << 1)) * 9 + 64) >> 6;
}
