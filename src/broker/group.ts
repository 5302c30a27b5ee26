/**
 * One consumer group: who is in, which generation, who got which partitions, and what is committed.
 *
 *   empty ──join──▶ joining ──all members joined──▶ syncing ──leader's assignment──▶ stable
 *                      ▲                               │                              │
 *                      └──────── join, leave, session or rebalance time-out ──────────┘
 * Unlike Kafka it does not wait 3 s for company before the first generation: tests should be quick.
 */
import { KafkaErrorCode } from '../protocol/error-codes.ts';
import type { CommittedOffset } from '../protocol/group-offsets-server.ts';
import type { GroupProtocol, JoinGroupRequest, JoinGroupResponse, SyncGroupRequest } from '../protocol/group-server.ts';

export interface SyncResult {
  errorCode: number;
  assignment: Uint8Array;
}

interface Member {
  readonly id: string;
  protocols: GroupProtocol[];
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  sessionTimer: NodeJS.Timeout | undefined;
  /** Set while the member waits for the others to join. */
  answerJoin: ((response: JoinGroupResponse) => void) | undefined;
  /** Set while the member waits for the leader's assignment. */
  answerSync: ((result: SyncResult) => void) | undefined;
  assignment: Uint8Array;
}

type GroupState = 'empty' | 'joining' | 'syncing' | 'stable';

const NOTHING: Uint8Array = new Uint8Array(0);

export class Group {
  /** By topic and partition. */
  readonly committed: Map<string, Map<number, CommittedOffset>> = new Map();
  readonly #members = new Map<string, Member>();
  #state: GroupState = 'empty';
  #generation = 0;
  #leaderId = '';
  #protocol = '';
  #memberCount = 0;
  #rebalanceTimer: NodeJS.Timeout | undefined;

  /** @param memberIdRequired a newcomer must come back with the id it is given (JoinGroup v4 and later, KIP-394) */
  join(
    request: JoinGroupRequest,
    clientId: string,
    options: { memberIdRequired: boolean },
  ): Promise<JoinGroupResponse> {
    if (request.memberId === '') {
      const memberId = `${clientId}-${++this.#memberCount}`;
      if (options.memberIdRequired) return Promise.resolve(refuseJoin(KafkaErrorCode.MEMBER_ID_REQUIRED, memberId));
      return this.#admit({ ...request, memberId });
    }
    return this.#admit(request);
  }

