/** Answers on the wire. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Reply } from './exchange.ts';

/** How long a client that is refused may go on sending before its connection is cut. */
const LINGER_MS = 1000;

export interface ReplyOptions {
  readonly isClosing: boolean;
  /** The client may still be sending a body that nobody will read. */
  readonly isBodyUnread: boolean;
  readonly idleTimeoutMs: number;
}

export function writeReply(request: IncomingMessage, response: ServerResponse, reply: Reply, how: ReplyOptions): void {
  const { body = '', contentType = 'application/json' } = reply;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const headers: OutgoingHttpHeaders = { ...reply.headers, 'cache-control': 'no-store' };
  if (text !== '') {
    headers['content-type'] = contentType;
    headers['content-length'] = Buffer.byteLength(text);
    headers['x-content-type-options'] = 'nosniff';
  }
  if (how.isClosing || how.isBodyUnread) headers['connection'] = 'close';
  // Who leaves an answer unread keeps its memory; not for ever.
  response.setTimeout(how.idleTimeoutMs);
  response.writeHead(reply.status, headers);
  if (!how.isBodyUnread) {
    response.end(text);
    return;
  }
  // Ending would close the socket with bytes of the client unread, and the reset that follows could overtake it.
  response.write(text);
  linger(request, () => {
    response.end();
  });
}

/** Drops what the client still sends, until it stops or its time is over. */
export function linger(request: IncomingMessage, end: () => void): void {
  const done = (): void => {
    clearTimeout(timer);
    end();
  };
  const timer = setTimeout(done, LINGER_MS);
  request.once('end', done);
  request.once('close', done);
  request.resume();
}

const BY_PARSER_ERROR: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Content Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** For what is no HTTP, or not in time: there is no request to answer, so the answer goes to the socket. */
export function refuseConnection(socket: Duplex, code: string | undefined): number {
  const line = BY_PARSER_ERROR[code ?? ''] ?? '400 Bad Request';
  const body = JSON.stringify({ errorCode: 'ERR_MALFORMED_REQUEST', message: line.slice(4) });
  const head = `HTTP/1.1 ${line}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n`;
  socket.end(`${head}connection: close\r\n\r\n${body}`, () => {
    socket.destroy();
  });
  return Number(line.slice(0, 3));
}
