/**
 * Three Kafka nodes for drills, each broker and controller in a process of its own, set to notice a fault in a second
 * rather than in ten. Nodes can be killed, frozen, stopped and started again on their data and ports; a proxy may stand
 * in front of each for the clients, and between each two of them.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { decodeMetadataResponse, encodeMetadata } from '../../../src/protocol/metadata.ts';
import { RawClient } from '../../broker/raw-client.ts';
import { FrameProxy } from '../frame-proxy.ts';
import { runJava, startJava } from './install.ts';
import { hostOf, type LinkedNode, NodeLinks, whyNoLinks } from './node-links.ts';
import { NETWORK_USES, NodeNetwork } from './node-network.ts';
import { freePorts } from './ports.ts';

const NODE_IDS = [1, 2, 3] as const;
/** Any 22 characters of base64url, the same for all nodes. */
const CLUSTER_ID = 'kafkaHotpathTestThreeN';
const STARTED = 'Kafka Server started';
const STARTED_LOGGER = '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info';

/** The last one before headers get tags. */
const METADATA_VERSION = 8;

/** Short sessions and elections, so that a drill does not spend its time on waiting for them. */
const QUICK_DETECTION = {
  'broker.heartbeat.interval.ms': '200',
  'broker.session.timeout.ms': '1500',
  'controller.quorum.election.timeout.ms': '500',
  'controller.quorum.fetch.timeout.ms': '1000',
  'controller.quorum.request.timeout.ms': '1000',
  'replica.lag.time.max.ms': '1500',
  'replica.fetch.wait.max.ms': '200',
  'controlled.shutdown.retry.backoff.ms': '200',
};

/** Whether the nodes are reached as they are, through proxies, or over a network of their own. */
export type ClusterNetwork = 'loopback' | 'proxies' | 'namespaces';

export interface ClusterTopic {
  partitions: number;
  minInSyncReplicas?: number;
}

