/**
 * A broker of one socket server that does what a test tells it, byte by byte if need be. By default it answers what a
 * producer asks; `on` replaces the answer to one request type.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { KafkaHotpathError } from '../../src/errors.ts';
import { type ApiName, ApiKey, apiName, type VersionRange } from '../../src/protocol/api-keys.ts';
import { encodeApiVersionsResponse } from '../../src/protocol/api-versions-server.ts';
import { decodeRequestHeader, encodeResponseHeader } from '../../src/protocol/frame.ts';
import { encodeInitProducerIdResponse } from '../../src/protocol/init-producer-id-server.ts';
import type { BrokerEndpoint, ClusterMetadata, ProduceResponse } from '../../src/protocol/messages.ts';
import { encodeMetadataResponse } from '../../src/protocol/metadata-server.ts';
import { decodeProduce, encodeProduceResponse } from '../../src/protocol/produce-server.ts';
import {
  decodeSaslAuthenticate,
  encodeSaslAuthenticateResponse,
  encodeSaslHandshakeResponse,
} from '../../src/protocol/sasl-server.ts';

export interface Received {
  api: ApiName;
  version: number;
  correlationId: number;
  clientId: string | null;
  body: Buffer;
  socket: Socket;
  reply(body: Uint8Array): void;
}

export type Handler = (request: Received) => void;

export interface ScriptedBrokerOptions {
  nodeId?: number;
  host?: string;
  port?: number;
  tls?: TlsOptions;
  /** SASL PLAIN with these, and nothing works without it. */
  user?: { username: string; password: string };
  ranges?: Partial<Record<ApiName, VersionRange>>;
  sessionLifetimeMs?: number;
}

const RANGES: Partial<Record<ApiName, VersionRange>> = {
  Produce: { min: 0, max: 12 },
  Metadata: { min: 0, max: 12 },
  SaslHandshake: { min: 0, max: 1 },
  ApiVersions: { min: 0, max: 3 },
  InitProducerId: { min: 0, max: 5 },
  SaslAuthenticate: { min: 0, max: 2 },
};

export class ScriptedBroker {
  readonly nodeId: number;
  readonly received: Received[] = [];
  /** The brokers its metadata names; itself by default. */
  endpoints: BrokerEndpoint[] = [];
  throttleMs = 0;
  readonly #options: ScriptedBrokerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #handlers = new Map<ApiName, Handler>();
  readonly #waiters: { api: ApiName; resolve: (request: Received) => void }[] = [];
  #nextOffset = 0;

  private constructor(options: ScriptedBrokerOptions) {
    this.#options = options;
    this.nodeId = options.nodeId ?? 1;
    const onSocket = (socket: Socket): void => {
      this.#serve(socket);
    };
    this.#server = options.tls === undefined ? createServer(onSocket) : createTlsServer(options.tls, onSocket);
  }

  static async start(options: ScriptedBrokerOptions = {}): Promise<ScriptedBroker> {
    const broker = new ScriptedBroker(options);
    broker.#server.listen(options.port ?? 0, broker.host);
    await once(broker.#server, 'listening');
    broker.endpoints = [broker.endpoint];
    return broker;
  }

  get host(): string {
    return this.#options.host ?? '127.0.0.1';
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : -1;
  }

  get endpoint(): BrokerEndpoint {
    return { nodeId: this.nodeId, host: this.host, port: this.port, rack: null };
  }

  get connectionCount(): number {
    return this.#sockets.size;
  }

  on(api: ApiName, handler: Handler): this {
    this.#handlers.set(api, handler);
    return this;
  }

  /** Back to the default answer. */
  restore(api: ApiName): void {
    this.#handlers.delete(api);
  }

  /** The next request of that type to arrive. */
  next(api: ApiName): Promise<Received> {
    return new Promise((resolve) => this.#waiters.push({ api, resolve }));
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    const gone: Promise<unknown>[] = [...this.#sockets].map((socket) => once(socket, 'close'));
    if (this.#server.listening) gone.push(once(this.#server, 'close'));
    this.#server.close();
    this.cut();
    await Promise.all(gone);
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    // Else Nagle's algorithm holds its second answer back for 40 ms.
    socket.setNoDelay(true);
    let bytes = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
        const end = 4 + bytes.readInt32BE(0);
        const frame = bytes.subarray(4, end);
        bytes = bytes.subarray(end);
        try {
          this.#receive(socket, frame);
        } catch (error) {
          // A broker ends a connection it does not understand; a test that fails in its handler must not pass for one.
          if (!(error instanceof KafkaHotpathError)) throw error;
          socket.destroy();
        }
      }
    });
  }

  #receive(socket: Socket, frame: Buffer): void {
    const { header, body } = decodeRequestHeader(frame);
    const request: Received = {
      api: apiName(header.apiKey)!,
      version: header.version,
      correlationId: header.correlationId,
      clientId: header.clientId,
      body,
      socket,
      reply(answer) {
        socket.write(Buffer.concat([encodeResponseHeader(header.correlationId, answer.length), answer]));
      },
    };
    this.received.push(request);
    const waiting = this.#waiters.findIndex(({ api }) => api === request.api);
    const handler = this.#handlers.get(request.api);
    if (handler === undefined) this.answer(request);
    else handler(request);
    if (waiting >= 0) this.#waiters.splice(waiting, 1)[0]!.resolve(request);
  }

