/** confluent-kafka-javascript by its KafkaJS-like API: a promise per call, librdkafka underneath. */
import confluent from '@confluentinc/kafka-javascript';

const { Kafka, logLevel } = confluent.KafkaJS;

export async function open({ broker, topic, idempotence, lingerMs }) {
  const producer = new Kafka({ kafkaJS: { brokers: [broker], logLevel: logLevel.NOTHING } }).producer({
    kafkaJS: { acks: -1, idempotent: idempotence },
    'linger.ms': lingerMs,
    'batch.size': 131072,
  });
  await producer.connect();
  return {
    message: (key, value) => ({ key, value: Buffer.from(value) }),
    send: (messages) => producer.send({ topic, messages }),
    close: () => producer.disconnect(),
  };
}
