/** What must hold after a run, whatever went wrong in it (oracles O1–O11 of reliability §3.1). */
import type { DeliveryReport } from '../../src/producer/api.ts';
import type { Scenario } from './scenario.ts';
import type { SimCluster } from './sim-cluster.ts';
import type { LogEntry, SimPartition } from './sim-partition.ts';

export interface SentMessage {
  readonly value: string;
  readonly sentAtMs: number;
  reportedAtMs: number;
  report: DeliveryReport | undefined;
}

/** O8 allows a second past the deadline. */
const REPORT_GRACE_MS = 1_000;

interface StoredMessage {
  readonly partition: number;
  readonly offset: number;
}

export function checkRun(scenario: Scenario, cluster: SimCluster, messages: readonly SentMessage[]): string[] {
  const idempotent = scenario.config.enableIdempotence === true;
  const stored = storedMessages(cluster);
  const violations: string[] = [];
  for (const message of messages) violations.push(...checkMessage(message, stored, cluster, idempotent));
  violations.push(...checkDeadlines(scenario, messages));
  for (let partition = 0; partition < cluster.partitions.length; partition++) {
    // A broker that has lost a producer's state takes any sequence from it: order is promised only where it keeps it.
    if (idempotent && cluster.forgetful.has(partition)) continue;
    violations.push(...checkOrder(partition, messages, stored, idempotent));
  }
  return violations;
}

/** Where each value is in the final logs, in offset order. */
function storedMessages(cluster: SimCluster): Map<string, StoredMessage[]> {
  const stored = new Map<string, StoredMessage[]>();
  for (const [partition, log] of cluster.partitions.map(finalLog).entries()) {
    for (const { baseOffset, values } of log) {
      for (const [i, value] of values.entries()) {
        const places = stored.get(value) ?? [];
        places.push({ partition, offset: baseOffset + i });
        stored.set(value, places);
      }
    }
  }
  return stored;
}

function finalLog(partition: SimPartition): LogEntry[] {
  return partition.leaderId < 0 ? [] : partition.log(partition.leaderId);
}

function checkMessage(
  { value, report }: SentMessage,
  stored: ReadonlyMap<string, StoredMessage[]>,
  cluster: SimCluster,
  idempotent: boolean,
): string[] {
  if (report === undefined) return [`O1: ${value} has no report`];
  const places = stored.get(value) ?? [];
  const violations: string[] = [];
  if (report.status === 'persisted') {
    if (places.length === 0) violations.push(`O2: ${value} was reported persisted and is in no log`);
    const isWhereReported = places.some(
      ({ partition, offset }) => partition === report.partition && offset === report.offset,
    );
    if (report.offset >= 0 && places.length > 0 && !isWhereReported) {
      violations.push(`O2: ${value} is not at the reported ${report.partition}@${report.offset}`);
    }
  }
  if (report.status === 'notPersisted' && places.length > 0) {
    violations.push(`O5: ${value} was reported not persisted and is in the log`);
  }
  if (places.some(({ partition }) => partition !== places[0]?.partition)) {
    violations.push(`R3: ${value} is in more than one partition`);
  }
  const isForgetful = places.some(({ partition }) => cluster.forgetful.has(partition));
  if (idempotent && !isForgetful && places.length > 1) {
    violations.push(`O3/O6: ${value} is stored ${places.length} times`);
  }
  if (!isForgetful && places.length > 1 + report.possibleDuplicates) {
    violations.push(`O3: ${value} is stored ${places.length} times, told are ${report.possibleDuplicates} duplicates`);
  }
  return violations;
}

/** O4, O7: first copies stand in hand-over order, and so do the reported offsets. */
function checkOrder(
  partition: number,
  messages: readonly SentMessage[],
  stored: ReadonlyMap<string, StoredMessage[]>,
  withUnclear: boolean,
): string[] {
  const violations: string[] = [];
  let lastOffset = -1;
  let lastReported = -1;
  for (const { value, report } of messages) {
    if (report === undefined || report.partition !== partition) continue;
    const counts = report.status === 'persisted' || (withUnclear && report.status === 'possiblyPersisted');
    const first = stored.get(value)?.[0];
    if (counts && first !== undefined) {
      if (first.offset < lastOffset)
        violations.push(`O4: ${value} overtook an earlier message of partition ${partition}`);
      lastOffset = Math.max(lastOffset, first.offset);
    }
    if (report.status !== 'persisted' || report.offset < 0) continue;
    if (report.offset <= lastReported)
      violations.push(`O7: ${value} was reported at ${report.offset}, not above before`);
    lastReported = report.offset;
  }
  return violations;
}

function checkDeadlines(scenario: Scenario, messages: readonly SentMessage[]): string[] {
  const timeoutMs = scenario.config.messageTimeoutMs ?? 0;
  // With a tiny queue a send may wait for its turn; the deadline counts from when it gets in.
  if (timeoutMs === 0 || (scenario.config.queueMessagesMax ?? Infinity) < 1_000) return [];
  return messages
    .filter(({ sentAtMs, reportedAtMs }) => reportedAtMs - sentAtMs > timeoutMs + REPORT_GRACE_MS)
    .map(({ value, sentAtMs, reportedAtMs }) => `O8: ${value} was reported after ${reportedAtMs - sentAtMs} ms`);
}