  /** What the broker answers when no test has a say. */
  answer(request: Received): void {
    const { api, version } = request;
    if (api === 'ApiVersions') request.reply(this.#apiVersions(version));
    else if (api === 'SaslHandshake') request.reply(encodeSaslHandshakeResponse(0, ['PLAIN']));
    else if (api === 'SaslAuthenticate') request.reply(this.#authenticate(request));
    else if (api === 'Metadata') request.reply(encodeMetadataResponse(version, this.#metadata()));
    else if (api === 'Produce') request.reply(encodeProduceResponse(version, this.produceResponse(request)));
    else if (api === 'InitProducerId') {
      const identity = { errorCode: 0, producerId: 4000n + BigInt(this.nodeId), producerEpoch: 0 };
      request.reply(encodeInitProducerIdResponse(version, { ...identity, throttleMs: this.throttleMs }));
    } else request.socket.destroy();
  }

  produceResponse(request: Received): ProduceResponse {
    const { topics } = decodeProduce(request.version, request.body);
    const answered = topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => ({
        partition,
        errorCode: 0,
        baseOffset: this.#nextOffset++,
        logAppendTimeMs: -1,
        logStartOffset: 0,
        recordErrors: [],
        errorMessage: null,
      })),
    }));
    return { topics: answered, throttleMs: this.throttleMs, nodeEndpoints: [] };
  }

  #apiVersions(version: number): Buffer {
    const ranges = { ...RANGES, ...this.#options.ranges };
    const entries = (Object.keys(ranges) as ApiName[]).map((api): [number, VersionRange] => [
      ApiKey[api],
      ranges[api]!,
    ]);
    return encodeApiVersionsResponse(version, { errorCode: 0, throttleMs: 0, ranges: new Map(entries) });
  }

  #metadata(): ClusterMetadata {
    const partition = { errorCode: 0, leaderEpoch: 0, replicaIds: [this.nodeId], isrIds: [this.nodeId] };
    const partitions = this.endpoints.map(({ nodeId }, index) => ({
      ...partition,
      partition: index,
      leaderId: nodeId,
    }));
    return {
      clusterId: 'scripted',
      controllerId: this.nodeId,
      brokers: this.endpoints,
      topics: [{ topic: 'orders', topicId: '1'.padStart(32, '0'), errorCode: 0, partitions }],
      throttleMs: this.throttleMs,
    };
  }

  #authenticate(request: Received): Buffer {
    const [, username, password] = decodeSaslAuthenticate(request.version, request.body).toString().split('\0');
    const { user, sessionLifetimeMs = 0 } = this.#options;
    const right = user !== undefined && username === user.username && password === user.password;
    return encodeSaslAuthenticateResponse(request.version, {
      errorCode: right ? 0 : 58,
      errorMessage: right ? null : 'Authentication failed: Invalid username or password',
      token: new Uint8Array(0),
      sessionLifetimeMs,
    });
  }
}
