/**
 * What an answer, or its absence, means for one batch: reported, sent again, split or numbered anew. The rules are
 * R1–R18 of reliability §1.4; the number of a rule stands beside the line that keeps it.
 */
import { BrokerError, KafkaHotpathError, type TransportError } from '../errors.ts';
import { kafkaErrorName } from '../protocol/error-codes.ts';
import type { ProducePartitionResponse } from '../protocol/messages.ts';
import type { DeliveryStatus } from './api.ts';
import type { Batch } from './batch.ts';
import type { ProducerContext } from './context.ts';
import type { ProducerIdentityKeeper } from './identity.ts';
import type { PartitionQueue } from './partition-queue.ts';
import { divideBatch, splitBatch } from './rebatch.ts';
import { repeatsBatch } from './repeats-batch.ts';
import { type Refresh, retryRule, UNKNOWN_TOPIC_MS_MAX } from './retry-rules.ts';
import { advanceSequence } from './sequences.ts';

/** INVALID_PRODUCER_EPOCH and UNKNOWN_PRODUCER_ID: the two that are not just about order. */
const INVALID_PRODUCER_EPOCH = 47;
const UNKNOWN_PRODUCER_ID = 59;

export class Settlement {
  readonly #context: ProducerContext;
  readonly #identity: ProducerIdentityKeeper;
  /** Called after reports freed room in the queue. */
  readonly #onRoom: () => void;

  constructor(context: ProducerContext, identity: ProducerIdentityKeeper, onRoom: () => void) {
    this.#context = context;
    this.#identity = identity;
    this.#onRoom = onRoom;
  }

  /** The broker answered for this batch. Returns who should be asked for metadata now. */
  answered(queue: PartitionQueue, batch: Batch, answer: ProducePartitionResponse): Refresh {
    queue.leaveFlight(batch);
    const rule = retryRule(answer.errorCode);
    if (rule.action === 'acknowledge') {
      this.#acknowledge(queue, batch, answer);
      return 'no';
    }
    const appended = rule.outcome === 'byOffset' ? answer.baseOffset >= 0 : rule.outcome === 'possiblyPersisted';
    if (appended) batch.unclearAttempts += 1;
    const error = this.#brokerError(queue, batch, answer, answer.errorMessage);
    switch (rule.action) {
      case 'retry':
        this.#retry(queue, batch, rule.countsRetry || appended, error);
        this.#followHint(queue, answer);
        break;
      case 'fail':
        this.giveUp(queue, batch, error);
        break;
      case 'split':
        this.#split(queue, batch, error);
        break;
      case 'renumber':
        this.#renumber(queue, batch, answer, error);
        break;
      case 'dropCulprits':
        this.#dropCulprits(queue, batch, answer, error);
        break;
      case 'fatal':
        this.#context.fatalError = error;
        this.giveUp(queue, batch, error);
        break;
    }
    return rule.refresh;
  }

  /** No trustworthy answer came (rows L1, L2, L3 and L4). */
  unanswered(queue: PartitionQueue, batch: Batch, error: TransportError): void {
    queue.leaveFlight(batch);
    if (error.mayBeWritten) batch.unclearAttempts += 1;
    if (error.fatal) {
      this.giveUp(queue, batch, error);
      for (const waiting of queue.ready.splice(0)) this.giveUp(queue, waiting, error);
      return;
    }
    this.#retry(queue, batch, error.mayBeWritten, error);
  }

