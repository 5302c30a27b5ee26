/**
 * A part of somebody's bytes with a few bytes in front, as a key or value: a group of encoded messages is cut so.
 * One object is pointed at message after message, so that none needs a view of its own; it is copied when it is staged.
 */
import { RunCopier } from './run-copier.ts';

const NOTHING: Buffer = Buffer.alloc(0);

export class ByteSlice {
  /** Bytes in all, those in front included. */
  length: number;
  readonly #front: Uint8Array;
  readonly #copier = new RunCopier();
  #bytes: Buffer = NOTHING;
  #start = 0;
  #end = 0;

  constructor(front: Uint8Array = NOTHING) {
    this.#front = front;
    this.length = front.length;
  }

  point(bytes: Buffer, start: number, end: number): this {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.length = this.#front.length + end - start;
    return this;
  }

  /** Writes all of it and returns the position behind. */
  copyTo(target: Buffer, at: number): number {
    const front = this.#front;
    for (let index = 0; index < front.length; index++) target[at + index] = front[index] as number;
    at += front.length;
    const bytes = this.#bytes;
    const start = this.#start;
    const end = this.#end;
    this.#copier.copy(bytes, start, end, target, at);
    return at + end - start;
  }

  toBuffer(): Buffer {
    const copy = Buffer.allocUnsafe(this.length);
    this.copyTo(copy, 0);
    return copy;
  }
}
