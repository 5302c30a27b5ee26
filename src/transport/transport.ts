/**
 * What the sender needs of a network: requests to a broker by its node id. The kafkajs implementation is the real one;
 * tests and the simulation bring their own.
 */
import type { ClusterMetadata, ProduceRequest, ProduceResponse, ProducerIdentity } from '../protocol/messages.ts';

export interface Transport {
  /** Connects to any broker of the bootstrap list. Rejects with ERR_CONNECT or ERR_AUTH, naming each broker tried. */
  connect(): Promise<void>;
  /**
   * Topic and broker metadata from any reachable broker. A topic or partition with an error is an entry with that
   * error, never a rejection. Doubted nodes are asked only after all others: they may be cut off from the rest of the
   * cluster and answer from the past. Rejects with TransportError when no broker answers.
   */
  metadata(topics: readonly string[], doubtedNodeIds?: ReadonlySet<number>): Promise<ClusterMetadata>;
  /**
   * Sends one Produce request to that node and parses the answer. acks is −1 (all).
   * Rejects with TransportError; `mayBeWritten` tells whether a byte may have left (rows L1, L2 of reliability §1.5).
   * There is no deadline here: the sender calls disconnect(nodeId) when its own has passed, which rejects everything
   * in flight on that connection.
   */
  produce(nodeId: number, request: ProduceRequest): Promise<ProduceResponse>;
  /** An id for a non-transactional idempotent producer, from any broker (KIP-98). Rejects with BrokerError too. */
  initProducerId(): Promise<ProducerIdentity>;
  /** Destroys the sockets to that node at once; requests in flight reject with TransportError. Reconnects on demand. */
  disconnect(nodeId: number, reason: string): void;
  /** Ends all connections; in-flight requests reject. Nothing keeps the process alive afterwards. */
  close(): Promise<void>;
  /** Connection up and down, throttles; optional. */
  onEvent?: ((event: TransportEvent) => void) | undefined;
}

/** A nodeId of −1 is a bootstrap connection that no metadata has given a name yet. */
export type TransportEvent =
  | { type: 'connected'; nodeId: number; host: string; port: number }
  | { type: 'disconnected'; nodeId: number; host: string; port: number; reason: string }
  /** Before each connection whose broker's certificate is not checked (sslInsecureSkipVerify). */
  | { type: 'unverified'; nodeId: number; host: string; port: number }
  | { type: 'throttled'; nodeId: number; throttleMs: number };
