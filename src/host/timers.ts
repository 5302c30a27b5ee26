/** Fires the timer triggers. A run that takes longer than its interval delays the next one, as in Azure. */
import type { Clock } from './clock.ts';
import type { TypedData } from './core-api.ts';
import { Schedule } from './cron.ts';

export interface Timer {
  readonly functionName: string;
  readonly schedule: Schedule;
  readonly runOnStartup: boolean;
}

/** setTimeout takes 32 bits. */
const DELAY_MS_MAX = 2 ** 31 - 1;

export class Timers {
  readonly #clock: Clock;
  readonly #fire: (timer: Timer, data: TypedData) => Promise<void>;
  readonly #armed = new Map<Timer, () => void>();
  #isStopped = false;

  /** @param fire must not reject */
  constructor(clock: Clock, fire: (timer: Timer, data: TypedData) => Promise<void>) {
    this.#clock = clock;
    this.#fire = fire;
  }

  start(timer: Timer): void {
    if (timer.runOnStartup) void this.#run(timer);
    else this.#arm(timer, timer.schedule.next(this.#clock.now()));
  }

  stop(): void {
    this.#isStopped = true;
    for (const disarm of this.#armed.values()) disarm();
    this.#armed.clear();
  }

  #arm(timer: Timer, atMs: number): void {
    if (this.#isStopped) return;
    const delayMs = Math.min(Math.max(0, atMs - this.#clock.now()), DELAY_MS_MAX);
    const disarm = this.#clock.after(delayMs, () => {
      this.#armed.delete(timer);
      if (this.#clock.now() < atMs) this.#arm(timer, atMs);
      else void this.#run(timer);
    });
    this.#armed.set(timer, disarm);
  }

  async #run(timer: Timer): Promise<void> {
    await this.#fire(timer, this.dataOf(timer));
    this.#arm(timer, timer.schedule.next(this.#clock.now()));
  }

  /** What a timer function gets as its first argument. */
  dataOf({ schedule }: Timer): TypedData {
    const nowMs = this.#clock.now();
    const iso = (timeMs: number): string => new Date(timeMs).toISOString();
    const status = { Last: iso(nowMs), LastUpdated: iso(nowMs), Next: iso(schedule.next(nowMs)) };
    return { json: JSON.stringify({ Schedule: { AdjustForDST: true }, ScheduleStatus: status, IsPastDue: false }) };
  }
}
