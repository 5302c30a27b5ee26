/** The first steps towards one broker, each by itself, so that it is plain which of them fails. */
import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { type BrokerAddress, formatBroker } from '../binding/brokers.ts';
import { KafkaHotpathError, TransportError } from '../errors.ts';
import { ApiKey } from '../protocol/api-keys.ts';
import { type ApiVersionsResponse, decodeApiVersionsResponse } from '../protocol/api-versions.ts';
import { encodeRequestHeader } from '../protocol/frame.ts';
import { socketFailure } from '../transport/link-errors.ts';
import { type EndingName, schemaEnding } from './check-endings.ts';

/** As long as the producer itself gives a connection. */
const TIMEOUT_MS = 10_000;
/** An answer to ApiVersions has about a kilobyte. */
const ANSWER_BYTES_MAX = 1_048_576;
const CORRELATION_ID = 1;
/** A TLS record that is an alert (RFC 8446 §5.1). */
const TLS_ALERT = 0x15;

/** A step that failed, and the ending that it means. */
export class ProbeError extends Error {
  readonly ending: EndingName;

  constructor(ending: EndingName, message: string) {
    super(message);
    this.ending = ending;
  }
}

export async function resolveName(host: string): Promise<string> {
  if (isIP(host) !== 0) return 'an address, no look-up needed';
  try {
    const addresses = await lookup(host, { all: true });
    return addresses.map(({ address }) => address).join(', ');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === 'ENOTFOUND' ? 'there is no such host' : 'the name server did not answer';
    throw new ProbeError('unknownHost', `${why} (${code ?? 'unknown error'})`);
  }
}

export async function openTcp({ host, port }: BrokerAddress): Promise<Socket> {
  const socket = connectTcp({ host, port });
  try {
    await settled(socket, 'connect');
    return socket;
  } catch (error) {
    throw new ProbeError('unreachable', reasonOf(error));
  }
}

/** @param options undefined stands for a handshake that checks nothing: only whether there is TLS at all */
export async function openTls(broker: BrokerAddress, options: ConnectionOptions | undefined): Promise<TLSSocket> {
  const { host, port } = broker;
  const name = isIP(host) === 0 ? { servername: host } : {};
  const socket = connectTls({ ...name, ...(options ?? { rejectUnauthorized: false }), host, port });
  try {
    await settled(socket, 'secureConnect');
    return socket;
  } catch (error) {
    throw tlsFailure(error, broker);
  }
}

function tlsFailure(error: unknown, broker: BrokerAddress): ProbeError {
  if (!(error instanceof Error)) return new ProbeError('plaintextExpected', String(error));
  const address = formatBroker(broker);
  const failure = socketFailure(error, { address, phase: 'connecting', tls: true, sasl: undefined, secrets: [] });
  return new ProbeError(failure.code.startsWith('ERR_TLS') ? 'certificate' : 'plaintextExpected', failure.message);
}

/** Asks for the versions of the broker's API: every broker answers that, before any login. */
export async function askApiVersions(
  socket: Socket,
  broker: BrokerAddress,
  isTls: boolean,
): Promise<ApiVersionsResponse> {
  const header = { apiKey: ApiKey.ApiVersions, version: 0, correlationId: CORRELATION_ID, clientId: 'kafka-hotpath' };
  socket.write(encodeRequestHeader(header, 0));
  let answer: Buffer;
  try {
    answer = await readAnswer(socket);
  } catch (error) {
    // A broker that wants a certificate says so only after the handshake has ended for us (TLS 1.3).
    const failure = isTls ? tlsFailure(error, broker) : undefined;
    if (failure?.ending === 'certificate') throw failure;
    if (!isTls && (await speaksTls(broker))) throw new ProbeError('tlsExpected', 'no answer in plaintext');
    throw new ProbeError('notKafka', reasonOf(error));
  }
  try {
    return decodeApiVersionsResponse(0, answer);
  } catch {
    throw new ProbeError('notKafka', 'the answer is none to a Kafka request');
  }
}

async function speaksTls(broker: BrokerAddress): Promise<boolean> {
  try {
    (await openTls(broker, undefined)).destroy();
    return true;
  } catch (error) {
    // A certificate is asked for or refused by TLS only.
    return error instanceof ProbeError && error.ending === 'certificate';
  }
}

/** The body of the answer. Rejects for bytes that no broker would send. */
function readAnswer(socket: Socket): Promise<Buffer> {
  let received = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk]);
      if (received[0] === TLS_ALERT && received[1] === 3) reject(new Error('the answer is a TLS alert'));
      else if (received.subarray(0, 4).toString('latin1') === 'HTTP') reject(new Error('the answer is HTTP'));
      else if (received.length >= 8) {
        const bytes = received.readInt32BE(0);
        const isOurs = received.readInt32BE(4) === CORRELATION_ID && bytes >= 4 && bytes <= ANSWER_BYTES_MAX;
        if (!isOurs) reject(new Error('the answer is none to a Kafka request'));
        else if (received.length >= 4 + bytes) resolve(received.subarray(8, 4 + bytes));
      }
    };
    socket.on('data', take);
    ended(socket, reject);
  });
}

function settled(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve);
    ended(socket, reject);
  });
}

/** Every way in which a socket can end an expectation. */
function ended(socket: Socket, reject: (error: Error) => void): void {
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer in ${TIMEOUT_MS} ms`)));
  socket.on('error', reject);
  socket.once('close', () => {
    reject(new Error('the connection was closed without an answer'));
  });
}

/** A name with several addresses fails with one error for all of them, whose own message is empty. */
function reasonOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first.message : String(first);
}

/** The ending that an error of a step means. */
export function endingOf(error: unknown): EndingName {
  if (error instanceof ProbeError) return error.ending;
  const ofSchema = error instanceof KafkaHotpathError ? schemaEnding(error) : undefined;
  if (ofSchema !== undefined) return ofSchema;
  // A broker that wants a login ends the connection at the first request without one.
  const isLogin = error instanceof KafkaHotpathError && error.code.startsWith('ERR_AUTH');
  return isLogin || error instanceof TransportError ? 'login' : 'notKafka';
}
