/** Consumer groups: finding the coordinator, membership, committed offsets. */
import { KafkaErrorCode } from '../protocol/error-codes.ts';
import {
  type CommittedOffset,
  decodeOffsetCommit,
  decodeOffsetFetch,
  encodeOffsetCommitResponse,
  encodeOffsetFetchResponse,
} from '../protocol/group-offsets-server.ts';
import {
  decodeFindCoordinator,
  decodeHeartbeat,
  decodeJoinGroup,
  decodeLeaveGroup,
  decodeSyncGroup,
  encodeFindCoordinatorResponse,
  encodeHeartbeatResponse,
  encodeJoinGroupResponse,
  encodeLeaveGroupResponse,
  encodeSyncGroupResponse,
} from '../protocol/group-server.ts';
import type { Group } from './group.ts';
import type { ServeContext } from './serve.ts';

/** FindCoordinator: 0 asks for a group's, 1 for a transaction's. */
const GROUP_KEY_TYPE = 0;

/** From this version on a newcomer must join twice (KIP-394). */
const MEMBER_ID_REQUIRED_FROM = 4;

const NOTHING: Uint8Array = new Uint8Array(0);

export function serveFindCoordinator({ cluster, request }: ServeContext): Buffer {
  const { keyType } = decodeFindCoordinator(request.version, request.body);
  const [coordinator] = cluster.liveNodes;
  if (coordinator === undefined || keyType !== GROUP_KEY_TYPE) {
    const nowhere = { nodeId: -1, host: '', port: -1, rack: null };
    return encodeFindCoordinatorResponse(request.version, KafkaErrorCode.INVALID_REQUEST, nowhere);
  }
  return encodeFindCoordinatorResponse(request.version, 0, coordinator.endpoint);
}

export async function serveJoinGroup(context: ServeContext): Promise<Buffer> {
  const { version, body, clientId } = context.request;
  const join = decodeJoinGroup(version, body);
  const group = findGroup(context, join.group);
  if (group === undefined) {
    const refused = { generation: -1, protocol: '', leaderId: '', memberId: join.memberId, members: [] };
    return encodeJoinGroupResponse(version, { ...refused, errorCode: KafkaErrorCode.NOT_COORDINATOR });
  }
  const options = { memberIdRequired: version >= MEMBER_ID_REQUIRED_FROM };
  return encodeJoinGroupResponse(version, await group.join(join, clientId ?? '', options));
}

export async function serveSyncGroup(context: ServeContext): Promise<Buffer> {
  const { version, body } = context.request;
  const sync = decodeSyncGroup(version, body);
  const group = findGroup(context, sync.group);
  if (group === undefined) return encodeSyncGroupResponse(version, KafkaErrorCode.NOT_COORDINATOR, NOTHING);
  const { errorCode, assignment } = await group.sync(sync);
  return encodeSyncGroupResponse(version, errorCode, assignment);
}

export function serveHeartbeat(context: ServeContext): Buffer {
  const { version, body } = context.request;
  const { group: groupId, memberId, generation } = decodeHeartbeat(version, body);
  const group = findGroup(context, groupId);
  return encodeHeartbeatResponse(version, group?.check(memberId, generation) ?? KafkaErrorCode.NOT_COORDINATOR);
}

export function serveLeaveGroup(context: ServeContext): Buffer {
  const { version, body } = context.request;
  const { group: groupId, memberIds } = decodeLeaveGroup(version, body);
  const group = findGroup(context, groupId);
  if (group === undefined) return encodeLeaveGroupResponse(version, KafkaErrorCode.NOT_COORDINATOR, []);
  const members = memberIds.map((memberId) => ({ memberId, errorCode: group.leave(memberId) }));
  const errorCode = version < 3 ? (members[0]?.errorCode ?? 0) : 0;
  return encodeLeaveGroupResponse(version, errorCode, members);
}

export function serveOffsetCommit(context: ServeContext): Buffer {
  const { version, body } = context.request;
  const commit = decodeOffsetCommit(version, body);
  const group = findGroup(context, commit.group);
  const errorCode = group?.checkCommit(commit.memberId, commit.generation) ?? KafkaErrorCode.NOT_COORDINATOR;
  const topics = commit.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((offset) => {
      if (group !== undefined && errorCode === 0) store(group, topic, offset);
      return { partition: offset.partition, errorCode };
    }),
  }));
  return encodeOffsetCommitResponse(version, topics);
}

export function serveOffsetFetch(context: ServeContext): Buffer {
  const { version, body } = context.request;
  const { group: groupId, topics } = decodeOffsetFetch(version, body);
  const { committed } = context.cluster.group(groupId);
  if (topics === null) {
    const all = [...committed].map(([topic, offsets]) => ({ topic, partitions: [...offsets.values()] }));
    return encodeOffsetFetchResponse(version, all);
  }
  const found = topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((partition) => committed.get(topic)?.get(partition) ?? neverCommitted(partition)),
  }));
  return encodeOffsetFetchResponse(version, found);
}

/** Undefined on a node that is not the coordinator. */
function findGroup({ cluster, request }: ServeContext, groupId: string): Group | undefined {
  return cluster.controllerId === request.nodeId ? cluster.group(groupId) : undefined;
}

function store(group: Group, topic: string, offset: CommittedOffset): void {
  const offsets = group.committed.get(topic) ?? new Map<number, CommittedOffset>();
  offsets.set(offset.partition, offset);
  group.committed.set(topic, offsets);
}

function neverCommitted(partition: number): CommittedOffset {
  return { partition, offset: -1, metadata: '' };
}
