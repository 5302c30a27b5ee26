/** What is written for a cloud's Kafka and cannot work there, or not well. No part of a connection string is shown. */
import type { ProducerConfig } from '../producer/api.ts';
import { type BrokerAddress, formatBroker } from './brokers.ts';
import type { CloudProvider } from './cloud-providers.ts';
import type { PropertyReading } from './property-reading.ts';
import { describeGot, isSecretSetting } from './secret.ts';

/** Azure drops a connection that is silent for longer. */
const IDLE_MS = 240_000;
/** Event Hubs recommends 30–60 s and promises nothing up to 20 s. */
const REQUEST_TIMEOUT_MIN_MS = 20_000;
const MECHANISMS = ['Plain', 'OAuthBearer'];
const HUBS_USER = '$ConnectionString';

export interface CloudSituation {
  readonly provider: CloudProvider;
  readonly reading: PropertyReading;
  readonly brokers: readonly BrokerAddress[];
  readonly producer: Readonly<ProducerConfig>;
  readonly connectionsMaxIdleMs: number;
}

export function cloudWarnings(situation: CloudSituation): string[] {
  const { provider } = situation;
  const hubs = provider.name === 'azureEventHubs' ? hubsWarnings(situation) : confluentWarnings(situation);
  return [...connectionWarnings(situation), ...hubs, ...idleWarnings(situation)];
}

function written(reading: PropertyReading, name: string): string {
  return String(reading.values.get(name)?.value ?? '');
}

function connectionWarnings({ provider, reading, brokers }: CloudSituation): string[] {
  const { title, port } = provider;
  const warnings: string[] = [];
  const protocol = written(reading, 'protocol');
  const mode = written(reading, 'authenticationMode');
  if (protocol !== 'SaslSsl') {
    warnings.push(
      `protocol: ${protocol} cannot reach ${title}, which speaks SaslSsl only; set SaslSsl, or leave it out`,
    );
  }
  if (!MECHANISMS.includes(mode)) {
    const advice = `set ${MECHANISMS.join(' or ')}, or leave it out`;
    warnings.push(`authenticationMode: ${title} does not know ${mode}; ${advice}`);
  }
  for (const broker of brokers) {
    if (!provider.hosts.test(broker.host) || broker.port === port) continue;
    warnings.push(`brokerList: ${title} listens for Kafka on port ${port}; got ${formatBroker(broker)}`);
  }
  return warnings;
}

function hubsWarnings(situation: CloudSituation): string[] {
  const { reading, producer } = situation;
  const { requestTimeoutMs } = producer;
  const warnings = written(reading, 'authenticationMode') === 'Plain' ? loginWarnings(situation) : [];
  if (requestTimeoutMs <= REQUEST_TIMEOUT_MIN_MS) {
    warnings.push(
      `requestTimeoutMs: ${requestTimeoutMs} is low for Event Hubs, which throttles by answering late; ` +
        `set 30000 to 60000 (more than ${REQUEST_TIMEOUT_MIN_MS})`,
    );
  }
  return warnings;
}

/** User and password are two words of one thing, and people mix them up in every way. */
function loginWarnings({ reading, brokers }: CloudSituation): string[] {
  const warnings: string[] = [];
  const username = reading.values.get('username');
  if (username !== undefined && username.value !== HUBS_USER) {
    const got = describeGot(username.value, { secret: username.settings.some(isSecretSetting) });
    warnings.push(
      `username: got ${got}; Event Hubs takes the word ${HUBS_USER}, spelled so, and the connection string as password`,
    );
  }
  const password = reading.values.get('password');
  if (password === undefined) return warnings;
  const parts = connectionParts(String(password.value));
  const host = /^sb:\/\/([^/:]+)/i.exec(parts.get('endpoint') ?? '')?.[1];
  const hasKey =
    parts.has('sharedaccesssignature') || (parts.has('sharedaccesskeyname') && parts.has('sharedaccesskey'));
  if (host === undefined || !hasKey) {
    warnings.push(
      'password: is no connection string of Event Hubs; take the whole of Endpoint=sb://…;SharedAccessKeyName=…;' +
        'SharedAccessKey=… from the portal (Shared access policies), not the key alone',
    );
    return warnings;
  }
  if (!brokers.some((broker) => sameHost(broker.host, host))) {
    warnings.push('password: the connection string is for another namespace than the host in brokerList');
  }
  const entity = parts.get('entitypath');
  if (entity !== undefined && entity.toLowerCase() !== written(reading, 'topic').toLowerCase()) {
    warnings.push(
      'password: the connection string is for one event hub (its EntityPath), which is not the topic ' +
        `${describeGot(written(reading, 'topic'), { secret: false })}; take that of the topic or of the namespace`,
    );
  }
  return warnings;
}

/** name=value;name=value, names in any case; keys are base64 and may end in "=". */
function connectionParts(text: string): Map<string, string> {
  const parts = text.split(';').map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]);
  return new Map(parts.map(([name = '', value = '']) => [name.trim().toLowerCase(), value.trim()]));
}

function sameHost(one: string, other: string): boolean {
  const plain = (host: string): string => host.toLowerCase().replace(/\.$/, '');
  return plain(one) === plain(other);
}

function confluentWarnings({ reading }: CloudSituation): string[] {
  if (written(reading, 'authenticationMode') !== 'Plain' || written(reading, 'username') !== HUBS_USER) return [];
  return [`username: ${HUBS_USER} is the user of Event Hubs; Confluent Cloud takes an API key, its secret as password`];
}

function idleWarnings({ provider, producer, connectionsMaxIdleMs }: CloudSituation): string[] {
  const tooLong = Object.entries({ metadataMaxAgeMs: producer.metadataMaxAgeMs, connectionsMaxIdleMs }).filter(
    ([, value]) => value >= IDLE_MS,
  );
  return tooLong.map(
    ([name, value]) =>
      `${name}: ${value} lets a silent connection to ${provider.title} outlive the ${IDLE_MS / 1000} s after which ` +
      'it is dropped; keep to 180000',
  );
}
