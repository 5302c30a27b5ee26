/** kafkajs: no linger, a request per call and broker. Its idempotent producer allows one request in flight. */
import kafkajs from 'kafkajs';

const { Kafka, Partitioners, logLevel } = kafkajs;

export async function open({ broker, topic, idempotence }) {
  const client = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING });
  const producer = client.producer({
    idempotent: idempotence,
    maxInFlightRequests: idempotence ? 1 : 5,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  return {
    message: (key, value) => ({ key, value: Buffer.from(value) }),
    send: (messages) => producer.send({ topic, acks: -1, messages }),
    close: () => producer.disconnect(),
  };
}
