/** What orchestrators and monitoring ask: is it alive, does it take messages, what has it counted. */
import { type Exchange, plainProblem, type Reply, type Route } from './exchange.ts';
import { METRICS_TYPE } from './metrics.ts';
import { draining, overloaded } from './problem.ts';

const shared = { methods: ['GET', 'HEAD'], problemReply: plainProblem };

export const probeRoutes: readonly Route[] = [
  {
    name: 'healthz',
    path: ['healthz'],
    isOpen: true,
    handle: () => ({ status: 200, body: { status: 'ok' } }),
    ...shared,
  },
  { name: 'readyz', path: ['readyz'], isOpen: true, handle: readiness, ...shared },
  { name: 'metrics', path: ['metrics'], handle: metrics, ...shared },
];

/** @throws Problem 503 while new messages would be refused */
function readiness({ service }: Exchange): Reply {
  if (service.draining.aborted) throw draining();
  if (service.gate.isFull) {
    const { message, code, headers } = overloaded('the queue is full');
    return { status: 503, headers, body: { errorCode: code, message } };
  }
  return { status: 200, body: { status: 'ready' } };
}

function metrics({ service }: Exchange): Reply {
  return { status: 200, contentType: METRICS_TYPE, body: service.metrics.text(service) };
}
