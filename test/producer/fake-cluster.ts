/**
 * A Kafka cluster as a Transport, without sockets: partition logs with the broker's duplicate and sequence rules
 * (reliability §1.2), and a hook that decides what becomes of each Produce request.
 */
import { TransportError } from '../../src/errors.ts';
import type {
  ClusterMetadata,
  ProducePartition,
  ProducePartitionResponse,
  ProduceRequest,
  ProduceResponse,
  ProducerIdentity,
} from '../../src/protocol/messages.ts';
import { readRecordBatches, type RecordBatch } from '../../src/protocol/record-batch-reader.ts';
import type { Transport, TransportEvent } from '../../src/transport/transport.ts';

export interface StoredRecord {
  offset: number;
  key: string | null;
  value: string | null;
}

interface BatchRange {
  epoch: number;
  firstSequence: number;
  lastSequence: number;
  baseOffset: number;
}

export class FakePartition {
  leaderId = 1;
  leaderEpoch = 0;
  readonly records: StoredRecord[] = [];
  readonly producers = new Map<bigint, BatchRange[]>();
  logStartOffset = 0;

  append(bytes: Uint8Array): ProducePartitionResponse {
    const [batch] = readRecordBatches(bytes) as [RecordBatch];
    if (batch.producerId < 0n) return this.#store(batch);
    const known = this.producers.get(batch.producerId) ?? [];
    const last = known.at(-1);
    const duplicate = known.find(
      (range) =>
        range.epoch === batch.producerEpoch &&
        range.firstSequence === batch.baseSequence &&
        range.lastSequence === lastSequence(batch),
    );
    if (duplicate !== undefined) return answer(0, duplicate.baseOffset);
    if (last !== undefined) {
      if (batch.producerEpoch < last.epoch) return answer(47, -1);
      const expected = batch.producerEpoch > last.epoch ? 0 : (last.lastSequence + 1) % 2 ** 31;
      if (batch.baseSequence !== expected) return answer(45, -1);
    }
    const response = this.#store(batch);
    this.producers.set(batch.producerId, [
      ...known.slice(-4),
      {
        epoch: batch.producerEpoch,
        firstSequence: batch.baseSequence,
        lastSequence: lastSequence(batch),
        baseOffset: response.baseOffset,
      },
    ]);
    return response;
  }

  #store(batch: RecordBatch): ProducePartitionResponse {
    const baseOffset = this.logStartOffset + this.records.length;
    for (const record of batch.records) {
      this.records.push({
        offset: this.logStartOffset + this.records.length,
        key: record.key === null ? null : Buffer.from(record.key).toString(),
        value: record.value === null ? null : Buffer.from(record.value).toString(),
      });
    }
    return answer(0, baseOffset);
  }
}

function lastSequence(batch: RecordBatch): number {
  return (batch.baseSequence + batch.records.length - 1) % 2 ** 31;
}

export function answer(errorCode: number, baseOffset: number): ProducePartitionResponse {
  return {
    partition: 0,
    errorCode,
    baseOffset,
    logAppendTimeMs: -1,
    logStartOffset: 0,
    recordErrors: [],
    errorMessage: null,
  };
}

/** One Produce request on its way; exactly one of the settling methods is called in the end. */
export class ProduceCall {
  readonly nodeId: number;
  readonly request: ProduceRequest;
  readonly promise: Promise<ProduceResponse>;
  /** The batches as [topic-partition, bytes], as they were when the request was written. */
  readonly batches: [string, Uint8Array][];
  readonly #cluster: FakeCluster;
  #resolve: (response: ProduceResponse) => void = () => undefined;
  #reject: (error: TransportError) => void = () => undefined;

