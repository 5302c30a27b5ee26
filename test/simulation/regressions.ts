/** Scenarios that once showed a bug, shrunk, with what the bug was. */
import type { Scenario } from './scenario.ts';

const durable = { enableIdempotence: true, maxRetries: 5, messageTimeoutMs: 10_000, requestTimeoutMs: 5_000 } as const;

export const REGRESSIONS: readonly { bug: string; scenario: Scenario }[] = [
  {
    bug: 'a broker that knows nothing of a producer takes any sequence: the second batch in flight overtook the first',
    scenario: {
      seed: 201,
      partitionCount: 2,
      config: { ...durable, batchRecordsMax: 2, lingerMs: 50 },
      sends: [{ atMs: 4_670, count: 5, partition: 0 }],
      faults: [
        { atMs: 455, kind: 'moveLeader', partition: 0, nodeId: 3 },
        { atMs: 3_019, kind: 'badRecord', nodeId: 3, position: 6 },
      ],
    },
  },
  {
    bug: 'what was left of a batch with an invalid record was overtaken by the numbered batch behind it',
    scenario: {
      seed: 201,
      partitionCount: 2,
      config: { ...durable, batchRecordsMax: 2, lingerMs: 50 },
      sends: [
        { atMs: 451, count: 2, partition: 0 },
        { atMs: 4_670, count: 5, partition: 0 },
      ],
      faults: [
        { atMs: 455, kind: 'moveLeader', partition: 0, nodeId: 3 },
        { atMs: 3_019, kind: 'badRecord', nodeId: 3, position: 6 },
      ],
    },
  },
  {
    bug: 'the bytes counted for the halves of a split batch did not add up to those of the whole',
    scenario: {
      seed: 939,
      partitionCount: 1,
      config: { ...durable, batchRecordsMax: 10, lingerMs: 0, queueMessagesMax: 5 },
      sends: [{ atMs: 10_950, count: 12, partition: -1 }],
      faults: [{ atMs: 10_316, kind: 'smallLimit', partition: 0, bytes: 80, forMs: 5_000 }],
    },
  },
];
