/** Named sets of defaults. A property that is written wins over its profile. */
import type { PropertyValue } from './property-spec.ts';

/** documented: the defaults of the Azure binding's documentation. durable: what loses and duplicates nothing. */
export type ProfileName = 'documented' | 'durable';

export const PROFILES: readonly ProfileName[] = ['documented', 'durable'];

/**
 * With the documented two retries of five seconds, a follower that stands still for 15 s already makes messages
 * "possibly persisted" (reliability §0 fact 5): the in-sync set shrinks only after 30 s (replica.lag.time.max.ms).
 */
const DURABLE: Readonly<Record<string, PropertyValue>> = {
  enableIdempotence: true,
  maxRetries: 2_147_483_647,
  requestTimeoutMs: 30_000,
  messageTimeoutMs: 300_000,
};

export function profileDefaults(profile: ProfileName | undefined): Readonly<Record<string, PropertyValue>> {
  return profile === 'durable' ? DURABLE : {};
}
