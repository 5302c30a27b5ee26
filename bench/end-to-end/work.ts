/** The work both sides of the end-to-end benchmark do, and what they report about it. */
import { Random } from '../../test/support/random.ts';
import { textOf } from '../corpus.ts';

export interface SideFigures {
  seconds: number;
  /** User and system time of all threads. */
  cpuSeconds: number;
  maxRssMegabytes: number;
}

export const VALUE_BYTES = 100;
export const SEND_MESSAGES = 1000;
/** Calls under way at once: enough that neither side waits for the broker between two sends. */
export const SENDS_IN_FLIGHT = 8;
/** Sent before the clock starts, so that compilers and connections are warm. */
export const WARM_UP_SENDS = 100;

/** Distinct sends of distinct payloads, made before the clock starts. */
export function makeSends(): string[][] {
  const random = new Random(1);
  return Array.from({ length: 8 }, () => Array.from({ length: SEND_MESSAGES }, () => textOf(VALUE_BYTES, random)));
}
