/**
 * One client's connection. Requests are handled strictly one after the other, as Kafka does by muting the socket while
 * it works, and answered in the same order. A request that has been read is handled even if the client has gone: that
 * is how a batch gets into a log without its producer knowing.
 */
import type { Socket } from 'node:net';
import { KafkaHotpathError } from '../errors.ts';
import { ApiKey, type ApiName, apiName } from '../protocol/api-keys.ts';
import { decodeRequestHeader, encodeResponseHeader, type RequestHeader } from '../protocol/frame.ts';
import { decodeProduce } from '../protocol/produce-server.ts';
import type { Cluster } from './cluster.ts';
import { FrameSplitter } from './frame-splitter.ts';
import type { BrokerRequest, RequestAction } from './requests.ts';
import { SaslSession } from './sasl.ts';
import { SERVICES } from './services.ts';
import { SERVED_VERSIONS } from './served-versions.ts';

/** Requests a client may send before it has authenticated. */
const ALLOWED_BEFORE_AUTHENTICATION: readonly ApiName[] = ['ApiVersions', 'SaslHandshake', 'SaslAuthenticate'];

export interface ConnectionOptions {
  connectionId: number;
  nodeId: number;
  socket: Socket;
  cluster: Cluster;
  /** Called for each request as it arrives; says what to do to it. */
  decide: (request: BrokerRequest) => RequestAction;
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #sasl: SaslSession | null;
  readonly #frames: FrameSplitter;
  readonly #closed = new AbortController();
  /** Settles when all requests so far are handled. */
  #handled: Promise<void> = Promise.resolve();
  /** Settles when all answers so far are out. */
  #replied: Promise<void> = Promise.resolve();
  /** Set when the broker itself ends the connection: what waits to be handled dies with it. */
  #isDropped = false;
  /** Set while a request is served that is to be the connection's last. */
  #endsAfterReply = false;
  /** When the last request came, or the connection. */
  #activeAtMs: number;

  constructor(options: ConnectionOptions) {
    const { settings } = options.cluster;
    this.#options = options;
    this.#sasl = settings.users === null ? null : new SaslSession(settings);
    this.#frames = new FrameSplitter(settings.requestBytesMax);
    this.#activeAtMs = settings.now();
    const { socket } = options;
    socket.on('data', (chunk: Buffer) => {
      this.#receive(chunk);
    });
    // The close event that follows every error is all that matters here.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed.abort();
    });
  }

  /** Leaves what the client sends in the sockets, as a stopped process does, or reads on. */
  setReading(isReading: boolean): void {
    if (isReading) this.#options.socket.resume();
    else this.#options.socket.pause();
  }

  /** Ends the connection if it has been silent for too long; true when it has. */
  closeIfIdle(): boolean {
    const { now, connectionsMaxIdleMs, log } = this.#options.cluster.settings;
    const idleMs = now() - this.#activeAtMs;
    if (this.#isDropped || idleMs < connectionsMaxIdleMs) return false;
    log(`${this.#name}: silent for ${idleMs} ms, of ${connectionsMaxIdleMs}; closed`);
    this.drop();
    return true;
  }

  /** Ends the connection at once; requests not yet handled are lost. */
  drop(): void {
    this.#isDropped = true;
    this.#options.socket.destroy();
  }

  get #name(): string {
    return `node ${this.#options.nodeId}, connection ${this.#options.connectionId}`;
  }

  #receive(chunk: Buffer): void {
    if (this.#isDropped || this.closeIfIdle()) return;
    this.#activeAtMs = this.#options.cluster.settings.now();
    try {
      for (const frame of this.#frames.push(chunk)) this.#enqueue(frame);
    } catch (error) {
      this.#refuse(error);
    }
  }

  #enqueue(frame: Buffer): void {
    const request = this.#readRequest(frame);
    const action = this.#options.decide(request);
    this.#handled = this.#handled
      .then(() => this.#handle(request, action))
      .catch((error: unknown) => {
        this.#refuse(error);
      });
  }

  /** Everything that can be wrong with a request before it is served. */
  #readRequest(frame: Buffer): BrokerRequest {
    const { header, body } = decodeRequestHeader(frame);
    const name = apiName(header.apiKey);
    if (name === undefined) throw unsupported(`request type ${header.apiKey} v${header.version}`);
    const range = SERVED_VERSIONS.get(header.apiKey);
    const isKnown = range !== undefined && header.version >= range.min && header.version <= range.max;
    if (!isKnown && name !== 'ApiVersions') throw unsupported(`${name} v${header.version}`);
    const produce = header.apiKey === ApiKey.Produce ? decodeProduce(header.version, body) : undefined;
    const { nodeId, connectionId } = this.#options;
    return { ...header, apiName: name, nodeId, connectionId, body, produce };
  }

  async #handle(request: BrokerRequest, action: RequestAction): Promise<void> {
    await action.delayUntil;
    if (this.#isDropped) return;
    if (action.drop === 'beforeHandling') {
      this.drop();
      return;
    }
    if (this.#sasl?.isAuthenticated === false && !ALLOWED_BEFORE_AUTHENTICATION.includes(request.apiName)) {
      throw new KafkaHotpathError('ERR_PROTOCOL', `${request.apiName} before authentication`);
    }
    const body = await SERVICES[request.apiName]({
      cluster: this.#options.cluster,
      request,
      action,
      sasl: this.#sasl,
      closed: this.#closed.signal,
      closeAfterReply: () => {
        this.#endsAfterReply = true;
      },
    });
    if (action.drop === 'afterHandling') this.drop();
    else if (action.mute !== true) this.#reply(request, action, body);
    if (this.#endsAfterReply) this.#endAfterReplies();
  }

  #reply(request: RequestHeader, action: RequestAction, body: Buffer | null): void {
    if (action.overtake === true) {
      this.#write(request, action, body);
      return;
    }
    this.#replied = this.#replied
      .then(() => action.holdReplyUntil)
      .then(() => {
        this.#write(request, action, body);
      })
      .catch((error: unknown) => {
        this.#refuse(error);
      });
  }

  #write(request: RequestHeader, action: RequestAction, body: Buffer | null): void {
    const { socket } = this.#options;
    if (socket.destroyed) return;
    if (action.replyBytes !== undefined) socket.write(action.replyBytes);
    else if (body !== null) {
      socket.cork();
      socket.write(encodeResponseHeader(request.correlationId, body.length));
      socket.write(body);
      socket.uncork();
    }
  }

  #endAfterReplies(): void {
    void this.#replied.then(() => {
      this.#isDropped = true;
      this.#options.socket.end();
    });
  }

  /** Kafka answers what it does not understand by closing the connection. */
  #refuse(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.cluster.settings.log(`${this.#name}: ${reason}; closed`);
    if (!(error instanceof KafkaHotpathError)) process.emitWarning(`embedded broker: ${reason}`);
    this.drop();
  }
}

function unsupported(what: string): KafkaHotpathError {
  return new KafkaHotpathError('ERR_PROTOCOL', `${what} is not served by the embedded broker`);
}
