/**
 * The error table of reliability §1.5 as data: what a broker's error code on one partition of a Produce response means
 * for the batch that was sent.
 */

/** What one attempt proves about the log when it ends with this error. */
export type AttemptOutcome =
  /** Refused before the append, for certain. */
  | 'notPersisted'
  /** The broker may have appended it. */
  | 'possiblyPersisted'
  /** Appended iff the reply carries a base offset (reliability §0 fact 4). */
  | 'byOffset';

/**
 * Who is asked for metadata after it: nobody; anybody, because the leader or the topic may have moved; or anybody but
 * the broker that answered. A leader that cannot reach its followers is perhaps none any more, and the last to know of
 * it (F15).
 */
export type Refresh = 'no' | 'any' | 'others';

export interface RetryRule {
  action: /** The batch is in the log. */
    | 'acknowledge'
    /** Send the same bytes again. */
    | 'retry'
    /** Report and go on with the next batch. */
    | 'fail'
    /** R13: too large for the topic; halve it while it has more than one record. */
    | 'split'
    /** R9, R10: the broker and we disagree about sequences. */
    | 'renumber'
    /** R15: some records are invalid, the others are fine. */
    | 'dropCulprits'
    /** R18: nothing more can be sent by this producer. */
    | 'fatal';
  outcome: AttemptOutcome;
  /** R17: does a retry count against maxRetries. */
  countsRetry: boolean;
  refresh: Refresh;
}

function rule(
  action: RetryRule['action'],
  outcome: AttemptOutcome,
  options: { countsRetry?: boolean; refresh?: Refresh } = {},
): RetryRule {
  return {
    action,
    outcome,
    countsRetry: options.countsRetry ?? false,
    refresh: options.refresh ?? 'no',
  };
}

const moved: RetryRule = rule('retry', 'notPersisted', { refresh: 'any' });
const refused: RetryRule = rule('fail', 'notPersisted');
const unclear: RetryRule = rule('fail', 'possiblyPersisted');

const RULES: ReadonlyMap<number, RetryRule> = new Map([
  [0, rule('acknowledge', 'possiblyPersisted')],
  // CORRUPT_MESSAGE: damaged on the way; refused before the append.
  [2, rule('retry', 'notPersisted', { countsRetry: true })],
  // UNKNOWN_TOPIC_OR_PARTITION: free, but for UNKNOWN_TOPIC_MS_MAX at most.
  [3, rule('retry', 'byOffset', { refresh: 'any' })],
  // LEADER_NOT_AVAILABLE, BROKER_NOT_AVAILABLE, REPLICA_NOT_AVAILABLE.
  [5, moved],
  [8, moved],
  [9, moved],
  // NOT_LEADER_OR_FOLLOWER: librdkafka calls it safe, but a leader may lose its place after the append.
  [6, rule('retry', 'byOffset', { refresh: 'any' })],
  // REQUEST_TIMED_OUT: appended, the replicas did not answer in time.
  [7, rule('retry', 'possiblyPersisted', { countsRetry: true, refresh: 'others' })],
  // MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE.
  [10, rule('split', 'notPersisted')],
  [18, rule('split', 'notPersisted')],
  // INVALID_TOPIC_EXCEPTION, TOPIC_AUTHORIZATION_FAILED.
  [17, refused],
  [29, refused],
  // NOT_ENOUGH_REPLICAS: refused before the append; …_AFTER_APPEND: the opposite.
  [19, rule('retry', 'notPersisted', { countsRetry: true, refresh: 'others' })],
  [20, rule('retry', 'possiblyPersisted', { countsRetry: true, refresh: 'others' })],
  // INVALID_REQUIRED_ACKS, CLUSTER_AUTHORIZATION_FAILED, UNSUPPORTED_VERSION, UNSUPPORTED_FOR_MESSAGE_FORMAT.
  [21, rule('fatal', 'notPersisted')],
  [31, rule('fatal', 'notPersisted')],
  [35, rule('fatal', 'notPersisted')],
  [43, rule('fatal', 'notPersisted')],
  // INVALID_TIMESTAMP, INVALID_RECORD.
  [32, rule('dropCulprits', 'notPersisted')],
  [87, rule('dropCulprits', 'notPersisted')],
  // INVALID_REQUEST, POLICY_VIOLATION.
  [42, refused],
  [44, refused],
  // OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH, UNKNOWN_PRODUCER_ID.
  [45, rule('renumber', 'notPersisted')],
  [47, rule('renumber', 'notPersisted')],
  [59, rule('renumber', 'notPersisted')],
  // DUPLICATE_SEQUENCE_NUMBER: already there; the offset is not told.
  [46, rule('acknowledge', 'possiblyPersisted')],
  // KAFKA_STORAGE_ERROR.
  [56, rule('retry', 'byOffset', { countsRetry: true, refresh: 'any' })],
  // LISTENER_NOT_FOUND, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, UNKNOWN_TOPIC_ID, INCONSISTENT_TOPIC_ID.
  [72, moved],
  [74, moved],
  [75, moved],
  [100, moved],
  [103, moved],
  // UNSUPPORTED_COMPRESSION_TYPE.
  [76, refused],
  // THROTTLING_QUOTA_EXCEEDED.
  [89, rule('retry', 'notPersisted')],
]);

/** The rule for a Kafka error code; a code not in the table is reported as possibly persisted (row −1). */
export function retryRule(errorCode: number): RetryRule {
  return RULES.get(errorCode) ?? unclear;
}

/** First wait before a retry, doubled each time up to the cap, ±20 % (librdkafka's and Java's numbers, §1.1). */
export const RETRY_BACKOFF_MS = 100;
export const RETRY_BACKOFF_MS_MAX = 1_000;

/** The wait before the given consecutive retry (1 for the first). */
export function retryBackoffMs(attempt: number, random: () => number): number {
  const plain = Math.min(RETRY_BACKOFF_MS_MAX, RETRY_BACKOFF_MS * 2 ** Math.min(attempt - 1, 10));
  return plain * (0.8 + 0.4 * random());
}

/** R17: how long an unknown topic is retried (librdkafka topic.metadata.propagation.max.ms). */
export const UNKNOWN_TOPIC_MS_MAX = 30_000;

/** Added to requestTimeoutMs for our own deadline, so that the broker's answer to its own timeout can still arrive. */
export const REQUEST_GRACE_MS = 10_000;
