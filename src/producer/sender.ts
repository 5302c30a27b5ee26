/**
 * The way out: takes what is ready, partition by partition, into Produce requests to the leaders, and hands every
 * answer to the settlement. It holds no timer and no clock of its own; the producer calls it when something may have
 * changed.
 */
import { type KafkaHotpathError, TransportError } from '../errors.ts';
import type { ProducePartitionResponse, ProduceResponse } from '../protocol/messages.ts';
import type { Batch } from './batch.ts';
import type { ProducerContext } from './context.ts';
import { FlightRequest } from './flight-request.ts';
import type { ProducerIdentityKeeper } from './identity.ts';
import type { PartitionQueue } from './partition-queue.ts';
import { REQUEST_GRACE_MS } from './retry-rules.ts';
import { THROTTLE_MS_MAX } from '../transport/transport.ts';
import type { Settlement } from './settlement.ts';

/** Requests to one broker that are written and not answered (end-to-end §3: 2–5). */
export const REQUESTS_IN_FLIGHT_MAX = 5;

/** After our deadline has destroyed the connection, the transport has this long to say what was written. */
const REJECTION_GRACE_MS = 500;

export interface SenderEvents {
  /** Ends the open batch of the queue and appends it to queue.ready. */
  closeOpen(queue: PartitionQueue): void;
  /** Leaders or topics may have changed; the node that should not be asked itself, if there is one. */
  onStaleMetadata(doubtedNodeId?: number): void;
  /** Something was answered: there may be more to send. */
  onProgress(): void;
}

export class Sender {
  readonly #context: ProducerContext;
  readonly #settlement: Settlement;
  readonly #identity: ProducerIdentityKeeper;
  readonly #events: SenderEvents;
  /** Queues with anything in them; the order rotates so that none starves. */
  readonly #active = new Set<PartitionQueue>();
  /** A list and no set, or V8 would keep requests that are over (transport/small-map.ts says why). */
  readonly #requests: FlightRequest[] = [];
  readonly #requestsByNode = new Map<number, number>();
  /** R16: until when a throttled broker may leave its connection unread. */
  readonly #mutedUntilMs = new Map<number, number>();
  /** Flushes under way: while there is one, nothing lingers. */
  flushCount = 0;
  #isStopped = false;

  constructor(
    context: ProducerContext,
    settlement: Settlement,
    identity: ProducerIdentityKeeper,
    events: SenderEvents,
  ) {
    this.#context = context;
    this.#settlement = settlement;
    this.#identity = identity;
    this.#events = events;
  }

  get activeQueues(): ReadonlySet<PartitionQueue> {
    return this.#active;
  }

  activate(queue: PartitionQueue): void {
    this.#active.add(queue);
  }

  /** Nothing more is sent; what fails from now on waits for the purge, which reports it. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Sends whatever may go now. */
  drain(nowMs: number): void {
    let sent = !this.#isStopped;
    while (sent) {
      sent = false;
      for (const request of this.#collect(nowMs)) {
        this.#send(request, nowMs);
        sent = true;
      }
    }
  }

