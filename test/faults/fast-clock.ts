/**
 * Time for producers in front of a real broker: it runs ten times as fast as ours, so that backoffs cost little, and
 * can be moved forward at once, so that a test need not wait for a deadline to see what happens then.
 */
import type { Clock } from '../../src/producer/clock.ts';

const SPEED = 10;

interface Timer {
  readonly callback: () => void;
  readonly atMs: number;
  handle: NodeJS.Timeout | undefined;
}

export class FastClock implements Clock {
  readonly #timers = new Set<Timer>();
  #skippedMs = 0;

  now(): number {
    return performance.now() * SPEED + this.#skippedMs;
  }

  setTimer(callback: () => void, delayMs: number): unknown {
    const timer: Timer = { callback, atMs: this.now() + delayMs, handle: undefined };
    this.#timers.add(timer);
    this.#arm(timer);
    return timer;
  }

  clearTimer(timer: unknown): void {
    clearTimeout((timer as Timer).handle);
    this.#timers.delete(timer as Timer);
  }

  get timerCount(): number {
    return this.#timers.size;
  }

  /** Moves time forward; what is due by then is called back in this turn or the next. */
  skip(ms: number): void {
    this.#skippedMs += ms;
    for (const timer of this.#timers) {
      clearTimeout(timer.handle);
      this.#arm(timer);
    }
  }

  #arm(timer: Timer): void {
    timer.handle = setTimeout(
      () => {
        this.#timers.delete(timer);
        timer.callback();
      },
      Math.max(0, (timer.atMs - this.now()) / SPEED),
    );
  }
}
