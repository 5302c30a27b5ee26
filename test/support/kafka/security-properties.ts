/** The configuration of the broker with every listener. */
import { join } from 'node:path';
import { AUDIENCE, type SecurityIssuer } from './security-issuer.ts';
import type { SecurityKdc } from './security-kdc.ts';
import type { SecurityPki } from './security-pki.ts';

export const USER = 'alice';
export const PASSWORD = 'canary-alice-secret';

type Protocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';

const ALL_BUT_KERBEROS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'];

interface Listener {
  name: string;
  protocol: Protocol;
  mechanisms?: readonly string[];
  /** Its certificate, where it is not "server". */
  certificate?: string;
  /** Properties below listener.name.<name>. */
  own?: Readonly<Record<string, string>>;
}

const REAUTHENTICATION = 'connections.max.reauth.ms';

export const LISTENERS = [
  { name: 'PLAIN', protocol: 'PLAINTEXT' },
  { name: 'SASL', protocol: 'SASL_PLAINTEXT', mechanisms: ALL_BUT_KERBEROS },
  { name: 'SCRAMONLY', protocol: 'SASL_PLAINTEXT', mechanisms: ['SCRAM-SHA-256', 'SCRAM-SHA-512'] },
  { name: 'GSSAPI', protocol: 'SASL_PLAINTEXT', mechanisms: ['GSSAPI'] },
  { name: 'TLS', protocol: 'SSL' },
  { name: 'TLS13', protocol: 'SSL', own: { 'ssl.enabled.protocols': 'TLSv1.3' } },
  { name: 'TLS11', protocol: 'SSL', own: { 'ssl.enabled.protocols': 'TLSv1.1' } },
  { name: 'CHAIN', protocol: 'SSL', certificate: 'chained' },
  { name: 'MTLS', protocol: 'SSL', own: { 'ssl.client.auth': 'required' } },
  { name: 'SASLTLS', protocol: 'SASL_SSL', mechanisms: ALL_BUT_KERBEROS },
  { name: 'EXPIRED', protocol: 'SSL', certificate: 'expired' },
  { name: 'FUTURE', protocol: 'SSL', certificate: 'future' },
  { name: 'BADHOST', protocol: 'SSL', certificate: 'badhost' },
  { name: 'SELFSIGNED', protocol: 'SSL', certificate: 'selfsigned' },
  { name: 'SESSION12', protocol: 'SASL_PLAINTEXT', mechanisms: ALL_BUT_KERBEROS, own: { [REAUTHENTICATION]: '12000' } },
  { name: 'SESSION3', protocol: 'SASL_PLAINTEXT', mechanisms: ALL_BUT_KERBEROS, own: { [REAUTHENTICATION]: '3000' } },
] as const satisfies readonly Listener[];

export type ListenerName = (typeof LISTENERS)[number]['name'];

/** Listeners that send their clients to a proxy. */
export const PROXIED = ['SESSION3', 'SESSION12'] as const satisfies readonly ListenerName[];

export type ProxiedName = (typeof PROXIED)[number];

export interface PropertiesOptions {
  folder: string;
  pki: SecurityPki;
  issuer: SecurityIssuer;
  kdc: SecurityKdc | undefined;
  controllerPort: number;
  ports: ReadonlyMap<ListenerName, number>;
  /** Where clients are sent instead. */
  proxyPorts: ReadonlyMap<ListenerName, number>;
}

const SECURITY = 'org.apache.kafka.common.security';

