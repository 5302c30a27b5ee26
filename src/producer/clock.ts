/** All time and chance the producer sees come through here, so that a test or a simulation can own it. */

export interface Clock {
  /** Monotonic milliseconds; deadlines use only this, so a changed wall clock moves none of them (F50). */
  now(): number;
  /** Calls back once after delayMs. */
  setTimer(callback: () => void, delayMs: number): unknown;
  clearTimer(timer: unknown): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimer: (timer) => {
    clearTimeout(timer as NodeJS.Timeout);
  },
};

/** In [0, 1). */
export const systemRandom: () => number = Math.random;

/**
 * A timer that fires so much later than asked for was held up by other code. Answers may have come meanwhile and wait
 * in the sockets, which Node reads only after its timers: they are read before anything is declared overdue (F52).
 */
const LATE_MS = 50;

/** One timer for a whole producer: it fires at the earliest moment anybody asked for. */
export class Wakeup {
  readonly #clock: Clock;
  readonly #callback: () => void;
  #timer: unknown;
  #atMs = Infinity;
  #hasLetRead = false;

  constructor(clock: Clock, callback: () => void) {
    this.#clock = clock;
    this.#callback = callback;
  }

  /** Makes sure the callback runs no later than atMs. */
  at(atMs: number): void {
    if (atMs >= this.#atMs) return;
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#atMs = atMs;
    this.#hasLetRead = false;
    // Rounded up: a timer that fires a fraction early would find nothing due and arm itself again.
    const delayMs = Math.max(0, Math.ceil(atMs - this.#clock.now()));
    this.#timer = this.#clock.setTimer(() => {
      this.#fire();
    }, delayMs);
  }

  /** True while something is overdue and the sockets have not been read since; then no deadline counts yet. */
  isLate(nowMs: number): boolean {
    return !this.#hasLetRead && nowMs > this.#atMs + LATE_MS;
  }

  #fire(): void {
    if (this.isLate(this.#clock.now())) {
      this.#timer = this.#clock.setTimer(() => {
        this.#hasLetRead = true;
        this.#fire();
      }, 0);
      return;
    }
    this.#timer = undefined;
    this.#atMs = Infinity;
    this.#callback();
  }

  cancel(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#atMs = Infinity;
  }
}
