/** Three simulated brokers as a Transport: delays, connections that end, crashes, pauses, and the faults of a scenario. */
import { TransportError } from '../../src/errors.ts';
import type {
  ClusterMetadata,
  ProduceRequest,
  ProduceResponse,
  ProducerIdentity,
} from '../../src/protocol/messages.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { type Fault, NODE_IDS } from './scenario.ts';
import { answer, type PartitionAnswer } from './sim-answer.ts';
import { Chance, type SimClock } from './sim-clock.ts';
import { SimPartition } from './sim-partition.ts';

export const TOPIC = 'sim';

/** How long a follower takes to fetch, and the controller to notice a dead broker. */
const REPLICATION_MS = 3;
const DETECTION_MS = 150;
const LAG_MS_MAX = 400;

type RequestFault = Extract<Fault, { nodeId: number }>;

interface Node {
  isUp: boolean;
  isPaused: boolean;
  refusesConnections: boolean;
  /** Grows each time every connection to the node ends. */
  connection: number;
  /** Requests of a connection are handled one after the other. */
  busyUntilMs: number;
  readonly faults: RequestFault[];
  readonly frozen: (() => void)[];
}

export class SimCluster implements Transport {
  readonly partitions: SimPartition[];
  /** What happened, for a readable trace. */
  readonly trace: string[] = [];
  /** Bytes seen per (partition, producer, epoch, sequence), for the oracle on resends. */
  readonly arrivals = new Map<string, string>();
  readonly violations: string[] = [];
  /** Partitions whose duplicates are the cluster's own doing. */
  readonly forgetful = new Set<number>();
  readonly #clock: SimClock;
  readonly #chance: Chance;
  readonly #nodes = new Map<number, Node>();
  readonly #open = new Set<{ nodeId: number; end: (mayBeWritten: boolean) => void }>();
  #isTopicMissing = false;
  #hasNoMetadata = false;
  #staleLeaders: number[] | undefined;
  #nextProducerId = 100n;

