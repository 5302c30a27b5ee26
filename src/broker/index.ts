/**
 * A Kafka broker inside this process, for first runs and tests: real TCP on loopback, everything in memory, strict
 * about what it is sent, and able to misbehave on request. It is not meant to hold data anybody needs.
 */
import { BrokerControl } from './control.ts';
import { Cluster } from './cluster.ts';
import { BrokerNode } from './node.ts';
import { type EmbeddedBrokerOptions, resolveOptions, type TopicOptions } from './options.ts';
import { readRecordBatches, type RecordHeader } from '../protocol/record-batch-reader.ts';

export type { StopNodeOptions } from './control.ts';
export type { BrokerControl } from './control.ts';
export type { BrokerProfile, EmbeddedBrokerOptions, SaslMechanism, TopicOptions } from './options.ts';
export type { BrokerRequest, PartitionFault, RequestAction, RequestHook } from './requests.ts';

/** A record as it lies in a log. */
export interface StoredRecord {
  partition: number;
  offset: number;
  timestamp: number;
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: RecordHeader[];
}

export interface EmbeddedBroker {
  /** "127.0.0.1:9092" of the first node. */
  readonly address: string;
  /** Of every node, by node id from 1 on. */
  readonly addresses: readonly string[];
  /** How many connections are open, over all nodes. */
  readonly connections: number;
  readonly control: BrokerControl;
  createTopic(topic: TopicOptions): void;
  /** All records of the partition, or of all partitions one after the other. */
  records(topic: string, partition?: number): StoredRecord[];
  /** The partition's record batches, as stored. */
  log(topic: string, partition: number): Uint8Array[];
  /** Destroys every connection; nothing keeps the process alive afterwards. May be called again. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startBroker(options: EmbeddedBrokerOptions = {}): Promise<EmbeddedBroker> {
  const settings = resolveOptions(options);
  const cluster = new Cluster(settings);
  const nodes: BrokerNode[] = [];
  const control = new BrokerControl(cluster, nodes);
  let connectionCount = 0;
  for (let nodeId = 1; nodeId <= settings.brokers; nodeId++) {
    nodes.push(
      new BrokerNode({
        nodeId,
        port: settings.port === 0 ? 0 : settings.port + nodeId - 1,
        cluster,
        nextConnectionId: () => ++connectionCount,
        decide: (request) => control.decide(request),
      }),
    );
  }
  cluster.setNodes(nodes);
  for (const topic of options.topics ?? []) cluster.createTopic(topic);
  const broker = new InProcessBroker(cluster, nodes, control);
  try {
    for (const node of nodes) await node.start();
  } catch (error) {
    await broker.close();
    throw error;
  }
  return broker;
}

class InProcessBroker implements EmbeddedBroker {
  readonly control: BrokerControl;
  readonly #cluster: Cluster;
  readonly #nodes: readonly BrokerNode[];

  constructor(cluster: Cluster, nodes: readonly BrokerNode[], control: BrokerControl) {
    this.#cluster = cluster;
    this.#nodes = nodes;
    this.control = control;
  }

  get address(): string {
    return this.addresses[0] ?? '';
  }

  get addresses(): readonly string[] {
    return this.#nodes.map(({ address }) => address);
  }

  get connections(): number {
    return this.#nodes.reduce((total, node) => total + node.connectionCount, 0);
  }

  createTopic(topic: TopicOptions): void {
    this.#cluster.createTopic(topic);
  }

  records(topic: string, partition?: number): StoredRecord[] {
    const partitions = this.#cluster.topic(topic).partitions.map(({ index }) => index);
    const wanted = partition === undefined ? partitions : [partition];
    return wanted.flatMap((index) => this.log(topic, index).flatMap((bytes) => storedRecords(index, bytes)));
  }

  log(topic: string, partition: number): Uint8Array[] {
    return this.#cluster.partition(topic, partition).log.batches.map(({ bytes }) => bytes);
  }

  async close(): Promise<void> {
    this.#cluster.close();
    await Promise.all(this.#nodes.map((node) => node.stop()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function storedRecords(partition: number, bytes: Uint8Array): StoredRecord[] {
  return readRecordBatches(bytes).flatMap(({ baseOffset, records }) =>
    records.map(({ offsetDelta, timestamp, key, value, headers }) => ({
      partition,
      offset: Number(baseOffset) + offsetDelta,
      timestamp: Number(timestamp),
      key,
      value,
      headers,
    })),
  );
}