  /** Reports and drops what is over its time, and ends requests that are. */
  expire(nowMs: number): void {
    for (const request of [...this.#requests]) this.#expireRequest(request, nowMs);
    for (const queue of [...this.#active]) {
      const { open, unknownUntilMs } = queue;
      if (open !== undefined && Math.min(open.deadlineMs, unknownUntilMs) <= nowMs) this.#events.closeOpen(queue);
      this.#settlement.expire(queue, nowMs);
      if (queue.isIdle) this.#active.delete(queue);
    }
  }

  /** The next moment at which expire or drain will have something to do; Infinity when only an answer can. */
  nextWakeMs(nowMs: number): number {
    let wakeMs = Infinity;
    for (const request of this.#requests) {
      wakeMs = Math.min(wakeMs, request.wasDisconnected ? request.deadlineMs + REJECTION_GRACE_MS : request.deadlineMs);
    }
    for (const queue of this.#active) {
      const { open } = queue;
      if (open !== undefined) {
        const dueMs = open.openedAtMs + this.#context.config.lingerMs;
        if (dueMs > nowMs) wakeMs = Math.min(wakeMs, dueMs);
        wakeMs = Math.min(wakeMs, open.deadlineMs);
      }
      const { oldest } = queue;
      // What is in flight or a ghost is not given up for an unknown topic; there would be nothing to wake up for.
      if (open !== undefined || oldest !== undefined) wakeMs = Math.min(wakeMs, queue.unknownUntilMs);
      wakeMs = Math.min(wakeMs, oldest?.deadlineMs ?? Infinity);
      if (queue.retryAtMs > nowMs) wakeMs = Math.min(wakeMs, queue.retryAtMs);
    }
    return wakeMs;
  }

  /** True while any queue waits for a partition to get a leader. */
  get lacksLeader(): boolean {
    for (const queue of this.#active) if (queue.leaderId < 0) return true;
    return false;
  }

  /** Gives up everything (close, fatal error), in the order of each partition. */
  purge(errorFor: (queue: PartitionQueue, isInFlight: boolean) => KafkaHotpathError): void {
    for (const request of [...this.#requests]) {
      this.#finish(request);
      for (const { queue, batch } of request.entries) returnUnsettled(queue, batch, { mayBeWritten: true });
    }
    for (const queue of this.#active) {
      this.#events.closeOpen(queue);
      for (const batch of queue.ready.splice(0)) {
        if (batch.isGhost) continue;
        const status = batch.possiblyPersisted ? 'possiblyPersisted' : 'notPersisted';
        this.#settlement.report(queue, batch, status, errorFor(queue, batch.possiblyPersisted));
      }
    }
    this.#active.clear();
  }

  /** At most one batch per partition and one request per broker that has a free place. */
  #collect(nowMs: number): Iterable<FlightRequest> {
    const requests = new Map<number, FlightRequest>();
    const taken: PartitionQueue[] = [];
    // Of a thousand partitions some dozens get in; the others are passed by with one look each.
    const busyNodes = this.#nodesWithoutPlace();
    for (const queue of this.#active) {
      const { leaderId } = queue;
      if (busyNodes.has(leaderId)) continue;
      if (queue.isIdle) {
        this.#active.delete(queue);
        continue;
      }
      if (!this.#wantsToSend(queue, nowMs)) continue;
      const request = requests.get(leaderId) ?? new FlightRequest(leaderId);
      // The first batch without room ends the request: its turn comes with the next one, and no smaller one overtakes.
      if (!request.hasRoom(queue, queue.headBytesMax, this.#context.config.requestBytesMax)) {
        busyNodes.add(leaderId);
        continue;
      }
      const batch = this.#takeBatch(queue, nowMs);
      if (batch === undefined) continue;
      requests.set(leaderId, request);
      request.add(queue, batch);
      taken.push(queue);
    }
    // To the back of the line, so that the next request starts with another partition.
    for (const queue of taken) {
      this.#active.delete(queue);
      this.#active.add(queue);
    }
    return requests.values();
  }

  #wantsToSend(queue: PartitionQueue, nowMs: number): boolean {
    if (!queue.maySend(this.#context.config.enableIdempotence, nowMs)) return false;
    return queue.ready.length > 0 || this.#isDue(queue, nowMs);
  }

  #nodesWithoutPlace(): Set<number> {
    const nodes = new Set<number>();
    for (const [nodeId, count] of this.#requestsByNode) if (count >= REQUESTS_IN_FLIGHT_MAX) nodes.add(nodeId);
    return nodes;
  }

  /** The head of a queue that wants to send, taken out and numbered; undefined when it may not leave now. */
  #takeBatch(queue: PartitionQueue, nowMs: number): Batch | undefined {
    if (queue.ready.length === 0) this.#events.closeOpen(queue);
    const batch = queue.ready[0];
    if (batch === undefined) return undefined;
    // F52: what came to be overdue while other code ran is reported as it is; written now, its fate would be unclear.
    if (batch.deadlineMs <= nowMs && !batch.isGhost) return undefined;
    if (this.#context.config.enableIdempotence && !this.#number(queue, batch)) return undefined;
    queue.ready.shift();
    return batch;
  }

  /**
   * An open batch is sent when its linger is over and nothing of its partition is in flight: while an answer is
   * awaited it goes on filling, which makes batches as large as the load needs them and no larger.
   */
  #isDue(queue: PartitionQueue, nowMs: number): boolean {
    const { open } = queue;
    if (open === undefined || queue.inFlight.length > 0) return false;
    return this.flushCount > 0 || nowMs >= open.openedAtMs + this.#context.config.lingerMs;
  }

  /** Numbers the head for its first sending; false while that has to wait. */
  #number(queue: PartitionQueue, batch: Batch): boolean {
    if (queue.needsBump && queue.inFlight.length === 0 && this.#settlement.renumberWhenDrained(queue)) {
      if (queue.ready[0] !== batch) return false;
    }
    if (batch.isNumbered) return true;
    if (queue.needsBump) return false;
    const identity = this.#identity.get();
    if (identity === undefined) return false;
    if (!queue.sequence.follows(identity)) {
      if (queue.inFlight.length > 0) return false;
      queue.sequence.adopt(identity);
    }
    batch.number(queue.sequence, queue.sequence.take(batch.recordCount));
    return true;
  }

  #send(request: FlightRequest, nowMs: number): void {
    const { config, stats, transport } = this.#context;
    this.#limit(request, nowMs);
    for (const { queue, batch } of request.entries) {
      queue.inFlight.push(batch);
      queue.inFlightNodeId = request.nodeId;
    }
    this.#requests.push(request);
    this.#requestsByNode.set(request.nodeId, (this.#requestsByNode.get(request.nodeId) ?? 0) + 1);
    stats.inFlightRequests += 1;
    transport.produce(request.nodeId, request.toProduce(config.requestTimeoutMs)).then(
      (response) => {
        this.#answered(request, response);
      },
      (error: unknown) => {
        this.#failed(request, error);
      },
    );
  }

  /**
   * R11: our own deadline is longer than the broker's, and never past the moment the oldest message must be reported.
   * Nobody waits for the report of a ghost, only for what its answer tells about those behind it (R11b).
   */
  #limit(request: FlightRequest, fromMs: number): void {
    const readAtMs = Math.max(fromMs, this.#mutedUntilMs.get(request.nodeId) ?? 0);
    request.deadlineMs = readAtMs + this.#context.config.requestTimeoutMs + REQUEST_GRACE_MS;
    for (const { batch } of request.entries) {
      if (!batch.isGhost) request.deadlineMs = Math.min(request.deadlineMs, batch.deadlineMs);
    }
  }

  /**
   * R16: the transport holds a throttled connection back, and the broker reads nothing from it for as long. What is in
   * flight there gets that time, so that no retry is spent on it; the deadlines of its messages stay.
   */
  #mute(nodeId: number, throttleMs: number): void {
    if (throttleMs <= 0) return;
    const nowMs = this.#context.clock.now();
    const untilMs = nowMs + Math.min(throttleMs, THROTTLE_MS_MAX);
    if (untilMs <= (this.#mutedUntilMs.get(nodeId) ?? nowMs)) return;
    this.#mutedUntilMs.set(nodeId, untilMs);
    for (const request of this.#requests) {
      if (request.nodeId === nodeId && !request.wasDisconnected) this.#limit(request, nowMs);
    }
  }

  #answered(request: FlightRequest, response: ProduceResponse): void {
    if (request.isDone) return;
    const answers = request.matchAnswers(response);
    if (answers === undefined) {
      this.#context.transport.disconnect(request.nodeId, 'its Produce response does not fit the request');
      this.#failed(
        request,
        new TransportError(`broker ${request.nodeId} answered for other partitions than it was asked`, {
          code: 'ERR_PROTOCOL',
          mayBeWritten: true,
        }),
      );
      return;
    }
    this.#finish(request);
    this.#mute(request.nodeId, response.throttleMs);
    const refreshes = request.entries.map(({ queue, batch }, i) =>
      this.#settlement.answered(queue, batch, answers[i] as ProducePartitionResponse),
    );
    if (refreshes.includes('others')) this.#events.onStaleMetadata(request.nodeId);
    else if (refreshes.includes('any')) this.#events.onStaleMetadata();
    this.#events.onProgress();
  }

  #failed(request: FlightRequest, error: unknown): void {
    if (request.isDone) return;
    this.#finish(request);
    // The next connection to this broker is not throttled yet.
    this.#mutedUntilMs.delete(request.nodeId);
    const known =
      error instanceof TransportError
        ? error
        : new TransportError('the request failed without a usable answer', { mayBeWritten: true, cause: error });
    if (this.#isStopped) {
      for (const { queue, batch } of request.entries) returnUnsettled(queue, batch, known);
      return;
    }
    const explained = request.explain(known);
    for (const { queue, batch } of request.entries) this.#settlement.unanswered(queue, batch, explained);
    this.#events.onStaleMetadata(request.nodeId);
    this.#events.onProgress();
  }

  #expireRequest(request: FlightRequest, nowMs: number): void {
    if (nowMs < request.deadlineMs || request.isDone) return;
    const reason = 'no answer within the request deadline';
    if (!request.wasDisconnected) {
      request.wasDisconnected = true;
      // kafkajs would keep the connection, and the old request could still be applied after our retry (fact 3).
      this.#context.transport.disconnect(request.nodeId, reason);
    } else if (nowMs >= request.deadlineMs + REJECTION_GRACE_MS) {
      this.#failed(request, new TransportError(`${reason} from broker ${request.nodeId}`, { mayBeWritten: true }));
    }
  }

  #finish(request: FlightRequest): void {
    request.isDone = true;
    this.#requests.splice(this.#requests.indexOf(request), 1);
    this.#requestsByNode.set(request.nodeId, (this.#requestsByNode.get(request.nodeId) ?? 1) - 1);
    this.#context.stats.inFlightRequests -= 1;
  }
}

/** Puts a batch back whose answer is not waited for any more; whether it was written decides what its report says. */
function returnUnsettled(queue: PartitionQueue, batch: Batch, { mayBeWritten }: { mayBeWritten: boolean }): void {
  queue.leaveFlight(batch);
  if (mayBeWritten) batch.unclearAttempts += 1;
  queue.requeue(batch);
}
