/**
 * Kafka as a cloud sells it, recognised by the host of a broker: what holds there where nothing else is written, and
 * the limits its service or network has. The numbers of Event Hubs are those of Microsoft's "Recommended configurations
 * for Apache Kafka clients".
 */
import { SINGLE_MESSAGE_OVERHEAD } from '../producer/flight-request.ts';
import { type BrokerAddress, parseBrokerList } from './brokers.ts';
import type { ConfigOptions } from './config-options.ts';
import { type PropertyReading, useDefault } from './property-reading.ts';
import type { PropertyValue } from './property-spec.ts';

export type ProviderName = 'azureEventHubs' | 'confluentCloud';

export interface CloudProvider {
  readonly name: ProviderName;
  readonly title: string;
  readonly hosts: RegExp;
  /** Where it listens for Kafka. */
  readonly port: number;
  /** Of properties that are not written. */
  readonly defaults: Readonly<Record<string, PropertyValue>>;
  /** A larger request ends its connection; undefined where the broker answers instead. */
  readonly requestBytesMax: number | undefined;
  /** Facts that need no action. */
  readonly note: string;
}

/** What a configuration must not be beyond. */
export interface Limits {
  readonly recordBytesMax: number;
  readonly requestBytesMax: number;
  readonly connectionsMaxIdleMs: number;
  readonly warnings: readonly string[];
}

/** Azure's network forgets a silent connection after 240 s, and Confluent Cloud runs there, too; below it. */
const IDLE_MS = 180_000;
/** Java's connections.max.idle.ms, a minute below what brokers have. */
const IDLE_MS_ELSEWHERE = 540_000;
/** What a request is filled up to where no limit is known; a larger message goes alone. */
const REQUEST_BYTES_ELSEWHERE = 1_000_000;

/** Namespaces in the public cloud and the sovereign ones. */
const EVENT_HUBS = /\.servicebus\.(?:windows\.net|chinacloudapi\.cn|usgovcloudapi\.net|cloudapi\.de)\.?$/i;
const CONFLUENT = /\.confluent\.cloud\.?$/i;

const PROVIDERS: readonly CloudProvider[] = [
  {
    name: 'azureEventHubs',
    title: 'Azure Event Hubs',
    hosts: EVENT_HUBS,
    port: 9093,
    defaults: {
      protocol: 'SaslSsl',
      authenticationMode: 'Plain',
      username: '$ConnectionString',
      requestTimeoutMs: 60_000,
    },
    requestBytesMax: 1_046_528,
    note:
      'it takes no compression but gzip (messages go uncompressed), and closes connections on requests over 1046528 ' +
      'bytes and after 240 s of silence',
  },
  {
    name: 'confluentCloud',
    title: 'Confluent Cloud',
    hosts: CONFLUENT,
    port: 9092,
    defaults: { protocol: 'SaslSsl', authenticationMode: 'Plain', requestTimeoutMs: 30_000 },
    requestBytesMax: undefined,
    note: 'in Azure its connections end after 240 s of silence',
  },
];

/** The provider of any of the brokers. */
export function providerOf(brokers: readonly BrokerAddress[]): CloudProvider | undefined {
  return PROVIDERS.find(({ hosts }) => brokers.some(({ host }) => hosts.test(host)));
}

/** Puts the provider's defaults where nothing is written, and names the provider. */
export function applyProvider(reading: PropertyReading): CloudProvider | undefined {
  const list = reading.faulty.has('brokerList') ? undefined : reading.values.get('brokerList')?.value;
  const provider = list === undefined ? undefined : providerOf(parseBrokerList(String(list)).brokers);
  if (provider === undefined) return undefined;
  const taken = Object.entries(provider.defaults).filter(([name, value]) => useDefault(reading, name, value));
  const shown = taken.map(([name, value]) => `${name} ${String(value)}`).join(', ');
  reading.notes.push(
    `brokerList: ${provider.title}${shown === '' ? '' : `, so by default ${shown}`}; ${provider.note}`,
  );
  return provider;
}

/** @param recordBytesWanted maxMessageBytes in bytes, as written */
export function limitsOf(
  provider: CloudProvider | undefined,
  recordBytesWanted: number,
  options: Pick<ConfigOptions, 'requestBytesMax' | 'connectionsMaxIdleMs'>,
): Limits {
  const hard = options.requestBytesMax ?? provider?.requestBytesMax;
  // A message whose request is too large even alone would end one connection after the other.
  const recordBytesMax =
    hard === undefined ? recordBytesWanted : Math.min(recordBytesWanted, hard - SINGLE_MESSAGE_OVERHEAD);
  const lowered =
    `maxMessageBytes: ${recordBytesWanted} does not fit into a request of ${hard ?? 0} bytes, over which ` +
    `${provider?.title ?? 'the broker'} closes the connection; ${recordBytesMax} is in force: larger messages are ` +
    'refused here';
  return {
    recordBytesMax,
    requestBytesMax: hard ?? REQUEST_BYTES_ELSEWHERE,
    connectionsMaxIdleMs: options.connectionsMaxIdleMs ?? (provider === undefined ? IDLE_MS_ELSEWHERE : IDLE_MS),
    warnings: recordBytesMax < recordBytesWanted ? [lowered] : [],
  };
}
