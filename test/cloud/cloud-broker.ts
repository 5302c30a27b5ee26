/** A broker that behaves as a cloud's, under the host name of the cloud, with a certificate for it. */
import type { LookupFunction } from 'node:net';
import {
  type BrokerProfile,
  type EmbeddedBroker,
  type EmbeddedBrokerOptions,
  startBroker,
} from '../../src/broker/index.ts';
import type { Pki } from '../transport/pki.ts';

export const HUBS_HOST = 'shop.servicebus.windows.net';
export const CONFLUENT_HOST = 'pkc-41p56.westeurope.azure.confluent.cloud';
export const CLOUD_NAMES = 'DNS:*.servicebus.windows.net,DNS:*.westeurope.azure.confluent.cloud';
const KEY = 'canary/aXM+bm90LWE9PQ==';
export const CONNECTION_STRING = `Endpoint=sb://${HUBS_HOST}/;SharedAccessKeyName=send;SharedAccessKey=${KEY}`;
export const API_KEY = 'ABCDEFGHIJ234567';
export const API_SECRET = 'canary-api-secret';

const CLOUDS = {
  azureEventHubs: { advertisedHost: HUBS_HOST, sasl: { $ConnectionString: CONNECTION_STRING } },
  confluentCloud: { advertisedHost: CONFLUENT_HOST, sasl: { [API_KEY]: API_SECRET } },
} as const;

export interface CloudBroker {
  readonly broker: EmbeddedBroker;
  /** The cloud's name and the broker's port. */
  readonly brokerList: string;
  /** Why the broker closed connections. */
  readonly log: string[];
}

export async function startCloud(
  profile: BrokerProfile,
  pki: Pki,
  more: EmbeddedBrokerOptions = {},
): Promise<CloudBroker> {
  const log: string[] = [];
  const cloud = CLOUDS[profile];
  const options = { profile, ...cloud, tls: pki.server, log: (line: string) => log.push(line), ...more };
  const broker = await startBroker(options);
  const brokerList = broker.addresses.map((address) => address.replace('127.0.0.1', cloud.advertisedHost)).join(',');
  return { broker, brokerList, log };
}

/** Every name is here: no look-up leaves the machine. */
export const loopback: LookupFunction = (_, { all }, callback) => {
  if (all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
};
