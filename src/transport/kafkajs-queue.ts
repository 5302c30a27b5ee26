/** kafkajs' request queue with its defects mended, on this one instance; kafkajs' own classes stay as they are. */
import type { SeamRequestQueue } from './kafkajs-seam.ts';
import { SmallMap } from './small-map.ts';
import { THROTTLE_MS_MAX } from './transport.ts';

export interface QueueHooks {
  /** An answer that belongs to no request, or not to the oldest. */
  onStrangeAnswer(problem: string): void;
  /** The connection holds back for that long, already capped. */
  onThrottle(throttleMs: number): void;
}

export function mendQueue(queue: SeamRequestQueue, hooks: QueueHooks): void {
  mendInflight(queue);
  mendTimer(queue);
  mendThrottle(queue, hooks);
  checkCorrelation(queue, hooks);
}

/**
 * Every request is in this map for a while, and everything a request refers to is kept for a full collection by what a
 * Map leaves behind: a quarter of what a producer allocates, and most of what its garbage collector has to do.
 */
function mendInflight(queue: SeamRequestQueue): void {
  const inflight = new SmallMap<number, unknown>();
  queue.inflight.forEach((request, correlationId) => {
    inflight.set(correlationId, request);
  });
  queue.inflight = inflight;
}

/**
 * kafkajs arms this timer after every answer whether or not something waits, and when it fires arms it again: about
 * 870 wake-ups a second and several percent of a core on an idle connection. A timer is needed only while requests wait
 * for the end of a throttle.
 */
function mendTimer(queue: SeamRequestQueue): void {
  queue.scheduleCheckPendingRequests = () => {
    if (queue.pending.length === 0 || queue.throttleCheckTimeoutId !== null) return;
    // Should the wall clock be set back, the wait would grow with it; it never needs to exceed the longest throttle.
    const waitMs = Math.min(Math.max(queue.throttledUntil - Date.now(), 1), THROTTLE_MS_MAX);
    queue.throttleCheckTimeoutId = setTimeout(() => {
      queue.throttleCheckTimeoutId = null;
      queue.throttledUntil = -1;
      queue.checkPendingRequests();
    }, waitMs);
  };
}

/** R16: a throttle mutes this connection. All are capped, that of kafkajs' own ApiVersions answer included. */
function mendThrottle(queue: SeamRequestQueue, hooks: QueueHooks): void {
  const throttle = queue.maybeThrottle.bind(queue);
  queue.maybeThrottle = (throttleMs) => {
    if (typeof throttleMs !== 'number' || throttleMs <= 0) return;
    const cappedMs = Math.min(throttleMs, THROTTLE_MS_MAX);
    throttle(cappedMs);
    hooks.onThrottle(cappedMs);
  };
}

/**
 * R14: a broker answers the requests of a connection in the order they came. kafkajs only logs an answer it cannot
 * place; after one no later answer can be trusted to belong to its request, so the connection has to end.
 */
function checkCorrelation(queue: SeamRequestQueue, hooks: QueueHooks): void {
  const fulfill = queue.fulfillRequest.bind(queue);
  queue.fulfillRequest = (answer) => {
    const expected = queue.inflight.keys().next();
    if (expected.done === true) {
      hooks.onStrangeAnswer(`an answer with correlation id ${answer.correlationId} while no request waits`);
    } else if (expected.value !== answer.correlationId) {
      hooks.onStrangeAnswer(`an answer with correlation id ${answer.correlationId}, expected ${expected.value}`);
    } else {
      fulfill(answer);
    }
  };
}
