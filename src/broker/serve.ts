/** What the code that answers a request is given. */
import type { Cluster } from './cluster.ts';
import type { BrokerRequest, RequestAction } from './requests.ts';
import type { SaslSession } from './sasl.ts';

export interface ServeContext {
  readonly cluster: Cluster;
  readonly request: BrokerRequest;
  readonly action: RequestAction;
  /** Null when the broker asks nobody to authenticate. */
  readonly sasl: SaslSession | null;
  /** Aborted when the connection is gone, so that nobody waits on its behalf. */
  readonly closed: AbortSignal;
  /** Ends the connection once the answer is out. */
  readonly closeAfterReply: () => void;
}

/** The answer after the correlation id; null sends none. Throws ERR_PROTOCOL for a request that makes no sense. */
export type Serve = (context: ServeContext) => Buffer | null | Promise<Buffer | null>;
