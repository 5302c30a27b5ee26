/**
 * Run by allocation.test.ts in a process of its own, with a young generation so large that nothing is collected between
 * two readings. Sends arrays through the whole pipeline, from the binding to the report, to brokers that answer at
 * once, and prints how much the heap grew per message: { texts, buffers }.
 */
import { openKafkaOutput } from '../../src/binding/kafka-output.ts';
import { type EngineChoice, openEngine } from '../../src/engine/select.ts';
import { createProducer } from '../../src/producer/producer.ts';
import type {
  ClusterMetadata,
  ProduceRequest,
  ProduceResponse,
  ProducerIdentity,
} from '../../src/protocol/messages.ts';
import type { Transport } from '../../src/transport/transport.ts';

const SEND_MESSAGES = 1000;
const STEP_MESSAGES = 100_000;
const STEPS = 7;
const PARTITIONS = 6;
const VALUE_BYTES = 100;

class PromptBroker implements Transport {
  #offset = 0;

  connect(): Promise<void> {
    return Promise.resolve();
  }

  metadata(topics: readonly string[]): Promise<ClusterMetadata> {
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => {
      return { partition, errorCode: 0, leaderId: 1, leaderEpoch: 0, replicaIds: [1], isrIds: [1] };
    });
    return Promise.resolve({
      clusterId: null,
      controllerId: 1,
      brokers: [{ nodeId: 1, host: '127.0.0.1', port: 1, rack: null }],
      topics: topics.map((topic) => ({ topic, topicId: '', errorCode: 0, partitions })),
      throttleMs: 0,
    });
  }

  produce(_nodeId: number, request: ProduceRequest): Promise<ProduceResponse> {
    const topics = request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, batch }) => {
        const baseOffset = this.#offset;
        this.#offset += batch.length;
        const known = { partition, errorCode: 0, baseOffset, logAppendTimeMs: -1, logStartOffset: 0 };
        return { ...known, recordErrors: [], errorMessage: null };
      }),
    }));
    return Promise.resolve({ topics, throttleMs: 0, nodeEndpoints: [] });
  }

  initProducerId(): Promise<ProducerIdentity> {
    return Promise.resolve({ producerId: 1n, producerEpoch: 0 });
  }

  disconnect(): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const engine = openEngine(process.argv[2] as EngineChoice);
const producer = createProducer({
  transport: new PromptBroker(),
  engine,
  config: { enableIdempotence: true, lingerMs: 0 },
});
const output = await openKafkaOutput({ brokerList: '127.0.0.1:1', topic: 'orders' }, { producer });
const texts = Array.from({ length: SEND_MESSAGES }, (_, index) => String(index).padStart(VALUE_BYTES, 'event '));
const buffers = texts.map((text) => Buffer.from(text));
process.stdout.write(JSON.stringify({ texts: await perMessage(texts), buffers: await perMessage(buffers) }));
await output.close();

async function perMessage(values: readonly unknown[]): Promise<number> {
  for (let step = 0; step < 2; step++) await sendAll(values);
  const grown: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    await sendAll(values);
    grown.push((process.memoryUsage().heapUsed - before) / STEP_MESSAGES);
  }
  return grown.sort((left, right) => left - right)[STEPS >> 1] as number;
}

/** Three sends at a time, as a function with something to do would keep them. */
async function sendAll(values: readonly unknown[]): Promise<void> {
  let left = STEP_MESSAGES / SEND_MESSAGES;
  const worker = async (): Promise<void> => {
    while (left-- > 0) (await output.send(values)).orThrow();
  };
  await Promise.all([worker(), worker(), worker()]);
}
