/** kafka-crab-js: librdkafka through Rust; send() takes an array and waits for its reports. */
import { KafkaClient } from 'kafka-crab-js';

export async function open({ broker, topic, idempotence, lingerMs }) {
  const client = new KafkaClient({ brokers: broker, clientId: 'bench', diagnostics: false, logLevel: 'error' });
  const producer = client.createProducer({
    configuration: {
      'linger.ms': String(lingerMs),
      'batch.size': '131072',
      'enable.idempotence': String(idempotence),
      acks: 'all',
    },
  });
  return {
    message: (key, value) => ({
      ...(key === undefined ? {} : { key: Buffer.from(key) }),
      payload: Buffer.from(value),
    }),
    send: (messages) => producer.send({ topic, messages }),
    close: () => producer.flush(),
  };
}
