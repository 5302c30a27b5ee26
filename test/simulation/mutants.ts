/**
 * Deliberate bugs, one at a time, to show that the simulation would see them. Each is a replacement in a copy of the
 * sources, so that no switch for it stands in the product; a pattern that no longer matches is an error of this list.
 */

export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export interface Mutant extends Edit {
  readonly name: string;
  /** A bug that needs a second place. */
  readonly also?: Edit;
}

const settlement = 'src/producer/settlement.ts';
const sender = 'src/producer/sender.ts';
const queue = 'src/producer/partition-queue.ts';
const sequences = 'src/producer/sequences.ts';

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a retry takes new numbers',
    file: sender,
    from: 'if (batch.isNumbered) return true;',
    to: '',
  },
  {
    name: 'the sequence starts again when the topic is missing for a while',
    file: 'src/producer/metadata-keeper.ts',
    from: 'queue.unknownSinceMs = topic.unknownSinceMs;',
    to: `queue.unknownSinceMs = topic.unknownSinceMs;
      const { producerId, epoch } = queue.sequence;
      if (told.errorCode === 3) queue.sequence.adopt({ producerId, producerEpoch: epoch });`,
  },
  {
    name: 'an unclear batch is numbered anew when the epoch is bumped',
    file: settlement,
    from: 'if (head?.isNumbered === true && head.possiblyPersisted) return false;',
    to: 'for (const batch of queue.ready) batch.unclearAttempts = 0;',
  },
  {
    name: 'possibly persisted is forgotten when a retry is refused',
    file: settlement,
    from: 'if (appended) batch.unclearAttempts += 1;',
    to: 'batch.unclearAttempts = appended ? 1 : 0;',
  },
  {
    name: 'a lost answer counts as never sent',
    file: settlement,
    from: 'if (error.mayBeWritten) batch.unclearAttempts += 1;',
    to: '',
  },
  {
    name: 'an error with a base offset counts as refused',
    file: settlement,
    from: "rule.outcome === 'byOffset' ? answer.baseOffset >= 0 :",
    to: "rule.outcome === 'byOffset' ? false :",
  },
  {
    name: 'REQUEST_TIMED_OUT counts as refused',
    file: 'src/producer/retry-rules.ts',
    from: "[7, rule('retry', 'possiblyPersisted', { countsRetry: true, refresh: 'others' })],",
    to: "[7, rule('retry', 'notPersisted', { countsRetry: true, refresh: 'others' })],",
  },
  {
    name: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND counts as refused',
    file: 'src/producer/retry-rules.ts',
    from: "[20, rule('retry', 'possiblyPersisted', { countsRetry: true, refresh: 'others' })],",
    to: "[20, rule('retry', 'notPersisted', { countsRetry: true, refresh: 'others' })],",
  },
  {
    name: 'an unknown error counts as not persisted',
    file: 'src/producer/retry-rules.ts',
    from: 'return RULES.get(errorCode) ?? unclear;',
    to: 'return RULES.get(errorCode) ?? refused;',
  },
  {
    name: 'an error is taken for success',
    file: 'src/producer/retry-rules.ts',
    from: "[6, rule('retry', 'byOffset', { refresh: 'any' })],",
    to: "[6, rule('acknowledge', 'byOffset')],",
  },
  {
    name: 'a retry goes to the back of the queue',
    file: queue,
    from: 'this.ready.splice(position < 0 ? this.ready.length : position, 0, batch);',
    to: 'this.ready.push(batch); void position;',
  },
  {
    name: 'two batches are in flight without idempotence',
    file: queue,
    from: 'return idempotent && isSettled ? IN_FLIGHT_MAX_IDEMPOTENT : 1;',
    to: 'return !idempotent ? 2 : isSettled ? IN_FLIGHT_MAX_IDEMPOTENT : 1;',
  },
  {
    name: 'the pipeline stays full before a broker knows the producer',
    file: queue,
    from: 'this.sequence.isKnown && ',
    to: '',
  },
  {
    name: 'no bump after a numbered batch was given up',
    file: settlement,
    from: `    } else {
      queue.needsBump = true;
    }
  }

  /** One report`,
    to: `    }
  }

  /** One report`,
  },
  {
    name: 'the epoch is bumped while batches are in flight',
    file: queue,
    from: 'if (this.inFlight.length === 0) return true;',
    to: 'if (this.inFlight.length === 0 || this.needsBump) return true;',
    also: {
      file: sender,
      from: 'if (queue.needsBump && queue.inFlight.length === 0 && this.#settlement',
      to: 'if (queue.needsBump && this.#settlement',
    },
  },
  {
    name: 'new numbers under the old epoch',
    file: sequences,
    from: `    this.#epoch += 1;
    this.#next = 0;`,
    to: '    this.#next = 0;',
  },
  {
    name: 'a new epoch goes on with the old numbers',
    file: sequences,
    from: `    this.#epoch += 1;
    this.#next = 0;`,
    to: '    this.#epoch += 1;',
  },
  {
    name: 'halves of a split batch share a sequence',
    file: settlement,
    from: 'advanceSequence(batch.baseSequence, first.recordCount)',
    to: 'advanceSequence(batch.baseSequence, 0)',
  },
  {
    name: 'halves of a split batch change places',
    file: 'src/producer/rebatch.ts',
    from: 'return divideBatch(context, batch, (position) => position < middle);',
    to: 'return divideBatch(context, batch, (position) => position >= middle);',
  },
  {
    name: 'an unclear batch is split',
    file: settlement,
    from: 'if (batch.possiblyPersisted || batch.recordCount === 1) {',
    to: 'if (batch.recordCount === 1) {',
  },
  {
    name: 'records beside an invalid one are reported as failed and sent all the same',
    file: settlement,
    from: "this.report(queue, dropped, 'notPersisted',",
    to: "queue.requeue(dropped); this.report(queue, dropped, 'notPersisted',",
  },
  {
    name: 'what is left beside invalid records keeps its number',
    file: settlement,
    from: `    if (batch.isNumbered) queue.needsBump = true;
    queue.requeue(rest);`,
    to: `    if (batch.isNumbered) rest.number(queue.sequence, batch.baseSequence);
    queue.requeue(rest);`,
  },
  {
    name: 'the request deadline does not end the connection, and the retry overtakes it',
    file: sender,
    from: 'if (!request.wasDisconnected) {',
    to: `if (!request.wasDisconnected) {
      this.#failed(request, new TransportError('late', { mayBeWritten: false }));
      return;`,
  },
  {
    name: 'no deadline for messages',
    file: sender,
    from: 'this.#settlement.expire(queue, nowMs);',
    to: '',
  },
  {
    name: 'a second of patience too much',
    file: 'src/producer/intake.ts',
    from: 'messageTimeoutMs === 0 ? Infinity : handedOverAtMs + messageTimeoutMs,',
    to: 'messageTimeoutMs === 0 ? Infinity : handedOverAtMs + messageTimeoutMs + 1_500,',
  },
  {
    name: 'the partition is chosen again on a retry',
    file: settlement,
    from: `    stats.retries += 1;
    this.#context.emit`,
    to: `    stats.retries += 1;
    (queue as { partition: number }).partition = 0;
    this.#context.emit`,
  },
  {
    name: 'the bytes are reused before the answer',
    file: sender,
    from: '      queue.inFlight.push(batch);',
    to: '      queue.inFlight.push(batch); this.#context.clock.setTimer(() => batch.bytes.fill(1, 61), 2);',
  },
  {
    name: 'queued bytes are not given back',
    file: settlement,
    from: 'this.#context.stats.queuedBytes -= batch.queuedBytes;',
    to: '',
  },
  {
    name: 'offsets of a batch are counted backwards',
    file: 'src/producer/delivery.ts',
    from: 'offset: baseOffset < 0 ? -1 : baseOffset + position,',
    to: 'offset: baseOffset < 0 ? -1 : baseOffset - position,',
  },
  {
    name: 'a send is over when the batch of its last message is',
    file: 'src/producer/delivery.ts',
    from: 'if (state === PENDING) break;',
    to: 'if (state === PENDING && index === this.length - 1) break;',
  },
  {
    name: 'messages of a divided batch keep their old positions',
    file: 'src/producer/fates.ts',
    from: 'positions[position] = parts[part].count;',
    to: 'positions[position] = position;',
  },
  {
    name: 'messages of a divided batch share the fate of its first part',
    file: 'src/producer/fates.ts',
    from: 'partOf[position] = part;',
    to: 'partOf[position] = 0;',
  },
  {
    name: 'no retry when the leader has moved',
    file: 'src/producer/metadata-keeper.ts',
    from: 'queue.learnLeader({ leaderId,',
    to: 'if (queue.lastAckedOffset < 0) queue.learnLeader({ leaderId,',
  },
  {
    name: 'a report hides that its message may be stored twice',
    file: settlement,
    from: 'return batch.isNumbered ? 0 : Math.max(0, attempts);',
    to: 'void attempts; return 0 * batch.recordCount;',
  },
  {
    name: 'only one of several unclear attempts is told',
    file: settlement,
    from: 'return batch.isNumbered ? 0 : Math.max(0, attempts);',
    to: 'return batch.isNumbered ? 0 : Math.min(1, Math.max(0, attempts));',
  },
];