  constructor(cluster: FakeCluster, nodeId: number, request: ProduceRequest) {
    this.#cluster = cluster;
    this.nodeId = nodeId;
    this.request = request;
    this.batches = request.topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, batch }): [string, Uint8Array] => [`${topic}-${partition}`, Uint8Array.from(batch)]),
    );
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Stores what the broker's rules allow; the answer is returned, not yet sent. */
  append(): ProduceResponse {
    return this.map((topic, { partition, batch }) => this.#cluster.partition(topic, partition).append(batch));
  }

  map(decide: (topic: string, partition: ProducePartition) => ProducePartitionResponse): ProduceResponse {
    return {
      topics: this.request.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((sent) => ({ ...decide(topic, sent), partition: sent.partition })),
      })),
      throttleMs: 0,
      nodeEndpoints: [],
    };
  }

  respond(response: ProduceResponse): void {
    this.#cluster.open.delete(this);
    this.#resolve(response);
  }

  /** Every partition is answered with this error, nothing is stored. */
  refuse(errorCode: number, baseOffset = -1): void {
    this.respond(this.map(() => answer(errorCode, baseOffset)));
  }

  fail(mayBeWritten: boolean, fatal = false): void {
    this.#cluster.open.delete(this);
    this.#reject(new TransportError(`connection to broker ${this.nodeId} ended`, { mayBeWritten, fatal }));
  }
}

export class FakeCluster implements Transport {
  onEvent: ((event: TransportEvent) => void) | undefined;
  readonly topics = new Map<string, FakePartition[]>();
  readonly calls: ProduceCall[] = [];
  readonly open = new Set<ProduceCall>();
  readonly disconnects: { nodeId: number; reason: string }[] = [];
  /** Decides what becomes of a request; by default it is appended and answered. */
  onProduce: (call: ProduceCall, index: number) => void = (call) => {
    call.respond(call.append());
  };
  onInitProducerId: () => Promise<ProducerIdentity> = () =>
    Promise.resolve({ producerId: BigInt(4000 + this.identityCount++), producerEpoch: 0 });
  metadataError: TransportError | undefined;
  metadataCount = 0;
  /** Which nodes each request for metadata would rather not ask. */
  readonly doubted: number[][] = [];
  readonly topicIds = new Map<string, string>();
  identityCount = 0;
  isClosed = false;

  constructor(topics: Record<string, number>) {
    for (const [topic, count] of Object.entries(topics)) {
      this.topics.set(
        topic,
        Array.from({ length: count }, () => new FakePartition()),
      );
    }
  }

  partition(topic: string, partition: number): FakePartition {
    const found = this.topics.get(topic)?.[partition];
    if (found === undefined) throw new Error(`no partition ${topic}-${partition}`);
    return found;
  }

  /** Values stored in a partition, in order. */
  values(topic: string, partition = 0): (string | null)[] {
    return this.partition(topic, partition).records.map(({ value }) => value);
  }

  connect(): Promise<void> {
    return this.metadataError === undefined ? Promise.resolve() : Promise.reject(this.metadataError);
  }

  metadata(topics: readonly string[], doubtedNodeIds: ReadonlySet<number> = new Set()): Promise<ClusterMetadata> {
    this.metadataCount += 1;
    this.doubted.push([...doubtedNodeIds]);
    if (this.metadataError !== undefined) return Promise.reject(this.metadataError);
    return Promise.resolve({
      clusterId: 'fake',
      controllerId: 1,
      brokers: [1, 2, 3].map((nodeId) => ({ nodeId, host: '127.0.0.1', port: 9000 + nodeId, rack: null })),
      topics: topics.map((topic) => {
        const partitions = this.topics.get(topic);
        return {
          topic,
          topicId: this.topicIds.get(topic) ?? '',
          errorCode: partitions === undefined ? 3 : 0,
          partitions: (partitions ?? []).map(({ leaderId, leaderEpoch }, partition) => ({
            partition,
            errorCode: leaderId < 0 ? 5 : 0,
            leaderId,
            leaderEpoch,
            replicaIds: [1, 2, 3],
            isrIds: [1, 2, 3],
          })),
        };
      }),
      throttleMs: 0,
    });
  }

  produce(nodeId: number, request: ProduceRequest): Promise<ProduceResponse> {
    const call = new ProduceCall(this, nodeId, request);
    this.open.add(call);
    this.calls.push(call);
    this.onProduce(call, this.calls.length - 1);
    return call.promise;
  }

  initProducerId(): Promise<ProducerIdentity> {
    return this.onInitProducerId();
  }

  disconnect(nodeId: number, reason: string): void {
    this.disconnects.push({ nodeId, reason });
    for (const call of [...this.open]) if (call.nodeId === nodeId) call.fail(true);
  }

  close(): Promise<void> {
    this.isClosed = true;
    for (const call of [...this.open]) call.fail(true);
    return Promise.resolve();
  }
}
