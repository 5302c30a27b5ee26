/**
 * The two ways out of a command. stdout carries data: lines, gathered into writes of some size, with a way to wait when
 * its reader is slow. stderr carries everything for people; nobody waits for it.
 */
import type { Writable } from 'node:stream';

/** A write per line would cost more than the line; a pipe takes 64 KiB at once. */
const CHUNK_CHARACTERS = 64 * 1024;
/** How much may wait for a slow reader before its writer has to wait as well. */
const WAITING_BYTES_MAX = 1024 * 1024;

export class LineWriter {
  readonly #stream: Writable;
  readonly #onClosed: () => void;
  #chunk = '';
  #isFlushQueued = false;
  #isClosed = false;

  /** @param onClosed called once when the reader went away (EPIPE); what is written afterwards is dropped */
  constructor(stream: Writable, onClosed: () => void = () => undefined) {
    this.#stream = stream;
    this.#onClosed = onClosed;
    stream.on('error', () => {
      this.#close();
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  write(line: string): void {
    if (this.#isClosed) return;
    this.#chunk += `${line}\n`;
    if (this.#chunk.length >= CHUNK_CHARACTERS) this.#flush();
    else if (!this.#isFlushQueued) {
      this.#isFlushQueued = true;
      setImmediate(() => {
        this.#isFlushQueued = false;
        this.#flush();
      });
    }
  }

  writeJson(value: unknown): void {
    this.write(JSON.stringify(value));
  }

  /** Resolves when the reader has caught up. */
  async room(): Promise<void> {
    while (!this.#isClosed && this.#stream.writableLength > WAITING_BYTES_MAX) await this.#event('drain');
  }

  /** Resolves when everything has been handed to the system. */
  async end(): Promise<void> {
    this.#flush();
    while (!this.#isClosed && this.#stream.writableNeedDrain) await this.#event('drain');
    if (this.#isClosed) return;
    await new Promise<void>((resolve) => {
      this.#stream.write('', () => {
        resolve();
      });
    });
  }

  #flush(): void {
    if (this.#chunk === '' || this.#isClosed) return;
    this.#stream.write(this.#chunk);
    this.#chunk = '';
  }

  #event(name: string): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#stream.off(name, done);
        this.#stream.off('error', done);
        resolve();
      };
      this.#stream.once(name, done);
      this.#stream.once('error', done);
    });
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClosed();
  }
}

export interface TerminalOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Words for people, on stderr. */
export class Notices {
  readonly #options: TerminalOptions;

  constructor(options: TerminalOptions) {
    this.#options = options;
  }

  /** Said unless --quiet. */
  say(text: string): void {
    if (this.#options.quiet !== true) process.stderr.write(`${text}\n`);
  }

  /** Said with --verbose only. */
  detail(text: string): void {
    if (this.#options.verbose === true) process.stderr.write(`${text}\n`);
  }
}
