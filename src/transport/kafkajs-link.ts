/**
 * One connection to one broker, from its first byte to its end. It is used once: what has failed is dropped and a new
 * link made, so no half answer, timer or login of an old socket can reach a new one.
 *
 *   opening ──▶ ready ◀──▶ authenticating again
 *      └───────────┴──────────▶ failed
 * Requests made while opening or authenticating wait and leave in their order.
 */
import type { LookupFunction, Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { KafkaHotpathError, TransportError } from '../errors.ts';
import type { VersionRange } from '../protocol/api-keys.ts';
import type { Mechanism } from './auth/mechanism.ts';
import { Exchange, type RequestSpec } from './exchange.ts';
import { FRAME_BYTES_MAX, FrameGuard } from './frame-guard.ts';
import { openGuardedSocket } from './guarded-socket.ts';
import { addressText, checkAddress, checkVersions, unsupported, versionFor } from './link-checks.ts';
import { corkedPath, type PathHooks, poolPath, type RequestPath } from './kafkajs-path.ts';
import { mendQueue } from './kafkajs-queue.ts';
import { openSeam, type Seam, type SeamBroker, type SeamPath, seamError } from './kafkajs-seam.ts';
import {
  asTransportError,
  closedByBroker,
  handshakeFailure,
  type LinkContext,
  secretsOf,
  shownText,
  socketFailure,
  timeoutFailure,
  tlsMaterialFailure,
} from './link-errors.ts';
import { logIn, nextLoginMs } from './login.ts';
import { SmallMap } from './small-map.ts';

export interface LinkSettings {
  clientId: string;
  tls: ConnectionOptions | undefined;
  lookup: LookupFunction | undefined;
  sasl: Mechanism | undefined;
  secrets: readonly string[];
  connectionTimeoutMs: number;
  authenticationTimeoutMs: number;
  /** Monotonic milliseconds, by which a login is renewed. */
  nowMs: () => number;
  produceVersions: VersionRange;
  /** Undefined: whatever the seam allows. */
  path: SeamPath | undefined;
}

export interface LinkHooks {
  onReady(): void;
  /** Called once, also for a link that never became ready. */
  onFailed(error: TransportError, wasReady: boolean): void;
  onThrottle(throttleMs: number): void;
}

type Opened = { broker: SeamBroker; path: RequestPath; queueEnd: () => void };

export class KafkajsLink {
  readonly host: string;
  readonly port: number;
  /** Resolves when requests can leave, rejects when that will never be. Handled inside: it may be ignored. */
  readonly ready: Promise<void>;
  /** Resolves when the socket is gone. */
  readonly closed: Promise<void>;
  readonly #settings: LinkSettings;
  readonly #hooks: LinkHooks;
  readonly #guard: FrameGuard;
  readonly #exchanges = new SmallMap<Exchange, true>();
  #waiting: Exchange[] = [];
  #phase: LinkContext['phase'] = 'connecting';
  #authenticating = false;
  /** Whether any request but the greeting and the login has been answered. */
  hasAnswered = false;
  #sentAtMs = 0;
  #loginDueMs: number = Number.POSITIVE_INFINITY;
  #error: TransportError | undefined;
  #opened: Opened | undefined;
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #throttledUntilMs = 0;
  #rejectOpening!: (error: unknown) => void;
  #resolveClosed!: () => void;

  constructor(host: string, port: number, settings: LinkSettings, hooks: LinkHooks) {
    this.host = host;
    this.port = port;
    this.#settings = settings;
    this.#hooks = hooks;
    this.#guard = new FrameGuard(this.address);
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    const failed = new Promise<never>((_, reject) => {
      this.#rejectOpening = reject;
    });
    failed.catch(() => undefined);
    // A turn later, so that the hooks find a link that is complete.
    this.ready = Promise.race([Promise.resolve().then(() => this.#open()), failed]);
    this.ready.catch(() => undefined);
  }

  get address(): string {
    return addressText(this.host, this.port);
  }

  get alive(): boolean {
    return this.#error === undefined;
  }

  get isReady(): boolean {
    return this.alive && this.#phase === 'ready';
  }

  /** Requests without an answer, waiting ones included. */
  get inFlight(): number {
    return this.#exchanges.size;
  }

  /** Since when nothing has been sent; undefined while an answer is due or the connection is being made. */
  get idleSinceMs(): number | undefined {
    return this.isReady && this.#exchanges.size === 0 ? this.#sentAtMs : undefined;
  }

  /**
   * Sends a request, at once when it may. With a timeout, an answer that does not come in time ends the connection,
   * unless other requests are in flight on it: a broker answers in order, and theirs may take the replicas a while.
   */
  request<Response>(spec: RequestSpec<Response>, timeoutMs?: number): Promise<Response> {
    const exchange = new Exchange(spec, (settled) => this.#exchanges.delete(settled));
    if (this.#error !== undefined) {
      exchange.fail(this.#error);
      return exchange.promise;
    }
    this.#exchanges.set(exchange as Exchange, true);
    this.#dispatch(exchange as Exchange);
    if (timeoutMs !== undefined) this.#limit(exchange as Exchange, timeoutMs);
    return exchange.promise;
  }

  /** A text of the broker's own, fit to be shown. */
  shown(text: string): string {
    return shownText(text, secretsOf(this.#settings));
  }

  /** Ends the connection now. Everything in flight rejects before this returns. */
  fail(error: TransportError): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    clearTimeout(this.#timer);
    this.#waiting = [];
    for (const exchange of [...this.#exchanges.keys()]) exchange.fail(error);
    this.#rejectOpening(error);
    // With an error, so that kafkajs notices: a socket destroyed without one says nothing while it is connecting.
    if (this.#socket === undefined) this.#resolveClosed();
    else this.#socket.destroy(error);
    this.#opened?.queueEnd();
    this.#hooks.onFailed(error, this.#phase === 'ready');
  }

  async #open(): Promise<void> {
    try {
      checkAddress(this.host, this.port, this.address);
      const seam = await openSeam({
        host: this.host,
        port: this.port,
        clientId: this.#settings.clientId,
        connectionTimeoutMs: this.#settings.connectionTimeoutMs,
        authenticationTimeoutMs: this.#settings.authenticationTimeoutMs,
        openSocket: (onConnect) => this.#openSocket(onConnect),
      });
      this.#throwIfFailed();
      const opened = this.#prepare(seam);
      this.#opened = opened;
      this.#startTimer(this.#settings.connectionTimeoutMs);
      await seam.broker.connect();
      this.#throwIfFailed();
      // The guard hangs on the way kafkajs listens to its socket; an answer it has not seen went round it.
      if (this.#guard.frameCount === 0) throw seamError("the 'data' listener added by socket.on");
      checkVersions(seam.broker.versions, this.#settings.produceVersions, this.address);
      if (this.#settings.sasl !== undefined) {
        this.#phase = 'authenticating';
        await this.#logIn(opened.path, this.#settings.sasl);
        this.#throwIfFailed();
      }
      this.#becomeReady(opened.path);
    } catch (error) {
      throw this.#failOpening(error);
    }
  }

  #becomeReady(path: RequestPath): void {
    clearTimeout(this.#timer);
    this.#guard.frameBytesMax = FRAME_BYTES_MAX;
    this.#phase = 'ready';
    this.#sentAtMs = this.#settings.nowMs();
    this.#hooks.onReady();
    this.#flushWaiting(path);
  }

  #failOpening(error: unknown): TransportError {
    if (this.#error !== undefined) return this.#error;
    const failure = asTransportError(error) ?? handshakeFailure(error, this.#context());
    this.fail(failure);
    return failure;
  }

  /** What is awaited may outlive the connection. */
  #throwIfFailed(): void {
    if (this.#error !== undefined) throw this.#error;
  }

  #prepare({ broker, connection, path }: Seam): Opened {
    mendQueue(connection.requestQueue, {
      onStrangeAnswer: (problem) => {
        this.#failProtocol(problem);
      },
      onThrottle: (throttleMs) => {
        this.#throttledUntilMs = performance.now() + throttleMs;
        this.#hooks.onThrottle(throttleMs);
      },
    });
    const hooks: PathHooks = {
      socket: () => (this.alive ? this.#socket : undefined),
      answer: (exchange, payload) => this.#answer(exchange, payload),
      onLost: () => {
        this.fail(closedByBroker(this.#context()));
      },
    };
    const { clientId } = this.#settings;
    const queueEnd = (): void => {
      connection.requestQueue.destroy();
    };
    const chosen = this.#settings.path === 'pool' ? 'pool' : path;
    const requestPath =
      chosen === 'corked'
        ? corkedPath(connection, { clientId }, hooks)
        : poolPath(broker.connectionPool, connection.requestQueue, hooks);
    return { broker, path: requestPath, queueEnd };
  }

  #openSocket(onConnect: () => void): Socket {
    // kafkajs reconnects by itself when it finds its socket gone; here a connection has one socket only.
    if (this.#socket !== undefined || this.#error !== undefined) throw new Error('this connection has ended');
    const { tls, lookup } = this.#settings;
    const onFault = (error: TransportError): void => {
      this.fail(error);
    };
    let socket: Socket;
    try {
      const { host, port } = this;
      const onUp = (): void => {
        this.#phase = 'greeting';
        this.#startTimer(this.#settings.authenticationTimeoutMs);
        onConnect();
      };
      socket = openGuardedSocket({ host, port, tls, lookup, guard: this.#guard, onConnect: onUp, onFault });
    } catch (error) {
      this.fail(tlsMaterialFailure(error, this.#context()));
      throw new Error('no socket', { cause: error });
    }
    this.#socket = socket;
    socket.on('error', (error) => {
      this.fail(socketFailure(error, this.#context()));
    });
    socket.on('end', () => {
      this.fail(closedByBroker(this.#context()));
    });
    socket.on('close', () => {
      this.fail(closedByBroker(this.#context()));
      this.#resolveClosed();
    });
    return socket;
  }

  #startTimer(timeoutMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.fail(timeoutFailure(this.#context(), timeoutMs));
    }, timeoutMs);
  }

  #context(): LinkContext {
    const { tls, sasl, secrets } = this.#settings;
    const phase = this.#authenticating ? 'authenticating' : this.#phase;
    const { address, idleSinceMs, hasAnswered: answered } = this;
    const silentMs = idleSinceMs === undefined ? 0 : this.#settings.nowMs() - idleSinceMs;
    return { address, phase, tls: tls !== undefined, sasl, secrets, answered, silentMs };
  }

  #dispatch(exchange: Exchange): void {
    const path = this.#opened?.path;
    if (path === undefined || this.#phase !== 'ready' || this.#authenticating) {
      this.#waiting.push(exchange);
    } else if (this.#settings.nowMs() >= this.#loginDueMs) {
      this.#waiting.push(exchange);
      void this.#logInAgain(path);
    } else this.#send(path, exchange);
  }

  #send(path: RequestPath, exchange: Exchange): void {
    if (exchange.settled) return;
    try {
      exchange.encode(this.#versionOf(exchange));
    } catch (error) {
      const known = error instanceof KafkaHotpathError;
      exchange.reject(
        known ? error : new TransportError('the request cannot be encoded', { mayBeWritten: false, cause: error }),
      );
      return;
    }
    this.#sentAtMs = this.#settings.nowMs();
    try {
      path.send(exchange);
    } catch {
      this.fail(closedByBroker(this.#context()));
    }
  }

  async #logIn(path: RequestPath, mechanism: Mechanism): Promise<void> {
    const ask = <Response>(spec: RequestSpec<Response>): Promise<Response> => {
      const exchange = new Exchange(spec, (settled) => this.#exchanges.delete(settled));
      if (this.#error !== undefined) exchange.fail(this.#error);
      else {
        this.#exchanges.set(exchange as Exchange, true);
        this.#send(path, exchange as Exchange);
      }
      return exchange.promise;
    };
    const startedMs = this.#settings.nowMs();
    const lifetimeMs = await logIn({ mechanism, host: this.host, ask });
    this.#loginDueMs = startedMs + nextLoginMs(lifetimeMs);
  }

  /**
   * The session a broker grants ends (KIP-368): requests wait, those under way are answered, then the login is renewed.
   * Waiting for the answers first keeps SASL and other requests apart, and the time limit for the login alone.
   */
  async #logInAgain(path: RequestPath): Promise<void> {
    const mechanism = this.#settings.sasl;
    if (mechanism === undefined) return;
    this.#authenticating = true;
    try {
      const underWay = [...this.#exchanges.keys()].filter((exchange) => !this.#waiting.includes(exchange));
      await Promise.allSettled(underWay.map(({ promise }) => promise));
      if (this.#error !== undefined) return;
      this.#startTimer(this.#settings.authenticationTimeoutMs);
      await this.#logIn(path, mechanism);
      clearTimeout(this.#timer);
      this.#authenticating = false;
      this.#flushWaiting(path);
    } catch (error) {
      this.#failOpening(error);
    }
  }

  /** Without asking again whether the login still holds: it was renewed just now. */
  #flushWaiting(path: RequestPath): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const exchange of waiting) this.#send(path, exchange);
  }

  #answer(exchange: Exchange, payload: Uint8Array): number {
    if (this.#phase === 'ready') this.hasAnswered = true;
    try {
      const { throttleMs, holdMs } = exchange.answer(payload);
      if (throttleMs > 0 && holdMs === 0) this.#hooks.onThrottle(throttleMs);
      return holdMs;
    } catch (error) {
      this.#failProtocol(error instanceof Error ? error.message : 'an answer that does not parse');
      return 0;
    }
  }

  #failProtocol(problem: string): void {
    const message = `${this.address} does not keep to the Kafka protocol: ${problem}`;
    this.fail(new TransportError(message, { code: 'ERR_PROTOCOL', mayBeWritten: true }));
  }

  #versionOf(exchange: Exchange): number {
    const version = versionFor(this.#opened?.broker.versions, exchange.api, this.#settings.produceVersions);
    if (version === undefined) throw unsupported(this.address, exchange.api, this.#opened?.broker.versions);
    return version;
  }

  #limit(exchange: Exchange, timeoutMs: number): void {
    const throttledMs = Math.max(0, this.#throttledUntilMs - performance.now());
    const timer = setTimeout(() => {
      const error = timeoutFailure(this.#context(), timeoutMs);
      const alone = this.#exchanges.size === 1;
      exchange.fail(error);
      if (alone) this.fail(error);
    }, timeoutMs + throttledMs);
    const stop = (): void => {
      clearTimeout(timer);
    };
    exchange.promise.then(stop, stop);
  }
}
