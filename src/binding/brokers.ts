/** Reads a list of brokers: `host:port` and `[IPv6]:port`, comma-separated. */
import { describeGot } from './secret.ts';

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

const PORT_MAX = 65_535;
const ADDRESS = /^(?:\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|([A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?)):(\d{1,5})$/;
/** A domain name has at most 253 characters (RFC 1035 §2.3.4 without the length octets). */
const HOST_LENGTH_MAX = 253;

/** The brokers, each once, and a sentence for every entry that is none. */
export function parseBrokerList(text: string): { brokers: BrokerAddress[]; faults: string[] } {
  const brokers = new Map<string, BrokerAddress>();
  const faults: string[] = [];
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue;
    const broker = parseAddress(entry);
    if (typeof broker === 'string') faults.push(broker);
    else {
      const address = `${broker.host.toLowerCase()} ${broker.port}`;
      if (!brokers.has(address)) brokers.set(address, broker);
    }
  }
  return { brokers: [...brokers.values()], faults };
}

function parseAddress(entry: string): BrokerAddress | string {
  const match = ADDRESS.exec(entry);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host !== undefined && host.length <= HOST_LENGTH_MAX && port >= 1 && port <= PORT_MAX) return { host, port };
  return `got ${describeGot(entry, { secret: false })}; ${whyNot(entry)}`;
}

function whyNot(entry: string): string {
  if (entry.includes('://')) return 'give host:port without a scheme; the property protocol chooses TLS and SASL';
  if (/^[^:[\]]+$/.test(entry)) return 'the port is missing: give host:port, Kafka’s usual port is 9092';
  if (/^[0-9A-Fa-f:]+$/.test(entry) && entry.split(':').length > 2) return 'write an IPv6 address as [::1]:9092';
  if (/:\d+$/.test(entry)) return `allowed: a host name or address and a port from 1 to ${PORT_MAX}`;
  return `allowed: host:port with a port from 1 to ${PORT_MAX}`;
}

/** The way an address is written in a list. */
export function formatBroker({ host, port }: BrokerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
