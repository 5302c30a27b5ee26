/**
 * Avro's binary encoding of primitives:
 *
 *     boolean => int8      0 or 1
 *     int     => varint    zigzag ((n << 1) ^ (n >> 31)), seven bits a byte, least significant first
 *     long    => varint    zigzag of 64 bits
 *     float   => 4 bytes, little-endian;  double => 8 bytes, little-endian
 *     bytes   => long (count), the bytes;  string => the same of its UTF-8
 *     fixed   => the bytes
 */
import { fault } from './fault.ts';

/** Up to here a loop over the units beats one call of the native writer, which costs about 90 ns on Node 20. */
const LOOP_UNITS_MAX = 20;
const START_BYTES = 1024;
/** No record of Kafka is larger, and no reader of Avro takes more. */
const BYTES_MAX = 2_147_483_647;
/** What small values share, as large as the pool of Node's own buffers, and how large a small value is. */
const SLAB_BYTES = 8192;
const SHARED_BYTES_MAX = 1024;
/** The longest varint of 64 bits. */
const VARINT_BYTES_MAX = 10;
const TWO_32 = 0x1_0000_0000;
/** The one NaN that is written, whatever bits a NaN here may have. */
const NAN_FLOAT_HIGH = 0x7fc0_0000;
const NAN_DOUBLE_HIGH = 0x7ff8_0000;

export class ByteWriter {
  buffer: Buffer = Buffer.allocUnsafeSlow(START_BYTES);
  at = 0;
  readonly #bytesMax: number;
  #view = viewOf(this.buffer);

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
    const bytes = this.buffer.subarray(start, at);
    if (this.buffer.length - at < SHARED_BYTES_MAX || this.buffer.length > SLAB_BYTES) this.#begin();
    return bytes;
  }

  boolean(value: boolean): void {
    this.reserve(1);
    this.buffer[this.at++] = value ? 1 : 0;
  }

  int(value: number): void {
    this.reserve(VARINT_BYTES_MAX);
    this.#unsigned(((value << 1) ^ (value >> 31)) >>> 0);
  }

  long(value: number): void {
    if ((value | 0) === value) {
      this.int(value);
      return;
    }
    const high = Math.floor(value / TWO_32);
    this.#zigzag(high | 0, (value - high * TWO_32) | 0);
  }

  bigLong(value: bigint): void {
    this.#zigzag(Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value)));
  }

  float(value: number): void {
    this.reserve(4);
    if (Number.isNaN(value)) this.#view.setUint32(this.at, NAN_FLOAT_HIGH, true);
    else this.#view.setFloat32(this.at, value, true);
    this.at += 4;
  }

  double(value: number): void {
    this.reserve(8);
    if (Number.isNaN(value)) {
      this.#view.setUint32(this.at, 0, true);
      this.#view.setUint32(this.at + 4, NAN_DOUBLE_HIGH, true);
    } else this.#view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  /** The length comes first and is known only behind: room is left for that of ASCII text, which is the usual case. */
  text(value: string): void {
    const units = value.length;
    // A UTF-16 unit becomes three bytes at most.
    this.reserve(VARINT_BYTES_MAX + units * 3);
    const { buffer } = this;
    const guess = sizeOfCount(units);
    const start = this.at + guess;
    const end = putUtf8(buffer, start, value);
    const length = end - start;
    const size = length === units ? guess : sizeOfCount(length);
    if (size !== guess) buffer.copyWithin(this.at + size, start, end);
    this.#unsigned((length << 1) >>> 0);
    this.at += length;
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

  #unsigned(value: number): void {
    const { buffer } = this;
    let { at } = this;
    while (value > 0x7f) {
      buffer[at++] = value | 0x80;
      value >>>= 7;
    }
    buffer[at++] = value;
    this.at = at;
  }

  /** Two signed halves of 64 bits. */
  #zigzag(high: number, low: number): void {
    this.reserve(VARINT_BYTES_MAX);
    const sign = high >> 31;
    let upper = (((high << 1) | (low >>> 31)) ^ sign) >>> 0;
    let lower = ((low << 1) ^ sign) >>> 0;
    while (upper !== 0) {
      this.buffer[this.at++] = lower | 0x80;
      lower = ((lower >>> 7) | (upper << 25)) >>> 0;
      upper >>>= 7;
    }
    this.#unsigned(lower);
  }

  #begin(): void {
    this.buffer = Buffer.allocUnsafeSlow(SLAB_BYTES);
    this.#view = viewOf(this.buffer);
    this.at = 0;
  }

  #grow(bytes: number): void {
    const needed = this.at + bytes;
    if (needed > this.#bytesMax) throw fault(`a value that may take more than ${this.#bytesMax} bytes`, 'as many');
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(this.buffer.length * 2, this.#bytesMax)));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
    this.#view = viewOf(larger);
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Bytes of the varint of a count below 2^30. */
function sizeOfCount(count: number): number {
  return ((32 - Math.clz32(count << 1)) * 9 + 64) >> 6;
}

/** Writes UTF-8, surrogates without a partner as U+FFFD, and returns the position behind. */
function putUtf8(target: Buffer, at: number, text: string): number {
  const units = text.length;
  if (units > LOOP_UNITS_MAX) return at + target.write(text, at);
  for (let index = 0; index < units; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) return at + target.write(text, at);
    target[at + index] = unit;
  }
  return at + units;
}
