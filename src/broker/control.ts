/**
 * How a test makes the broker misbehave and waits for what happens. Nothing here sleeps: every wait ends with the event
 * it waits for, or with ERR_CLOSED when the broker closes.
 */
import { KafkaHotpathError } from '../errors.ts';
import type { ApiName } from '../protocol/api-keys.ts';
import type { Cluster } from './cluster.ts';
import type { BrokerNode } from './node.ts';
import type { BrokerRequest, RequestAction, RequestHook } from './requests.ts';

export interface StopNodeOptions {
  /** Hand its partitions to other live nodes, as a controller does (default), or leave them with the dead one. */
  elect?: boolean;
}

export class BrokerControl {
  readonly #cluster: Cluster;
  readonly #nodes: readonly BrokerNode[];
  readonly #hooks = new Set<RequestHook>();
  /** Those who only watch see every request, whatever the hooks decide. */
  readonly #watchers = new Set<(request: BrokerRequest) => void>();

  constructor(cluster: Cluster, nodes: readonly BrokerNode[]) {
    this.#cluster = cluster;
    this.#nodes = nodes;
  }

  /** Lets the hook decide about every request from now on; the first hook that decides wins. Returns its removal. */
  onRequest(hook: RequestHook): () => void {
    this.#hooks.add(hook);
    return () => {
      this.#hooks.delete(hook);
    };
  }

  /** Does this to the next request of that name, then no more. Resolves with the request when it has come. */
  once(apiName: ApiName, action: RequestAction): Promise<BrokerRequest> {
    return quietly(this.#onceOnly(apiName, action));
  }

  /** Resolves with the next request of that name that passes the filter, as it arrives; ask before it is sent. */
  nextRequest(apiName: ApiName, filter: (request: BrokerRequest) => boolean = () => true): Promise<BrokerRequest> {
    return quietly(this.#next((request) => request.apiName === apiName && filter(request)));
  }

  /** Resolves when the predicate holds; it is tried at every append, request, connection and change of leadership. */
  async waitFor(predicate: () => boolean): Promise<void> {
    await this.#cluster.changed.until(predicate);
  }

  /** Kills the node: its port refuses connections until startNode. */
  async stopNode(nodeId: number, options: StopNodeOptions = {}): Promise<void> {
    await this.#node(nodeId).stop();
    const [successor] = this.#cluster.liveNodes;
    if (options.elect === false || successor === undefined) return;
    for (const topic of this.#cluster.topics.values()) {
      for (const partition of topic.partitions) {
        if (partition.leaderId === nodeId) this.#cluster.setLeader(partition, successor.nodeId);
      }
    }
  }

  /** Brings the node back on its port; it leads again only what nobody took over. */
  async startNode(nodeId: number): Promise<void> {
    await this.#node(nodeId).start();
  }

  /** Destroys all connections to that node, which stays up. */
  dropConnections(nodeId: number): void {
    this.#node(nodeId).dropConnections();
  }

  /**
   * Closes every connection that has been silent for connectionsMaxIdleMs by the broker's clock, and says how many:
   * for a test that has set the clock on. With a real clock the broker does it by itself.
   */
  closeIdleConnections(): number {
    return this.#nodes.reduce((total, node) => total + node.closeIdleConnections(), 0);
  }

  /**
   * Stops reading what clients send to that node, as a frozen process (SIGSTOP) does: connections open, nothing comes
   * back. resumeNode reads on.
   */
  freezeNode(nodeId: number): void {
    this.#node(nodeId).setReading(false);
  }

  resumeNode(nodeId: number): void {
    this.#node(nodeId).setReading(true);
  }

  moveLeader(topic: string, partition: number, nodeId: number): void {
    this.#cluster.setLeader(this.#cluster.partition(topic, partition), nodeId);
  }

  /** The same as moveLeader; −1 leaves the partition without a leader. */
  setLeader(topic: string, partition: number, nodeId: number): void {
    this.moveLeader(topic, partition, nodeId);
  }

  /** As after the id expired: the next batch of any producer is accepted whatever its sequence. */
  forgetProducerState(topic: string, partition: number): void {
    this.#cluster.partition(topic, partition).log.producers.forget();
  }

  /** Loses the batches that reach to endOffset or beyond, as an unclean leader election does. */
  truncate(topic: string, partition: number, endOffset: number): void {
    this.#cluster.partition(topic, partition).log.truncateEnd(endOffset);
    this.#cluster.changed.emit();
  }

  /** Drops what is older than startOffset, as retention does. */
  deleteRecords(topic: string, partition: number, startOffset: number): void {
    this.#cluster.partition(topic, partition).log.truncateStart(startOffset);
    this.#cluster.changed.emit();
  }

  /** Another limit for the topic's batches, in bytes as received. */
  setMaxMessageBytes(topic: string, bytes: number): void {
    this.#cluster.topic(topic).maxMessageBytes = bytes;
  }

  /** Gives the user another password, or with undefined removes the user; open sessions go on until they end. */
  setPassword(user: string, password: string | undefined): void {
    const { users } = this.#cluster.settings;
    if (users === null) throw new KafkaHotpathError('ERR_CONFIG', 'the broker was started without sasl users');
    if (password === undefined) users.delete(user);
    else users.set(user, password);
  }

  deleteTopic(name: string): void {
    this.#cluster.topics.delete(this.#cluster.topic(name).name);
    this.#cluster.changed.emit();
  }

  /** Grows the topic to that many partitions. */
  addPartitions(name: string, partitionCount: number): void {
    this.#cluster.addPartitions(this.#cluster.topic(name), partitionCount);
  }

  /** The verdict of the hooks; for the nodes. */
  decide(request: BrokerRequest): RequestAction {
    for (const watch of [...this.#watchers]) watch(request);
    let decision: RequestAction | undefined;
    for (const hook of [...this.#hooks]) decision ??= hook(request);
    this.#cluster.changed.emit();
    return decision ?? {};
  }

  async #onceOnly(apiName: ApiName, action: RequestAction): Promise<BrokerRequest> {
    let found: BrokerRequest | undefined;
    const remove = this.onRequest((request) => {
      if (found !== undefined || request.apiName !== apiName) return undefined;
      found = request;
      remove();
      return action;
    });
    return this.#until(() => found);
  }

  async #next(matches: (request: BrokerRequest) => boolean): Promise<BrokerRequest> {
    let found: BrokerRequest | undefined;
    const watch = (request: BrokerRequest): void => {
      if (!matches(request)) return;
      found = request;
      this.#watchers.delete(watch);
    };
    this.#watchers.add(watch);
    return this.#until(() => found);
  }

  async #until(read: () => BrokerRequest | undefined): Promise<BrokerRequest> {
    await this.#cluster.changed.until(() => read() !== undefined);
    const found = read();
    if (found === undefined) throw new KafkaHotpathError('ERR_CLOSED', 'the embedded broker is closed');
    return found;
  }

  #node(nodeId: number): BrokerNode {
    const node = this.#nodes.find((candidate) => candidate.nodeId === nodeId);
    if (node !== undefined) return node;
    throw new KafkaHotpathError('ERR_CONFIG', `there is no node ${nodeId}; ids run from 1 to ${this.#nodes.length}`);
  }
}

/** A wait nobody looks at any more must not end the process when the broker closes. */
function quietly<T>(wait: Promise<T>): Promise<T> {
  wait.catch(() => undefined);
  return wait;
}
