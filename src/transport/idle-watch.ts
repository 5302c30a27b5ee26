/**
 * Closes connections that carry nothing before the other side does. A broker, or a network in between (Azure's after
 * 240 s), forgets a silent connection without a word, or with one that crosses a request on its way: closed from here,
 * no message ever meets such an end.
 */

import { TransportError } from '../errors.ts';

/** The time a transport lives by; a test brings its own. */
export interface TransportClock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Calls back once after delayMs. */
  setTimer(callback: () => void, delayMs: number): unknown;
  clearTimer(timer: unknown): void;
}

export const systemTransportClock: TransportClock = {
  now: () => performance.now(),
  // It closes connections and must keep no process alive.
  setTimer: (callback, delayMs) => setTimeout(callback, delayMs).unref(),
  clearTimer: (timer) => {
    clearTimeout(timer as NodeJS.Timeout);
  },
};

/** A connection as it is watched. */
export interface Idler {
  /** Undefined while something is on its way or the connection is being made; else since when nothing was sent. */
  readonly idleSinceMs: number | undefined;
  /** host:port. */
  readonly address: string;
  fail(error: TransportError): void;
}

export class IdleWatch {
  readonly #clock: TransportClock;
  readonly #maxIdleMs: number;
  readonly #idlers: () => Iterable<Idler>;
  #timer: unknown;

  /** @param maxIdleMs Infinity watches nothing */
  constructor(clock: TransportClock, maxIdleMs: number, idlers: () => Iterable<Idler>) {
    this.#clock = clock;
    this.#maxIdleMs = maxIdleMs;
    this.#idlers = idlers;
  }

  /** There is a connection to watch. */
  start(): void {
    if (this.#timer === undefined && Number.isFinite(this.#maxIdleMs)) this.#arm(this.#maxIdleMs);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  #arm(delayMs: number): void {
    this.#timer = this.#clock.setTimer(() => {
      this.#timer = undefined;
      this.#look();
    }, delayMs);
  }

  #look(): void {
    const nowMs = this.#clock.now();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const idler of [...this.#idlers()]) {
      const idleMs = nowMs - (idler.idleSinceMs ?? nowMs);
      if (idleMs >= this.#maxIdleMs) idler.fail(closedIdle(idler.address, idleMs));
      else nextMs = Math.min(nextMs, Math.ceil(this.#maxIdleMs - idleMs));
    }
    if (Number.isFinite(nextMs)) this.#arm(nextMs);
  }
}

function closedIdle(address: string, idleMs: number): TransportError {
  const reason = `closed after ${Math.round(idleMs / 1000)} s without a request (connectionsMaxIdleMs)`;
  return new TransportError(`${address}: ${reason}`, { mayBeWritten: false });
}
