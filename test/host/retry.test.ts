/** Retry policies: their delays on a clock of the test's, their ends, and what is refused. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Clock } from '../../src/host/clock.ts';
import type { RetryContext } from '../../src/host/core-api.ts';
import { Retries, retryPolicyOf } from '../../src/host/retry.ts';

/** A clock that goes on when it is told to; it keeps the delays that were asked for. */
class TestClock implements Clock {
  readonly delays: number[] = [];
  #due: (() => void) | undefined;

  now(): number {
    return 0;
  }

  after(delayMs: number, callback: () => void): () => void {
    this.delays.push(delayMs);
    this.#due = callback;
    return () => {
      this.#due = undefined;
    };
  }

  get isWaiting(): boolean {
    return this.#due !== undefined;
  }

  /** Lets the wait end, and whatever follows from that happen. */
  async advance(): Promise<void> {
    const due = this.#due;
    this.#due = undefined;
    due?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const FIXED = { strategy: 'fixedDelay', maxRetryCount: 2, delayInterval: '00:00:10' };
const BACKOFF = {
  strategy: 'exponentialBackoff',
  maxRetryCount: -1,
  minimumInterval: '00:00:04.5',
  maximumInterval: '00:15:00',
};

function attempts(failures: number): {
  contexts: (RetryContext | undefined)[];
  run: (context?: RetryContext) => Promise<string>;
} {
  const contexts: (RetryContext | undefined)[] = [];
  return {
    contexts,
    run: (context) => {
      contexts.push(context);
      return contexts.length > failures
        ? Promise.resolve('done')
        : Promise.reject(new Error(`failure ${contexts.length}`));
    },
  };
}

describe('retry policies', () => {
  it('wait as long as they say, and tell each attempt what was before', async () => {
    const clock = new TestClock();
    const { contexts, run } = attempts(2);
    const result = new Retries(clock).run(retryPolicyOf('f', FIXED), run);
    await clock.advance();
    await clock.advance();
    await clock.advance();
    assert.equal(await result, 'done');
    assert.deepEqual(clock.delays, [10_000, 10_000]);
    assert.deepEqual(
      contexts.map((context) => [context?.retryCount, context?.maxRetryCount, context?.exception?.message]),
      [
        [0, 2, undefined],
        [1, 2, 'failure 1'],
        [2, 2, 'failure 2'],
      ],
    );
  });

  it('end with the last failure', async () => {
    const clock = new TestClock();
    const { contexts, run } = attempts(9);
    const result = assert.rejects(new Retries(clock).run(retryPolicyOf('f', FIXED), run), /failure 3/);
    for (let turn = 0; turn < 4; turn++) await clock.advance();
    await result;
    assert.equal(contexts.length, 3);
  });

  it('double their delay up to the maximum, without end where −1 asks for it', async () => {
    const clock = new TestClock();
    const result = new Retries(clock).run(retryPolicyOf('f', BACKOFF), attempts(10).run);
    for (let turn = 0; turn < 11; turn++) await clock.advance();
    assert.equal(await result, 'done');
    assert.deepEqual(clock.delays.slice(0, 3), [4500, 9000, 18_000]);
    assert.deepEqual(clock.delays.slice(-2), [900_000, 900_000]);
  });

  it('give up waiting when the host ends', async () => {
    const clock = new TestClock();
    const retries = new Retries(clock);
    const result = assert.rejects(retries.run(retryPolicyOf('f', FIXED), attempts(9).run), /failure 1/);
    await clock.advance();
    assert.ok(clock.isWaiting);
    retries.stop();
    await result;
    assert.ok(!clock.isWaiting);
    await assert.rejects(retries.run(retryPolicyOf('f', FIXED), attempts(9).run), /failure 1/);
  });

  it('are not there by default, and read @azure/functions as well as function.json', async () => {
    assert.equal(retryPolicyOf('f', undefined), undefined);
    await assert.rejects(new Retries(new TestClock()).run(undefined, attempts(1).run), /failure 1/);
    const v4 = { maxRetryCount: 1, retryStrategy: 'fixedDelay', delayInterval: { seconds: 7 } };
    assert.equal(retryPolicyOf('f', v4)?.delayMs(1), 7000);
    assert.equal(retryPolicyOf('f', { ...FIXED, delayInterval: '1.02:03:04' })?.delayMs(1), 93_784_000);
  });

  it('are refused by the name of what nobody could follow', () => {
    const wrong: [object, RegExp][] = [
      [{ ...FIXED, strategy: 'linear' }, /f: retry\.strategy: allowed is fixedDelay or/],
      [{ ...FIXED, maxRetryCount: 1.5 }, /retry\.maxRetryCount/],
      [{ ...FIXED, maxRetryCount: -2 }, /retry\.maxRetryCount/],
      [{ ...FIXED, delayInterval: 'soon' }, /retry\.delayInterval/],
      [{ ...FIXED, delayInterval: '00:60:00' }, /retry\.delayInterval/],
      [{ ...FIXED, delayInterval: '99.00:00:00' }, /retry\.delayInterval/],
      [{ ...BACKOFF, minimumInterval: undefined }, /retry\.minimumInterval/],
      [{ ...BACKOFF, minimumInterval: '00:16:00' }, /retry\.maximumInterval/],
    ];
    for (const [policy, message] of wrong)
      assert.throws(() => retryPolicyOf('f', policy), { code: 'ERR_CONFIG', message });
  });
});
