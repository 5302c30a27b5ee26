/** What an embedded broker can be asked to be, and the values that hold when nothing is said. */
import type { SecureContextOptions, TlsOptions } from 'node:tls';
import { KafkaHotpathError } from '../errors.ts';

export interface TopicOptions {
  name: string;
  /** Default 1. */
  partitions?: number;
  /** Largest batch in bytes as received; default the broker's. */
  maxMessageBytes?: number;
  /** The broker stamps batches with its own time instead of keeping the producer's. */
  logAppendTime?: boolean;
  /** Like cleanup.policy=compact: a record without a key is refused. */
  compacted?: boolean;
}

/**
 * A broker as a cloud sells it. azureEventHubs: closes a connection on a request over 1 046 528 bytes, and one that is
 * silent for 240 s; knows PLAIN only. confluentCloud: batches up to 2 097 164 bytes, PLAIN only, and the same 240 s,
 * which is Azure's network.
 */
export type BrokerProfile = 'azureEventHubs' | 'confluentCloud';

export interface EmbeddedBrokerOptions {
  /** Defaults of the options below; what is given beside it wins. */
  profile?: BrokerProfile;
  /** Loopback only. Default 127.0.0.1. */
  host?: string;
  /** The name that clients are told to come by; default the host. */
  advertisedHost?: string;
  /** Port of the first node, further nodes follow it; default 0, any free ports. */
  port?: number;
  /** How many nodes, each with a port of its own; ids count from 1. Default 1. */
  brokers?: number;
  topics?: readonly TopicOptions[];
  /** Create a topic when a client asks for its metadata. Default false. */
  autoCreateTopics?: boolean;
  /** Partitions of a topic created that way. Default 1. */
  defaultPartitions?: number;
  /** Passwords by user name; connections must authenticate when given. */
  sasl?: Readonly<Record<string, string>>;
  /** Default PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. */
  saslMechanisms?: readonly SaslMechanism[];
  /**
   * How long an authentication lasts; clients must authenticate again before (KIP-368), or the connection ends with
   * their next request. Default for ever.
   */
  saslSessionLifetimeMs?: number;
  /** Serve TLS: certificate, key and so on, as for node:tls. */
  tls?: TlsOptions & SecureContextOptions;
  /** Largest batch in bytes as received. Default 1 048 588, as Kafka's message.max.bytes. */
  maxMessageBytes?: number;
  /** A larger request ends its connection without an answer. Default 104 857 600, Kafka's socket.request.max.bytes. */
  requestBytesMax?: number;
  /**
   * A connection without a request for longer than this, by the broker's clock, is closed: looked at when a request
   * comes, every now and then, and by control.closeIdleConnections. Default never.
   */
  connectionsMaxIdleMs?: number;
  /** How far ahead of the broker's clock a record may be. Default 3 600 000, as in Kafka 4 (KIP-1030). */
  timestampAfterMaxMs?: number;
  /** How far behind. Default without limit, as Kafka. */
  timestampBeforeMaxMs?: number;
  /** The broker's clock, milliseconds since 1970. Default Date.now. */
  now?: () => number;
  /** One line for each connection the broker closes because of what it was sent. */
  log?: (line: string) => void;
}

export type SaslMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

/** The options with every default filled in. */
export interface BrokerSettings {
  readonly host: string;
  readonly advertisedHost: string;
  readonly port: number;
  readonly brokers: number;
  readonly autoCreateTopics: boolean;
  readonly defaultPartitions: number;
  readonly users: Map<string, string> | null;
  readonly saslMechanisms: readonly SaslMechanism[];
  /** 0 is for ever, as on the wire. */
  readonly saslSessionLifetimeMs: number;
  readonly tls: (TlsOptions & SecureContextOptions) | null;
  readonly maxMessageBytes: number;
  readonly requestBytesMax: number;
  /** Infinity is never. */
  readonly connectionsMaxIdleMs: number;
  readonly timestampAfterMaxMs: number;
  readonly timestampBeforeMaxMs: number;
  readonly now: () => number;
  readonly log: (line: string) => void;
}

/** Kafka's default for message.max.bytes: 1 MiB and a record batch header's overhead. */
const MESSAGE_BYTES_MAX = 1_048_588;

/** Kafka's default for socket.request.max.bytes. */
const REQUEST_BYTES_MAX = 104_857_600;

const CLOUD_IDLE_MS = 240_000;

const PROFILES: Readonly<Record<BrokerProfile, EmbeddedBrokerOptions>> = {
  azureEventHubs: { requestBytesMax: 1_046_528, connectionsMaxIdleMs: CLOUD_IDLE_MS, saslMechanisms: ['PLAIN'] },
  confluentCloud: { maxMessageBytes: 2_097_164, connectionsMaxIdleMs: CLOUD_IDLE_MS, saslMechanisms: ['PLAIN'] },
};

const HOUR_MS = 3_600_000;

/** Beyond this the in-memory broker is the wrong tool; Kafka itself allows more. */
const PARTITIONS_MAX = 100_000;

const LOOPBACK_HOSTS = ['127.0.0.1', '::1', 'localhost'];

export function resolveOptions(given: EmbeddedBrokerOptions): BrokerSettings {
  const options = { ...profileOptions(given.profile), ...given };
  const host = options.host ?? '127.0.0.1';
  if (!LOOPBACK_HOSTS.includes(host)) {
    throw new KafkaHotpathError('ERR_CONFIG', `host is "${host}"; the embedded broker listens on loopback only`);
  }
  return {
    host,
    advertisedHost: options.advertisedHost ?? host,
    port: integer('port', options.port ?? 0, 0, 65_535),
    brokers: integer('brokers', options.brokers ?? 1, 1, 100),
    autoCreateTopics: options.autoCreateTopics ?? false,
    defaultPartitions: integer('defaultPartitions', options.defaultPartitions ?? 1, 1, PARTITIONS_MAX),
    users: options.sasl === undefined ? null : new Map(Object.entries(options.sasl)),
    saslMechanisms: options.saslMechanisms ?? ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'],
    saslSessionLifetimeMs: options.saslSessionLifetimeMs ?? 0,
    tls: options.tls ?? null,
    maxMessageBytes: options.maxMessageBytes ?? MESSAGE_BYTES_MAX,
    requestBytesMax: options.requestBytesMax ?? REQUEST_BYTES_MAX,
    connectionsMaxIdleMs: options.connectionsMaxIdleMs ?? Number.POSITIVE_INFINITY,
    timestampAfterMaxMs: options.timestampAfterMaxMs ?? HOUR_MS,
    timestampBeforeMaxMs: options.timestampBeforeMaxMs ?? Number.POSITIVE_INFINITY,
    now: options.now ?? Date.now,
    log: options.log ?? ((): void => undefined),
  };
}

function profileOptions(profile: BrokerProfile | undefined): EmbeddedBrokerOptions {
  if (profile === undefined) return {};
  if (Object.hasOwn(PROFILES, profile)) return PROFILES[profile];
  const allowed = Object.keys(PROFILES).join(', ');
  throw new KafkaHotpathError('ERR_CONFIG', `profile is "${profile as string}", allowed are ${allowed}`);
}

/** Kafka's rule for topic names: 1 to 249 of these characters, and neither "." nor "..". */
export function isTopicName(name: string): boolean {
  return /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..';
}

export function partitionCount(value: number): number {
  return integer('partitions', value, 1, PARTITIONS_MAX);
}

function integer(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new KafkaHotpathError('ERR_CONFIG', `${name} is ${value}, allowed are whole numbers from ${min} to ${max}`);
}
