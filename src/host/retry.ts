/**
 * Retry policies: what a function whose trigger cannot repeat itself asks for, as `retry` in function.json or in the
 * options of the v4 model. As in Azure they count for everything but HTTP, whose callers try again themselves.
 */
import { ConfigError } from '../binding/config-error.ts';
import type { Clock } from './clock.ts';
import type { RetryContext } from './core-api.ts';

export interface RetryPolicy {
  /** −1: without end. */
  readonly maxRetryCount: number;
  /** How long to wait before that retry; the first is 1. */
  readonly delayMs: (retry: number) => number;
}

const DELAY_MS_MAX = 2 ** 31 - 1;

/** Undefined when there is none. @throws ConfigError for one that nobody could follow */
export function retryPolicyOf(functionName: string, given: unknown): RetryPolicy | undefined {
  if (given === undefined || given === null) return undefined;
  const fault = (property: string, allowed: string): ConfigError => {
    const message = `${functionName}: retry.${property}: allowed is ${allowed}`;
    return new ConfigError([{ property: `retry.${property}`, code: 'format', message }], 'the app');
  };
  const policy = given as Readonly<Record<string, unknown>>;
  const { maxRetryCount } = policy;
  if (typeof maxRetryCount !== 'number' || !Number.isInteger(maxRetryCount) || maxRetryCount < -1) {
    throw fault('maxRetryCount', 'a whole number, −1 for without end');
  }
  const interval = (name: string): number => {
    const delayMs = millisecondsOf(policy[name]);
    if (delayMs !== undefined && delayMs <= DELAY_MS_MAX) return delayMs;
    throw fault(name, `a time such as "00:00:10", up to ${Math.floor(DELAY_MS_MAX / 86_400_000)} days`);
  };
  // @azure/functions keeps the word of the option, and names it a second time as the worker does.
  const strategy = String(policy['strategy'] ?? policy['retryStrategy']).toLowerCase();
  if (strategy === 'fixeddelay') {
    const delayMs = interval('delayInterval');
    return { maxRetryCount, delayMs: () => delayMs };
  }
  if (strategy !== 'exponentialbackoff') throw fault('strategy', 'fixedDelay or exponentialBackoff');
  const [minimumMs, maximumMs] = [interval('minimumInterval'), interval('maximumInterval')];
  if (maximumMs < minimumMs) throw fault('maximumInterval', 'at least minimumInterval');
  return { maxRetryCount, delayMs: (retry) => Math.min(maximumMs, minimumMs * 2 ** (retry - 1)) };
}

/** function.json has "[d.]hh:mm:ss[.fff]", @azure/functions whole seconds. */
function millisecondsOf(interval: unknown): number | undefined {
  if (typeof interval === 'object' && interval !== null && 'seconds' in interval) {
    return typeof interval.seconds === 'number' ? interval.seconds * 1000 : undefined;
  }
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d{1,7})?$/.exec(String(interval));
  if (match === null) return undefined;
  const [, days = '0', hours, minutes, seconds, fraction = '0'] = match;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const whole = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  return whole * 1000 + Math.round(Number(fraction) * 1000);
}

export class Retries {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #isStopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends as the first attempt that succeeds, or as the last of those that are allowed. */
  async run<Result>(
    policy: RetryPolicy | undefined,
    attempt: (context: RetryContext | undefined) => Promise<Result>,
  ): Promise<Result> {
    if (policy === undefined) return attempt(undefined);
    const { maxRetryCount } = policy;
    let exception: RetryContext['exception'];
    for (let retryCount = 0; ; retryCount++) {
      try {
        return await attempt({ retryCount, maxRetryCount, ...(exception && { exception }) });
      } catch (error) {
        if (maxRetryCount >= 0 && retryCount >= maxRetryCount) throw error;
        await this.#wait(policy.delayMs(retryCount + 1));
        if (this.#isStopped) throw error;
        exception = exceptionOf(error);
      }
    }
  }

  /** Whoever waits for a retry gives up: there will be none. */
  stop(): void {
    this.#isStopped = true;
    for (const giveUp of [...this.#waiting]) giveUp();
  }

  #wait(delayMs: number): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    return new Promise((resolve) => {
      const giveUp = (): void => {
        callOff();
        this.#waiting.delete(giveUp);
        resolve();
      };
      const callOff = this.#clock.after(delayMs, () => {
        this.#waiting.delete(giveUp);
        resolve();
      });
      this.#waiting.add(giveUp);
    });
  }
}

function exceptionOf(error: unknown): NonNullable<RetryContext['exception']> {
  if (!(error instanceof Error)) return { message: String(error) };
  return { message: error.message, stackTrace: error.stack ?? '' };
}
