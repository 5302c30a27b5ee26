/**
 * The network between the nodes of a cluster, one proxy for each direction of each pair and each listener, so that a
 * drill can cut single links. It needs no privileges: every JVM has a hosts file of its own (jdk.net.hosts.file), in
 * which the names of the other nodes stand for loopback addresses that belong to this one pair.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FrameProxy } from '../frame-proxy.ts';

/** Nodes listen to each other here, and nowhere else. */
const OWN_ADDRESS = '127.0.0.1';

/** Why links cannot be made here, as a sentence; undefined when they can. */
export const whyNoLinks: string | undefined =
  process.platform === 'linux' ? undefined : 'only Linux has all of 127.0.0.0/8 as loopback addresses';

/** What travels on a link: replication, or metadata and heartbeats. */
export type LinkUse = 'nodes' | 'controllers';

interface Link {
  readonly from: number;
  readonly to: number;
  readonly use: LinkUse;
  readonly proxy: FrameProxy;
}

export interface LinkedNode {
  readonly nodeId: number;
  readonly ports: Readonly<Record<LinkUse, number>>;
}

export class NodeLinks {
  readonly #links: Link[] = [];
  readonly #nodes: readonly LinkedNode[];

  private constructor(nodes: readonly LinkedNode[]) {
    this.#nodes = nodes;
  }

  static async start(nodes: readonly LinkedNode[]): Promise<NodeLinks> {
    const links = new NodeLinks(nodes);
    try {
      for (const from of nodes) {
        for (const to of nodes) {
          if (from !== to) await links.#join(from.nodeId, to);
        }
      }
      return links;
    } catch (error) {
      await links.close();
      throw error;
    }
  }

  /** The JVM flag with which a node knows the others by its own links. */
  jvmFlag(nodeId: number, folder: string): string {
    const path = join(folder, `hosts-${nodeId}`);
    const lines = this.#nodes.map((node) => `${addressOf(nodeId, node.nodeId)} ${hostOf(node.nodeId)}\n`);
    writeFileSync(path, `${lines.join('')}${OWN_ADDRESS} localhost\n`);
    return `-Djdk.net.hosts.file=${path}`;
  }

  /** Nothing passes between this node and the others any more, nor do its sockets close. */
  isolate(nodeId: number): void {
    for (const { from, to, proxy } of this.#links) {
      if (from === nodeId || to === nodeId) proxy.hold('requests', 'replies');
    }
  }

  /** The other nodes do not get through to this one, so none of them can copy what it leads; controllers go on. */
  stopReplicationFrom(nodeId: number): void {
    for (const { to, use, proxy } of this.#links) {
      if (to === nodeId && use === 'nodes') proxy.hold('requests', 'replies');
    }
  }

  /** What was kept back arrives late, as after a real cut. */
  heal(): void {
    for (const { proxy } of this.#links) proxy.release();
  }

  async close(): Promise<void> {
    await Promise.all(this.#links.map(({ proxy }) => proxy.close()));
  }

  async #join(from: number, to: LinkedNode): Promise<void> {
    for (const use of ['nodes', 'controllers'] as const) {
      const port = to.ports[use];
      const proxy = await FrameProxy.start(port, { port, host: addressOf(from, to.nodeId) });
      this.#links.push({ from, to: to.nodeId, use, proxy });
    }
  }
}

/** The name under which the nodes know each other. */
export function hostOf(nodeId: number): string {
  return `node-${nodeId}`;
}

function addressOf(from: number, to: number): string {
  return from === to ? OWN_ADDRESS : `127.0.${from}.${to}`;
}
