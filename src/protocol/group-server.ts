/**
 * Consumer group membership as a broker sees it: FindCoordinator v0–v2, JoinGroup v0–v5, SyncGroup, Heartbeat and
 * LeaveGroup v0–v3; all classic. "instance" is a nullable STRING, the static member's name.
 *
 *   FindCoordinator request  = STRING key, v1+: INT8 key type (0 group)
 *   FindCoordinator response = v1+: INT32 throttle ms, INT16 error, v1+: nullable STRING message,
 *                              INT32 node id, STRING host, INT32 port
 *   JoinGroup request        = STRING group, INT32 session timeout ms, v1+: INT32 rebalance timeout ms, STRING member,
 *                              v5+: instance, STRING protocol type, ARRAY { STRING protocol, BYTES metadata }
 *   JoinGroup response       = v2+: INT32 throttle ms, INT16 error, INT32 generation, STRING protocol, STRING leader,
 *                              STRING member, ARRAY { STRING member, v5+: instance, BYTES metadata }
 *   SyncGroup request        = STRING group, INT32 generation, STRING member, v3+: instance,
 *                              ARRAY { STRING member, BYTES assignment }
 *   SyncGroup response       = v1+: INT32 throttle ms, INT16 error, BYTES assignment
 *   Heartbeat request        = STRING group, INT32 generation, STRING member, v3+: instance
 *   Heartbeat response       = v1+: INT32 throttle ms, INT16 error
 *   LeaveGroup request       = STRING group, v0–v2: STRING member, v3+: ARRAY { STRING member, instance }
 *   LeaveGroup response      = v1+: INT32 throttle ms, INT16 error, v3+: ARRAY { STRING member, instance, INT16 error }
 */
import type { BrokerEndpoint } from './messages.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

export interface GroupProtocol {
  name: string;
  metadata: Uint8Array;
}

export interface JoinGroupRequest {
  group: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  memberId: string;
  protocolType: string;
  protocols: GroupProtocol[];
}

export interface JoinGroupResponse {
  errorCode: number;
  generation: number;
  protocol: string;
  leaderId: string;
  memberId: string;
  members: { memberId: string; metadata: Uint8Array }[];
}

/** Who says something to the group. */
export interface MemberRequest {
  group: string;
  generation: number;
  memberId: string;
}

export interface SyncGroupRequest extends MemberRequest {
  assignments: { memberId: string; assignment: Uint8Array }[];
}

export interface LeaveGroupRequest {
  group: string;
  memberIds: string[];
}

export function decodeFindCoordinator(version: number, body: Uint8Array): { key: string; keyType: number } {
  const reader = new Reader(body, `FindCoordinator v${version} request`, false);
  const request = { key: reader.string('key'), keyType: version >= 1 ? reader.int8('key type') : 0 };
  reader.expectEnd();
  return request;
}

export function encodeFindCoordinatorResponse(version: number, errorCode: number, node: BrokerEndpoint): Buffer {
  const writer = openResponse(version >= 1);
  writer.int16(errorCode);
  if (version >= 1) writer.nullableString(null);
  writer.int32(node.nodeId);
  writer.string(node.host);
  writer.int32(node.port);
  return writer.cut();
}

export function decodeJoinGroup(version: number, body: Uint8Array): JoinGroupRequest {
  const reader = new Reader(body, `JoinGroup v${version} request`, false);
  const group = reader.string('group');
  const sessionTimeoutMs = reader.int32('session timeout');
  const rebalanceTimeoutMs = version >= 1 ? reader.int32('rebalance timeout') : sessionTimeoutMs;
  const memberId = reader.string('member');
  if (version >= 5) reader.nullableString('instance');
  const protocolType = reader.string('protocol type');
  const protocols = reader.array('protocols', () => ({
    name: reader.string('protocol'),
    metadata: reader.bytes('protocol metadata'),
  }));
  reader.expectEnd();
  return { group, sessionTimeoutMs, rebalanceTimeoutMs, memberId, protocolType, protocols };
}

export function encodeJoinGroupResponse(version: number, response: JoinGroupResponse): Buffer {
  const writer = openResponse(version >= 2);
  writer.int16(response.errorCode);
  writer.int32(response.generation);
  writer.string(response.protocol);
  writer.string(response.leaderId);
  writer.string(response.memberId);
  writer.array(response.members, ({ memberId, metadata }) => {
    writer.string(memberId);
    if (version >= 5) writer.nullableString(null);
    writer.bytes(metadata);
  });
  return writer.cut();
}

export function decodeSyncGroup(version: number, body: Uint8Array): SyncGroupRequest {
  const reader = new Reader(body, `SyncGroup v${version} request`, false);
  const member = readMember(reader, version);
  const assignments = reader.array('assignments', () => ({
    memberId: reader.string('member'),
    assignment: reader.bytes('assignment'),
  }));
  reader.expectEnd();
  return { ...member, assignments };
}

export function encodeSyncGroupResponse(version: number, errorCode: number, assignment: Uint8Array): Buffer {
  const writer = openResponse(version >= 1);
  writer.int16(errorCode);
  writer.bytes(assignment);
  return writer.cut();
}

export function decodeHeartbeat(version: number, body: Uint8Array): MemberRequest {
  const reader = new Reader(body, `Heartbeat v${version} request`, false);
  const member = readMember(reader, version);
  reader.expectEnd();
  return member;
}

export function encodeHeartbeatResponse(version: number, errorCode: number): Buffer {
  const writer = openResponse(version >= 1);
  writer.int16(errorCode);
  return writer.cut();
}

export function decodeLeaveGroup(version: number, body: Uint8Array): LeaveGroupRequest {
  const reader = new Reader(body, `LeaveGroup v${version} request`, false);
  const group = reader.string('group');
  const readMemberId = (): string => reader.string('member');
  const memberIds =
    version < 3
      ? [readMemberId()]
      : reader.array('members', () => {
          const memberId = readMemberId();
          reader.nullableString('instance');
          return memberId;
        });
  reader.expectEnd();
  return { group, memberIds };
}

export function encodeLeaveGroupResponse(
  version: number,
  errorCode: number,
  members: readonly { memberId: string; errorCode: number }[],
): Buffer {
  const writer = openResponse(version >= 1);
  writer.int16(errorCode);
  if (version >= 3) {
    writer.array(members, (member) => {
      writer.string(member.memberId);
      writer.nullableString(null);
      writer.int16(member.errorCode);
    });
  }
  return writer.cut();
}

function readMember(reader: Reader, version: number): MemberRequest {
  const member = {
    group: reader.string('group'),
    generation: reader.int32('generation'),
    memberId: reader.string('member'),
  };
  if (version >= 3) reader.nullableString('instance');
  return member;
}

/** Most of these responses begin with a throttle time, which is always 0 here. */
function openResponse(hasThrottle: boolean): Writer {
  const writer = new Writer(false);
  if (hasThrottle) writer.int32(0);
  return writer;
}
