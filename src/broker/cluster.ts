/** What all nodes of an embedded broker share: topics, leaders, producer ids, groups, and the signal of any change. */
import { KafkaHotpathError } from '../errors.ts';
import type { BrokerEndpoint } from '../protocol/messages.ts';
import { Group } from './group.ts';
import { type BrokerSettings, isTopicName, partitionCount, type TopicOptions } from './options.ts';
import { PartitionLog } from './partition-log.ts';
import { Signal } from './signal.ts';

export interface Partition {
  readonly index: number;
  /** Node id, −1 without a leader. */
  leaderId: number;
  leaderEpoch: number;
  readonly log: PartitionLog;
}

export interface Topic {
  readonly name: string;
  /** 32 hexadecimal digits; never used again for another topic, nor for one of the same name. */
  readonly id: string;
  maxMessageBytes: number;
  readonly logAppendTime: boolean;
  readonly compacted: boolean;
  readonly partitions: Partition[];
}

/** What the cluster needs to know of a node. */
export interface ClusterNode {
  readonly nodeId: number;
  readonly isRunning: boolean;
  readonly endpoint: BrokerEndpoint;
}

/** Where real clusters put their random id; a fixed one makes tests repeatable. */
export const CLUSTER_ID = 'embedded-broker-000000';

export class Cluster {
  readonly settings: BrokerSettings;
  /** Emitted at every append, change of leadership, request and connection. */
  readonly changed: Signal = new Signal();
  readonly topics: Map<string, Topic> = new Map();
  readonly #groups = new Map<string, Group>();
  #nodes: readonly ClusterNode[] = [];
  #nextProducerId = 1000n;
  #nextTopicNumber = 1;

  constructor(settings: BrokerSettings) {
    this.settings = settings;
  }

  setNodes(nodes: readonly ClusterNode[]): void {
    this.#nodes = nodes;
  }

  /** Nodes that are up, lowest id first. */
  get liveNodes(): ClusterNode[] {
    return this.#nodes.filter((node) => node.isRunning);
  }

  /** The lowest live node is controller and coordinator of every group; −1 when none is up. */
  get controllerId(): number {
    return this.liveNodes[0]?.nodeId ?? -1;
  }

  createTopic(options: TopicOptions): Topic {
    const { name } = options;
    if (!isTopicName(name)) throw new KafkaHotpathError('ERR_CONFIG', `"${name}" is not a Kafka topic name`);
    if (this.topics.has(name)) throw new KafkaHotpathError('ERR_CONFIG', `topic "${name}" exists already`);
    const topic: Topic = {
      name,
      id: (this.#nextTopicNumber++).toString(16).padStart(32, '0'),
      maxMessageBytes: options.maxMessageBytes ?? this.settings.maxMessageBytes,
      logAppendTime: options.logAppendTime ?? false,
      compacted: options.compacted ?? false,
      partitions: [],
    };
    this.addPartitions(topic, partitionCount(options.partitions ?? 1));
    this.topics.set(name, topic);
    this.changed.emit();
    return topic;
  }

  /** Leaders go round the nodes, as Kafka places them. */
  addPartitions(topic: Topic, count: number): void {
    const nodeCount = Math.max(this.#nodes.length, this.settings.brokers);
    for (let index = topic.partitions.length; index < count; index++) {
      topic.partitions.push({ index, leaderId: (index % nodeCount) + 1, leaderEpoch: 0, log: new PartitionLog() });
    }
    this.changed.emit();
  }

  topic(name: string): Topic {
    const topic = this.topics.get(name);
    if (topic === undefined) throw new KafkaHotpathError('ERR_UNKNOWN_TOPIC', `topic "${name}" does not exist`);
    return topic;
  }

  partition(name: string, index: number): Partition {
    const { partitions } = this.topic(name);
    const partition = partitions[index];
    if (partition === undefined) {
      throw new KafkaHotpathError('ERR_PARTITION', `topic "${name}" has ${partitions.length} partitions, not ${index}`);
    }
    return partition;
  }

  setLeader(partition: Partition, nodeId: number): void {
    if (nodeId !== -1 && !this.#nodes.some((node) => node.nodeId === nodeId)) {
      throw new KafkaHotpathError('ERR_CONFIG', `there is no node ${nodeId}; ids run from 1 to ${this.#nodes.length}`);
    }
    partition.leaderId = nodeId;
    partition.leaderEpoch++;
    this.changed.emit();
  }

  nextProducerId(): bigint {
    return this.#nextProducerId++;
  }

  group(id: string): Group {
    const group = this.#groups.get(id) ?? new Group();
    this.#groups.set(id, group);
    return group;
  }

  close(): void {
    for (const group of this.#groups.values()) group.close();
    this.changed.close();
  }
}
