/**
 * Run by small-map.test.ts: requests that hold 8000 bytes each through a queue of kafkajs, five in flight at a time,
 * with a young collection after each hundred; prints how much the heap has grown per request. `mended` or `kafkajs`
 * says whose queue it is.
 */
import { mendQueue } from '../../src/transport/kafkajs-queue.ts';
import { newRequestQueue } from './request-queue.ts';

const REQUESTS = 4000;
const WARM_UP = 1000;
const PAYLOAD_BYTES = 8000;
const IN_FLIGHT = 5;

const silent = (): void => undefined;
const queue = newRequestQueue();
if (process.argv[2] === 'mended') mendQueue(queue, { onStrangeAnswer: silent, onThrottle: silent });

const gc = globalThis.gc as (options: { type: 'minor' }) => void;

run(1, WARM_UP);
const before = process.memoryUsage().heapUsed;
run(WARM_UP + 1, WARM_UP + REQUESTS);
process.stdout.write(String(Math.round((process.memoryUsage().heapUsed - before) / REQUESTS)));
process.exit();

function run(first: number, last: number): void {
  for (let correlationId = first; correlationId <= last; correlationId++) {
    push(correlationId);
    if (correlationId > IN_FLIGHT) answer(correlationId - IN_FLIGHT);
    if (correlationId % 100 === 0) gc({ type: 'minor' });
  }
  for (let times = 0; times < 3; times++) gc({ type: 'minor' });
}

function push(correlationId: number): void {
  const payload = new Array<number>(PAYLOAD_BYTES / 8).fill(correlationId);
  const resolve = (): void => {
    payload[0] = 0;
  };
  queue.push({
    entry: { apiKey: 0, apiName: 'Produce', apiVersion: 9, correlationId, resolve, reject: silent },
    expectResponse: true,
    requestTimeout: null,
    sendRequest: silent,
  });
}

function answer(correlationId: number): void {
  queue.fulfillRequest({ correlationId, payload: Buffer.alloc(0), size: 4 });
}
