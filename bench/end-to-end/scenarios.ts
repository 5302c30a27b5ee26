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
  /** It compares us with ourselves: others take part only when --peers asks for them. */
  isOurs?: boolean;
  /** Calls of many messages under way at once, whatever is usual for the client; it says nothing to single ones. */
  callsAtOnce?: number;
}

/**
 * Enough for every client to run for about a second, and as much before the clock starts: V8 is still compiling what
 * runs once a batch when 200 000 messages of 1 KB have passed, and a producer lives longer than that.
 */
const LOAD = { keyBytes: 0, partitions: 6, lingerMs: 5, rate: 0, messages: 1_000_000, warmUp: 1_000_000 };
/**
 * So many calls of a thousand that the queue is always full: with less than some hundred outstanding messages a
 * partition, a thousand partitions measure how small a batch can be, and no longer what the client makes of a load. And
 * so many messages that filling the queue, when the broker has nothing to do, and emptying it, when the client has
 * nothing to do, are a small part of it.
 */
const DEEP = { ...LOAD, valueBytes: 100, keyBytes: 16, callsAtOnce: 300, messages: 6_000_000, isOurs: true };
/** Ten seconds before the clock starts: at this rate compiling takes a quarter of the processor time until then. */
const PACE = { valueBytes: 100, keyBytes: 16, partitions: 6, rate: 2000, messages: 20_000, warmUp: 20_000 };

export const SCENARIOS: readonly Scenario[] = [
  { ...LOAD, name: '10 B', valueBytes: 10 },
  { ...LOAD, name: '100 B + key', valueBytes: 100, keyBytes: 16 },
  { ...LOAD, name: '100 B', valueBytes: 100, isOurs: true },
  { ...LOAD, name: '1 KB', valueBytes: 1000 },
  { ...DEEP, name: '100 B + key, full queue, 6 partitions' },
  { ...DEEP, name: '100 B + key, full queue, 1000 partitions', partitions: 1000 },
  { ...PACE, name: '2000/s, linger 0', lingerMs: 0 },
  { ...PACE, name: '2000/s, linger 5', lingerMs: 5 },
];
