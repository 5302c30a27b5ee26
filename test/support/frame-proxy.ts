/**
 * A TCP proxy on loopback that knows where Kafka's frames begin and end: it can cut a connection inside one, deliver
 * one byte at a time, keep either direction back, and change or replace replies. It waits for nothing but its sockets.
 */
import { once } from 'node:events';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { type ApiName, apiName } from '../../src/protocol/api-keys.ts';

/** What becomes of one frame, length prefix included. */
export interface FrameFate {
  /** What is passed on in its place; default the frame as it is. */
  bytes?: Uint8Array;
  /** Both connections are destroyed once the bytes are out. */
  cut?: boolean;
}

/** A reply knows which request it answers. */
export type FrameHook = (frame: Buffer, api: ApiName | undefined) => FrameFate | undefined;

type Direction = 'requests' | 'replies';

interface Lane {
  readonly from: Socket;
  readonly to: Socket;
  readonly direction: Direction;
  pending: Buffer;
}

export class FrameProxy {
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #lanes = new Set<Lane>();
  readonly #held = new Set<Direction>();
  readonly #apis = new WeakMap<Socket, Map<number, ApiName | undefined>>();
  onRequest: FrameHook | undefined;
  onReply: FrameHook | undefined;
  /** Called with a new client connection; true takes it over, and nothing is connected behind it. */
  onConnection: ((client: Socket) => boolean) | undefined;
  /** How long what has just come is on its way; it never overtakes what came before. */
  delayMs: (() => number) | undefined;
  /** Bytes of a single write; Infinity passes frames on whole. */
  chunkBytes = Infinity;

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.#targetPort = targetPort;
    server.on('connection', (client: Socket) => {
      this.#accept(client);
    });
  }

  /** Listens at a free port of 127.0.0.1 unless told otherwise. */
  static async start(targetPort: number, { port = 0, host = '127.0.0.1' } = {}): Promise<FrameProxy> {
    const server = createServer({ noDelay: true });
    const proxy = new FrameProxy(server, targetPort);
    server.listen(port, host);
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  }

  /** Keeps back what comes from now on; the sockets stay open, as on a network that drops packets. */
  hold(...directions: Direction[]): void {
    for (const direction of directions) this.#held.add(direction);
  }

  /** Passes on what was kept back, and everything that comes. */
  release(): void {
    this.#held.clear();
    for (const lane of [...this.#lanes]) this.#pump(lane);
  }

  /** Destroys all connections. */
  cut(): void {
    for (const { from, to } of [...this.#lanes]) {
      from.destroy();
      to.destroy();
    }
  }

  async close(): Promise<void> {
    this.cut();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  #accept(client: Socket): void {
    client.on('error', () => undefined);
    if (this.onConnection?.(client) === true) return;
    const broker = connect({ port: this.#targetPort, host: '127.0.0.1', noDelay: true });
    broker.on('error', () => undefined);
    const apis = new Map<number, ApiName | undefined>();
    this.#apis.set(client, apis);
    this.#apis.set(broker, apis);
    this.#join({ from: client, to: broker, direction: 'requests', pending: Buffer.alloc(0) });
    this.#join({ from: broker, to: client, direction: 'replies', pending: Buffer.alloc(0) });
  }

  #join(lane: Lane): void {
    this.#lanes.add(lane);
    const arrive = (chunk: Buffer): void => {
      lane.pending = lane.pending.length === 0 ? chunk : Buffer.concat([lane.pending, chunk]);
      this.#pump(lane);
    };
    let earlier = Promise.resolve();
    lane.from.on('data', (chunk: Buffer) => {
      if (this.delayMs === undefined) {
        arrive(chunk);
        return;
      }
      const onItsWay = new Promise((resolve) => setTimeout(resolve, this.delayMs?.()));
      earlier = earlier
        .then(() => onItsWay)
        .then(() => {
          arrive(chunk);
        });
    });
    lane.from.on('close', () => {
      this.#lanes.delete(lane);
      lane.to.destroy();
    });
  }

  /** Passes on every whole frame. */
  #pump(lane: Lane): void {
    while (!this.#held.has(lane.direction) && lane.pending.length >= 4) {
      const length = 4 + lane.pending.readInt32BE(0);
      if (lane.pending.length < length) return;
      const frame = lane.pending.subarray(0, length);
      lane.pending = lane.pending.subarray(length);
      this.#forward(lane, frame);
    }
  }

  #forward({ from, to, direction }: Lane, frame: Buffer): void {
    if (to.destroyed) return;
    const api = this.#apiOf(from, direction, frame);
    const fate = (direction === 'requests' ? this.onRequest : this.onReply)?.(frame, api) ?? {};
    const bytes = fate.bytes ?? frame;
    for (let at = 0; at < bytes.length; at += this.chunkBytes) to.write(bytes.subarray(at, at + this.chunkBytes));
    if (fate.cut !== true) return;
    // What was passed on must arrive; what comes after it, in either direction, must not.
    to.end();
    from.destroy();
  }

  #apiOf(from: Socket, direction: Direction, frame: Buffer): ApiName | undefined {
    const apis = this.#apis.get(from);
    if (direction === 'requests') {
      const api = frame.length < 12 ? undefined : apiName(frame.readInt16BE(4));
      if (frame.length >= 12) apis?.set(frame.readInt32BE(8), api);
      return api;
    }
    return frame.length < 8 ? undefined : apis?.get(frame.readInt32BE(4));
  }
}
