/** What a sidecar can be told, and the limits that hold when nothing is said. */
import { isIP } from 'node:net';
import { KafkaHotpathError } from '../errors.ts';

export interface SidecarOptions {
  /** Default 127.0.0.1. Anything but a loopback address needs a token. */
  host?: string;
  /** Default 0, any free port. */
  port?: number;
  /** What requests must bring as `Authorization: Bearer …`; at least 16 characters. Default: none is asked for. */
  token?: string;
  /** Largest body of a request that is not a stream. Default 8 MiB. */
  bodyBytesMax?: number;
  /** Request line and headers together. Default 16 KiB. */
  headerBytesMax?: number;
  /** Longest line of a stream, or record of one. Default 8 MiB. */
  lineBytesMax?: number;
  /** Bytes of requests that have no answer yet, beyond which new ones get 429. Default 64 MiB. */
  pendingBytesMax?: number;
  /** Messages that have no report yet, beyond which new requests get 429. Default 50 000. */
  pendingMessagesMax?: number;
  /** Further connections are closed as they come. Default 1 000. */
  connectionsMax?: number;
  /** How long a client may take for its headers. Default 10 000. */
  headersTimeoutMs?: number;
  /** How long it may take for a body that is not a stream. Default 30 000. */
  bodyTimeoutMs?: number;
  /** How long a stream may be silent, and how long a client may leave its answer unread. Default 60 000. */
  idleTimeoutMs?: number;
}

export type SidecarSettings = Readonly<Required<Omit<SidecarOptions, 'token'>>> & {
  readonly token: string | undefined;
};

const MEBIBYTE = 1024 * 1024;
/** Shorter ones can be guessed at the rate at which loopback answers. */
const TOKEN_CHARACTERS_MIN = 16;
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

export function resolveSidecarOptions(options: SidecarOptions): SidecarSettings {
  const { host = '127.0.0.1', token } = options;
  const lineBytesMax = whole('lineBytesMax', options.lineBytesMax ?? 8 * MEBIBYTE, 1, 512 * MEBIBYTE);
  const settings = {
    host,
    token,
    port: whole('port', options.port ?? 0, 0, 65_535),
    bodyBytesMax: whole('bodyBytesMax', options.bodyBytesMax ?? 8 * MEBIBYTE, 1, 512 * MEBIBYTE),
    headerBytesMax: whole('headerBytesMax', options.headerBytesMax ?? 16 * 1024, 256, MEBIBYTE),
    lineBytesMax,
    pendingBytesMax: whole('pendingBytesMax', options.pendingBytesMax ?? 64 * MEBIBYTE, 1, 2 ** 40),
    pendingMessagesMax: whole('pendingMessagesMax', options.pendingMessagesMax ?? 50_000, 1, 2 ** 31),
    connectionsMax: whole('connectionsMax', options.connectionsMax ?? 1000, 1, 1_000_000),
    headersTimeoutMs: whole('headersTimeoutMs', options.headersTimeoutMs ?? 10_000, 1, TIMEOUT_MS_MAX),
    bodyTimeoutMs: whole('bodyTimeoutMs', options.bodyTimeoutMs ?? 30_000, 1, TIMEOUT_MS_MAX),
    idleTimeoutMs: whole('idleTimeoutMs', options.idleTimeoutMs ?? 60_000, 1, TIMEOUT_MS_MAX),
  };
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
    throw unusable('the token has characters no header can have');
  if (token !== undefined && token.length < TOKEN_CHARACTERS_MIN) {
    throw unusable(`the token has ${token.length} characters; allowed: at least ${TOKEN_CHARACTERS_MIN}`);
  }
  if (token === undefined && !isLoopback(host)) {
    throw unusable(`host is "${host}"; beyond loopback the sidecar listens only with a bearer token`);
  }
  return Object.freeze(settings);
}

export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

function whole(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw unusable(`${name} is ${value}; allowed: whole numbers from ${min} to ${max}`);
}

function unusable(message: string): KafkaHotpathError {
  return new KafkaHotpathError('ERR_CONFIG', message);
}
