/** Cuts a stream of bytes into its parts, with a bound on the memory that one part may take. */
import { isUtf8 } from 'node:buffer';

export interface Piece {
  readonly bytes: number;
  /** Undefined when the part cannot be used; `fault` says why. */
  readonly text: string | undefined;
  readonly fault: string | undefined;
  /** What comes after it cannot be told apart any more. */
  readonly isLast?: true;
}

export interface Splitter {
  add(chunk: Buffer): Piece[];
  /** What is left at the end of the stream. */
  end(): Piece | undefined;
}

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d && byte !== 0x0b);

/** A part that may straddle chunks; what is beyond the bound is counted and not kept. */
class Part {
  readonly #bytesMax: number;
  #chunks: Buffer[] = [];
  bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  keep(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.bytes <= this.#bytesMax) this.#chunks.push(chunk);
    else this.#chunks = [];
  }

  finish(): Piece {
    const { bytes } = this;
    const whole = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.bytes = 0;
    if (bytes > this.#bytesMax) return tooLong(bytes, this.#bytesMax);
    if (!isUtf8(whole)) return broken(bytes, 'is not UTF-8');
    return { bytes, text: whole.toString('utf8'), fault: undefined };
  }
}

function broken(bytes: number, fault: string): Piece {
  return { bytes, text: undefined, fault };
}

function tooLong(bytes: number, bytesMax: number): Piece {
  return broken(bytes, `has ${bytes} bytes; allowed: at most ${bytesMax}`);
}

export class LineSplitter implements Splitter {
  readonly #bytesMax: number;
  readonly #part: Part;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#part = new Part(bytesMax);
  }

  add(chunk: Buffer): Piece[] {
    const first = chunk.indexOf(NEWLINE);
    if (first < 0) {
      this.#part.keep(chunk);
      return [];
    }
    this.#part.keep(chunk.subarray(0, first));
    const pieces = [this.#part.finish()];
    const last = chunk.lastIndexOf(NEWLINE);
    if (last > first) this.#cut(chunk.subarray(first + 1, last), pieces);
    if (last + 1 < chunk.length) this.#part.keep(chunk.subarray(last + 1));
    return pieces;
  }

  /** Whole lines: one check and one conversion for all of them, unless one of them is none. */
  #cut(lines: Buffer, pieces: Piece[]): void {
    if (!isUtf8(lines)) {
      this.#cutOneByOne(lines, pieces);
      return;
    }
    const text = lines.toString('utf8');
    const isAscii = text.length === lines.length;
    for (const line of text.split('\n')) {
      const bytes = isAscii ? line.length : Buffer.byteLength(line);
      pieces.push(bytes > this.#bytesMax ? tooLong(bytes, this.#bytesMax) : { bytes, text: line, fault: undefined });
    }
  }

  #cutOneByOne(lines: Buffer, pieces: Piece[]): void {
    for (let start = 0; start <= lines.length; ) {
      const found = lines.indexOf(NEWLINE, start);
      const end = found < 0 ? lines.length : found;
      this.#part.keep(lines.subarray(start, end));
      pieces.push(this.#part.finish());
      start = end + 1;
    }
  }

  end(): Piece | undefined {
    return this.#part.bytes > 0 ? this.#part.finish() : undefined;
  }
}

/** JSON objects one after the other, with or without white space between them. */
export class ObjectSplitter implements Splitter {
  readonly #part: Part;
  #depth = 0;
  #isInText = false;
  #isEscaped = false;
  #isOver = false;

  constructor(bytesMax: number) {
    this.#part = new Part(bytesMax);
  }

  add(chunk: Buffer): Piece[] {
    const pieces: Piece[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length && !this.#isOver; at++) {
      const byte = chunk[at] as number;
      if (this.#depth === 0) {
        start = at;
        if (isSpace(byte)) continue;
        if (byte !== 0x7b) pieces.push(this.#giveUp());
        else this.#depth = 1;
      } else if (this.#closes(byte)) {
        this.#part.keep(chunk.subarray(start, at + 1));
        pieces.push(this.#part.finish());
      }
    }
    if (this.#depth > 0) this.#part.keep(chunk.subarray(start));
    return pieces;
  }

  end(): Piece | undefined {
    if (this.#isOver || this.#depth === 0) return undefined;
    this.#part.finish();
    return broken(0, 'ends in the middle of a record');
  }

  #giveUp(): Piece {
    this.#isOver = true;
    return { ...broken(0, 'has something else than a JSON object where a record should begin'), isLast: true };
  }

  /** Whether that byte ends the object. */
  #closes(byte: number): boolean {
    if (this.#isInText) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === BACKSLASH) this.#isEscaped = true;
      else if (byte === QUOTE) this.#isInText = false;
      return false;
    }
    if (byte === QUOTE) this.#isInText = true;
    else if (byte === 0x7b || byte === 0x5b) this.#depth += 1;
    else if (byte === 0x7d || byte === 0x5d) this.#depth -= 1;
    return this.#depth === 0;
  }
}
