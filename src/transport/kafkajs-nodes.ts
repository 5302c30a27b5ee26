/** The brokers of the cluster as its metadata names them, and the one live connection to each. */
import { TransportError } from '../errors.ts';
import type { BrokerEndpoint, ClusterMetadata } from '../protocol/messages.ts';
import { IdleWatch, type TransportClock } from './idle-watch.ts';
import { KafkajsLink, type LinkSettings } from './kafkajs-link.ts';
import { addressText } from './link-checks.ts';
import { failureOfRequest } from './link-errors.ts';
import type { TransportEvent } from './transport.ts';

/** Java's reconnect.backoff.ms and its maximum: doubled from failure to failure, give or take a fifth. */
const RECONNECT_MS = 50;
const RECONNECT_MS_MAX = 1_000;

/** What a connection to a bootstrap address is called until metadata tells which node it is. */
const BOOTSTRAP_NODE_ID = -1;

interface Node {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  /** False once metadata leaves the node out. Its connection may still bring answers, so it stays until it ends. */
  listed: boolean;
  link: Connection | undefined;
  /** Why the last connection was of no use, and until when no other is tried; undefined after one that worked. */
  failure: { error: TransportError; count: number; retryAtMs: number } | undefined;
}

export interface Connection {
  nodeId: number;
  readonly link: KafkajsLink;
}

export interface Address {
  host: string;
  port: number;
}

export class NodeTable {
  readonly #settings: LinkSettings;
  readonly #emit: (event: TransportEvent) => void;
  readonly #clock: TransportClock;
  readonly #nodes = new Map<number, Node>();
  /** Every connection that has not ended. */
  readonly #connections = new Set<Connection>();
  /** Sockets that are still on their way out are in it too. */
  readonly #closing = new Set<Promise<void>>();

  readonly #idle: IdleWatch;

  constructor(
    settings: LinkSettings,
    { clock, maxIdleMs }: { clock: TransportClock; maxIdleMs: number },
    emit: (event: TransportEvent) => void,
  ) {
    this.#settings = settings;
    this.#emit = emit;
    this.#clock = clock;
    this.#idle = new IdleWatch(clock, maxIdleMs, () => [...this.#connections].map(({ link }) => link));
  }

  /**
   * The node's connection, made when there is none. With a thousand partitions of a broker that is gone somebody always
   * wants to try again, so they get the failure of the last attempt until the next one is due; then, or for a node the
   * metadata does not list, there is an error instead.
   */
  connectionTo(nodeId: number): Connection | TransportError {
    const node = this.#nodes.get(nodeId);
    if (node?.listed !== true) {
      return new TransportError(`broker ${nodeId} is not in the cluster's metadata`, { mayBeWritten: false });
    }
    if (node.link?.link.alive === true) return node.link;
    if (node.failure !== undefined && this.#clock.now() < node.failure.retryAtMs) return node.failure.error;
    node.link = this.open(node, nodeId);
    return node.link;
  }

  /** Connections that can carry a request now, the least busy first. */
  ready(): Connection[] {
    return [...this.#connections].filter(({ link }) => link.isReady).sort((a, b) => a.link.inFlight - b.link.inFlight);
  }

  /** Listed nodes without a connection that is ready. */
  unconnected(): number[] {
    return [...this.#nodes.values()]
      .filter(({ listed, link }) => listed && link?.link.isReady !== true)
      .map(({ nodeId }) => nodeId);
  }

  /** host:port of a node, or undefined for one that no metadata has named. */
  addressOf(nodeId: number): string | undefined {
    const node = this.#nodes.get(nodeId);
    return node && addressText(node.host, node.port);
  }

  open({ host, port }: Address, nodeId: number = BOOTSTRAP_NODE_ID): Connection {
    if (this.#settings.tls?.rejectUnauthorized === false) this.#emit({ type: 'unverified', nodeId, host, port });
    const connection: Connection = {
      nodeId,
      link: new KafkajsLink(host, port, this.#settings, {
        onReady: () => {
          this.#emit({ type: 'connected', nodeId: connection.nodeId, host, port });
        },
        onFailed: (error, wasReady) => {
          this.#connections.delete(connection);
          this.#note(connection, error);
          if (wasReady) {
            this.#emit({ type: 'disconnected', nodeId: connection.nodeId, host, port, reason: error.message });
          }
        },
        onThrottle: (throttleMs) => {
          this.#emit({ type: 'throttled', nodeId: connection.nodeId, throttleMs });
        },
      }),
    };
    this.#connections.add(connection);
    this.#idle.start();
    const { closed } = connection.link;
    this.#closing.add(closed);
    void closed.then(() => this.#closing.delete(closed));
    return connection;
  }

  /** Takes the brokers of a metadata answer over; `from` is the connection it came by. */
  learn(metadata: ClusterMetadata, from: Connection): void {
    const listed = new Map(metadata.brokers.map((broker) => [broker.nodeId, broker]));
    for (const node of this.#nodes.values()) node.listed = listed.has(node.nodeId);
    for (const broker of listed.values()) this.#place(broker);
    if (from.nodeId === BOOTSTRAP_NODE_ID) this.#adopt(from);
  }

  /** A node that moved is another broker as far as its connection is concerned. */
  #place({ nodeId, host, port }: BrokerEndpoint): void {
    const known = this.#nodes.get(nodeId);
    if (known?.host === host && known.port === port) return;
    this.#nodes.set(nodeId, { nodeId, host, port, listed: true, link: undefined, failure: undefined });
    known?.link?.link.fail(
      new TransportError(`${known.link.link.address}: broker ${nodeId} has moved to ${host}:${port}`, {
        mayBeWritten: true,
      }),
    );
  }

  /**
   * One that answered only the greeting has not worked: the port may want a login, and end at the first request. A
   * refused login is repeated at intervals, too: each may count towards a locked account. Only wrong versions are
   * nothing to wait for, because whoever answers at the address next may have others.
   */
  #note(connection: Connection, error: TransportError): void {
    const node = this.#nodes.get(connection.nodeId);
    if (node?.link !== connection) return;
    const hasWrongVersions = error.fatal && error.code === 'ERR_CONNECT';
    if (connection.link.hasAnswered || hasWrongVersions) {
      node.failure = undefined;
      return;
    }
    const count = (node.failure?.count ?? 0) + 1;
    const plainMs = Math.min(RECONNECT_MS_MAX, RECONNECT_MS * 2 ** (count - 1));
    const retryAtMs = this.#clock.now() + plainMs * (0.8 + 0.4 * Math.random());
    node.failure = { error: failureOfRequest(error, false), count, retryAtMs };
  }

  /** A bootstrap connection to the very address a node advertises is that node's. */
  #adopt(connection: Connection): void {
    const { host, port } = connection.link;
    for (const node of this.#nodes.values()) {
      if (!node.listed || node.host !== host || node.port !== port || node.link?.link.alive === true) continue;
      connection.nodeId = node.nodeId;
      node.link = connection;
      return;
    }
  }

  disconnect(nodeId: number, reason: string): void {
    const connection = this.#nodes.get(nodeId)?.link;
    connection?.link.fail(new TransportError(`${connection.link.address}: ${reason}`, { mayBeWritten: true }));
  }

  /** Ends every connection; resolves when the last socket is gone. */
  async close(error: TransportError): Promise<void> {
    this.#idle.stop();
    for (const { link } of [...this.#connections]) link.fail(error);
    await Promise.all(this.#closing);
  }
}
