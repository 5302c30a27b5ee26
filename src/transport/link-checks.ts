/** What is looked at before and after a connection is made: its address, and the versions the broker offers. */
import { BrokerError, TransportError } from '../errors.ts';
import { ApiKey, CLIENT_VERSIONS, chooseVersion, type VersionRange } from '../protocol/api-keys.ts';

/** By api key, as kafkajs keeps them; null or undefined before the broker has told. */
export type OfferedVersions = Record<string, { minVersion: number; maxVersion: number }> | null | undefined;

/** host:port, with brackets around an IPv6 address. */
export function addressText(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** kafkajs takes an empty host for "any bootstrap broker", Node takes it for localhost. */
export function checkAddress(host: string, port: number, address: string): void {
  if (host !== '' && !/[\s\0]/.test(host) && Number.isInteger(port) && port > 0 && port < 65_536) return;
  throw new TransportError(`${address} is not an address that can be connected to`, {
    code: 'ERR_CONNECT',
    mayBeWritten: false,
  });
}

function offered(versions: OfferedVersions, api: keyof typeof CLIENT_VERSIONS): VersionRange | undefined {
  const range = versions?.[ApiKey[api]];
  return range === undefined ? undefined : { min: range.minVersion, max: range.maxVersion };
}

/** The highest version both sides know. */
export function versionFor(
  versions: OfferedVersions,
  api: keyof typeof CLIENT_VERSIONS,
  produceVersions: VersionRange,
): number | undefined {
  const theirs = offered(versions, api);
  if (theirs === undefined) return undefined;
  return chooseVersion(api, theirs, api === 'Produce' ? produceVersions : CLIENT_VERSIONS[api]);
}

function rangesText(versions: OfferedVersions, api: keyof typeof CLIENT_VERSIONS): string {
  const theirs = offered(versions, api);
  const found = theirs === undefined ? 'not at all' : `in versions ${theirs.min} to ${theirs.max}`;
  const { min, max } = CLIENT_VERSIONS[api];
  const kafka = api.startsWith('Sasl') ? '1.0' : '0.11';
  return `speaks ${api} ${found}, this package versions ${min} to ${max}; Kafka ${kafka} or newer is needed`;
}

/** One request type is missing; the broker would answer UNSUPPORTED_VERSION if it were asked. */
export function unsupported(
  address: string,
  api: keyof typeof CLIENT_VERSIONS,
  versions: OfferedVersions,
): BrokerError {
  return new BrokerError(35, 'UNSUPPORTED_VERSION', `${address} ${rangesText(versions, api)}`);
}

/** Throws for a broker a producer cannot work with at all. */
export function checkVersions(versions: OfferedVersions, produceVersions: VersionRange, address: string): void {
  for (const api of ['Produce', 'Metadata'] as const) {
    if (versionFor(versions, api, produceVersions) !== undefined) continue;
    throw new TransportError(`${address} ${rangesText(versions, api)}`, {
      code: 'ERR_CONNECT',
      mayBeWritten: false,
      fatal: true,
    });
  }
}
