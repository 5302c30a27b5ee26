/** This package as a peer among peers: the binding, its values texts or messages as a function would set them. */
import { message, openKafkaOutput } from 'kafka-hotpath';
import type { Adapter } from './drive.ts';
import type { Job } from './job.ts';

export async function open(job: Job, extra: Readonly<Record<string, string>>): Promise<Adapter> {
  const { broker, topic, idempotence, lingerMs } = job;
  const engine = extra['engine'] === 'typescript' ? 'typescript' : 'wasm';
  const queueMessagesMax = extra['queueMessagesMax'];
  const output = await openKafkaOutput(
    { brokerList: broker, topic, enableIdempotence: idempotence, lingerMs },
    { engine, ...(queueMessagesMax === undefined ? {} : { queueMessagesMax: Number(queueMessagesMax) }) },
  );
  return {
    message: (key, value) => (key === undefined ? value : message({ key, value })),
    send: async (messages) => {
      (await output.send(messages.length === 1 ? messages[0] : messages)).orThrow();
    },
    close: () => output.close(),
  };
}
