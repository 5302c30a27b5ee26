/**
 * The two ways a request travels through kafkajs, behind one interface.
 *
 * corked: our header and the untouched batches go to the socket in one gathered write; correlation ids, throttling and
 *         the match of answers stay kafkajs'. Costs 9 µs per 100 KiB request where a bare socket costs 6.
 * pool:   connectionPool.send. One private member instead of three, but kafkajs copies the whole body twice into
 *         zero-filled buffers: 57 µs per 100 KiB. The fallback when the other members are gone.
 */
import type { Socket } from 'node:net';
import { encodeRequestHeader } from '../protocol/frame.ts';
import type { Exchange } from './exchange.ts';
import type { SeamConnection, SeamConnectionPool, SeamRequestQueue } from './kafkajs-seam.ts';

export interface RequestPath {
  /** Sends an encoded exchange. Failures of the connection reach the exchange by its link. */
  send(exchange: Exchange): void;
}

export interface PathHooks {
  /** Undefined once the connection is of no use. */
  socket: () => Socket | undefined;
  /** Gives the payload to the exchange; returns how long the connection holds back. Never throws. */
  answer: (exchange: Exchange, payload: Uint8Array) => number;
  /** kafkajs gave a request up; usually the link knows why already. */
  onLost: (error: unknown) => void;
}

export function corkedPath(
  connection: SeamConnection,
  { clientId }: { clientId: string },
  hooks: PathHooks,
): RequestPath {
  const { requestQueue } = connection;
  return {
    send(exchange) {
      const { apiKey, apiName, version } = exchange;
      const correlationId = connection.nextCorrelationId();
      const header = { apiKey, version, correlationId, clientId };
      const frame = encodeRequestHeader(header, exchange.body.byteLength);
      requestQueue.push({
        entry: {
          apiKey,
          apiName,
          apiVersion: version,
          correlationId,
          resolve: ({ payload }) => {
            requestQueue.maybeThrottle(hooks.answer(exchange, payload));
          },
          reject: hooks.onLost,
        },
        expectResponse: true,
        requestTimeout: null,
        sendRequest: () => {
          const socket = hooks.socket();
          if (socket !== undefined) writeGathered(socket, frame, exchange);
        },
      });
    },
  };
}

/** What is copied to join the header: beyond it a piece of its own costs the socket less than the copy. */
const JOINED_BYTES_MAX = 8192;

/** One writev: the pieces leave in one system call and no large one is copied. */
function writeGathered(socket: Socket, frame: Buffer, exchange: Exchange): void {
  const { chunks } = exchange.body;
  const [first, ...rest] = chunks;
  const isJoined = first !== undefined && first.length <= JOINED_BYTES_MAX;
  const pieces = isJoined ? [Buffer.concat([frame, first]), ...rest] : [frame, ...chunks];
  const onWritten = (): void => {
    exchange.flushed();
  };
  exchange.handOver();
  socket.cork();
  pieces.forEach((piece, index) => socket.write(piece, index === pieces.length - 1 ? onWritten : undefined));
  socket.uncork();
}

export function poolPath(pool: SeamConnectionPool, queue: SeamRequestQueue, hooks: PathHooks): RequestPath {
  return {
    send(exchange) {
      const { apiKey, apiName, version } = exchange;
      const sent = pool.send({
        request: {
          apiKey,
          apiName,
          apiVersion: version,
          encode() {
            // What becomes of the bytes from here on is out of sight: a request held back by a throttle counts as
            // written too, which can only make a report more careful.
            exchange.written = true;
            const { chunks, byteLength } = exchange.body;
            const bytes = Buffer.concat(chunks, byteLength);
            return { buf: bytes, buffer: bytes };
          },
        },
        response: {
          decode: (payload) => {
            // Now, not when kafkajs gets round to it: the caller's next request must find the throttle in place.
            queue.maybeThrottle(hooks.answer(exchange, payload));
            return { clientSideThrottleTime: 0 };
          },
          parse: () => undefined,
        },
        logResponseError: false,
      });
      sent.catch(hooks.onLost);
    },
  };
}