  constructor(clock: SimClock, partitionCount: number, seed: number) {
    this.#clock = clock;
    this.#chance = new Chance(seed ^ 0x5eed);
    this.partitions = Array.from({ length: partitionCount }, (_, i) => new SimPartition(NODE_IDS, (i % 3) + 1));
    for (const nodeId of NODE_IDS) {
      this.#nodes.set(nodeId, {
        isUp: true,
        isPaused: false,
        refusesConnections: false,
        connection: 0,
        busyUntilMs: 0,
        faults: [],
        frozen: [],
      });
    }
  }

  /** Makes a fault happen now, and end by itself. */
  strike(fault: Fault): void {
    this.note(`fault ${JSON.stringify(fault)}`);
    switch (fault.kind) {
      case 'crash':
        this.#crash(fault.nodeId);
        this.#after(fault.forMs, () => {
          this.#restart(fault.nodeId);
        });
        break;
      case 'pause':
        this.#node(fault.nodeId).isPaused = true;
        this.#after(LAG_MS_MAX, () => {
          this.#leaveBehind(fault.nodeId);
        });
        this.#after(fault.forMs, () => {
          this.#resume(fault.nodeId);
        });
        break;
      case 'refuseConnections':
        this.#node(fault.nodeId).refusesConnections = true;
        this.#endConnections(fault.nodeId);
        this.#after(fault.forMs, () => {
          this.#node(fault.nodeId).refusesConnections = false;
        });
        break;
      case 'moveLeader':
        this.#moveLeader(this.#partition(fault.partition), fault.nodeId);
        break;
      case 'dropFromSync':
        if (fault.nodeId !== this.#partition(fault.partition).leaderId) {
          this.#partition(fault.partition).dropFromSync(fault.nodeId);
          this.#after(fault.forMs, () => {
            this.#replicateAll();
          });
        }
        break;
      case 'staleMetadata':
        this.#staleLeaders = this.partitions.map(({ leaderId }) => leaderId);
        this.#after(fault.forMs, () => (this.#staleLeaders = undefined));
        break;
      case 'noMetadata':
        this.#hasNoMetadata = true;
        this.#after(fault.forMs, () => (this.#hasNoMetadata = false));
        break;
      case 'topicMissing':
        this.#isTopicMissing = true;
        this.#after(fault.forMs, () => (this.#isTopicMissing = false));
        break;
      case 'smallLimit':
        this.#partition(fault.partition).batchBytesMax = fault.bytes;
        this.#after(fault.forMs, () => (this.#partition(fault.partition).batchBytesMax = Infinity));
        break;
      case 'forgetProducers':
        this.#forget(fault.partition);
        break;
      default:
        this.#node(fault.nodeId).faults.push(fault);
    }
  }

  /** Heals everything that has not healed by itself. */
  heal(): void {
    this.#isTopicMissing = false;
    this.#hasNoMetadata = false;
    this.#staleLeaders = undefined;
    for (const partition of this.partitions) partition.batchBytesMax = Infinity;
    for (const nodeId of NODE_IDS) {
      const node = this.#node(nodeId);
      node.refusesConnections = false;
      node.faults.length = 0;
      if (!node.isUp) this.#restart(nodeId);
      if (node.isPaused) this.#resume(nodeId);
    }
  }

  note(text: string): void {
    this.trace.push(`${this.#clock.now().toFixed(0).padStart(7)} ${text}`);
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  metadata(topics: readonly string[]): Promise<ClusterMetadata> {
    return this.#later(2, () => {
      if (this.#hasNoMetadata) throw new TransportError('no broker answered', { mayBeWritten: false });
      return {
        clusterId: 'sim',
        controllerId: 1,
        brokers: NODE_IDS.map((nodeId) => ({ nodeId, host: 'sim', port: nodeId, rack: null })),
        topics: topics.map((topic) => ({
          topic,
          errorCode: this.#isTopicMissing ? 3 : 0,
          partitions: this.#isTopicMissing ? [] : this.#partitionMetadata(),
        })),
        throttleMs: 0,
      };
    });
  }

  initProducerId(): Promise<ProducerIdentity> {
    return this.#later(2, () => {
      if (this.#hasNoMetadata) throw new TransportError('no broker answered', { mayBeWritten: false });
      return { producerId: this.#nextProducerId++, producerEpoch: 0 };
    });
  }

  produce(nodeId: number, request: ProduceRequest): Promise<ProduceResponse> {
    const node = this.#node(nodeId);
    return new Promise((resolve, reject) => {
      const exchange = {
        nodeId,
        end: (mayBeWritten: boolean): void => {
          if (!this.#open.delete(exchange)) return;
          reject(new TransportError(`the connection to broker ${nodeId} ended`, { mayBeWritten }));
        },
      };
      this.#open.add(exchange);
      const answerWith = (response: ProduceResponse): void => {
        if (this.#open.delete(exchange)) resolve(response);
      };
      if (!node.isUp || node.refusesConnections) {
        this.#after(1, () => {
          exchange.end(false);
        });
        return;
      }
      // The bytes leave now: what the producer does to them later must not show (F56).
      const frozen = freeze(request);
      this.#checkResend(frozen);
      const { connection } = node;
      const arriveMs = Math.max(this.#clock.now() + 1, node.busyUntilMs);
      node.busyUntilMs = arriveMs + this.#chance.int(0, 2);
      this.#after(arriveMs - this.#clock.now(), () => {
        this.#whenAwake(node, () => {
          if (node.connection === connection) this.#handle(nodeId, frozen, exchange, answerWith);
        });
      });
    });
  }

  disconnect(nodeId: number, reason: string): void {
    this.note(`producer disconnects ${nodeId}: ${reason}`);
    this.#endConnections(nodeId, true);
  }

  close(): Promise<void> {
    for (const nodeId of NODE_IDS) this.#endConnections(nodeId, true);
    return Promise.resolve();
  }

  /** A request that has reached the broker; a fault may change what becomes of it or of its answer. */
  #handle(
    nodeId: number,
    request: ProduceRequest,
    exchange: { end: (mayBeWritten: boolean) => void },
    answerWith: (response: ProduceResponse) => void,
  ): void {
    const fault = this.#node(nodeId).faults.shift();
    this.note(`broker ${nodeId} reads ${describe(request)}${fault === undefined ? '' : ` with ${fault.kind}`}`);
    const process = (reply: (response: ProduceResponse) => void): void => {
      this.#process(nodeId, request, fault, reply);
    };
    const discard = (): void => undefined;
    switch (fault?.kind) {
      case 'loseRequest':
        exchange.end(true);
        break;
      case 'loseAnswer':
        process(discard);
        exchange.end(true);
        break;
      case 'straggle':
        this.#after(fault.forMs, () => {
          process(discard);
        });
        exchange.end(true);
        break;
      case 'delayAnswer':
        process((response) => {
          this.#after(fault.forMs, () => {
            answerWith(response);
          });
        });
        break;
      default:
        process(answerWith);
    }
  }

  #process(
    nodeId: number,
    request: ProduceRequest,
    fault: RequestFault | undefined,
    reply: (response: ProduceResponse) => void,
  ): void {
    const sent = request.topics.flatMap(({ partitions }) => partitions);
    const answers = new Map<number, PartitionAnswer>();
    const collect = (partition: number, given: PartitionAnswer): void => {
      if (answers.has(partition)) return;
      answers.set(partition, given);
      if (answers.size === sent.length) reply(responseOf(answers));
    };
    let isTimedOut = false;
    this.#after(request.timeoutMs, () => {
      isTimedOut = true;
      for (const { partition } of sent) collect(partition, answer(7));
    });
    for (const [index, { partition, batch }] of sent.entries()) {
      const target = this.#partition(partition);
      if (fault?.kind === 'badRecord' && index === 0) {
        const count = new DataView(batch.buffer, batch.byteOffset).getInt32(57);
        const recordErrors = [{ batchIndex: fault.position % count, message: 'bad' }];
        collect(partition, { ...answer(87), recordErrors });
      } else if (fault?.kind === 'error' && !fault.isAppended) {
        collect(partition, answer(fault.code));
      } else {
        const appendFault = fault?.kind === 'error' ? fault : undefined;
        target.produce(
          nodeId,
          batch,
          (given) => {
            const isFaulty = appendFault !== undefined && given.errorCode === 0;
            collect(partition, isFaulty ? answer(appendFault.code, given.baseOffset) : given);
          },
          () => !isTimedOut && this.#node(nodeId).isUp,
        );
      }
    }
    this.#after(REPLICATION_MS, () => {
      this.#replicateAll();
    });
  }

  /** Every live, awake follower of a live, awake leader catches up. */
  #replicateAll(): void {
    for (const partition of this.partitions) {
      if (partition.leaderId < 0 || !this.#isAwake(partition.leaderId)) continue;
      for (const nodeId of NODE_IDS) if (this.#isAwake(nodeId)) partition.replicate(nodeId);
      partition.settlePending();
    }
  }

  #moveLeader(partition: SimPartition, nodeId: number): void {
    if (partition.leaderId < 0 || !partition.inSync.has(nodeId) || !this.#isAwake(nodeId)) return;
    partition.lead(nodeId);
    this.#after(REPLICATION_MS, () => {
      this.#replicateAll();
    });
  }

  #crash(nodeId: number): void {
    const node = this.#node(nodeId);
    if (!node.isUp) return;
    node.isUp = false;
    node.frozen.length = 0;
    this.#endConnections(nodeId);
    this.#after(DETECTION_MS, () => {
      if (!node.isUp) this.#leaveBehind(nodeId);
    });
  }

  #restart(nodeId: number): void {
    this.#node(nodeId).isUp = true;
    this.#electMissing();
    this.#replicateAll();
  }

  #resume(nodeId: number): void {
    const node = this.#node(nodeId);
    node.isPaused = false;
    for (const wake of node.frozen.splice(0)) wake();
    this.#electMissing();
    this.#replicateAll();
  }

  /** The controller takes a node that does not answer out of every in-sync set and gives its partitions away. */
  #leaveBehind(nodeId: number): void {
    if (this.#isAwake(nodeId)) return;
    for (const partition of this.partitions) {
      if (partition.leaderId !== nodeId) {
        partition.dropFromSync(nodeId);
        continue;
      }
      const heir = [...partition.inSync].find((candidate) => candidate !== nodeId && this.#isAwake(candidate));
      partition.lead(heir ?? -1);
      if (heir !== undefined) partition.dropFromSync(nodeId);
    }
    this.#after(REPLICATION_MS, () => {
      this.#replicateAll();
    });
  }

  /** A clean election: only a replica that was in sync may lead. */
  #electMissing(): void {
    for (const partition of this.partitions) {
      if (partition.leaderId >= 0) continue;
      const heir = [...partition.inSync].find((candidate) => this.#isAwake(candidate));
      if (heir !== undefined) partition.lead(heir);
    }
  }

  #forget(index: number): void {
    const partition = this.#partition(index);
    this.forgetful.add(index);
    for (const log of partition.logs.values()) for (const { producerId } of log) partition.forgotten.add(producerId);
  }

  /** R1: what has the same number is the same bytes; a split, after a certain refusal, may change the length only. */
  #checkResend(request: ProduceRequest): void {
    for (const { partitions } of request.topics) {
      for (const { partition, batch } of partitions) {
        const view = new DataView(batch.buffer, batch.byteOffset);
        const producerId = view.getBigInt64(43);
        if (producerId < 0n) continue;
        const name = `${partition}/${producerId}/${view.getInt16(51)}/${view.getInt32(53)}/${view.getInt32(57)}`;
        const bytes = Buffer.from(batch).toString('latin1');
        const before = this.arrivals.get(name);
        if (before !== undefined && before !== bytes) this.violations.push(`O11: ${name} was sent with other bytes`);
        this.arrivals.set(name, bytes);
      }
    }
  }

  #whenAwake(node: Node, action: () => void): void {
    if (node.isPaused) node.frozen.push(action);
    else if (node.isUp) action();
  }

  /** What a broker has read is still applied when the client has gone (reliability §1.2). */
  #endConnections(nodeId: number, byClient = false): void {
    const node = this.#node(nodeId);
    if (!byClient) node.connection += 1;
    for (const exchange of [...this.#open]) if (exchange.nodeId === nodeId) exchange.end(true);
  }

  #partitionMetadata(): ClusterMetadata['topics'][number]['partitions'] {
    return this.partitions.map(({ leaderId, inSync }, partition) => ({
      partition,
      errorCode: leaderId < 0 ? 5 : 0,
      leaderId: this.#staleLeaders?.[partition] ?? leaderId,
      leaderEpoch: 0,
      replicaIds: [...NODE_IDS],
      isrIds: [...inSync],
    }));
  }

  #isAwake(nodeId: number): boolean {
    const node = this.#node(nodeId);
    return node.isUp && !node.isPaused;
  }

  #node(nodeId: number): Node {
    return this.#nodes.get(nodeId) as Node;
  }

  #partition(index: number): SimPartition {
    return this.partitions[index] as SimPartition;
  }

  #after(delayMs: number, action: () => void): void {
    this.#clock.setTimer(action, delayMs);
  }

  #later<T>(delayMs: number, make: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#after(delayMs, () => {
        try {
          resolve(make());
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  }
}

function freeze(request: ProduceRequest): ProduceRequest {
  return {
    ...request,
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, batch }) => ({ partition, batch: Uint8Array.from(batch) })),
    })),
  };
}

function describe(request: ProduceRequest): string {
  return request.topics
    .flatMap(({ partitions }) =>
      partitions.map(({ partition, batch }) => {
        const view = new DataView(batch.buffer, batch.byteOffset);
        return `p${partition}[e${view.getInt16(51)} s${view.getInt32(53)} n${view.getInt32(57)}]`;
      }),
    )
    .join(' ');
}

function responseOf(answers: Map<number, PartitionAnswer>): ProduceResponse {
  return {
    topics: [{ topic: TOPIC, partitions: [...answers].map(([partition, given]) => ({ ...given, partition })) }],
    throttleMs: 0,
    nodeEndpoints: [],
  };
}