  /** Reports what is over its time in this queue (R11). */
  expire(queue: PartitionQueue, nowMs: number): void {
    let { oldest } = queue;
    if (oldest === undefined) return;
    // R17: a topic that nobody has known for so long is not coming back.
    if (queue.unknownUntilMs <= nowMs) {
      const error = this.#unknownTopicError(queue);
      for (const batch of queue.ready.splice(0)) this.giveUp(queue, batch, error);
      this.#dropIdleGhosts(queue);
      return;
    }
    if (oldest.deadlineMs > nowMs) return;
    while (oldest !== undefined && oldest.deadlineMs <= nowMs) {
      queue.ready.splice(queue.ready.indexOf(oldest), 1);
      this.giveUp(queue, oldest, this.#timeoutError(queue, oldest));
      oldest = queue.oldest;
    }
    this.#dropIdleGhosts(queue);
  }

  /**
   * Reports a batch as not delivered: possibly persisted when any attempt may be in the log (R7), else not persisted.
   * A numbered batch leaves a hole in the numbering, so the epoch is bumped before anything new is sent (R12), unless
   * later unclear batches still need the old numbers: then this one goes on as a ghost (R11b).
   */
  giveUp(queue: PartitionQueue, batch: Batch, error: KafkaHotpathError): void {
    const status = batch.possiblyPersisted ? 'possiblyPersisted' : 'notPersisted';
    if (!batch.isGhost) this.report(queue, batch, status, error);
    if (!batch.isNumbered) return;
    // A ghost that is refused for good will tell nothing more.
    if (batch.possiblyPersisted && !batch.isGhost && queue.hasUnclearBehind(batch)) {
      batch.isGhost = true;
      // R2: it goes alone, when nothing of the partition is in flight any more.
      queue.isRecovering = true;
      queue.requeue(batch);
    } else {
      queue.needsBump = true;
    }
  }

  /** One report per message, here and in #acknowledge only. */
  report(
    queue: PartitionQueue,
    batch: Batch,
    status: 'notPersisted' | 'possiblyPersisted',
    error: KafkaHotpathError,
  ): void {
    const { stats } = this.#context;
    this.#release(batch);
    if (status === 'notPersisted') stats.notPersistedMessages += batch.recordCount;
    else stats.possiblyPersistedMessages += batch.recordCount;
    batch.fate.fail(status, error, this.#possibleDuplicates(batch, batch.unclearAttempts - 1));
    this.#delivered(queue, batch, status, -1);
  }

  #delivered({ topic, partition }: PartitionQueue, batch: Batch, status: DeliveryStatus, baseOffset: number): void {
    this.#context.emit({ type: 'delivery', topic, partition, status, messages: batch.recordCount, baseOffset });
    this.#onRoom();
  }

  /**
   * Called with nothing in flight and a broken numbering. Returns false while the head must first be settled under the
   * old numbers; true once the partition is numbered anew.
   */
  renumberWhenDrained(queue: PartitionQueue): boolean {
    const head = queue.ready[0];
    // R6: what may be in the log keeps its numbers; asking the broker again is how its fate becomes known (R8).
    if (head?.isNumbered === true && head.possiblyPersisted) return false;
    for (const batch of [...queue.ready]) {
      if (!batch.isNumbered) continue;
      if (!batch.possiblyPersisted) {
        batch.unnumber();
        continue;
      }
      queue.ready.splice(queue.ready.indexOf(batch), 1);
      if (!batch.isGhost) this.report(queue, batch, 'possiblyPersisted', this.#renumberedError(queue));
    }
    if (!queue.sequence.bump()) this.#identity.renew(queue.sequence.producerId);
    queue.needsBump = false;
    queue.isRecovering = false;
    return true;
  }

  #acknowledge(queue: PartitionQueue, batch: Batch, answer: ProducePartitionResponse): void {
    // R2: only the head's acknowledgement ends a recovery. With later batches let in before it is asked for again, it
    // would leave the broker's window of five, and its fate could never be told.
    if (queue.isHead(batch)) {
      queue.failures = 0;
      queue.retryAtMs = 0;
      queue.isRecovering = false;
    }
    if (batch.isNumbered) queue.sequence.acknowledged();
    // R10: "already have it" (46) is a success whose offset nobody tells.
    const baseOffset = answer.errorCode === 0 ? answer.baseOffset : -1;
    if (baseOffset >= 0) this.#checkOffset(queue, batch, baseOffset);
    if (!batch.isGhost) {
      this.#release(batch);
      this.#context.stats.persistedMessages += batch.recordCount;
      const duplicates = this.#possibleDuplicates(batch, batch.unclearAttempts);
      batch.fate.persist(baseOffset, answer.logAppendTimeMs, duplicates);
      this.#delivered(queue, batch, 'persisted', baseOffset);
    }
    batch.recycle();
    this.#dropIdleGhosts(queue);
  }

  /**
   * Acknowledged offsets of a partition grow with its records; anything else means a lost tail or a false "duplicate"
   * (fact 7). A batch acknowledged after later ones, on a retry, tells nothing.
   */
  #checkOffset(queue: PartitionQueue, batch: Batch, baseOffset: number): void {
    if (batch.ordinal < queue.lastAckedOrdinal) return;
    const { topic, partition, lastAckedOffset } = queue;
    if (baseOffset <= lastAckedOffset) {
      const previousOffset = lastAckedOffset;
      this.#context.emit({ type: 'offsetRegression', topic, partition, previousOffset, offset: baseOffset });
    }
    queue.lastAckedOrdinal = batch.ordinal;
    queue.lastAckedOffset = baseOffset + batch.recordCount - 1;
  }

