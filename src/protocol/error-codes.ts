/** Kafka's error codes: the name the protocol documentation uses and a few words for people. */

/** The codes this package gives a meaning to, by name. */
export const KafkaErrorCode = {
  NONE: 0,
  OFFSET_OUT_OF_RANGE: 1,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  LEADER_NOT_AVAILABLE: 5,
  NOT_LEADER_OR_FOLLOWER: 6,
  MESSAGE_TOO_LARGE: 10,
  NOT_COORDINATOR: 16,
  INVALID_TOPIC_EXCEPTION: 17,
  INVALID_REQUIRED_ACKS: 21,
  ILLEGAL_GENERATION: 22,
  INCONSISTENT_GROUP_PROTOCOL: 23,
  UNKNOWN_MEMBER_ID: 25,
  REBALANCE_IN_PROGRESS: 27,
  TOPIC_AUTHORIZATION_FAILED: 29,
  INVALID_TIMESTAMP: 32,
  UNSUPPORTED_SASL_MECHANISM: 33,
  ILLEGAL_SASL_STATE: 34,
  UNSUPPORTED_VERSION: 35,
  INVALID_REQUEST: 42,
  OUT_OF_ORDER_SEQUENCE_NUMBER: 45,
  INVALID_PRODUCER_EPOCH: 47,
  INVALID_TXN_STATE: 48,
  SASL_AUTHENTICATION_FAILED: 58,
  UNSUPPORTED_COMPRESSION_TYPE: 76,
  MEMBER_ID_REQUIRED: 79,
  INVALID_RECORD: 87,
} as const;

interface KafkaErrorEntry {
  readonly name: string;
  readonly text: string;
}

