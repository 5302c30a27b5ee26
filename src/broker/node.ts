/** One node: a listening socket on a port it keeps for life, and the connections to it. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { KafkaHotpathError } from '../errors.ts';
import type { BrokerEndpoint } from '../protocol/messages.ts';
import type { Cluster, ClusterNode } from './cluster.ts';
import { Connection } from './connection.ts';
import type { BrokerRequest, RequestAction } from './requests.ts';

export interface NodeOptions {
  nodeId: number;
  /** 0 takes any free port at the first start. */
  port: number;
  cluster: Cluster;
  nextConnectionId: () => number;
  decide: (request: BrokerRequest) => RequestAction;
}

export class BrokerNode implements ClusterNode {
  readonly #options: NodeOptions;
  readonly #connections = new Map<Socket, Connection>();
  /** Of TLS the sockets underneath: one that never ends its handshake has no connection yet, but must end, too. */
  readonly #rawSockets = new Set<Socket>();
  #server: Server | undefined;
  #port: number;
  #isReading = true;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.#port = options.port;
  }

  get nodeId(): number {
    return this.#options.nodeId;
  }

  get isRunning(): boolean {
    return this.#server !== undefined;
  }

  get endpoint(): BrokerEndpoint {
    return { nodeId: this.nodeId, host: this.#options.cluster.settings.advertisedHost, port: this.#port, rack: null };
  }

  /** Where it listens, whatever clients are told. */
  get address(): string {
    const { host } = this.#options.cluster.settings;
    return `${host.includes(':') ? `[${host}]` : host}:${this.#port}`;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    const { tls, host } = this.#options.cluster.settings;
    const onSocket = (socket: Socket): void => {
      this.#accept(socket);
    };
    const server = tls === null ? createServer(onSocket) : createTlsServer(tls, onSocket);
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#rawSockets.add(socket);
      socket.on('close', () => this.#rawSockets.delete(socket));
    });
    server.listen(this.#port, host);
    try {
      await once(server, 'listening');
    } catch (cause) {
      this.#server = undefined;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new KafkaHotpathError('ERR_CONFIG', `node ${this.nodeId} cannot listen: ${reason}`, { cause });
    }
    const address = server.address();
    if (address !== null && typeof address === 'object') this.#port = address.port;
    this.#watchIdle();
    this.#options.cluster.changed.emit();
  }

  /** As when a broker is killed: no connection is ended politely. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    clearInterval(this.#idleTimer);
    const closed = once(server, 'close');
    server.close();
    this.dropConnections();
    await closed;
    this.#options.cluster.changed.emit();
  }

  /** Of the connections there are, and of those to come. */
  setReading(isReading: boolean): void {
    this.#isReading = isReading;
    for (const connection of this.#connections.values()) connection.setReading(isReading);
  }

  dropConnections(): void {
    for (const connection of this.#connections.values()) connection.drop();
    for (const socket of this.#rawSockets) socket.destroy();
  }

  /** How many connections it closed because they were silent for too long. */
  closeIdleConnections(): number {
    return [...this.#connections.values()].filter((connection) => connection.closeIfIdle()).length;
  }

  /** Kafka looks whenever it is awake; a few times in that span will do. */
  #watchIdle(): void {
    const { connectionsMaxIdleMs } = this.#options.cluster.settings;
    if (!Number.isFinite(connectionsMaxIdleMs)) return;
    this.#idleTimer = setInterval(() => this.closeIdleConnections(), Math.max(1, connectionsMaxIdleMs / 8)).unref();
  }

  #accept(socket: Socket): void {
    const { nodeId, cluster, nextConnectionId, decide } = this.#options;
    socket.setNoDelay(true);
    const connection = new Connection({ connectionId: nextConnectionId(), nodeId, socket, cluster, decide });
    if (!this.#isReading) connection.setReading(false);
    this.#connections.set(socket, connection);
    socket.on('close', () => {
      this.#connections.delete(socket);
      cluster.changed.emit();
    });
    cluster.changed.emit();
  }
}
