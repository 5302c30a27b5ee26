/**
 * A real network for a cluster: each node in a network namespace of its own, with one link for clients, one for the
 * other brokers and one for the controllers, each on a bridge. A link taken off its bridge is cut as cables are: no
 * socket hears of it, packets just never arrive. It needs root, and the bridges and namespaces of Linux.
 */
import { execFileSync } from 'node:child_process';

/** What a link carries, in the order of a node's ports. */
export const NETWORK_USES = ['clients', 'nodes', 'controllers'] as const;
export type NetworkUse = (typeof NETWORK_USES)[number];

/** The last byte of this machine's address on the bridge of the clients. */
const OWN_HOST = 254;

function ip(...words: string[]): void {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Why there can be no such network here, as a sentence; undefined when there can. */
export function whyNoNetwork(): string | undefined {
  try {
    new NodeNetwork([]).close();
    return undefined;
  } catch (error) {
    const said = error instanceof Error ? (error.message.split('\n')[1] ?? error.message) : String(error);
    return `no network namespaces and bridges can be made: ${said.trim()}`;
  }
}

export class NodeNetwork {
  /** Apart from those of other runs on this machine; names of links may have 15 characters. */
  readonly #prefix = `hp${process.pid}`;
  readonly #subnet = process.pid % 256;
  readonly #nodeIds: readonly number[];
  readonly #cut = new Map<string, NetworkUse>();
  readonly #onExit = (): void => {
    this.close();
  };

  constructor(nodeIds: readonly number[]) {
    this.#nodeIds = nodeIds;
    process.once('exit', this.#onExit);
    try {
      for (const use of NETWORK_USES) {
        ip('link', 'add', this.#bridge(use), 'type', 'bridge');
        ip('link', 'set', this.#bridge(use), 'up');
      }
      ip('address', 'add', `${this.#address('clients', OWN_HOST)}/24`, 'dev', this.#bridge('clients'));
      for (const nodeId of nodeIds) this.#addNode(nodeId);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Where the node listens. */
  address(nodeId: number, use: NetworkUse): string {
    return this.#address(use, nodeId);
  }

  /** What a command is preceded by to run on the node. */
  prefix(nodeId: number): string[] {
    return ['ip', 'netns', 'exec', this.#namespace(nodeId)];
  }

  /** The node and the others are cut off from each other. */
  isolate(nodeId: number): void {
    this.#cutOff(nodeId, 'nodes');
    this.#cutOff(nodeId, 'controllers');
  }

  /** Nothing is copied from the node, nor by it; its controller goes on. */
  stopReplicationFrom(nodeId: number): void {
    this.#cutOff(nodeId, 'nodes');
  }

  /** Clients do not reach the node; the others do. */
  cutClients(nodeId: number): void {
    this.#cutOff(nodeId, 'clients');
  }

  heal(): void {
    for (const [link, use] of this.#cut) ip('link', 'set', link, 'master', this.#bridge(use));
    this.#cut.clear();
  }

  /** What was never made cannot be taken away, and need not be. */
  close(): void {
    process.off('exit', this.#onExit);
    const remove = (...words: string[]): void => {
      try {
        ip(...words);
      } catch {
        // Not there.
      }
    };
    for (const nodeId of this.#nodeIds) {
      for (const use of NETWORK_USES) remove('link', 'delete', this.#link(nodeId, use));
      remove('netns', 'delete', this.#namespace(nodeId));
    }
    for (const use of NETWORK_USES) remove('link', 'delete', this.#bridge(use));
  }

  #addNode(nodeId: number): void {
    const namespace = this.#namespace(nodeId);
    const inside = (...words: string[]): void => {
      ip('-n', namespace, ...words);
    };
    ip('netns', 'add', namespace);
    inside('link', 'set', 'lo', 'up');
    for (const use of NETWORK_USES) {
      const link = this.#link(nodeId, use);
      ip('link', 'add', link, 'type', 'veth', 'peer', 'name', use, 'netns', namespace);
      ip('link', 'set', link, 'master', this.#bridge(use), 'up');
      inside('address', 'add', `${this.#address(use, nodeId)}/24`, 'dev', use);
      inside('link', 'set', use, 'up');
    }
  }

  #cutOff(nodeId: number, use: NetworkUse): void {
    const link = this.#link(nodeId, use);
    ip('link', 'set', link, 'nomaster');
    this.#cut.set(link, use);
  }

  #address(use: NetworkUse, host: number): string {
    return `10.${101 + NETWORK_USES.indexOf(use)}.${this.#subnet}.${host}`;
  }

  #namespace(nodeId: number): string {
    return `${this.#prefix}n${nodeId}`;
  }

  #link(nodeId: number, use: NetworkUse): string {
    return `${this.#prefix}${use.slice(0, 2)}${nodeId}`;
  }

  #bridge(use: NetworkUse): string {
    return `${this.#prefix}${use.slice(0, 2)}`;
  }
}
