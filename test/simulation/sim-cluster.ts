/** Three simulated brokers as a Transport: delays, lost connections, crashes, pauses, and the faults of a scenario. */
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
import { type Line, type Node, type RequestFault, SimController } from './sim-controller.ts';
import { SimPartition } from './sim-partition.ts';

export const TOPIC = 'sim';

interface Exchange {
  readonly nodeId: number;
  readonly end: (mayBeWritten: boolean) => void;
  readonly answer: (response: ProduceResponse) => void;
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
  readonly #controller: SimController;
  readonly #open = new Set<Exchange>();
  #isTopicMissing = false;
  #hasNoMetadata = false;
  #staleLeaders: number[] | undefined;
  #nextProducerId = 100n;

  constructor(clock: SimClock, partitionCount: number, seed: number) {
    this.#clock = clock;
    this.#chance = new Chance(seed ^ 0x5eed);
    this.partitions = Array.from({ length: partitionCount }, (_, i) => new SimPartition(NODE_IDS, (i % 3) + 1));
    this.#controller = new SimController(clock, this.partitions, (nodeId) => {
      this.#endConnections(nodeId);
    });
  }

  /** Makes a fault happen now, and end by itself. */
  strike(fault: Fault): void {
    this.note(`fault ${JSON.stringify(fault)}`);
    switch (fault.kind) {
      case 'crash':
        this.#controller.crash(fault.nodeId, fault.forMs);
        break;
      case 'pause':
        this.#controller.pause(fault.nodeId, fault.forMs);
        break;
      case 'refuseConnections':
        this.#controller.node(fault.nodeId).refusesConnections = true;
        this.#endConnections(fault.nodeId);
        this.#after(fault.forMs, () => {
          this.#controller.node(fault.nodeId).refusesConnections = false;
        });
        break;
      case 'moveLeader':
        this.#controller.moveLeader(this.#partition(fault.partition), fault.nodeId);
        break;
      case 'dropFromSync':
        if (fault.nodeId !== this.#partition(fault.partition).leaderId) {
          this.#partition(fault.partition).dropFromSync(fault.nodeId);
          this.#after(fault.forMs, () => {
            this.#controller.replicateAll();
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
        this.#controller.node(fault.nodeId).faults.push(fault);
    }
  }

  /** Heals everything that has not healed by itself. */
  heal(): void {
    this.#isTopicMissing = false;
    this.#hasNoMetadata = false;
    this.#staleLeaders = undefined;
    for (const partition of this.partitions) partition.batchBytesMax = Infinity;
    for (const nodeId of NODE_IDS) {
      const node = this.#controller.node(nodeId);
      node.refusesConnections = false;
      node.faults.length = 0;
      if (!node.isUp) this.#controller.restart(nodeId);
      if (node.isPaused) this.#controller.resume(nodeId);
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
          topicId: '',
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
    const node = this.#controller.node(nodeId);
    return new Promise((resolve, reject) => {
      const exchange: Exchange = {
        nodeId,
        end: (mayBeWritten) => {
          if (!this.#open.delete(exchange)) return;
          reject(new TransportError(`the connection to broker ${nodeId} ended`, { mayBeWritten }));
        },
        answer: (response) => {
          if (this.#open.delete(exchange)) resolve(response);
        },
      };
      this.#open.add(exchange);
      if (!node.isUp || node.refusesConnections) {
        this.#after(1, () => {
          exchange.end(false);
        });
        return;
      }
      // The bytes leave now: what the producer does to them later must not show (F56).
      const frozen = freeze(request);
      this.#checkResend(frozen);
      const { line } = node;
      line.arrivesAtMs = Math.max(line.arrivesAtMs, this.#clock.now() + this.#chance.int(1, 3));
      this.#after(line.arrivesAtMs - this.#clock.now(), () => {
        line.waiting.push(() => {
          this.#handle(nodeId, line, frozen, exchange);
        });
        this.#readNext(node, line);
      });
    });
  }

  disconnect(nodeId: number, reason: string): void {
    this.note(`producer disconnects ${nodeId}: ${reason}`);
    this.#endConnections(nodeId);
  }

  close(): Promise<void> {
    for (const nodeId of NODE_IDS) this.#endConnections(nodeId);
    return Promise.resolve();
  }

  /**
   * A broker works on one request of a connection at a time. What had arrived when the client hung up may still be
   * read, or not.
   */
  #readNext(node: Node, line: Line): void {
    if (line.isBusy) return;
    if (line.isEnded && this.#chance.is(0.5)) line.waiting.length = 0;
    const request = line.waiting.shift();
    if (request === undefined) return;
    line.isBusy = true;
    this.#controller.whenAwake(node, request);
  }

  /** A request that the broker has read; a fault may change what becomes of it or of its answer. */
  #handle(nodeId: number, line: Line, request: ProduceRequest, exchange: Exchange): void {
    const node = this.#controller.node(nodeId);
    const fault = node.faults.shift();
    this.note(`broker ${nodeId} reads ${describe(request)}${fault === undefined ? '' : ` with ${fault.kind}`}`);
    const finish = (): void => {
      line.isBusy = false;
      this.#readNext(node, line);
    };
    const process = (reply: (response: ProduceResponse) => void): void => {
      this.#process(nodeId, request, fault, (response) => {
        reply(response);
        finish();
      });
    };
    const discard = (): void => undefined;
    switch (fault?.kind) {
      case 'loseRequest':
        this.#endConnections(nodeId);
        finish();
        break;
      case 'loseAnswer':
        process(discard);
        this.#endConnections(nodeId);
        break;
      case 'straggle':
        this.#after(fault.forMs, () => {
          process(discard);
        });
        this.#endConnections(nodeId);
        break;
      case 'delayAnswer':
        this.#process(nodeId, request, fault, (response) => {
          this.#after(fault.forMs, () => {
            exchange.answer(response);
            finish();
          });
        });
        break;
      default:
        process(exchange.answer);
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
          () => !isTimedOut && this.#controller.node(nodeId).isUp,
        );
      }
    }
    this.#controller.replicateSoon();
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

  /** What a broker has read is still applied when the client has gone (reliability §1.2). */
  #endConnections(nodeId: number): void {
    this.#controller.hangUp(nodeId);
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

  #partition(index: number): SimPartition {
    return this.partitions[index] as SimPartition;
  }

  #after(delayMs: number, action: () => void): void {
    this.#clock.setTimer(action, delayMs);
  }

  async #later<T>(delayMs: number, make: () => T): Promise<T> {
    await new Promise<void>((resolve) => {
      this.#after(delayMs, resolve);
    });
    return make();
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
