/** What Event Hubs and the network of Azure want of a client, where the configuration says otherwise. */
import type { ProducerConfig } from '../producer/api.ts';
import type { BrokerAddress } from './brokers.ts';

/** Namespaces in the public cloud and the national ones. */
const EVENT_HUBS = /\.servicebus\.(?:windows\.net|chinacloudapi\.cn|usgovcloudapi\.net|cloudapi\.de)\.?$/i;
/** A request beyond this closes the connection (Event Hubs, configurations for Kafka clients). */
const REQUEST_BYTES_MAX = 1_046_528;
/** Event Hubs recommends 30–60 s and calls for more than 20 s. */
const REQUEST_TIMEOUT_MIN_MS = 20_000;
/** Azure forgets a TCP connection that is silent for longer. */
const IDLE_MS = 240_000;

export function isEventHubs({ host }: BrokerAddress): boolean {
  return EVENT_HUBS.test(host);
}

export function azureWarnings(brokers: readonly BrokerAddress[], producer: Readonly<ProducerConfig>): string[] {
  if (!brokers.some(isEventHubs)) return [];
  const { recordBytesMax, requestTimeoutMs, metadataMaxAgeMs } = producer;
  const warnings: string[] = [];
  if (requestTimeoutMs <= REQUEST_TIMEOUT_MIN_MS) {
    warnings.push(
      `requestTimeoutMs: ${requestTimeoutMs} is low for Event Hubs, which throttles by answering late; ` +
        `set 30000 to 60000 (more than ${REQUEST_TIMEOUT_MIN_MS})`,
    );
  }
  if (recordBytesMax > REQUEST_BYTES_MAX) {
    warnings.push(
      `maxMessageBytes: ${recordBytesMax} is more than Event Hubs takes in a request (${REQUEST_BYTES_MAX} bytes): ` +
        'it closes the connection instead of answering; keep to 1000000',
    );
  }
  if (metadataMaxAgeMs >= IDLE_MS) {
    warnings.push(
      `metadataMaxAgeMs: ${metadataMaxAgeMs} lets a silent connection outlive the ${IDLE_MS / 1000} s after which ` +
        'Azure drops it; keep to 180000',
    );
  }
  return warnings;
}

/** Facts about a host that need no action now. */
export function azureNotes(brokers: readonly BrokerAddress[]): string[] {
  if (!brokers.some(isEventHubs)) return [];
  return [
    'brokerList: Event Hubs takes no compression but gzip, and drops connections that are silent for 240 s; ' +
      'messages go uncompressed, and metadata is asked for every 180 s',
  ];
}
