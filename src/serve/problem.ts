/** A request that cannot be answered with what it asked for: a status, a stable code, and words for people. */
import type { OutgoingHttpHeaders } from 'node:http';

export interface ProblemExtras {
  readonly headers?: OutgoingHttpHeaders;
  /** Kafka's REST proxy has numbers finer than the status, as 40401 for an unknown topic. */
  readonly restCode?: number;
  /** The rest of the request will not be read: the connection ends with the answer. */
  readonly isBodyUnread?: true;
}

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: OutgoingHttpHeaders;
  readonly restCode: number;
  readonly isBodyUnread: boolean;

  constructor(status: number, code: string, message: string, extras: ProblemExtras = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = extras.headers ?? {};
    this.restCode = extras.restCode ?? status;
    this.isBodyUnread = extras.isBodyUnread ?? false;
  }
}

/** Seconds after which a refused client may try again: long enough for a full queue to empty at ordinary rates. */
export const RETRY_AFTER = { 'retry-after': '1' };

export function malformed(message: string, status = 400): Problem {
  return new Problem(status, 'ERR_MALFORMED_REQUEST', message);
}

export function notFound(message: string, restCode = 404): Problem {
  return new Problem(404, 'ERR_NOT_FOUND', message, { restCode });
}

export function overloaded(message: string): Problem {
  return new Problem(429, 'ERR_OVERLOADED', message, { headers: RETRY_AFTER });
}

export function draining(): Problem {
  return new Problem(503, 'ERR_CLOSED', 'the sidecar is shutting down and takes nothing new', { headers: RETRY_AFTER });
}
