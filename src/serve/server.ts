/** The HTTP server: takes requests, finds who answers them, and ends without leaving one unanswered. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { KafkaOutput } from '../binding/output-api.ts';
import { type AccessCheck, accessCheck } from './access.ts';
import { BodyReader, ClientGone } from './body-reader.ts';
import { type Exchange, plainProblem, type Reply, type Route, type Service } from './exchange.ts';
import { Gate } from './gate.ts';
import { Metrics } from './metrics.ts';
import { resolveSidecarOptions, type SidecarOptions } from './options.ts';
import { draining, malformed, notFound, Problem } from './problem.ts';
import { matchPath } from './router.ts';
import { linger, refuseConnection, writeReply } from './write-reply.ts';

/** For what has no route: its path is the client's, and no label of a metric. */
const NO_ROUTE = 'none';
/** nginx' number for a client that went away before its answer. */
const CLIENT_GONE = 499;

export class SidecarServer {
  readonly service: Service;
  readonly #server: Server;
  readonly #checkAccess: AccessCheck;
  readonly #draining = new AbortController();
  /** The request that each connection is busy with; a fault of its framing is a fault of that request. */
  readonly #busy = new WeakMap<Duplex, { readonly body: BodyReader; readonly response: ServerResponse }>();
  #onIdle: () => void = () => undefined;

  constructor(output: KafkaOutput, options: SidecarOptions) {
    const settings = resolveSidecarOptions(options);
    const gate = new Gate(settings);
    this.service = { output, settings, gate, metrics: new Metrics(), draining: this.#draining.signal };
    this.#checkAccess = accessCheck(settings);
    this.#server = createServer({
      maxHeaderSize: settings.headerBytesMax,
      headersTimeout: settings.headersTimeoutMs,
      // Bodies have a clock of their own, because streams may take as long as they like.
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(1000, settings.headersTimeoutMs),
    });
    this.#server.maxConnections = settings.connectionsMax;
    this.#server.on('request', (request, response) => void this.#take(request, response));
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      this.#onClientError(error, socket);
    });
    this.#server.on('connect', (_request, socket) => {
      socket.end('HTTP/1.1 405 Method Not Allowed\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    });
  }

  /** Resolves with the base of its URLs. */
  listen(): Promise<string> {
    const { host, port } = this.service.settings;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        const bound = this.#server.address() as AddressInfo;
        resolve(`http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`);
      });
    });
  }

  /** Takes nothing new; what is being answered goes on. */
  stopTaking(): void {
    if (this.#draining.signal.aborted) return;
    this.#draining.abort();
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  /** Whether every request has been answered within that time. */
  idle(timeoutMs: number): Promise<boolean> {
    const { metrics } = this.service;
    if (metrics.activeRequests === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        resolve(false);
      }, timeoutMs);
      this.#onIdle = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  destroy(): void {
    this.#server.closeAllConnections();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { metrics, gate, settings } = this.service;
    const startedMs = performance.now();
    const body = new BodyReader(request);
    const lease = gate.open();
    let route: Route | undefined;
    let status = 0;
    const busy = { body, response };
    this.#busy.set(request.socket, busy);
    metrics.activeRequests += 1;
    response.on('close', () => {
      lease.release();
      if (this.#busy.get(request.socket) === busy) this.#busy.delete(request.socket);
      metrics.countRequest(route?.name ?? NO_ROUTE, status || response.statusCode, performance.now() - startedMs);
      metrics.activeRequests -= 1;
      if (metrics.activeRequests === 0) this.#onIdle();
    });
    let problem: Problem | undefined;
    let reply: Reply | undefined;
    try {
      const exchange = (parameters: readonly string[]): Exchange => {
        return { service: this.service, request, response, parameters, body, lease };
      };
      reply = await this.#answer(request, (found) => (route = found), exchange);
    } catch (error) {
      if (error instanceof ClientGone) status = CLIENT_GONE;
      problem = asProblem(error);
      reply = (route?.problemReply ?? plainProblem)(problem);
    }
    if (response.headersSent || response.destroyed) {
      this.#endStream(request, response, body);
      return;
    }
    if (reply === undefined) return;
    const isBodyUnread = !body.isEnded && !body.isFailed && hasBody(request);
    const isClosing = this.service.draining.aborted || body.isFailed || problem?.isBodyUnread === true;
    writeReply(request, response, reply, { isClosing, isBodyUnread, idleTimeoutMs: settings.idleTimeoutMs });
  }

  async #answer(
    request: IncomingMessage,
    onRoute: (route: Route) => void,
    exchangeFor: (parameters: readonly string[]) => Exchange,
  ): Promise<Reply | undefined> {
    const match = matchPath(request.url ?? '');
    // Who has no token learns nothing about which paths there are.
    if (match?.route.isOpen !== true) this.#checkAccess(request);
    if (match === undefined) throw notFound('there is nothing at this path');
    const { route, parameters } = match;
    onRoute(route);
    const { method = '' } = request;
    if (!route.methods.includes(method)) {
      const allow = route.methods.join(', ');
      throw new Problem(405, 'ERR_METHOD_NOT_ALLOWED', `allowed: ${allow}`, { headers: { allow } });
    }
    if (this.service.draining.aborted && !route.methods.includes('GET')) throw draining();
    return route.handle(exchangeFor(parameters));
  }

  /** A stream that ended before its body did leaves bytes on the connection that nobody could make sense of. */
  #endStream(request: IncomingMessage, response: ServerResponse, body: BodyReader): void {
    const closeSocket = (): void => {
      request.socket.destroySoon();
    };
    if (!response.writableEnded) response.destroy();
    else if (!body.isEnded) linger(request, closeSocket);
    else if (this.service.draining.aborted) response.once('close', closeSocket);
  }

  #onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
    const busy = this.#busy.get(socket);
    if (busy !== undefined) {
      // The answer that is due still goes out; nothing can be read after it.
      busy.response.shouldKeepAlive = false;
      if (!busy.body.isEnded) busy.body.fail(malformed('the body is not framed as HTTP asks'));
      return;
    }
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    this.service.metrics.countRequest(NO_ROUTE, refuseConnection(socket, error.code), 0);
  }
}

/** Faults of our own are the only ones without words for the client: they could repeat what they tripped over. */
function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(500, 'ERR_INTERNAL', 'the sidecar failed at this request');
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