export function brokerProperties(options: PropertiesOptions): string {
  const { folder, pki, kdc, controllerPort, ports, proxyPorts } = options;
  const listeners: readonly (Listener & { name: ListenerName })[] = LISTENERS;
  const usable = listeners.filter(({ name }) => kdc !== undefined || name !== 'GSSAPI');
  const bound = usable.map(({ name }) => `${name}://127.0.0.1:${ports.get(name)!}`);
  const advertised = usable.map(
    ({ name }) =>
      `${name}://${name === 'GSSAPI' ? 'localhost' : '127.0.0.1'}:${(proxyPorts.get(name) ?? ports.get(name))!}`,
  );
  const lines = [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=PLAIN',
    `listeners=CONTROLLER://127.0.0.1:${controllerPort},${bound.join(',')}`,
    `advertised.listeners=${advertised.join(',')}`,
    `listener.security.protocol.map=CONTROLLER:PLAINTEXT,${usable.map((l) => `${l.name}:${l.protocol}`).join(',')}`,
    `log.dirs=${join(folder, 'data')}`,
    'ssl.keystore.type=PEM',
    `ssl.keystore.location=${pki.path('server.pem')}`,
    'ssl.truststore.type=PEM',
    `ssl.truststore.location=${pki.path('ca.crt')}`,
    // A resource with an ACL is closed to all others.
    'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users=User:ANONYMOUS',
    'allow.everyone.if.no.acl.found=true',
    'auto.create.topics.enable=false',
    'offsets.topic.num.partitions=1',
    'offsets.topic.replication.factor=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'log.cleaner.enable=false',
    'group.initial.rebalance.delay.ms=0',
    ...usable.flatMap((listener) => listenerLines(listener, options)),
  ];
  return `${lines.join('\n')}\n`;
}

function listenerLines(
  { name, mechanisms = [], certificate, own = {} }: Listener,
  options: PropertiesOptions,
): string[] {
  const prefix = `listener.name.${name.toLowerCase()}`;
  const lines = Object.entries(own).map(([key, value]) => `${prefix}.${key}=${value}`);
  if (certificate !== undefined)
    lines.push(`${prefix}.ssl.keystore.location=${options.pki.path(`${certificate}.pem`)}`);
  if (mechanisms.length > 0) lines.push(`${prefix}.sasl.enabled.mechanisms=${mechanisms.join(',')}`);
  for (const mechanism of mechanisms) {
    lines.push(`${prefix}.${mechanism.toLowerCase()}.sasl.jaas.config=${jaas(mechanism, options)}`);
    if (mechanism === 'OAUTHBEARER') lines.push(...tokenLines(prefix, options.issuer));
  }
  return lines;
}

function jaas(mechanism: string, { kdc }: PropertiesOptions): string {
  if (mechanism === 'PLAIN') {
    const users = [`user_${USER}="${PASSWORD}"`, 'user_bob="b"', `user_$ConnectionString="${PASSWORD}"`];
    return `${SECURITY}.plain.PlainLoginModule required ${users.join(' ')};`;
  }
  if (mechanism === 'OAUTHBEARER') return `${SECURITY}.oauthbearer.OAuthBearerLoginModule required;`;
  if (mechanism !== 'GSSAPI') return `${SECURITY}.scram.ScramLoginModule required;`;
  const keytab = `keyTab="${kdc?.path('kafka.keytab') ?? ''}" principal="kafka/localhost@TEST.LOCAL"`;
  const module = 'com.sun.security.auth.module.Krb5LoginModule';
  return `${module} required useKeyTab=true storeKey=true serviceName=kafka ${keytab};`;
}

/** The validator's line is not for show: without it Kafka 4.1 takes tokens of any signature, audience and issuer. */
function tokenLines(prefix: string, issuer: SecurityIssuer): string[] {
  const handler = `${SECURITY}.oauthbearer.OAuthBearerValidatorCallbackHandler`;
  return [
    `${prefix}.oauthbearer.sasl.server.callback.handler.class=${handler}`,
    `${prefix}.sasl.oauthbearer.jwt.validator.class=${SECURITY}.oauthbearer.BrokerJwtValidator`,
    `${prefix}.sasl.oauthbearer.jwks.endpoint.url=${issuer.url}/jwks`,
    `${prefix}.sasl.oauthbearer.expected.audience=${AUDIENCE}`,
    `${prefix}.sasl.oauthbearer.expected.issuer=${issuer.url}`,
  ];
}
