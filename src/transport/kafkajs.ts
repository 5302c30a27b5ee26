/** The transport over kafkajs connections: which broker to ask, when to connect, and what to say when none answers. */
import type { LookupFunction } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { inspect } from 'node:util';
import { BrokerError, KafkaHotpathError, TransportError } from '../errors.ts';
import { CLIENT_VERSIONS, type VersionRange } from '../protocol/api-keys.ts';
import { kafkaErrorName, kafkaErrorText } from '../protocol/error-codes.ts';
import type { ClusterMetadata, ProduceRequest, ProduceResponse, ProducerIdentity } from '../protocol/messages.ts';
import { openMechanism, type SaslCredentials } from './auth/credentials.ts';
import { firstAnswer } from './first-answer.ts';
import { systemTransportClock, type TransportClock } from './idle-watch.ts';
import type { LinkSettings } from './kafkajs-link.ts';
import { type Address, type Connection, NodeTable } from './kafkajs-nodes.ts';
import type { SeamPath } from './kafkajs-seam.ts';
import { addressText } from './link-checks.ts';
import { failureOfRequest } from './link-errors.ts';
import { initProducerIdSpec, metadataSpec, produceSpec } from './requests.ts';
import type { Transport, TransportEvent } from './transport.ts';

export interface KafkajsTransportOptions {
  /** Bootstrap addresses, at least one. IPv6 addresses without brackets. */
  brokers: readonly Address[];
  clientId: string;
  /** Options of tls.connect; undefined for a plaintext connection. */
  ssl?: ConnectionOptions | undefined;
  sasl?: SaslCredentials | undefined;
  /** How long metadata and initProducerId wait for one broker. */
  requestTimeoutMs: number;
  /** TCP and TLS; kafkajs' own default of 1 s is too short for TLS over a distance. Default 10 000. */
  connectionTimeoutMs?: number | undefined;
  /** ApiVersions and SASL. Default 10 000. */
  authenticationTimeoutMs?: number | undefined;
  /** A connection without a request for so long is closed. Default 540 000, below Kafka's own ten minutes. */
  connectionsMaxIdleMs?: number | undefined;
  /** Finds the address of a host name, as for net.connect. Default the system's way. */
  lookup?: LookupFunction | undefined;
  /** The time by which logins are renewed and idle connections closed. Default the system's. */
  clock?: TransportClock | undefined;
  /** Wait before connect() tries all brokers anew. Default 250. */
  connectBackoffMs?: number | undefined;
  /** Whether a broker may create a topic that metadata asks for, as librdkafka's producer lets it. Default true. */
  allowAutoTopicCreation?: boolean | undefined;
  /** Produce versions to choose from; default all the codec knows. */
  produceVersions?: VersionRange | undefined;
  /** 'pool' gives up the corked write. Default: corked where kafkajs has the members for it. */
  path?: SeamPath | undefined;
  onEvent?: ((event: TransportEvent) => void) | undefined;
}

const CONNECTION_TIMEOUT_MS = 10_000;

/** Java's connections.max.idle.ms of a client: a minute before brokers close by their default. */
const CONNECTIONS_MAX_IDLE_MS = 540_000;

/** connect() goes through the bootstrap brokers this often, waiting once and then twice the backoff in between. */
const CONNECT_ROUNDS = 3;
const CONNECT_BACKOFF_MS = 250;

/** Throws ERR_CONFIG for an empty broker list. */
export function createKafkajsTransport(options: KafkajsTransportOptions): KafkajsTransport {
  return new KafkajsTransport(options);
}

function linkSettings(options: KafkajsTransportOptions, clock: TransportClock): LinkSettings {
  const { ssl, sasl } = options;
  const secrets = [ssl?.passphrase].filter((secret) => typeof secret === 'string');
  return {
    clientId: options.clientId,
    // Said here and not left to defaults, which a flag of Node or a variable of its environment can change.
    lookup: options.lookup,
    tls: ssl && { minVersion: 'TLSv1.2', rejectUnauthorized: true, ...ssl },
    sasl: sasl && openMechanism(sasl),
    secrets,
    connectionTimeoutMs: options.connectionTimeoutMs ?? CONNECTION_TIMEOUT_MS,
    authenticationTimeoutMs: options.authenticationTimeoutMs ?? CONNECTION_TIMEOUT_MS,
    nowMs: () => clock.now(),
    produceVersions: options.produceVersions ?? CLIENT_VERSIONS.Produce,
    path: options.path,
  };
}

