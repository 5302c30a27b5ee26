/**
 * Embedding: open an output once, send through it for as long as the process lives.
 *
 *   BROKERS=localhost:9092 node --import tsx examples/embed.ts
 */
import { message, openKafkaOutput } from 'kafka-hotpath';

const output = await openKafkaOutput(
  { brokerList: '%BROKERS%', topic: 'orders', enableIdempotence: true },
  { settings: { BROKERS: process.env['BROKERS'] ?? 'localhost:9092' } },
);
try {
  // One value is one message, an array is many; a report for each, in order.
  const reports = await output.send(['one', { order: 2 }, new Uint8Array([1, 2, 3])]);
  for (const { index, status, partition, offset } of reports) console.log(index, status, partition, offset);

  // Keys, headers and tombstones without any guessing; throws when a message is not known to be persisted.
  const keyed = message({ key: 'customer-7', value: { order: 3 }, headers: { source: 'embed' } });
  (await output.send([keyed, message({ key: 'customer-8', value: null })])).orThrow();

  // Hand over without waiting; flush tells about every failure.
  for (let order = 4; order < 1000; order++) output.enqueue({ order });
  await output.flush();
  console.log(`${output.stats.persistedMessages} messages persisted by the ${output.engine.kind} engine`);
} finally {
  await output.close();
}
