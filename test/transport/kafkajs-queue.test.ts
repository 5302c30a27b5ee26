/** kafkajs' own queue, mended: no timer without work, throttles capped, answers in order. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mendQueue } from '../../src/transport/kafkajs-queue.ts';
import { THROTTLE_MS_MAX } from '../../src/transport/transport.ts';
import type { SeamRequestQueue } from '../../src/transport/kafkajs-seam.ts';
import { newRequestQueue } from './request-queue.ts';

function openQueue(): { queue: SeamRequestQueue; strange: string[]; throttles: number[] } {
  const queue = newRequestQueue();
  const strange: string[] = [];
  const throttles: number[] = [];
  mendQueue(queue, {
    onStrangeAnswer: (problem) => strange.push(problem),
    onThrottle: (throttleMs) => throttles.push(throttleMs),
  });
  return { queue, strange, throttles };
}

/** Pushes a request; the promises tell when it is sent and when it is answered. */
function push(queue: SeamRequestQueue, correlationId: number): { sent: Promise<void>; answered: Promise<void> } {
  let onAnswer!: () => void;
  const answered = new Promise<void>((resolve) => {
    onAnswer = resolve;
  });
  const sent = new Promise<void>((resolve) => {
    queue.push({
      entry: { apiKey: 0, apiName: 'Produce', apiVersion: 9, correlationId, resolve: onAnswer, reject: onAnswer },
      expectResponse: true,
      requestTimeout: null,
      sendRequest: resolve,
    });
  });
  return { sent, answered };
}

describe('mended request queue', () => {
  it('arms no timer after an answer when nothing waits', async () => {
    const { queue } = openQueue();
    const { answered } = push(queue, 1);
    queue.fulfillRequest({ correlationId: 1, payload: Buffer.alloc(0), size: 4 });
    await answered;
    assert.equal(queue.throttleCheckTimeoutId, null);
    for (let i = 0; i < 10; i++) queue.scheduleCheckPendingRequests();
    assert.equal(queue.throttleCheckTimeoutId, null);
  });

  it('sends what a throttle held back, in order, and then rests', async () => {
    const { queue, throttles } = openQueue();
    queue.maybeThrottle(20);
    const order: number[] = [];
    const sent = [1, 2, 3].map((id) => push(queue, id).sent.then(() => order.push(id)));
    assert.equal(queue.pending.length, 3);
    await Promise.all(sent);
    assert.deepEqual(order, [1, 2, 3]);
    assert.deepEqual(throttles, [20]);
    assert.equal(queue.throttleCheckTimeoutId, null);
  });

  it('caps a throttle, and takes none for none', () => {
    const { queue, throttles } = openQueue();
    for (const none of [0, -1, null, undefined]) queue.maybeThrottle(none);
    assert.deepEqual(throttles, []);
    queue.maybeThrottle(2 ** 31 - 1);
    assert.deepEqual(throttles, [THROTTLE_MS_MAX]);
    assert.ok(queue.throttledUntil <= Date.now() + THROTTLE_MS_MAX);
  });

  it('takes the answer to the oldest request only', async () => {
    const { queue, strange } = openQueue();
    const answer = (correlationId: number): void => {
      queue.fulfillRequest({ correlationId, payload: Buffer.alloc(0), size: 4 });
    };
    answer(7);
    const first = push(queue, 1);
    push(queue, 2);
    answer(2);
    answer(-1);
    assert.equal(queue.inflight.size, 2);
    answer(1);
    await first.answered;
    answer(1);
    assert.deepEqual(
      strange.map((problem) => problem.replace('an answer with correlation id ', '')),
      ['7 while no request waits', '2, expected 1', '-1, expected 1', '1, expected 2'],
    );
  });
});
