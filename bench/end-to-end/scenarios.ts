/** The work that clients are compared by. */

export interface Scenario {
  name: string;
  valueBytes: number;
  keyBytes: number;
  partitions: number;
  lingerMs: number;
  /** Messages per second; 0: as fast as it goes. */
  rate: number;
  messages: number;
  warmUp: number;
  /** Our own uses only: it compares us with ourselves. */
  isOurs?: boolean;
}

const LOAD = { keyBytes: 0, partitions: 6, lingerMs: 5, rate: 0, messages: 500_000, warmUp: 100_000 };
const PACE = { valueBytes: 100, keyBytes: 16, partitions: 6, rate: 2000, messages: 20_000, warmUp: 4_000 };

export const SCENARIOS: readonly Scenario[] = [
  { ...LOAD, name: '10 B', valueBytes: 10, messages: 1_000_000 },
  { ...LOAD, name: '100 B + key', valueBytes: 100, keyBytes: 16 },
  { ...LOAD, name: '100 B', valueBytes: 100, isOurs: true },
  { ...LOAD, name: '1 KB', valueBytes: 1000, messages: 200_000, warmUp: 50_000 },
  { ...LOAD, name: '100 B + key, 1000 partitions', valueBytes: 100, keyBytes: 16, partitions: 1000, isOurs: true },
  { ...PACE, name: '2000/s, linger 0', lingerMs: 0 },
  { ...PACE, name: '2000/s, linger 5', lingerMs: 5 },
];
