/** A TCP or TLS socket whose incoming bytes pass the frame guard before anyone else hears of them. */
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { TransportError } from '../errors.ts';
import type { FrameGuard } from './frame-guard.ts';
import { addressText } from './link-checks.ts';

/**
 * Time of silence before TCP asks whether the other side still lives. Cloud load balancers forget a silent connection
 * after 240 s (Azure); a minute and more of head start lets several probes get lost.
 */
const KEEP_ALIVE_MS = 60_000;

export interface GuardedSocketOptions {
  host: string;
  port: number;
  /** Options of tls.connect; undefined for plain TCP. */
  tls: ConnectionOptions | undefined;
  /** Finds the address of a name; undefined for the system's way. */
  lookup: LookupFunction | undefined;
  guard: FrameGuard;
  /** TCP, and TLS where asked for, are up. */
  onConnect: () => void;
  /** The bytes received are of no use: the socket should be destroyed with this error. */
  onFault: (error: TransportError) => void;
}

/** Throws what tls.connect throws for an unusable certificate, key or passphrase. */
export function openGuardedSocket(options: GuardedSocketOptions): Socket {
  const { host, port, tls, lookup, onConnect } = options;
  const where = { host, port, ...(lookup === undefined ? {} : { lookup }) };
  const socket =
    tls === undefined
      ? connectTcp(where, onConnect)
      : connectTls({ ...(isIP(host) === 0 ? { servername: host } : {}), ...tls, ...where }, onConnect);
  // Small requests wait for nobody: with Nagle's algorithm a second one waits for the broker's delayed ACK, 40 ms.
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  guardDataListeners(socket, options);
  return socket;
}

/**
 * kafkajs hangs its own 'data' listener on the socket, and an earlier listener of ours could not keep a chunk from it:
 * all listeners of an event get the same arguments. So the listener itself is wrapped when it is added. A Duplex around
 * the socket would do too, at the price of another buffer and another turn of the event loop per chunk. Should kafkajs
 * ever listen in another way the guard sees no frame, which the link checks after the first answer.
 *
 * The wrapper also keeps what the listener throws from becoming an uncaught exception.
 */
function guardDataListeners(socket: Socket, { host, port, guard, onFault }: GuardedSocketOptions): void {
  const addListener = socket.on.bind(socket) as (event: string, listener: (...args: never[]) => void) => Socket;
  const guarded =
    (listener: (chunk: Buffer) => void) =>
    (chunk: Buffer): void => {
      const passed = guard.scan(chunk);
      try {
        if (passed === chunk.length) listener(chunk);
        // Answers that came whole before the bad frame are true and still count.
        else if (passed > 0) listener(chunk.subarray(0, passed));
      } catch (error) {
        onFault(
          new TransportError(`${addressText(host, port)} sent an answer that cannot be taken apart`, {
            code: 'ERR_PROTOCOL',
            mayBeWritten: true,
            cause: error,
          }),
        );
      }
      if (guard.fault !== undefined) onFault(guard.fault);
    };
  const on = (event: string, listener: (...args: never[]) => void): Socket =>
    addListener(event, event === 'data' ? guarded(listener as (chunk: Buffer) => void) : listener);
  socket.on = on as typeof socket.on;
}