/** Everything of kafkajs stays in private fields: its objects show passwords to util.inspect. */
export class KafkajsTransport implements Transport {
  onEvent: ((event: TransportEvent) => void) | undefined;
  readonly #brokers: readonly Address[];
  readonly #requestTimeoutMs: number;
  readonly #connectBackoffMs: number;
  readonly #allowAutoTopicCreation: boolean;
  readonly #nodes: NodeTable;
  readonly #clock: TransportClock;
  #connecting: Promise<void> | undefined;
  #closed: Promise<void> | undefined;
  #endBackoff: (() => void) | undefined;

  constructor(options: KafkajsTransportOptions) {
    if (options.brokers.length === 0) throw new KafkaHotpathError('ERR_CONFIG', 'brokers: got an empty list');
    this.onEvent = options.onEvent;
    this.#brokers = options.brokers.map(({ host, port }) => ({ host, port }));
    this.#requestTimeoutMs = options.requestTimeoutMs;
    this.#connectBackoffMs = options.connectBackoffMs ?? CONNECT_BACKOFF_MS;
    this.#allowAutoTopicCreation = options.allowAutoTopicCreation ?? true;
    const clock = options.clock ?? systemTransportClock;
    this.#clock = clock;
    const idle = { clock, maxIdleMs: options.connectionsMaxIdleMs ?? CONNECTIONS_MAX_IDLE_MS };
    this.#nodes = new NodeTable(linkSettings(options, clock), idle, (event) => {
      this.#emit(event);
    });
    const shown = `KafkajsTransport { ${this.#brokers.map(({ host, port }) => addressText(host, port)).join(', ')} }`;
    Object.defineProperty(this, inspect.custom, { value: () => shown });
  }

  connect(): Promise<void> {
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async metadata(topics: readonly string[], doubtedNodeIds?: ReadonlySet<number>): Promise<ClusterMetadata> {
    const ask = (connection: Connection): Promise<ClusterMetadata> => this.#metadataFrom(connection, topics);
    const { peer, answer } = await this.#askAny('Metadata', ask, doubtedNodeIds);
    this.#nodes.learn(answer, peer);
    return answer;
  }

  produce(nodeId: number, request: ProduceRequest): Promise<ProduceResponse> {
    if (this.#closed !== undefined) return Promise.reject(closedError());
    const connection = this.#nodes.connectionTo(nodeId);
    if (connection instanceof TransportError) return Promise.reject(connection);
    return connection.link.request(produceSpec(request));
  }

  async initProducerId(): Promise<ProducerIdentity> {
    const { answer } = await this.#askAny('InitProducerId', ({ link }) =>
      link.request(initProducerIdSpec(), this.#requestTimeoutMs),
    );
    const { errorCode, producerId, producerEpoch } = answer;
    if (errorCode !== 0) {
      const name = kafkaErrorName(errorCode);
      throw new BrokerError(errorCode, name, `InitProducerId: ${name}: ${kafkaErrorText(errorCode)}`);
    }
    // Without an error an id is there (B79): −1 would mean "not idempotent" in every batch that carries it.
    if (producerId < 0n || producerEpoch < 0) {
      throw new TransportError(`InitProducerId: got producer id ${producerId.toString()}, epoch ${producerEpoch}`, {
        code: 'ERR_PROTOCOL',
        mayBeWritten: true,
      });
    }
    return { producerId, producerEpoch };
  }

  disconnect(nodeId: number, reason: string): void {
    this.#nodes.disconnect(nodeId, reason);
  }

  close(): Promise<void> {
    if (this.#closed === undefined) {
      this.#closed = Promise.resolve();
      this.#endBackoff?.();
      this.#closed = this.#nodes.close(closedError());
    }
    return this.#closed;
  }

  toJSON(): object {
    return { transport: 'kafkajs', brokers: this.#brokers };
  }

  async #connect(): Promise<void> {
    if (this.#nodes.ready().length > 0) return;
    for (let round = 1; ; round++) {
      const failures: TransportError[] = [];
      for (const address of this.#brokers) {
        const failure = await this.#tryBootstrap(address);
        if (failure === undefined) return;
        if (failure.code === 'ERR_SEAM') throw failure;
        failures.push(failure);
      }
      // One broker may not have heard of new credentials yet; when all refuse, no further round will help.
      if (failures.every(({ fatal }) => fatal) || round === CONNECT_ROUNDS)
        throw noneAnswered(`no broker could be reached in ${round} rounds`, failures);
      await this.#backoff(this.#connectBackoffMs * round);
    }
  }

  /** Undefined when the broker answered, and with at least one broker to send to. */
  async #tryBootstrap(address: Address): Promise<TransportError | undefined> {
    if (this.#closed !== undefined) throw closedError();
    const connection = this.#nodes.open(address);
    try {
      await connection.link.ready;
      this.#nodes.learn(await this.#metadataFrom(connection, []), connection);
      return undefined;
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      return error;
    }
  }

  async #metadataFrom(connection: Connection, topics: readonly string[]): Promise<ClusterMetadata> {
    const spec = metadataSpec(topics, { allowAutoTopicCreation: this.#allowAutoTopicCreation });
    const metadata = await connection.link.request(spec, this.#requestTimeoutMs);
    if (metadata.brokers.length === 0) {
      const error = new TransportError(`${connection.link.address}: its metadata names no broker at all`, {
        code: 'ERR_PROTOCOL',
        mayBeWritten: false,
      });
      connection.link.fail(error);
      throw error;
    }
    return metadata;
  }

  /**
   * Asks the connections there are, the least busy first, then the other nodes, then the bootstrap list anew, and only
   * then all that is doubted. A new connection also helps against a broker that is only busy: it answers one request
   * per connection at a time.
   */
  async #askAny<Answer>(
    what: string,
    ask: (connection: Connection) => Promise<Answer>,
    doubtedNodeIds: ReadonlySet<number> = new Set(),
  ): Promise<{ peer: Connection; answer: Answer }> {
    const { first, failures } = await firstAnswer(this.#candidates(doubtedNodeIds), ask, this.#clock);
    if (first !== undefined) return first;
    if (this.#closed !== undefined) throw closedError();
    throw noneAnswered(`no broker answered ${what}`, failures);
  }

  /** Lazily: each connection is opened only when it is its turn. */
  *#candidates(doubtedNodeIds: ReadonlySet<number>): Generator<Connection> {
    const isDoubted = (nodeId: number): boolean => doubtedNodeIds.has(nodeId);
    const ready = this.#nodes.ready();
    for (const connection of ready) if (!isDoubted(connection.nodeId) && this.#isOpen) yield connection;
    const unconnected = this.#nodes.unconnected();
    const passedOver = [...doubtedNodeIds].map((nodeId) => this.#nodes.addressOf(nodeId));
    const tried = new Set(passedOver);
    for (const nodeId of unconnected) {
      const connection = isDoubted(nodeId) ? undefined : this.#connectionTo(nodeId);
      if (connection === undefined) continue;
      tried.add(connection.link.address);
      yield connection;
    }
    for (const address of this.#brokers) {
      if (!tried.has(addressText(address.host, address.port)) && this.#isOpen) yield this.#nodes.open(address);
    }
    for (const connection of ready) if (isDoubted(connection.nodeId) && this.#isOpen) yield connection;
    for (const nodeId of unconnected) {
      const connection = isDoubted(nodeId) ? this.#connectionTo(nodeId) : undefined;
      if (connection !== undefined) yield connection;
    }
  }

  get #isOpen(): boolean {
    return this.#closed === undefined;
  }

  #connectionTo(nodeId: number): Connection | undefined {
    const connection = this.#isOpen ? this.#nodes.connectionTo(nodeId) : undefined;
    return connection instanceof TransportError ? undefined : connection;
  }

  #backoff(waitMs: number): Promise<void> {
    if (this.#closed !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#endBackoff = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** A listener that throws must not do so inside a socket's event: it would end the process. */
  #emit(event: TransportEvent): void {
    try {
      this.onEvent?.(event);
    } catch {
      // The event is only news; who cannot take it goes without.
    }
  }
}

function closedError(): TransportError {
  return new TransportError('the transport is closed', { code: 'ERR_CLOSED', mayBeWritten: false });
}

/** One error for all that was tried. Fatal only when every broker refused for good (reliability row L4). */
function noneAnswered(what: string, failures: readonly TransportError[]): TransportError {
  const reasons = failures.map(({ message }) => message).join('; ');
  const [first] = failures;
  if (first !== undefined && failures.every(({ fatal }) => fatal)) return failureOfRequest(first, false);
  // What they all agree on says more than that none could be reached.
  const isOneCode = failures.every(({ code }) => code === first?.code) && first?.code !== 'ERR_TRANSPORT';
  const code = isOneCode ? (first?.code ?? 'ERR_CONNECT') : 'ERR_CONNECT';
  return new TransportError(`${what}: ${reasons}`, { code, mayBeWritten: false });
}
