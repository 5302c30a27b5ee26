/** Virtual time for a whole simulation: the producer's timers and the cluster's events in one queue. */
import type { Clock } from '../../src/producer/clock.ts';

/** More events than this at one moment are a loop that waits for nothing. */
const EVENTS_AT_ONCE_MAX = 10_000;

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
  isCancelled: boolean;
}

export class SimClock implements Clock {
  #nowMs = 0;
  #order = 0;
  /** A binary heap by (atMs, order): equal times run in the order they were asked for. */
  readonly #heap: Timer[] = [];

  now(): number {
    return this.#nowMs;
  }

  setTimer(callback: () => void, delayMs: number): unknown {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback, isCancelled: false };
    this.#heap.push(timer);
    this.#siftUp(this.#heap.length - 1);
    return timer;
  }

  clearTimer(timer: unknown): void {
    (timer as Timer).isCancelled = true;
  }

  /** Runs events until none is left, the condition holds, or endMs is reached; promises settle between two events. */
  async run(endMs: number, isDone: () => boolean = () => false): Promise<void> {
    await microtasks();
    let standing = 0;
    while (!isDone()) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > endMs) return;
      this.#pop();
      if (next.isCancelled) continue;
      standing = next.atMs > this.#nowMs ? 0 : standing + 1;
      if (standing > EVENTS_AT_ONCE_MAX) throw new Error(`time stands still at ${this.#nowMs} ms`);
      this.#nowMs = next.atMs;
      next.callback();
      await microtasks();
    }
  }

  #pop(): void {
    const last = this.#heap.pop() as Timer;
    if (this.#heap.length === 0) return;
    this.#heap[0] = last;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= this.#heap.length) return;
      const right = left + 1;
      const child = right < this.#heap.length && this.#isBefore(right, left) ? right : left;
      if (!this.#isBefore(child, at)) return;
      this.#swap(child, at);
      at = child;
    }
  }

  #siftUp(start: number): void {
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const left = this.#heap[a] as Timer;
    const right = this.#heap[b] as Timer;
    return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
  }

  #swap(a: number, b: number): void {
    const left = this.#heap[a] as Timer;
    this.#heap[a] = this.#heap[b] as Timer;
    this.#heap[b] = left;
  }
}

/** One turn of the event loop: every promise that can settle without time has settled when it is over. */
export function microtasks(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** mulberry32: small, fast, and the same everywhere; a seed names a whole run. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). */
  readonly next = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };

  /** An integer in [low, high]. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.next() * choices.length)] as T;
  }

  is(probability: number): boolean {
    return this.next() < probability;
  }
}
