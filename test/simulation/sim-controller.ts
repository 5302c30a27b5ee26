/** The machines of the simulated cluster and the controller's part: who is up, who leads, who is in sync. */
import { type Fault, NODE_IDS } from './scenario.ts';
import type { SimClock } from './sim-clock.ts';
import type { SimPartition } from './sim-partition.ts';

/** How long a follower takes to fetch, and the controller to notice a dead broker. */
const REPLICATION_MS = 3;
const DETECTION_MS = 150;
const LAG_MS_MAX = 400;

/** A fault that waits for the next request to its node. */
export type RequestFault = Extract<Fault, { nodeId: number }>;

/** The requests of one connection to a node. */
export interface Line {
  readonly waiting: (() => void)[];
  /** When the last request so far arrives: a connection keeps the order. */
  arrivesAtMs: number;
  isBusy: boolean;
  isEnded: boolean;
}

export interface Node {
  isUp: boolean;
  isPaused: boolean;
  refusesConnections: boolean;
  line: Line;
  readonly faults: RequestFault[];
  readonly frozen: (() => void)[];
}

function newLine(): Line {
  return { waiting: [], arrivesAtMs: 0, isBusy: false, isEnded: false };
}

export class SimController {
  readonly #clock: SimClock;
  readonly #partitions: readonly SimPartition[];
  readonly #nodes = new Map<number, Node>();
  /** Ends every connection to the node, as its death does. */
  readonly #endConnections: (nodeId: number) => void;

  constructor(clock: SimClock, partitions: readonly SimPartition[], endConnections: (nodeId: number) => void) {
    this.#clock = clock;
    this.#partitions = partitions;
    this.#endConnections = endConnections;
    for (const nodeId of NODE_IDS) {
      this.#nodes.set(nodeId, {
        isUp: true,
        isPaused: false,
        refusesConnections: false,
        line: newLine(),
        faults: [],
        frozen: [],
      });
    }
  }

  node(nodeId: number): Node {
    return this.#nodes.get(nodeId) as Node;
  }

  /** The connection is over; the next request opens another. */
  hangUp(nodeId: number): void {
    const node = this.node(nodeId);
    node.line.isEnded = true;
    node.line = newLine();
  }

  pause(nodeId: number, forMs: number): void {
    this.node(nodeId).isPaused = true;
    this.#after(LAG_MS_MAX, () => {
      this.#leaveBehind(nodeId);
    });
    this.#after(forMs, () => {
      this.resume(nodeId);
    });
  }

  /** Followers fetch a moment from now. */
  replicateSoon(): void {
    this.#after(REPLICATION_MS, () => {
      this.replicateAll();
    });
  }

  /** Every live, awake follower of a live, awake leader catches up. */
  replicateAll(): void {
    for (const partition of this.#partitions) {
      if (partition.leaderId < 0 || !this.#isAwake(partition.leaderId)) continue;
      for (const nodeId of NODE_IDS) if (this.#isAwake(nodeId)) partition.replicate(nodeId);
      partition.settlePending();
    }
  }

  moveLeader(partition: SimPartition, nodeId: number): void {
    if (partition.leaderId < 0 || !partition.inSync.has(nodeId) || !this.#isAwake(nodeId)) return;
    partition.lead(nodeId);
    this.replicateSoon();
  }

  crash(nodeId: number, forMs: number): void {
    this.#after(forMs, () => {
      this.restart(nodeId);
    });
    const node = this.node(nodeId);
    if (!node.isUp) return;
    node.isUp = false;
    node.frozen.length = 0;
    node.line.waiting.length = 0;
    this.#endConnections(nodeId);
    this.#after(DETECTION_MS, () => {
      if (!node.isUp) this.#leaveBehind(nodeId);
    });
  }

  restart(nodeId: number): void {
    this.node(nodeId).isUp = true;
    this.#electMissing();
    this.replicateAll();
  }

  resume(nodeId: number): void {
    const node = this.node(nodeId);
    node.isPaused = false;
    for (const wake of node.frozen.splice(0)) wake();
    this.#electMissing();
    this.replicateAll();
  }

  /** The controller takes a node that does not answer out of every in-sync set and gives its partitions away. */
  #leaveBehind(nodeId: number): void {
    if (this.#isAwake(nodeId)) return;
    for (const partition of this.#partitions) {
      if (partition.leaderId !== nodeId) {
        partition.dropFromSync(nodeId);
        continue;
      }
      const heir = [...partition.inSync].find((candidate) => candidate !== nodeId && this.#isAwake(candidate));
      partition.lead(heir ?? -1);
      if (heir !== undefined) partition.dropFromSync(nodeId);
    }
    this.replicateSoon();
  }

  /** A clean election: only a replica that was in sync may lead. */
  #electMissing(): void {
    for (const partition of this.#partitions) {
      if (partition.leaderId >= 0) continue;
      const heir = [...partition.inSync].find((candidate) => this.#isAwake(candidate));
      if (heir !== undefined) partition.lead(heir);
    }
  }

  #isAwake(nodeId: number): boolean {
    const node = this.node(nodeId);
    return node.isUp && !node.isPaused;
  }

  whenAwake(node: Node, action: () => void): void {
    if (node.isPaused) node.frozen.push(action);
    else if (node.isUp) action();
  }

  #after(delayMs: number, action: () => void): void {
    this.#clock.setTimer(action, delayMs);
  }
}
