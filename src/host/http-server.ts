/**
 * The host's web server, on the loopback address only: function keys are not checked here, so whoever can reach it may
 * call everything.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { InvocationResponse, TypedData } from './core-api.ts';
import { readBody, requestData, RequestError, sendResponse, urlOf } from './http-data.ts';
import type { Routes } from './routes.ts';
import type { RegisteredFunction } from './worker.ts';

const LOOPBACK = '127.0.0.1';
/** Where Azure lets an operator start a function by hand. */
const ADMIN = /^\/admin\/functions\/([^/]+)$/;

export interface HttpServerOptions {
  readonly routes: Routes<RegisteredFunction>;
  readonly bodyBytesMax: number;
  readonly invoke: (target: RegisteredFunction, data: TypedData) => Promise<InvocationResponse>;
  /** Starts a function by hand. False when there is none of that name. */
  readonly invokeByHand: (name: string, input: unknown) => Promise<boolean>;
}

export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #server: Server;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      void this.#answer(request, response);
    });
  }

  /** The address it listens on: "http://127.0.0.1:7071". */
  listen(port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, LOOPBACK, () => {
        resolve(`http://${LOOPBACK}:${(this.#server.address() as AddressInfo).port}`);
      });
    });
  }

  /** Takes no more requests; resolves when those it has taken are answered. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
      this.#server.closeIdleConnections();
    });
  }

  /** For what still waits when waiting has an end. */
  abort(): void {
    this.#server.closeAllConnections();
  }

  /** Never rejects. */
  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = urlOf(request);
      const byHand = ADMIN.exec(url.pathname);
      if (byHand !== null) {
        await this.#answerByHand(byHand[1] ?? '', request, response);
        return;
      }
      const found = this.#options.routes.find(request.method ?? '', url.pathname);
      if (found === undefined) throw new RequestError(404, 'no function has this route and method');
      const body = await readBody(request, this.#options.bodyBytesMax);
      const { returnValue } = await this.#options.invoke(
        found.target,
        requestData(request, { url, params: found.params, body }),
      );
      // A connection that stays open would keep a host that is ending waiting for its peer.
      if (!this.#server.listening) response.setHeader('connection', 'close');
      sendResponse(response, returnValue);
    } catch (error) {
      this.#refuse(response, error);
    }
  }

  /** JSON only, which a page of another origin cannot send here without being asked. */
  async #answerByHand(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') throw new RequestError(405, 'a function is started by hand with POST');
    if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
      throw new RequestError(415, 'the content type must be application/json');
    }
    const body = await readBody(request, this.#options.bodyBytesMax);
    const isKnown = await this.#options.invokeByHand(decodeURIComponent(name), inputOf(body));
    if (!isKnown) throw new RequestError(404, 'there is no function of this name that starts by hand');
    response.writeHead(202).end();
  }

  /** What went wrong in a function is for the log: its message may hold what is not for the caller. */
  #refuse(response: ServerResponse, error: unknown): void {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const isRequest = error instanceof RequestError;
    const status = isRequest ? error.status : 500;
    // What is left of a body nobody reads would stand before the next request.
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
    response.end(isRequest ? `${error.message}\n` : '');
  }
}

/** The `input` of the body; an empty body has none. @throws RequestError 400 */
function inputOf(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    const parsed = JSON.parse(body.toString('utf8')) as unknown;
    return typeof parsed === 'object' && parsed !== null ? (parsed as { input?: unknown }).input : undefined;
  } catch {
    throw new RequestError(400, 'the body must be JSON: {"input": …}');
  }
}
