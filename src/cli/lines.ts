/**
 * Reads lines from a stream, as many at a time as have arrived, with a bound on the memory that one line may take. The
 * stream is read no faster than the lines are taken.
 */
import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';

export interface InputLine {
  /** Counted from 1. */
  readonly number: number;
  readonly bytes: number;
  /** Undefined when the line cannot be used; `fault` says why. */
  readonly text: string | undefined;
  readonly fault: string | undefined;
}

const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = '\ufeff';

export async function* readLines(stream: Readable, lineBytesMax: number): AsyncGenerator<InputLine[], void> {
  const assembly = new LineAssembly(lineBytesMax);
  for await (const chunk of stream) {
    const lines = assembly.add(chunk as Buffer);
    if (lines.length > 0) yield lines;
  }
  const last = assembly.end();
  if (last !== undefined) yield [last];
}

/** Lines that straddle chunks; the parts of a line that is too long are not kept. */
class LineAssembly {
  readonly #lineBytesMax: number;
  #number = 0;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  add(chunk: Buffer): InputLine[] {
    const lines: InputLine[] = [];
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end < 0) break;
      this.#keep(chunk.subarray(start, end));
      lines.push(this.#finish());
      start = end + 1;
    }
    // A copy: the stream may use the memory of its chunk again.
    if (start < chunk.length) this.#keep(Buffer.from(chunk.subarray(start)));
    return lines;
  }

  end(): InputLine | undefined {
    return this.#bytes > 0 ? this.#finish() : undefined;
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes <= this.#lineBytesMax) this.#parts.push(part);
    else this.#parts = [];
  }

  #finish(): InputLine {
    const line = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
    const bytes = this.#bytes;
    this.#parts = [];
    this.#bytes = 0;
    this.#number += 1;
    const number = this.#number;
    if (bytes > this.#lineBytesMax) {
      const fault = `has ${bytes} bytes; allowed: at most ${this.#lineBytesMax} (--max-line-bytes)`;
      return { number, bytes, text: undefined, fault };
    }
    if (!isUtf8(line)) return { number, bytes, text: undefined, fault: 'is not UTF-8' };
    const text = line.toString('utf8');
    const isMarked = number === 1 && text.startsWith(BYTE_ORDER_MARK);
    return { number, bytes, text: isMarked ? text.slice(1) : text, fault: undefined };
  }
}

/** A line as JSON, or what is wrong with it: the place, and nothing of the line itself. */
export function parseLine(text: string): { value: unknown; fault?: undefined } | { fault: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    return { fault: `is not JSON${position === undefined ? '' : ` (at character ${Number(position) + 1})`}` };
  }
}
