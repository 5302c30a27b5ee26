/**
 * Every error a caller can see. Each has a stable `code`, says what was got and what is allowed, and what to do next.
 * No message ever carries a secret or a payload.
 */

export type ErrorCode =
  /** The binding's properties, settings or files are not usable; `problems` lists every fault found. */
  | 'ERR_CONFIG'
  /** A value cannot be turned into a message; only that message fails. */
  | 'ERR_SERIALIZE'
  /** key + value + headers + 36 exceeds maxMessageBytes; only that message fails. */
  | 'ERR_MSG_SIZE_TOO_LARGE'
  /** The message names a partition the topic does not have. */
  | 'ERR_PARTITION'
  /** The output or producer was closed before this call. */
  | 'ERR_CLOSED'
  /** The queue is full and the caller asked not to wait. */
  | 'ERR_QUEUE_FULL'
  /** Closing gave up on a message that was never sent. */
  | 'ERR_PURGED_QUEUE'
  /** Closing gave up on a message that was sent and not answered. */
  | 'ERR_PURGED_INFLIGHT'
  /** messageTimeoutMs ran out. */
  | 'ERR_MESSAGE_TIMEOUT'
  /** A flush or close did not finish in its own time; messages stay queued. */
  | 'ERR_FLUSH_TIMEOUT'
  /** No broker of brokerList could be reached. */
  | 'ERR_CONNECT'
  /** A broker refused the credentials or the TLS handshake failed for a reason retrying cannot mend. */
  | 'ERR_AUTH'
  /** The cluster does not know the topic. */
  | 'ERR_UNKNOWN_TOPIC'
  /** A broker answered with a Kafka error; `kafkaError` names it. */
  | 'ERR_BROKER'
  /** A connection ended or a request timed out; `mayBeWritten` tells if the broker may have seen it. */
  | 'ERR_TRANSPORT'
  /** A broker sent bytes that are not the Kafka protocol. */
  | 'ERR_PROTOCOL'
  /** Bytes given to the record batch reader are not valid record batches. */
  | 'ERR_RECORD_BATCH'
  /** An Avro schema cannot be used; the message names the place in the schema. */
  | 'ERR_AVRO_SCHEMA'
  /** A value does not fit its Avro schema, or bytes are not such a value; the message names the place in the value. */
  | 'ERR_AVRO_VALUE'
  /** The engine asked for cannot be had (for instance WebAssembly under --jitless). */
  | 'ERR_ENGINE'
  /** kafkajs does not have the members this package is built on. */
  | 'ERR_SEAM'
  /** At least one message of a send was not persisted; `reports` has every fate. */
  | 'ERR_DELIVERY'
  /** The call was cancelled by its AbortSignal. */
  | 'ERR_ABORTED';

export interface ErrorOptionsWithCause {
  cause?: unknown;
}

/** Base of all errors of this package. */
export class KafkaHotpathError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptionsWithCause) {
    super(message, options);
    this.name = 'KafkaHotpathError';
    this.code = code;
  }
}

/** A broker refused: `kafkaError` is the protocol's name (NOT_LEADER_OR_FOLLOWER), `kafkaCode` its number. */
export class BrokerError extends KafkaHotpathError {
  readonly kafkaCode: number;
  readonly kafkaError: string;

  constructor(kafkaCode: number, kafkaError: string, message: string, options?: ErrorOptionsWithCause) {
    super('ERR_BROKER', message, options);
    this.name = 'BrokerError';
    this.kafkaCode = kafkaCode;
    this.kafkaError = kafkaError;
  }
}

/**
 * A request got no trustworthy answer. `mayBeWritten` is false only when it is certain that no byte of the request
 * left this process (reliability rows L1 and L2).
 */
export class TransportError extends KafkaHotpathError {
  readonly mayBeWritten: boolean;
  /** True when trying again cannot help (refused credentials, failed certificate check). */
  readonly fatal: boolean;

  constructor(
    message: string,
    options: ErrorOptionsWithCause & { code?: ErrorCode; mayBeWritten: boolean; fatal?: boolean },
  ) {
    super(options.code ?? 'ERR_TRANSPORT', message, options);
    this.name = 'TransportError';
    this.mayBeWritten = options.mayBeWritten;
    this.fatal = options.fatal ?? false;
  }
}