export class KafkaCluster {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'kafka-hotpath-cluster-'));
  /** In front of each node, in order; empty unless asked for. */
  readonly proxies: FrameProxy[] = [];
  /** Between the nodes; undefined unless asked for, or where the machine has no addresses for them. */
  links: NodeLinks | NodeNetwork | undefined;
  /** A real network around the nodes; undefined unless asked for. */
  network: NodeNetwork | undefined;
  readonly #children = new Map<number, ChildProcess>();
  /** Nodes that take connections and answer nothing, or are not there. */
  readonly #paused = new Set<number>();
  #ports: number[] = [];

  static async start(where: ClusterNetwork = 'loopback'): Promise<KafkaCluster> {
    const cluster = new KafkaCluster();
    try {
      await cluster.#start(where);
      return cluster;
    } catch (error) {
      await cluster.dispose();
      throw error;
    }
  }

  /** Every node, for brokerList; through the proxies when there are any. */
  get address(): string {
    return NODE_IDS.map((nodeId) => this.#clientAddress(nodeId)).join(',');
  }

  async createTopic(topic: string, { partitions, minInSyncReplicas = 2 }: ClusterTopic): Promise<void> {
    await this.admin(async (admin) => {
      const configEntries = [{ name: 'min.insync.replicas', value: String(minInSyncReplicas) }];
      await admin.createTopics({
        topics: [{ topic, numPartitions: partitions, replicationFactor: NODE_IDS.length, configEntries }],
        // Right after a start the nodes learn of a topic at different times; healthy() waits for all of them.
        waitForLeaders: false,
      });
    });
  }

  async admin<T>(use: (admin: Admin) => Promise<T>): Promise<T> {
    // A frozen node takes connections and answers nothing, which would cost the client its patience each time.
    const asked = NODE_IDS.filter((nodeId) => this.#children.has(nodeId) && !this.#paused.has(nodeId));
    const brokers = asked.map((nodeId) => this.#clientAddress(nodeId));
    const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { retries: 20 } }).admin();
    await admin.connect();
    try {
      return await use(admin);
    } finally {
      await admin.disconnect();
    }
  }

  /** Leader and in-sync replicas of the topic's first partition. */
  async partition(topic: string): Promise<{ leader: number; isr: readonly number[] }> {
    const { topics } = await this.admin((admin) => admin.fetchTopicMetadata({ topics: [topic] }));
    const partition = topics[0]?.partitions.find(({ partitionId }) => partitionId === 0);
    return { leader: partition?.leader ?? -1, isr: partition?.isr ?? [] };
  }

  /** Who leads the topic's first partition as that one node knows it: a client of Kafka's kind might ask another. */
  async leaderSeenBy(nodeId: number, topic: string): Promise<number> {
    const client = await RawClient.open(this.#clientAddress(nodeId));
    try {
      const request = encodeMetadata(METADATA_VERSION, { topics: [topic], allowAutoTopicCreation: false });
      const response = await client.request('Metadata', METADATA_VERSION, request);
      const [told] = decodeMetadataResponse(METADATA_VERSION, response).topics;
      return told?.partitions.find(({ partition }) => partition === 0)?.leaderId ?? -1;
    } finally {
      client.close();
    }
  }

  /** Asks the cluster until its answer is as wanted; a request at a time, so that the cluster sets the pace. */
  async until(
    topic: string,
    isWanted: (partition: { leader: number; isr: readonly number[] }) => boolean,
  ): Promise<void> {
    for (;;) {
      const told = await this.partition(topic).catch(() => undefined);
      if (told !== undefined && isWanted(told)) return;
    }
  }

  /** All nodes are back in sync. */
  async healthy(topic: string): Promise<void> {
    await this.until(topic, ({ isr }) => isr.length === NODE_IDS.length);
  }

  async kill(nodeId: number): Promise<void> {
    await this.#end(nodeId, 'SIGKILL');
  }

  /** Asks the process to end, which hands its partitions over first. */
  async stop(nodeId: number): Promise<void> {
    await this.#end(nodeId, 'SIGTERM');
  }

  pause(nodeId: number): void {
    this.#paused.add(nodeId);
    this.#children.get(nodeId)?.kill('SIGSTOP');
  }

  resume(nodeId: number): void {
    this.#paused.delete(nodeId);
    this.#children.get(nodeId)?.kill('SIGCONT');
  }

  /** Clients do not reach the node any more; the other nodes do. No socket hears of it. */
  cutClients(nodeId: number): void {
    if (this.network === undefined) this.proxies[nodeId - 1]?.hold('requests', 'replies');
    else this.network.cutClients(nodeId);
  }

  healClients(): void {
    this.network?.heal();
    for (const proxy of this.proxies) proxy.release();
  }

  /** Nobody reaches the node any more, and it nobody. */
  unplug(nodeId: number): void {
    this.#paused.add(nodeId);
    this.network?.isolate(nodeId);
    this.network?.cutClients(nodeId);
  }

  plugIn(nodeId: number): void {
    this.network?.heal();
    this.#paused.delete(nodeId);
  }

  /** On its old data and ports; resolves when the node says that it has started. */
  async startNode(nodeId: number): Promise<void> {
    const child = startJava({
      prefix: this.network?.prefix(nodeId) ?? [],
      jvm: ['-Xmx320m', STARTED_LOGGER, ...this.#linkFlags(nodeId)],
      main: 'kafka.Kafka',
      arguments: [this.#file(nodeId)],
    });
    this.#children.set(nodeId, child);
    const log: string[] = [];
    await new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        if (stream === null) continue;
        createInterface({ input: stream }).on('line', (line) => {
          log.push(line);
          if (log.length > 30) log.shift();
          if (line.includes(STARTED)) resolve();
        });
      }
      child.once('close', () => {
        reject(new Error(`node ${nodeId} ended before it had started:\n${log.join('\n')}`));
      });
    });
  }

  async dispose(): Promise<void> {
    await Promise.all(NODE_IDS.map((nodeId) => this.#end(nodeId, 'SIGKILL')));
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
    await this.links?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #start(where: ClusterNetwork): Promise<void> {
    this.#ports = await freePorts(3 * NODE_IDS.length);
    if (where === 'namespaces') this.links = this.network = new NodeNetwork(NODE_IDS);
    if (where === 'proxies') {
      for (const nodeId of NODE_IDS) this.proxies.push(await FrameProxy.start(this.#port(nodeId, 0)));
      if (whyNoLinks === undefined) this.links = await NodeLinks.start(this.#linkedNodes());
    }
    for (const nodeId of NODE_IDS) writeFileSync(this.#file(nodeId), this.#properties(nodeId));
    await Promise.all(
      NODE_IDS.map((nodeId) =>
        runJava(
          {
            jvm: this.#linkFlags(nodeId),
            main: 'kafka.tools.StorageTool',
            arguments: ['format', '-t', CLUSTER_ID, '-c', this.#file(nodeId)],
          },
          () => undefined,
        ),
      ),
    );
    await Promise.all(NODE_IDS.map((nodeId) => this.startNode(nodeId)));
  }

  #properties(nodeId: number): string {
    const voters = NODE_IDS.map((id) => `${id}@${this.#nodeAddress(id, 2)}`).join(',');
    const [clients, nodes, controller] = [0, 1, 2].map(
      (use) => `${this.#host(nodeId, use)}:${this.#port(nodeId, use)}`,
    );
    // Controllers too tell each other where they are; a listener left out here would be reached past its link.
    const [forNodes, forControllers] = [1, 2].map((use) => this.#nodeAddress(nodeId, use));
    const advertised = `CLIENTS://${this.#clientAddress(nodeId)},NODES://${forNodes},CONTROLLER://${forControllers}`;
    const properties: Record<string, string> = {
      'process.roles': 'broker,controller',
      'node.id': String(nodeId),
      'controller.quorum.voters': voters,
      'controller.listener.names': 'CONTROLLER',
      'inter.broker.listener.name': 'NODES',
      'listener.security.protocol.map': 'CLIENTS:PLAINTEXT,NODES:PLAINTEXT,CONTROLLER:PLAINTEXT',
      listeners: `CLIENTS://${clients},NODES://${nodes},CONTROLLER://${controller}`,
      'advertised.listeners': advertised,
      'log.dirs': join(this.folder, `data-${nodeId}`),
      'auto.create.topics.enable': 'false',
      'offsets.topic.num.partitions': '1',
      'group.initial.rebalance.delay.ms': '0',
      'log.cleaner.enable': 'false',
      ...QUICK_DETECTION,
    };
    return Object.entries(properties)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('');
  }

  #linkedNodes(): LinkedNode[] {
    return NODE_IDS.map((nodeId) => ({
      nodeId,
      ports: { nodes: this.#port(nodeId, 1), controllers: this.#port(nodeId, 2) },
    }));
  }

  #linkFlags(nodeId: number): string[] {
    return this.links instanceof NodeLinks ? [this.links.jvmFlag(nodeId, this.folder)] : [];
  }

  #file(nodeId: number): string {
    return join(this.folder, `node-${nodeId}.properties`);
  }

  /** @param use 0 for clients, 1 for the other nodes, 2 for controllers */
  #port(nodeId: number, use: number): number {
    return this.#ports[(nodeId - 1) * 3 + use] ?? 0;
  }

  /** What the node listens at for that use. */
  #host(nodeId: number, use: number): string {
    return this.network?.address(nodeId, NETWORK_USES[use] ?? 'nodes') ?? '127.0.0.1';
  }

  /** host:port by which the other nodes reach it. */
  #nodeAddress(nodeId: number, use: number): string {
    const host = this.links instanceof NodeLinks ? hostOf(nodeId) : this.#host(nodeId, use);
    return `${host}:${this.#port(nodeId, use)}`;
  }

  /** host:port by which clients reach it. */
  #clientAddress(nodeId: number): string {
    return `${this.#host(nodeId, 0)}:${this.proxies[nodeId - 1]?.port ?? this.#port(nodeId, 0)}`;
  }

  async #end(nodeId: number, signal: NodeJS.Signals): Promise<void> {
    const child = this.#children.get(nodeId);
    this.#children.delete(nodeId);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      child.once('exit', () => {
        resolve();
      });
      child.kill(signal);
    });
  }
}