  sync(request: SyncGroupRequest): Promise<SyncResult> {
    const errorCode = this.check(request.memberId, request.generation);
    if (errorCode !== 0) return Promise.resolve({ errorCode, assignment: NOTHING });
    const member = this.#members.get(request.memberId);
    if (member === undefined || this.#state === 'stable') {
      return Promise.resolve({ errorCode: 0, assignment: member?.assignment ?? NOTHING });
    }
    const answer = new Promise<SyncResult>((resolve) => {
      member.answerSync = resolve;
    });
    if (request.memberId === this.#leaderId) this.#assign(request);
    return answer;
  }

  /** 0 when the member may go on in this generation; also counts as a sign of life. */
  check(memberId: string, generation: number): number {
    const member = this.#members.get(memberId);
    if (member === undefined) return KafkaErrorCode.UNKNOWN_MEMBER_ID;
    this.#watch(member);
    if (generation !== this.#generation) return KafkaErrorCode.ILLEGAL_GENERATION;
    return this.#state === 'joining' ? KafkaErrorCode.REBALANCE_IN_PROGRESS : 0;
  }

  /** Commits from a consumer that assigns itself come without a member and find the group empty. */
  checkCommit(memberId: string, generation: number): number {
    if (generation < 0 && this.#members.size === 0) return 0;
    const errorCode = this.check(memberId, generation);
    return errorCode === KafkaErrorCode.REBALANCE_IN_PROGRESS ? 0 : errorCode;
  }

  leave(memberId: string): number {
    const member = this.#members.get(memberId);
    if (member === undefined) return KafkaErrorCode.UNKNOWN_MEMBER_ID;
    this.#remove(member);
    return 0;
  }

  close(): void {
    clearTimeout(this.#rebalanceTimer);
    for (const member of this.#members.values()) clearTimeout(member.sessionTimer);
  }

  #admit(request: JoinGroupRequest): Promise<JoinGroupResponse> {
    const member: Member = this.#members.get(request.memberId) ?? {
      id: request.memberId,
      protocols: [],
      sessionTimeoutMs: 0,
      rebalanceTimeoutMs: 0,
      sessionTimer: undefined,
      answerJoin: undefined,
      answerSync: undefined,
      assignment: NOTHING,
    };
    member.protocols = request.protocols;
    member.sessionTimeoutMs = request.sessionTimeoutMs;
    member.rebalanceTimeoutMs = request.rebalanceTimeoutMs;
    this.#members.set(member.id, member);
    if (this.#commonProtocol() === undefined) {
      this.#members.delete(member.id);
      return Promise.resolve(refuseJoin(KafkaErrorCode.INCONSISTENT_GROUP_PROTOCOL, member.id));
    }
    this.#watch(member);
    const answer = new Promise<JoinGroupResponse>((resolve) => {
      member.answerJoin = resolve;
    });
    this.#rebalance();
    return answer;
  }

  /** Asks everybody to join again, and starts the next generation when all have. */
  #rebalance(): void {
    if (this.#state !== 'joining') {
      this.#state = 'joining';
      for (const member of this.#members.values()) {
        member.answerSync?.({ errorCode: KafkaErrorCode.REBALANCE_IN_PROGRESS, assignment: NOTHING });
        member.answerSync = undefined;
      }
      const longestMs = Math.max(0, ...[...this.#members.values()].map((member) => member.rebalanceTimeoutMs));
      this.#rebalanceTimer = setTimeout(() => {
        this.#dropAbsent();
      }, longestMs).unref();
    }
    this.#startGenerationWhenAllJoined();
  }

  #dropAbsent(): void {
    for (const member of this.#members.values()) {
      if (member.answerJoin === undefined) this.#members.delete(member.id);
    }
    this.#startGenerationWhenAllJoined();
  }

  #startGenerationWhenAllJoined(): void {
    const members = [...this.#members.values()];
    if (members.some((member) => member.answerJoin === undefined)) return;
    clearTimeout(this.#rebalanceTimer);
    this.#generation++;
    this.#protocol = this.#commonProtocol() ?? '';
    this.#leaderId = this.#members.has(this.#leaderId) ? this.#leaderId : (members[0]?.id ?? '');
    this.#state = members.length === 0 ? 'empty' : 'syncing';
    for (const member of members) {
      member.answerJoin?.(this.#joined(member, members));
      member.answerJoin = undefined;
    }
  }

  /** Only the leader is told who the members are: it computes the assignment. */
  #joined(member: Member, members: readonly Member[]): JoinGroupResponse {
    const subscriptions = members.map(({ id, protocols }) => {
      const chosen = protocols.find(({ name }) => name === this.#protocol);
      return { memberId: id, metadata: chosen?.metadata ?? NOTHING };
    });
    return {
      errorCode: 0,
      generation: this.#generation,
      protocol: this.#protocol,
      leaderId: this.#leaderId,
      memberId: member.id,
      members: member.id === this.#leaderId ? subscriptions : [],
    };
  }

  #assign(request: SyncGroupRequest): void {
    for (const { memberId, assignment } of request.assignments) {
      const member = this.#members.get(memberId);
      if (member !== undefined) member.assignment = Buffer.from(assignment);
    }
    this.#state = 'stable';
    for (const member of this.#members.values()) {
      member.answerSync?.({ errorCode: 0, assignment: member.assignment });
      member.answerSync = undefined;
    }
  }

  /** The first protocol of the first member that all others know too. */
  #commonProtocol(): string | undefined {
    const [first, ...others] = this.#members.values();
    const knows = (member: Member, name: string): boolean =>
      member.protocols.some((protocol) => protocol.name === name);
    return first?.protocols.find(({ name }) => others.every((other) => knows(other, name)))?.name;
  }

  #watch(member: Member): void {
    clearTimeout(member.sessionTimer);
    member.sessionTimer = setTimeout(() => {
      // A member that waits in join is alive by definition: it has no way to send heartbeats.
      if (member.answerJoin === undefined) this.#remove(member);
    }, member.sessionTimeoutMs).unref();
  }

  #remove(member: Member): void {
    clearTimeout(member.sessionTimer);
    this.#members.delete(member.id);
    member.answerJoin?.(refuseJoin(KafkaErrorCode.UNKNOWN_MEMBER_ID, member.id));
    member.answerSync?.({ errorCode: KafkaErrorCode.UNKNOWN_MEMBER_ID, assignment: NOTHING });
    this.#rebalance();
  }
}

function refuseJoin(errorCode: number, memberId: string): JoinGroupResponse {
  return { errorCode, generation: -1, protocol: '', leaderId: '', memberId, members: [] };
}
