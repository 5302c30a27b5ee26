/** A clock that moves only when a test says so. */
import type { Clock } from '../../src/producer/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

export class ManualClock implements Clock {
  /** How much time passes by whenever somebody looks, as it does on a real clock. */
  readingMs = 0;
  #nowMs = 1_000;
  #order = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    this.#nowMs += this.readingMs;
    return this.#nowMs;
  }

  setTimer(callback: () => void, delayMs: number): unknown {
    const timer: Timer = { atMs: this.#nowMs + delayMs, order: this.#order++, callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimer(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  /** How many timers were ever set. */
  get timersSet(): number {
    return this.#order;
  }

  get timerCount(): number {
    return this.#timers.size;
  }

  /** Moves on by that much, running every timer at its own moment and letting promises settle in between. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    for (;;) {
      const next = this.#earliest();
      if (next === undefined || next.atMs > endMs) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
      await settle();
    }
    this.#nowMs = endMs;
    await settle();
  }

  /** Moves on at once, as for a process that was busy: what was due by then runs with the next advance. */
  leap(ms: number): void {
    this.#nowMs += ms;
  }

  /** Moves on from timer to timer until the condition holds; fails when time stands still or runs away. */
  async until(condition: () => boolean, limitMs = 1_000_000): Promise<void> {
    const endMs = this.#nowMs + limitMs;
    await settle();
    while (!condition()) {
      const next = this.#earliest();
      if (next === undefined) throw new Error(`nothing is scheduled at ${this.#nowMs} ms and the condition is false`);
      if (next.atMs > endMs) throw new Error(`the condition is still false after ${limitMs} ms`);
      await this.advance(Math.max(0, next.atMs - this.#nowMs));
    }
  }

  #earliest(): Timer | undefined {
    let earliest: Timer | undefined;
    for (const timer of this.#timers) {
      if (
        earliest === undefined ||
        timer.atMs < earliest.atMs ||
        (timer.atMs === earliest.atMs && timer.order < earliest.order)
      ) {
        earliest = timer;
      }
    }
    return earliest;
  }
}

/** Lets everything run that needs no time: microtasks and immediates, several rounds deep. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 5; round++) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}
