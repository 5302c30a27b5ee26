/** Runs a test body against a broker of its own, which is closed whatever happens. */
import { type EmbeddedBroker, type EmbeddedBrokerOptions, startBroker } from '../../src/broker/index.ts';
import { RawClient } from './raw-client.ts';

export async function withBroker(
  options: EmbeddedBrokerOptions,
  body: (broker: EmbeddedBroker, client: RawClient) => Promise<void>,
): Promise<void> {
  const broker = await startBroker({ topics: [{ name: 't', partitions: 2 }], ...options });
  const client = await RawClient.open(broker.address);
  try {
    await body(broker, client);
  } finally {
    client.close();
    await broker.close();
  }
}
