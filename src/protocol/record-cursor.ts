/** A position in the records of a batch; what it cannot read is ERR_RECORD_BATCH with the position. */
import { isUtf8 } from 'node:buffer';
import { recordBatchError } from './record-batch-header.ts';

/** A varint has at most 5 groups of 7 bits; of the fifth only 4 bits fit in 32. */
const VARINT_LAST_BYTE_MAX = 0x0f;

/** A varlong has at most 10 groups; of the tenth only one bit fits in 64. */
const VARLONG_LAST_BYTE_MAX = 0x01;

const NEEDS_MORE = 0x80;

export class RecordCursor {
  readonly bytes: Buffer;
  position: number;
  readonly #end: number;
  /** Where bytes begins in what the caller was given, so that positions in errors are the caller's. */
  readonly #origin: number;

  constructor(bytes: Buffer, start: number, end: number, origin: number = 0) {
    this.bytes = bytes;
    this.position = start;
    this.#end = end;
    this.#origin = origin;
  }

  get remaining(): number {
    return this.#end - this.position;
  }

  error(problem: string): Error {
    return recordBatchError(this.#origin + this.position, problem);
  }

  /** The next byteLength bytes as a cursor of their own. */
  slice(what: string, byteLength: number): RecordCursor {
    const start = this.#take(what, byteLength);
    return new RecordCursor(this.bytes, start, start + byteLength, this.#origin);
  }

  byte(what: string): number {
    return this.bytes.readUInt8(this.#take(what, 1));
  }

  /** Zigzag, 32 bits. */
  varint(what: string): number {
    let raw = 0;
    for (let index = 0; index < 5; index++) {
      const byte = this.byte(what);
      if (index === 4 && byte > VARINT_LAST_BYTE_MAX) break;
      raw |= (byte & 0x7f) << (7 * index);
      if (byte < NEEDS_MORE) return (raw >>> 1) ^ -(raw & 1);
    }
    throw this.error(`${what} is a varint of more than 5 bytes or 32 bits`);
  }

  /** Zigzag, 64 bits. */
  varlong(what: string): bigint {
    let raw = 0n;
    for (let index = 0; index < 10; index++) {
      const byte = this.byte(what);
      if (index === 9 && byte > VARLONG_LAST_BYTE_MAX) break;
      raw |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < NEEDS_MORE) return BigInt.asIntN(64, (raw >> 1n) ^ -(raw & 1n));
    }
    throw this.error(`${what} is a varlong of more than 10 bytes or 64 bits`);
  }

  /** Length −1 is null, which is not the same as empty. */
  nullableBytes(what: string): Uint8Array | null {
    const byteLength = this.varint(`${what} length`);
    if (byteLength < -1) throw this.error(`${what} has length ${byteLength}`);
    if (byteLength === -1) return null;
    const start = this.#take(what, byteLength);
    return this.bytes.subarray(start, start + byteLength);
  }

  text(what: string): string {
    const content = this.nullableBytes(what);
    if (content === null) throw this.error(`${what} is null`);
    if (!isUtf8(content)) throw this.error(`${what} is not UTF-8`);
    return Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('utf8');
  }

  #take(what: string, byteLength: number): number {
    if (byteLength < 0 || byteLength > this.remaining) {
      throw this.error(`${what} needs ${byteLength} bytes, ${this.remaining} are left`);
    }
    const start = this.position;
    this.position += byteLength;
    return start;
  }
}
