/**
 * A run as data: how the producer is set up, what is sent when, and what goes wrong when. A seed names one scenario.
 */
import type { ProducerConfig } from '../../src/producer/api.ts';
import { Chance } from './sim-clock.ts';

export interface SendStep {
  readonly atMs: number;
  readonly count: number;
  /** −1: by key. */
  readonly partition: number;
}

export type Fault = { readonly atMs: number } & (
  | { readonly kind: 'crash' | 'pause' | 'refuseConnections'; readonly nodeId: number; readonly forMs: number }
  | { readonly kind: 'moveLeader'; readonly partition: number; readonly nodeId: number }
  | { readonly kind: 'dropFromSync'; readonly partition: number; readonly nodeId: number; readonly forMs: number }
  /** The next request to the node: stored, but the connection ends instead of an answer. */
  | { readonly kind: 'loseAnswer'; readonly nodeId: number }
  /** The next request to the node never reaches it whole. */
  | { readonly kind: 'loseRequest'; readonly nodeId: number }
  /** The next answer of the node takes that much longer. */
  | { readonly kind: 'delayAnswer'; readonly nodeId: number; readonly forMs: number }
  /** The next request to the node is read, the connection ends, and it is applied only that much later. */
  | { readonly kind: 'straggle'; readonly nodeId: number; readonly forMs: number }
  /** The next request to the node is answered with this error, appended or not. */
  | { readonly kind: 'error'; readonly nodeId: number; readonly code: number; readonly isAppended: boolean }
  /** In the next request to the node one record of the first batch is declared invalid. */
  | { readonly kind: 'badRecord'; readonly nodeId: number; readonly position: number }
  | { readonly kind: 'staleMetadata' | 'noMetadata' | 'topicMissing'; readonly forMs: number }
  | { readonly kind: 'smallLimit'; readonly partition: number; readonly bytes: number; readonly forMs: number }
  | { readonly kind: 'forgetProducers'; readonly partition: number }
);

export interface Scenario {
  readonly seed: number;
  readonly partitionCount: number;
  readonly config: Partial<ProducerConfig>;
  readonly sends: readonly SendStep[];
  readonly faults: readonly Fault[];
}

export const NODE_IDS = [1, 2, 3] as const;

/** When the last fault has passed; from here on the cluster is healthy. */
export const FAULTS_END_MS = 20_000;

/** How long a fault lasts; one that waits for a request to strike may begin late, and end after FAULTS_END_MS. */
const FAULT_DURATIONS_MS = [20, 200, 1_000, 5_000, 15_000] as const;
export const FAULT_MS_MAX: number = Math.max(...FAULT_DURATIONS_MS);

/** Errors that refuse before the append, and those that may come after one (reliability §1.5). */
const REFUSALS = [2, 3, 5, 6, 9, 19, 56, 72, 74, 89] as const;
const AFTER_APPEND = [6, 7, 20, 56, -1] as const;

export function scenarioOf(seed: number): Scenario {
  const chance = new Chance(seed);
  const partitionCount = chance.int(1, 3);
  const config: Partial<ProducerConfig> = {
    enableIdempotence: chance.is(0.65),
    batchRecordsMax: chance.pick([1, 2, 3, 10]),
    lingerMs: chance.pick([0, 0, 5, 50]),
    maxRetries: chance.pick([1, 2, 5, 2_147_483_647]),
    messageTimeoutMs: chance.pick([3_000, 10_000, 60_000]),
    requestTimeoutMs: chance.pick([500, 5_000]),
    queueMessagesMax: chance.pick([5, 50, undefined]),
    metadataMaxAgeMs: chance.pick([1_000, 180_000]),
  };
  const sends: SendStep[] = [];
  for (let i = chance.int(3, 25); i > 0; i--) {
    sends.push({
      atMs: chance.int(0, FAULTS_END_MS),
      count: chance.pick([1, 1, 1, 2, 5, 12]),
      partition: chance.is(0.5) ? chance.int(0, partitionCount - 1) : -1,
    });
  }
  const faults: Fault[] = [];
  for (let i = chance.int(0, 10); i > 0; i--) {
    const atMs = faultTime(chance, sends);
    const nodeId = chance.pick(NODE_IDS);
    faults.push(faultOf(chance, partitionCount, atMs, nodeId));
    // Trouble rarely comes alone, and the rules meet each other only when it does not.
    while (chance.is(0.4)) faults.push(faultOf(chance, partitionCount, atMs + chance.int(0, 150), nodeId));
  }
  return {
    seed,
    partitionCount,
    config,
    sends: sends.sort((a, b) => a.atMs - b.atMs),
    faults: faults.sort((a, b) => a.atMs - b.atMs),
  };
}

/** Most faults strike just when something is on its way, or they would strike nothing. */
function faultTime(chance: Chance, sends: readonly SendStep[]): number {
  if (chance.is(0.3)) return chance.int(0, FAULTS_END_MS);
  return Math.max(0, chance.pick(sends).atMs + chance.int(-5, 60));
}

function faultOf(chance: Chance, partitionCount: number, wantedMs: number, nodeId: number): Fault {
  const atMs = Math.min(wantedMs, FAULTS_END_MS - 1);
  const partition = chance.int(0, partitionCount - 1);
  const forMs = Math.max(1, Math.min(chance.pick(FAULT_DURATIONS_MS), FAULTS_END_MS - atMs));
  switch (chance.int(0, 16)) {
    case 0:
      return { atMs, kind: 'crash', nodeId, forMs };
    case 1:
      return { atMs, kind: 'pause', nodeId, forMs };
    case 2:
      return { atMs, kind: 'refuseConnections', nodeId, forMs };
    case 3:
    case 4:
      return { atMs, kind: 'moveLeader', partition, nodeId };
    case 5:
      return { atMs, kind: 'dropFromSync', partition, nodeId, forMs };
    case 6:
    case 7:
      return { atMs, kind: 'loseAnswer', nodeId };
    case 8:
      return { atMs, kind: 'loseRequest', nodeId };
    case 9:
      return { atMs, kind: 'delayAnswer', nodeId, forMs };
    case 10:
      return { atMs, kind: 'straggle', nodeId, forMs };
    case 11:
      return { atMs, kind: 'error', nodeId, code: chance.pick(REFUSALS), isAppended: false };
    case 12:
      return { atMs, kind: 'error', nodeId, code: chance.pick(AFTER_APPEND), isAppended: true };
    case 13:
      return { atMs, kind: chance.pick(['staleMetadata', 'noMetadata', 'topicMissing'] as const), forMs };
    case 14:
      return { atMs, kind: 'smallLimit', partition, bytes: chance.pick([80, 120, 200]), forMs };
    case 15:
      return { atMs, kind: 'badRecord', nodeId, position: chance.int(0, 9) };
    default:
      return { atMs, kind: 'forgetProducers', partition };
  }
}
