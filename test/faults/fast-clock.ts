/**
 * Time for producers in front of a real broker: it runs ten times as fast as ours, so that backoffs cost little, and
 * can be moved forward at once, so that a test need not wait for a deadline to see what happens then.
 *
 * It runs only while this process does. A heartbeat pays time out in small portions, so what the machine gives to
 * others, or a turn that takes long, is not on this clock; whoever is late by it is late by its own doing, and can be
 * held to the second on a machine that is busy with other things.
 */
import type { Clock } from '../../src/producer/clock.ts';

const SPEED = 10;

/** A heartbeat is asked for that often. */
const BEAT_MS = 5;

/** What one beat pays at most: a beat that comes later has been held up, and the rest of its time counts for nobody. */
const PORTION_MS = 2 * BEAT_MS;

/** The time this process has had, as any clock of ours sees it. */
class Heartbeat {
  #beatAtMs = performance.now();
  #paidMs = 0;

  start(): this {
    setInterval(() => {
      this.#paidMs = this.now();
      this.#beatAtMs = performance.now();
    }, BEAT_MS).unref();
    return this;
  }

  now(): number {
    return this.#paidMs + Math.min(performance.now() - this.#beatAtMs, PORTION_MS);
  }
}

const heartbeat = new Heartbeat().start();

interface Timer {
  readonly callback: () => void;
  readonly atMs: number;
  handle: NodeJS.Timeout | undefined;
}

export class FastClock implements Clock {
  readonly #timers = new Set<Timer>();
  readonly #skips: { fromMs: number; toMs: number }[] = [];
  #skippedMs = 0;

  now(): number {
    return heartbeat.now() * SPEED + this.#skippedMs;
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
    const fromMs = this.now();
    this.#skippedMs += ms;
    this.#skips.push({ fromMs, toMs: fromMs + ms });
    for (const timer of this.#timers) {
      clearTimeout(timer.handle);
      this.#arm(timer);
    }
  }

  /** When it could first be seen on this clock that it is so late: a skip passes over the moments in it. */
  firstSeen(atMs: number): number {
    return this.#skips.find(({ fromMs, toMs }) => fromMs < atMs && atMs < toMs)?.toMs ?? atMs;
  }

  #arm(timer: Timer): void {
    const leftMs = Math.max(0, (timer.atMs - this.now()) / SPEED);
    timer.handle = setTimeout(() => {
      // Our time may have run on while that of the clock stood still.
      if (this.now() < timer.atMs) {
        this.#arm(timer);
        return;
      }
      this.#timers.delete(timer);
      timer.callback();
    }, leftMs);
  }
}

/** Rejects when the work takes more of this process's own time than that: then it hangs. */
export async function within<T>(ownMs: number, work: Promise<T>): Promise<T> {
  const clock = new FastClock();
  let timer: unknown;
  const overdue = new Promise<never>((_, reject) => {
    timer = clock.setTimer(() => {
      reject(new Error(`it hangs: not over after ${ownMs} ms in which this process ran`));
    }, ownMs * SPEED);
  });
  try {
    return await Promise.race([work, overdue]);
  } finally {
    clock.clearTimer(timer);
  }
}
