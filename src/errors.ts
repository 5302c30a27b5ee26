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
  /** The port is reached and speaks something else than `protocol` says: TLS or none, SASL or none. */
  | 'ERR_LISTENER'
  /** A broker refused the credentials: a wrong password or an unknown user, which brokers do not tell apart. */
  | 'ERR_AUTH'
  /** The broker has not enabled the mechanism; the message lists those that are. */
  | 'ERR_AUTH_MECHANISM'
  /** The broker did not prove that it knows the password (SCRAM), so it may be somebody else's. */
  | 'ERR_AUTH_SERVER'
  /** A broker refused the OAuth token, or it has ended already. */
  | 'ERR_AUTH_TOKEN'
  /** No OAuth token could be had from its endpoint or provider. */
  | 'ERR_AUTH_TOKEN_ENDPOINT'
  /** Kerberos failed in a way without a code of its own; the message has the library's words. */
  | 'ERR_AUTH_KERBEROS'
  /** There is no valid Kerberos ticket, and no keytab to get one with. */
  | 'ERR_AUTH_KERBEROS_TICKET'
  /** The Kerberos realm does not know the brokers' principal. */
  | 'ERR_AUTH_KERBEROS_SERVICE'
  /** The clocks of this machine, the KDC and the broker differ too much for Kerberos. */
  | 'ERR_AUTH_KERBEROS_CLOCK'
  /** The optional package kerberos is not there. */
  | 'ERR_AUTH_KERBEROS_PACKAGE'
  /** TLS failed in a way without a code of its own; the message has OpenSSL's words. */
  | 'ERR_TLS'
  /** The broker's certificate comes from an authority that is not trusted. */
  | 'ERR_TLS_AUTHORITY'
  /** The broker's certificate is its own authority, or its chain ends in one that is not trusted. */
  | 'ERR_TLS_SELF_SIGNED'
  /** The broker's certificate has ended. */
  | 'ERR_TLS_EXPIRED'
  /** The broker's certificate begins only later. */
  | 'ERR_TLS_NOT_YET_VALID'
  /** The broker's certificate is for other hosts. */
  | 'ERR_TLS_HOST_NAME'
  /** The broker wants a certificate of this client, or does not take the one it got. */
  | 'ERR_TLS_CLIENT_CERTIFICATE'
  /** Certificate and key of this client cannot be used: not PEM, or not of each other. */
  | 'ERR_TLS_KEY'
  /** The private key of this client is encrypted, and the passphrase is missing or wrong. */
  | 'ERR_TLS_PASSPHRASE'
  /** Broker and client have no TLS version or cipher in common. */
  | 'ERR_TLS_VERSION'
  /** A broker says it belongs to another cluster than the one before; nothing is sent there, nor any more at all. */
  | 'ERR_CLUSTER_CHANGED'
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
  /** The optional package @bufbuild/protobuf is not there. */
  | 'ERR_PROTOBUF_PACKAGE'
  /** A descriptor set cannot be used, or lacks the message. */
  | 'ERR_PROTOBUF_SCHEMA'
  /** A value does not fit its Protobuf message; the error names the place in the value. */
  | 'ERR_PROTOBUF_VALUE'
  /** A JSON Schema cannot be used. */
  | 'ERR_JSON_SCHEMA'
  /** A value cannot be JSON, or the hook `validate` refused it; the error names the place in the value. */
  | 'ERR_JSON_VALUE'
  /** No schema registry could be reached, or none gave a usable answer; `retriable` says if later may be better. */
  | 'ERR_REGISTRY'
  /** The schema registry refused the credentials, or what they may do. */
  | 'ERR_REGISTRY_AUTH'
  /** The TLS handshake with the schema registry failed for good. */
  | 'ERR_REGISTRY_TLS'
  /** The schema registry does not know the subject, the schema or the id. */
  | 'ERR_REGISTRY_NOT_FOUND'
  /** The schema breaks the compatibility that its subject asks for. */
  | 'ERR_REGISTRY_INCOMPATIBLE'
  /** The schema registry refused the schema as invalid, or has one that cannot be used here. */
  | 'ERR_REGISTRY_SCHEMA'
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

/** A value does not fit its schema: `path` is the place in the value, from $ on, and `reason` what is wrong there. */
export class ValueError extends KafkaHotpathError {
  readonly path: string;
  readonly reason: string;

  /** @param options.where the message it is about, as `message 3` */
  constructor(code: ErrorCode, path: string, reason: string, options?: ErrorOptionsWithCause & { where?: string }) {
    super(code, options?.where === undefined ? `${path}: ${reason}` : `${options.where} (${path}): ${reason}`, options);
    this.name = 'ValueError';
    this.path = path;
    this.reason = reason;
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
