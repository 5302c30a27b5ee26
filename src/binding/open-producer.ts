/** Puts a real producer together: engine, connections, sender. Loaded only by who sends for real. */
import type { LookupFunction } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { openEngine } from '../engine/select.ts';
import { createProducer } from '../producer/producer.ts';
import type { ProducerHandle } from '../producer/api.ts';
import type { Transport } from '../transport/transport.ts';
import type { SaslCredentials } from '../transport/auth/credentials.ts';
import { oidcTokens } from '../transport/auth/oidc.ts';
import type { TransportClock } from '../transport/idle-watch.ts';
import { createKafkajsTransport } from '../transport/kafkajs.ts';
import type { BindingConfig } from './config.ts';
import { Secret } from './secret.ts';
import type { EngineInfo, KafkaOutputOptions } from './output-api.ts';

const CLIENT_ID = 'kafka-hotpath';
/** What a TCP connection and a TLS handshake may take, as Java's socket.connection.setup.timeout.ms. */
const CONNECTION_TIMEOUT_MS = 10_000;

export function openProducer(
  config: BindingConfig,
  options: KafkaOutputOptions,
): { producer: ProducerHandle; engine: EngineInfo } {
  const engine = openEngine(options.engine);
  const producer = createProducer({
    transport: openTransport(config, { createTopic: true, lookup: options.lookup }),
    engine,
    config: config.producer,
    ...(options.onEvent === undefined ? {} : { onEvent: options.onEvent }),
  });
  return { producer, engine: { kind: engine.kind, reason: engine.reason } };
}

export interface TransportOpening {
  /** Whether asking for the topic may make a broker that is set up so create it. */
  createTopic: boolean;
  lookup?: LookupFunction | undefined;
  /** Default the system's. */
  clock?: TransportClock;
}

export function openTransport(config: BindingConfig, { createTopic, lookup, clock }: TransportOpening): Transport {
  return createKafkajsTransport({
    brokers: config.brokers.map(({ host, port }) => ({ host, port })),
    clientId: CLIENT_ID,
    ssl: tlsOptions(config),
    sasl: credentials(config),
    allowAutoTopicCreation: createTopic,
    requestTimeoutMs: config.producer.requestTimeoutMs,
    connectionTimeoutMs: CONNECTION_TIMEOUT_MS,
    connectionsMaxIdleMs: config.connectionsMaxIdleMs,
    lookup,
    clock,
  });
}

/** Undefined without SASL. */
function credentials({ sasl, oauthBearer, kerberos }: BindingConfig): SaslCredentials | undefined {
  if (kerberos !== undefined) return { mechanism: 'gssapi', ...kerberos };
  if (sasl !== undefined) return { ...sasl, password: sasl.password.reveal() };
  if (oauthBearer === undefined) return undefined;
  const { oidc, token, extensions } = oauthBearer;
  if (oidc !== undefined) {
    const { authorities: ca, clientSecret, ...rest } = oidc;
    const fetchToken = oidcTokens({ ...rest, ca, clientSecret: clientSecret.reveal() });
    return { mechanism: 'oauthbearer', token: fetchToken, extensions };
  }
  if (token === undefined) return undefined;
  return { mechanism: 'oauthbearer', token: token instanceof Secret ? token.reveal() : token, extensions };
}

/** Undefined for a plaintext connection. */
export function tlsOptions({ tls, tlsMaterial, sslInsecureSkipVerify }: BindingConfig): ConnectionOptions | undefined {
  if (!tls) return undefined;
  const { authorities, certificates, key } = tlsMaterial ?? {};
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: !sslInsecureSkipVerify,
    ...(authorities === undefined ? {} : { ca: [...authorities] }),
    ...(certificates === undefined ? {} : { cert: certificates }),
    ...(key === undefined ? {} : { key: key.reveal() }),
  };
}
