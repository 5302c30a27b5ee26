/**
 * Everything this package takes from the inside of kafkajs, declared and looked for in one place. kafkajs gives the
 * connection its first request, correlation ids and request queue; its login, metadata, retry and producer are not
 * used. It has had no release since February 2023 and is pinned exactly, so what is found here today stays.
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { type Assigner, Kafka, logLevel, type PartitionAssigner } from 'kafkajs';
import { KafkaHotpathError } from '../errors.ts';
import type { SmallMap } from './small-map.ts';

/** The version in package.json; a test compares. */
export const KAFKAJS_VERSION_PINNED = '2.2.4';

export interface SeamRequestQueue {
  /** Written and not answered, by correlation id, in the order of writing. */
  inflight: Map<number, unknown> | SmallMap<number, unknown>;
  /** Held back by a throttle. */
  pending: unknown[];
  /** Wall clock, milliseconds since 1970. */
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  push(request: SeamPushedRequest): void;
  fulfillRequest(answer: SeamAnswer): void;
  maybeThrottle(throttleMs: number | null | undefined): void;
  scheduleCheckPendingRequests(): void;
  checkPendingRequests(): void;
  destroy(): void;
}

export interface SeamAnswer {
  correlationId: number;
  /** What follows the correlation id. */
  payload: Buffer;
  size: number;
}

export interface SeamPushedRequest {
  entry: {
    apiKey: number;
    apiName: string;
    apiVersion: number;
    correlationId: number;
    resolve(answer: SeamAnswer): void;
    reject(error: unknown): void;
  };
  expectResponse: boolean;
  requestTimeout: null;
  /** Called once, now or when a throttle is over. */
  sendRequest(): void;
}

export interface SeamConnection {
  requestQueue: SeamRequestQueue;
  nextCorrelationId(): number;
}

export interface SeamProtocol {
  request: { apiKey: number; apiName: string; apiVersion: number; encode(): { buf: Buffer; buffer: Buffer } };
  response: {
    decode(payload: Buffer): { clientSideThrottleTime: number };
    parse(decoded: unknown): unknown;
  };
  logResponseError: boolean;
}

export interface SeamConnectionPool {
  /** Two connections: 1 is for Fetch, 0 for all else. */
  pool: readonly SeamConnection[];
  send(protocol: SeamProtocol): Promise<unknown>;
}

export interface SeamBroker {
  connectionPool: SeamConnectionPool;
  /** By api key; null until connect. */
  versions: Record<string, { minVersion: number; maxVersion: number }> | null;
  connect(): Promise<void>;
}

interface SeamCluster {
  brokerPool: {
    connectionPoolBuilder: { build(destination: { host: string; port: number }): Promise<SeamConnectionPool> };
    createBroker(options: { connectionPool: SeamConnectionPool; logger: unknown }): SeamBroker;
  };
}

/** How requests are written: 'corked' without copying (the extra members are there), 'pool' by kafkajs itself. */
export type SeamPath = 'corked' | 'pool';

interface SeamMember {
  /** From a root named cluster or broker. */
  path: string;
  type: 'function' | 'object' | 'number';
  /** What cannot be had without it. */
  neededFor: 'everything' | 'corked';
}

const QUEUE = 'broker.connectionPool.pool.0.requestQueue';
const CONNECTION = 'broker.connectionPool.pool.0';

/** Every private member this package touches. */
export const SEAM_MEMBERS: readonly SeamMember[] = [
  { path: 'cluster.brokerPool.connectionPoolBuilder.build', type: 'function', neededFor: 'everything' },
  { path: 'cluster.brokerPool.createBroker', type: 'function', neededFor: 'everything' },
  { path: 'broker.connect', type: 'function', neededFor: 'everything' },
  { path: 'broker.connectionPool.send', type: 'function', neededFor: 'everything' },
  { path: `${QUEUE}.inflight`, type: 'object', neededFor: 'everything' },
  { path: `${QUEUE}.pending`, type: 'object', neededFor: 'everything' },
  { path: `${QUEUE}.throttledUntil`, type: 'number', neededFor: 'everything' },
  { path: `${QUEUE}.fulfillRequest`, type: 'function', neededFor: 'everything' },
  { path: `${QUEUE}.maybeThrottle`, type: 'function', neededFor: 'everything' },
  { path: `${QUEUE}.scheduleCheckPendingRequests`, type: 'function', neededFor: 'everything' },
  { path: `${QUEUE}.checkPendingRequests`, type: 'function', neededFor: 'everything' },
  { path: `${QUEUE}.destroy`, type: 'function', neededFor: 'everything' },
  { path: `${QUEUE}.push`, type: 'function', neededFor: 'corked' },
  { path: `${CONNECTION}.nextCorrelationId`, type: 'function', neededFor: 'corked' },
];

