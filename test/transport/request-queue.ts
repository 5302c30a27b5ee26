/** kafkajs' own request queue, as a connection of kafkajs makes it, and silent. */
import { createRequire } from 'node:module';
import type { SeamRequestQueue } from '../../src/transport/kafkajs-seam.ts';

const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as new (
  options: object,
) => SeamRequestQueue;

export function newRequestQueue(): SeamRequestQueue {
  const silent = (): void => undefined;
  const logger = { debug: silent, warn: silent, error: silent };
  const options = { requestTimeout: 1000, enforceRequestTimeout: false, clientId: '', broker: '', logger };
  return new RequestQueue(options);
}