/** One line per code, from 0 on, without a gap: "NAME text". */
const LINES: string = `
NONE no error
OFFSET_OUT_OF_RANGE the offset is not within the log
CORRUPT_MESSAGE the broker found the batch damaged (checksum, size or key)
UNKNOWN_TOPIC_OR_PARTITION the broker does not host this topic or partition
INVALID_FETCH_SIZE the fetch size is invalid
LEADER_NOT_AVAILABLE the partition has no leader at the moment
NOT_LEADER_OR_FOLLOWER the broker is not the leader of the partition
REQUEST_TIMED_OUT the replicas did not answer the leader in time
BROKER_NOT_AVAILABLE the broker is not available
REPLICA_NOT_AVAILABLE the replica is not available
MESSAGE_TOO_LARGE the batch is larger than the topic allows
STALE_CONTROLLER_EPOCH the controller has moved
OFFSET_METADATA_TOO_LARGE the offset's metadata is too large
NETWORK_EXCEPTION the broker lost a connection of its own
COORDINATOR_LOAD_IN_PROGRESS the coordinator is still loading
COORDINATOR_NOT_AVAILABLE the coordinator is not available
NOT_COORDINATOR the broker is not the coordinator
INVALID_TOPIC_EXCEPTION the topic name is not allowed
RECORD_LIST_TOO_LARGE the batch is larger than a log segment
NOT_ENOUGH_REPLICAS fewer replicas are in sync than the topic demands; nothing was written
NOT_ENOUGH_REPLICAS_AFTER_APPEND the batch is written, but to fewer replicas than the topic demands
INVALID_REQUIRED_ACKS the broker does not accept this acks value
ILLEGAL_GENERATION the group has moved to another generation
INCONSISTENT_GROUP_PROTOCOL the member's protocols do not fit the group's
INVALID_GROUP_ID the group id is not allowed
UNKNOWN_MEMBER_ID the group does not know this member
INVALID_SESSION_TIMEOUT the session timeout is outside the broker's limits
REBALANCE_IN_PROGRESS the group is rebalancing
INVALID_COMMIT_OFFSET_SIZE the committed offset is too large
TOPIC_AUTHORIZATION_FAILED not authorized for this topic; grant the user Write and Describe on it
GROUP_AUTHORIZATION_FAILED not authorized for this group
CLUSTER_AUTHORIZATION_FAILED not authorized; enableIdempotence needs Write on a topic, or IdempotentWrite
INVALID_TIMESTAMP a timestamp is outside the window the topic accepts
UNSUPPORTED_SASL_MECHANISM the broker has not enabled this SASL mechanism
ILLEGAL_SASL_STATE the request does not fit the state of the authentication
UNSUPPORTED_VERSION the broker does not know this version of the request
TOPIC_ALREADY_EXISTS the topic exists already
INVALID_PARTITIONS the partition count is invalid
INVALID_REPLICATION_FACTOR the replication factor is invalid
INVALID_REPLICA_ASSIGNMENT the replica assignment is invalid
INVALID_CONFIG the configuration is invalid
NOT_CONTROLLER the broker is not the controller
INVALID_REQUEST the request contradicts itself or the protocol
UNSUPPORTED_FOR_MESSAGE_FORMAT the topic's message format is too old for this
POLICY_VIOLATION the request violates a policy of the cluster
OUT_OF_ORDER_SEQUENCE_NUMBER the batch's sequence number does not follow the last one
DUPLICATE_SEQUENCE_NUMBER the broker has this batch already
INVALID_PRODUCER_EPOCH the producer's epoch is older than the one the broker knows
INVALID_TXN_STATE the transaction is in another state
INVALID_PRODUCER_ID_MAPPING the producer id does not belong to the transactional id
INVALID_TRANSACTION_TIMEOUT the transaction timeout is larger than allowed
CONCURRENT_TRANSACTIONS the previous transaction is not finished
TRANSACTION_COORDINATOR_FENCED the transaction coordinator has been replaced
TRANSACTIONAL_ID_AUTHORIZATION_FAILED not authorized for this transactional id
SECURITY_DISABLED the cluster has no security features enabled
OPERATION_NOT_ATTEMPTED another part of the request failed first
KAFKA_STORAGE_ERROR the broker could not use its disk
LOG_DIR_NOT_FOUND the log directory does not exist
SASL_AUTHENTICATION_FAILED the credentials were refused
UNKNOWN_PRODUCER_ID the broker knows nothing of this producer id
REASSIGNMENT_IN_PROGRESS a reassignment is in progress
DELEGATION_TOKEN_AUTH_DISABLED delegation tokens are disabled
DELEGATION_TOKEN_NOT_FOUND the delegation token does not exist
DELEGATION_TOKEN_OWNER_MISMATCH the delegation token belongs to another
DELEGATION_TOKEN_REQUEST_NOT_ALLOWED delegation tokens are not allowed on this connection
DELEGATION_TOKEN_AUTHORIZATION_FAILED not authorized for delegation tokens
DELEGATION_TOKEN_EXPIRED the delegation token has expired
INVALID_PRINCIPAL_TYPE the principal type is not supported
NON_EMPTY_GROUP the group has members
GROUP_ID_NOT_FOUND the group does not exist
FETCH_SESSION_ID_NOT_FOUND the fetch session does not exist
INVALID_FETCH_SESSION_EPOCH the fetch session epoch is invalid
LISTENER_NOT_FOUND the leader has no listener of this name
TOPIC_DELETION_DISABLED topics cannot be deleted here
FENCED_LEADER_EPOCH the leader epoch is older than the broker's
UNKNOWN_LEADER_EPOCH the leader epoch is newer than the broker's
UNSUPPORTED_COMPRESSION_TYPE the request's version does not allow this compression
STALE_BROKER_EPOCH the broker epoch has changed
OFFSET_NOT_AVAILABLE the leader has not caught up with its high watermark
MEMBER_ID_REQUIRED the member must join again with the id it was given
PREFERRED_LEADER_NOT_AVAILABLE the preferred leader is not available
GROUP_MAX_SIZE_REACHED the group is full
FENCED_INSTANCE_ID another member has taken this instance id
ELIGIBLE_LEADERS_NOT_AVAILABLE no replica can become leader
ELECTION_NOT_NEEDED the leader is the wanted one already
NO_REASSIGNMENT_IN_PROGRESS no reassignment is in progress
GROUP_SUBSCRIBED_TO_TOPIC the group still reads the topic
INVALID_RECORD the broker refuses a record of the batch
UNSTABLE_OFFSET_COMMIT a transaction has not settled these offsets
THROTTLING_QUOTA_EXCEEDED a quota is used up
PRODUCER_FENCED a newer producer has taken the transactional id
RESOURCE_NOT_FOUND the resource does not exist
DUPLICATE_RESOURCE the resource is named twice
UNACCEPTABLE_CREDENTIAL the credential does not meet the rules
INCONSISTENT_VOTER_SET the voter sets differ
INVALID_UPDATE_VERSION the update version is invalid
FEATURE_UPDATE_FAILED the features could not be updated
PRINCIPAL_DESERIALIZATION_FAILURE the forwarded principal is unreadable
SNAPSHOT_NOT_FOUND the snapshot does not exist
POSITION_OUT_OF_RANGE the position is not within the snapshot
UNKNOWN_TOPIC_ID the broker does not know this topic id
DUPLICATE_BROKER_REGISTRATION the broker id is in use
BROKER_ID_NOT_REGISTERED the broker id is not registered
INCONSISTENT_TOPIC_ID the topic id differs from the one in the log
INCONSISTENT_CLUSTER_ID the cluster id differs
TRANSACTIONAL_ID_NOT_FOUND the transactional id does not exist
FETCH_SESSION_TOPIC_ID_ERROR the fetch session mixes topic names and ids
INELIGIBLE_REPLICA the replica may not join the in-sync set
NEW_LEADER_ELECTED the change elected a new leader
OFFSET_MOVED_TO_TIERED_STORAGE the offset is in tiered storage
FENCED_MEMBER_EPOCH the member's epoch is too old
UNRELEASED_INSTANCE_ID the instance id is still in use
UNSUPPORTED_ASSIGNOR the group does not support the assignor
STALE_MEMBER_EPOCH the member's epoch has passed
MISMATCHED_ENDPOINT_TYPE the request came to the wrong kind of endpoint
UNSUPPORTED_ENDPOINT_TYPE this kind of endpoint is not supported
UNKNOWN_CONTROLLER_ID the controller id is not known
UNKNOWN_SUBSCRIPTION_ID the telemetry subscription is not known
TELEMETRY_TOO_LARGE the telemetry is too large
INVALID_REGISTRATION the broker registration is invalid
TRANSACTION_ABORTABLE the transaction must be aborted
INVALID_RECORD_STATE the share group's record is in another state
SHARE_SESSION_NOT_FOUND the share session does not exist
INVALID_SHARE_SESSION_EPOCH the share session epoch is invalid
FENCED_STATE_EPOCH the state epoch is too old
INVALID_VOTER_KEY the voter key is wrong
DUPLICATE_VOTER the voter is a member already
VOTER_NOT_FOUND the voter is not a member
INVALID_REGULAR_EXPRESSION the regular expression is invalid
REBOOTSTRAP_REQUIRED the client must start again from its bootstrap list
STREAMS_INVALID_TOPOLOGY the streams topology is invalid
STREAMS_INVALID_TOPOLOGY_EPOCH the streams topology epoch is invalid
STREAMS_TOPOLOGY_FENCED the streams topology epoch has passed
SHARE_SESSION_LIMIT_REACHED there are too many share sessions
`;

const ENTRIES: readonly KafkaErrorEntry[] = LINES.trim()
  .split('\n')
  .map((line) => {
    const space = line.indexOf(' ');
    return { name: line.slice(0, space), text: line.slice(space + 1) };
  });

const UNKNOWN_SERVER_ERROR: KafkaErrorEntry = {
  name: 'UNKNOWN_SERVER_ERROR',
  text: 'the broker failed for a reason it does not name',
};

/** The protocol's name of a code, "UNKNOWN_ERROR_<code>" for one that is newer than this table. */
export function kafkaErrorName(code: number): string {
  return entryOf(code)?.name ?? `UNKNOWN_ERROR_${code}`;
}

/** A few words on what the code means. */
export function kafkaErrorText(code: number): string {
  return entryOf(code)?.text ?? 'the broker answered an error code this version does not know';
}

function entryOf(code: number): KafkaErrorEntry | undefined {
  return code === -1 ? UNKNOWN_SERVER_ERROR : ENTRIES[code];
}