/**
 * Looks for every member below the roots given. Throws ERR_SEAM for one that nothing works without; answers 'pool' when
 * only one of the corked path is missing.
 */
export function inspectSeam(roots: Readonly<Record<string, unknown>>, found: string = kafkajsVersion()): SeamPath {
  let path: SeamPath = 'corked';
  for (const member of SEAM_MEMBERS) {
    if (!(member.path.slice(0, member.path.indexOf('.')) in roots)) continue;
    const value = member.path.split('.').reduce<unknown>(memberOf, roots);
    if (value !== null && typeof value === member.type) continue;
    if (member.neededFor === 'everything') throw seamError(member.path, found);
    path = 'pool';
  }
  return path;
}

function memberOf(holder: unknown, name: string): unknown {
  return typeof holder === 'object' && holder !== null ? (holder as Record<string, unknown>)[name] : undefined;
}

export function seamError(member: string, found: string = kafkajsVersion()): KafkaHotpathError {
  return new KafkaHotpathError(
    'ERR_SEAM',
    `kafkajs ${found} lacks ${member}, which this package is built on; ` +
      `it is pinned to kafkajs ${KAFKAJS_VERSION_PINNED}: install that version beside it`,
  );
}

function kafkajsVersion(): string {
  try {
    const found: unknown = createRequire(import.meta.url)('kafkajs/package.json');
    return String(memberOf(found, 'version'));
  } catch {
    // A bundler may have left the file out; the version is only for the error text.
    return '(unknown version)';
  }
}

export interface SeamOptions {
  host: string;
  port: number;
  clientId: string;
  connectionTimeoutMs: number;
  authenticationTimeoutMs: number;
  /** Makes the one socket of this connection. */
  openSocket(onConnect: () => void): Socket;
}

export interface Seam {
  broker: SeamBroker;
  connection: SeamConnection;
  path: SeamPath;
}

/**
 * One kafkajs broker object, not yet connected, with everything around it of its own: nothing is shared between two
 * connections, and none is used twice. (kafkajs' own reconnect keeps half an answer of the old socket in its buffer.)
 */
export async function openSeam(options: SeamOptions): Promise<Seam> {
  const { cluster, logger } = openCluster(options);
  inspectSeam({ cluster });
  const { host, port } = options;
  const connectionPool = await cluster.brokerPool.connectionPoolBuilder.build({ host, port });
  const broker = cluster.brokerPool.createBroker({ connectionPool, logger });
  const path = inspectSeam({ broker });
  const connection = broker.connectionPool.pool[0];
  if (connection === undefined) throw seamError(CONNECTION);
  return { broker, connection, path };
}

/** kafkajs' timeouts leave the socket open; ours destroy it, and must come first. */
const TIMEOUT_MARGIN_MS = 1_000;

/**
 * The Cluster that kafkajs makes inside. This looks odd, but it is the one public and typed way to it: a consumer hands
 * its Cluster to the factories of its partition assigners, at once, in its constructor. That consumer is never
 * connected and starts no timer.
 */
function openCluster(options: SeamOptions): { cluster: SeamCluster; logger: unknown } {
  const kafka = new Kafka({
    clientId: options.clientId,
    // Where to connect to is given to build() below, which never splits it at a colon: IPv6 addresses stay whole.
    brokers: ['unused:9092'],
    connectionTimeout: options.connectionTimeoutMs + TIMEOUT_MARGIN_MS,
    authenticationTimeout: options.authenticationTimeoutMs + TIMEOUT_MARGIN_MS,
    // Its check is a timer ten times a second per connection, and would leave the connection open.
    enforceRequestTimeout: false,
    socketFactory: ({ onConnect }) => options.openSocket(onConnect),
    // Its log lines can hold requests and, with some of its environment variables, their bytes.
    logLevel: logLevel.NOTHING,
    logCreator: () => () => undefined,
  });
  let found: { cluster: SeamCluster; logger: unknown } | undefined;
  const assigner: PartitionAssigner = ({ cluster, logger }) => {
    found = { cluster: cluster as unknown as SeamCluster, logger };
    return UNUSED_ASSIGNER;
  };
  kafka.consumer({ groupId: 'unused', partitionAssigners: [assigner] });
  if (found === undefined) throw seamError('the call of partitionAssigners with its cluster');
  return found;
}

const UNUSED_ASSIGNER: Assigner = {
  name: 'unused',
  version: 0,
  assign: () => Promise.resolve([]),
  protocol: () => ({ name: 'unused', metadata: Buffer.alloc(0) }),
};
