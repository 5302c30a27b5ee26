/** One request and everything needed to answer it. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { KafkaOutput } from '../binding/output-api.ts';
import type { BodyReader } from './body-reader.ts';
import type { Gate, Lease } from './gate.ts';
import type { Metrics } from './metrics.ts';
import type { SidecarSettings } from './options.ts';
import { notFound, type Problem } from './problem.ts';

/** What all requests share. */
export interface Service {
  readonly output: KafkaOutput;
  readonly settings: SidecarSettings;
  readonly gate: Gate;
  readonly metrics: Metrics;
  /** Aborted when the sidecar is shutting down. */
  readonly draining: AbortSignal;
}

export interface Exchange {
  readonly service: Service;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What stood in the places of the path that vary. */
  readonly parameters: readonly string[];
  readonly body: BodyReader;
  readonly lease: Lease;
}

export interface Reply {
  readonly status: number;
  readonly contentType?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** An object becomes JSON. */
  readonly body?: string | object;
}

export interface Route {
  /** As it stands in the metrics. */
  readonly name: string;
  readonly methods: readonly string[];
  /** The segments of the path; null is one that varies. */
  readonly path: readonly (string | null)[];
  /** Asked for by probes, which have no token. */
  readonly isOpen?: true;
  /** Undefined: it has written its answer itself. */
  readonly handle: (exchange: Exchange) => Promise<Reply | undefined> | Reply;
  readonly problemReply: (problem: Problem) => Reply;
}

/** The name by which requests know the output: that of function.json, or its topic where there is none. */
export function bindingName({ config }: KafkaOutput): string {
  return config.name ?? config.topic;
}

/** @throws Problem 404 */
export function requireBinding({ service, parameters }: Exchange): void {
  const name = bindingName(service.output);
  if (parameters[0] === name) return;
  throw notFound(`there is no binding of that name; this sidecar has "${name}"`);
}

/** @throws Problem 404 */
export function requireTopic({ service }: Exchange, topic: string | undefined): void {
  const own = service.output.config.topic;
  if (topic === own) return;
  throw notFound(`this sidecar produces to topic "${own}" only, the topic of its binding`, 40_401);
}

export function plainProblem({ status, code, message, headers }: Problem): Reply {
  return { status, headers, body: { errorCode: code, message } };
}

/** As Kafka's REST proxy words its errors. */
export function restProblem(contentType: string): (problem: Problem) => Reply {
  return ({ status, restCode, message, headers }) => ({
    status,
    headers,
    contentType,
    body: { error_code: restCode, message },
  });
}