  #retry(queue: PartitionQueue, batch: Batch, counts: boolean, error: KafkaHotpathError): void {
    const { clock, config, random, stats } = this.#context;
    queue.isRecovering = config.enableIdempotence;
    queue.backOff(clock.now(), random);
    if (batch.isGhost) {
      if (queue.hasUnclearBehind(batch)) queue.requeue(batch);
      else queue.needsBump = true;
      return;
    }
    if (counts) batch.retries += 1;
    // R12: a batch that may be in the log is given up all the same, and giveUp sees to the bump.
    if (batch.retries > config.maxRetries) {
      this.giveUp(queue, batch, error);
      return;
    }
    if (batch.deadlineMs <= clock.now()) {
      this.giveUp(queue, batch, this.#timeoutError(queue, batch, error));
      return;
    }
    stats.retries += 1;
    this.#context.emit({
      type: 'retry',
      topic: queue.topic,
      partition: queue.partition,
      attempt: queue.failures,
      reason: error.message,
    });
    queue.requeue(batch);
  }

  /**
   * Produce v10 names the new leader in its refusal: the retry goes there at once, without waiting for metadata. Only
   * the first time, because two brokers may name each other (B80), and only when it is news.
   */
  #followHint(queue: PartitionQueue, { currentLeader }: ProducePartitionResponse): void {
    if (currentLeader === undefined || currentLeader.leaderId < 0) return;
    if (currentLeader.leaderEpoch <= queue.leaderEpoch || queue.failures > 1) return;
    queue.leaderId = currentLeader.leaderId;
    queue.leaderEpoch = currentLeader.leaderEpoch;
    queue.retryAtMs = 0;
  }

  /** R13: halves keep the numbers, the deadline and the retries; the last single message fails alone. */
  #split(queue: PartitionQueue, batch: Batch, error: KafkaHotpathError): void {
    if (batch.possiblyPersisted || batch.recordCount === 1) {
      this.giveUp(queue, batch, error);
      return;
    }
    const [first, second] = splitBatch(this.#context, batch);
    if (batch.isNumbered) {
      first.number(queue.sequence, batch.baseSequence);
      second.number(queue.sequence, advanceSequence(batch.baseSequence, first.recordCount));
      queue.isRecovering = true;
    }
    queue.requeue(second);
    queue.requeue(first);
  }

  #renumber(queue: PartitionQueue, batch: Batch, answer: ProducePartitionResponse, error: KafkaHotpathError): void {
    if (!batch.isNumbered) {
      batch.unclearAttempts += 1;
      this.giveUp(queue, batch, error);
      return;
    }
    queue.isRecovering = true;
    // R10: a refused epoch (47) needs a new producer id, which the partition takes when it is drained.
    if (answer.errorCode === INVALID_PRODUCER_EPOCH) this.#identity.renew(queue.sequence.producerId);
    if (!queue.isHead(batch)) {
      // R9: only a consequence of an earlier batch's trouble; it waits its turn.
      queue.requeue(batch);
      return;
    }
    // R10: when retention has emptied the log, the broker has forgotten us with it, and nothing is missing.
    const afterRetention = answer.errorCode === UNKNOWN_PRODUCER_ID && answer.logStartOffset > queue.lastAckedOffset;
    // R9: a head out of order means that the broker has lost records of ours, or the memory of them.
    if (!queue.needsBump && !afterRetention) {
      this.#context.emit({
        type: 'gapDetected',
        topic: queue.topic,
        partition: queue.partition,
        reason: error.message,
      });
    }
    queue.needsBump = true;
    // A broker that refuses every epoch is asked no more often than any other that refuses.
    queue.backOff(this.#context.clock.now(), this.#context.random);
    if (!batch.possiblyPersisted) queue.requeue(batch);
    else if (!batch.isGhost) this.report(queue, batch, 'possiblyPersisted', error);
  }

  /** R15: the broker refused the whole batch before the append, so what is not named can be sent again. */
  #dropCulprits(queue: PartitionQueue, batch: Batch, answer: ProducePartitionResponse, error: KafkaHotpathError): void {
    const culprits = new Map(answer.recordErrors.map((culprit) => [culprit.batchIndex, culprit.message]));
    const named = [...culprits.keys()].every((index) => index >= 0 && index < batch.recordCount);
    if (batch.possiblyPersisted || culprits.size === 0 || culprits.size === batch.recordCount || !named) {
      this.giveUp(queue, batch, error);
      return;
    }
    const [dropped, rest] = divideBatch(this.#context, batch, (position) => culprits.has(position));
    const told = [...culprits.values()][0] ?? answer.errorMessage;
    this.report(queue, dropped, 'notPersisted', this.#brokerError(queue, batch, answer, told));
    if (batch.isNumbered) queue.needsBump = true;
    queue.requeue(rest);
  }

  /** A ghost nobody waits for any more is dropped; its hole in the numbering is closed by a bump. */
  #dropIdleGhosts(queue: PartitionQueue): void {
    // A ghost is the oldest there is: it was given up before everything behind it.
    while (queue.ready[0]?.isGhost === true && !queue.hasUnclearBehind(queue.ready[0])) {
      queue.ready.shift();
      queue.needsBump = true;
    }
  }

  /** A numbered batch is stored once, however often it is sent. */
  #possibleDuplicates(batch: Batch, attempts: number): number {
    return batch.isNumbered ? 0 : Math.max(0, attempts);
  }

  #release(batch: Batch): void {
    this.#context.stats.queuedMessages -= batch.recordCount;
    this.#context.stats.queuedBytes -= batch.queuedBytes;
  }

  /** @param said the broker's words, from which the transport has taken what is secret */
  #brokerError(
    { topic, partition }: PartitionQueue,
    batch: Batch,
    { errorCode }: ProducePartitionResponse,
    said: string | null,
  ): BrokerError {
    const name = kafkaErrorName(errorCode);
    let words = '';
    // The topic's name is no secret, and a message may well hold it.
    if (said !== null && repeatsBatch(batch.bytes, said.replaceAll(topic, ''))) {
      words = ': (text withheld: it repeats a message)';
    } else if (said !== null && said !== '') words = `: ${said}`;
    return new BrokerError(
      errorCode,
      name,
      `the broker answered ${name} (${errorCode}) for ${topic}-${partition}${words}`,
    );
  }

  #timeoutError(queue: PartitionQueue, batch: Batch, cause?: KafkaHotpathError): KafkaHotpathError {
    const { messageTimeoutMs } = this.#context.config;
    const what = batch.possiblyPersisted ? 'sent, but no trustworthy answer came' : 'not delivered';
    const why = cause === undefined ? `leader of the partition: ${queue.leaderId}` : cause.message;
    return new KafkaHotpathError(
      'ERR_MESSAGE_TIMEOUT',
      `${what} within messageTimeoutMs ${messageTimeoutMs} for ${queue.topic}-${queue.partition} (${why})`,
      { cause },
    );
  }

  #unknownTopicError({ topic }: PartitionQueue): KafkaHotpathError {
    return new KafkaHotpathError(
      'ERR_UNKNOWN_TOPIC',
      `the cluster has had no topic ${topic} for ${UNKNOWN_TOPIC_MS_MAX} ms; create it, or correct the topic property`,
    );
  }

  #renumberedError(queue: PartitionQueue): KafkaHotpathError {
    return new KafkaHotpathError(
      'ERR_TRANSPORT',
      `sent to ${queue.topic}-${queue.partition} without a trustworthy answer, and an earlier message of the ` +
        'partition failed, so asking again could not tell more',
    );
  }
}
