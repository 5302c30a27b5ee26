/**
 * What must hold after every fault, whatever it was (oracles O1–O12 of docs/reliability.md). The judge is the
 * broker's log, read by the independent reader, not the producer.
 */
import type { StoredRecord } from '../../src/broker/index.ts';
import type { DeliveryReport } from '../../src/producer/api.ts';

export interface Sent {
  readonly value: string;
  readonly key: string | null;
  readonly sentAtMs: number;
  report: DeliveryReport | undefined;
  reportedAtMs: number;
}

export interface Evidence {
  readonly sent: readonly Sent[];
  readonly records: readonly StoredRecord[];
  readonly idempotent: boolean;
  readonly messageTimeoutMs: number;
  /** When a moment of the clock could first be seen to have come; the moment itself where time is not skipped. */
  readonly firstSeen?: (atMs: number) => number;
}

/** O8: a report comes no later than a second after its deadline. */
export const REPORT_GRACE_MS = 1_000;

/** Every oracle that is broken, as a sentence that begins with its name. */
export function brokenOracles(evidence: Evidence): string[] {
  const copies = copiesOf(evidence.records);
  const broken = evidence.sent.flatMap((sent) => brokenByMessage(sent, copies.get(sent.value) ?? [], evidence));
  for (const partition of new Set(evidence.sent.map(({ report }) => report?.partition ?? -1))) {
    broken.push(...brokenByOrder(partition, copies, evidence));
  }
  const known = new Set(evidence.sent.map(({ value }) => value));
  for (const value of copies.keys()) if (!known.has(value)) broken.push(`O11: ${value} was never sent`);
  return broken;
}

function copiesOf(records: readonly StoredRecord[]): Map<string, StoredRecord[]> {
  const copies = new Map<string, StoredRecord[]>();
  for (const record of records) {
    const value = Buffer.from(record.value ?? []).toString();
    copies.set(value, [...(copies.get(value) ?? []), record]);
  }
  return copies;
}

function brokenByMessage(sent: Sent, copies: readonly StoredRecord[], evidence: Evidence): string[] {
  const { value, report } = sent;
  if (report === undefined) return [`O1: ${value} has no report`];
  const broken: string[] = [];
  if (report.status === 'persisted') {
    const isThere = copies.some(
      ({ partition, offset, key }) =>
        partition === report.partition &&
        (report.offset === -1 || offset === report.offset) &&
        (key === null ? null : Buffer.from(key).toString()) === sent.key,
    );
    if (!isThere) broken.push(`O2: ${value} is not at ${report.partition}@${report.offset}`);
  }
  if (evidence.idempotent && copies.length > 1) broken.push(`O3/O6: ${value} is stored ${copies.length} times`);
  const told = 1 + report.possibleDuplicates;
  if (copies.length > told) broken.push(`O3: ${value} is stored ${copies.length} times, its report allows ${told}`);
  if (report.status === 'notPersisted' && copies.length > 0) broken.push(`O5: ${value} is in the log`);
  const deadlineMs = sent.sentAtMs + evidence.messageTimeoutMs;
  const lateMs = sent.reportedAtMs - (evidence.firstSeen?.(deadlineMs) ?? deadlineMs);
  if (lateMs > REPORT_GRACE_MS) broken.push(`O8: ${value} was reported ${Math.round(lateMs)} ms after its deadline`);
  if (new Set(copies.map(({ partition }) => partition)).size > 1) broken.push(`R3: ${value} is in two partitions`);
  return broken;
}

/** O4 and O7, over the messages of a partition in the order they were handed over. */
function brokenByOrder(
  partition: number,
  copies: ReadonlyMap<string, StoredRecord[]>,
  { sent, idempotent }: Evidence,
): string[] {
  const broken: string[] = [];
  let lastStored = -1;
  let lastReported = -1;
  for (const { value, report } of sent) {
    if (report?.partition !== partition) continue;
    const first = copies.get(value)?.[0]?.offset;
    const counts = report.status === 'persisted' || (idempotent && report.status === 'possiblyPersisted');
    if (first !== undefined && counts) {
      if (first < lastStored) broken.push(`O4: ${value} overtook an earlier message of partition ${partition}`);
      lastStored = Math.max(lastStored, first);
    }
    if (report.status !== 'persisted' || report.offset < 0) continue;
    if (report.offset <= lastReported) broken.push(`O7: ${value} is reported at ${report.offset}, not above the last`);
    lastReported = report.offset;
  }
  return broken;
}
