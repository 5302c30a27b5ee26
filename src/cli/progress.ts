/** One line about work that takes long: rewritten in place on a terminal, a new plain line now and then elsewhere. */
import { grouped } from '../binding/property-values.ts';

export interface ProgressCounts {
  readonly messages: number;
  readonly inFlight: number;
  readonly failed: number;
}

/** Short work should not flicker. */
const FIRST_AFTER_MS = 1000;
const TERMINAL_EVERY_MS = 200;
const PLAIN_EVERY_MS = 5000;
const CLEAR_LINE = '\r\u001b[K';

/** `12 400 messages · 3 100/s · 2 in flight · 0 failed · 00:12` */
export function progressLine(counts: ProgressCounts, elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1000);
  const clock = `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
  const rate = elapsedMs > 0 ? Math.round((counts.messages * 1000) / elapsedMs) : 0;
  return (
    `${grouped(counts.messages)} messages · ${grouped(rate)}/s · ${grouped(counts.inFlight)} in flight · ` +
    `${grouped(counts.failed)} failed · ${clock}`
  );
}

export class Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #read: () => ProgressCounts;
  readonly #startedMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  #shownMs = -Infinity;
  #isLineOpen = false;

  constructor(stream: NodeJS.WriteStream, read: () => ProgressCounts) {
    this.#stream = stream;
    this.#read = read;
    this.#timer = setInterval(() => {
      this.#tick();
    }, TERMINAL_EVERY_MS);
    this.#timer.unref();
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedMs;
  }

  /** Takes the line away, so that other words may follow. */
  stop(): void {
    clearInterval(this.#timer);
    if (this.#isLineOpen) this.#stream.write(CLEAR_LINE);
    this.#isLineOpen = false;
  }

  #tick(): void {
    const { elapsedMs } = this;
    const isTerminal = this.#stream.isTTY;
    const dueMs = isTerminal ? FIRST_AFTER_MS : Math.max(this.#shownMs + PLAIN_EVERY_MS, PLAIN_EVERY_MS);
    if (elapsedMs < dueMs) return;
    this.#shownMs = elapsedMs;
    const line = progressLine(this.#read(), elapsedMs);
    this.#stream.write(isTerminal ? `${CLEAR_LINE}${line}` : `${line}\n`);
    this.#isLineOpen = isTerminal;
  }
}
