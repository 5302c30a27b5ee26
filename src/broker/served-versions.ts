/** Which requests the embedded broker answers, and in which versions. */
import { ApiKey, type ApiName, type VersionRange } from '../protocol/api-keys.ts';

/** Produce from 3 as Kafka 4 (KIP-896); the rest as far as kafkajs and librdkafka 2.0 go. */
const RANGES: { readonly [Name in ApiName]: VersionRange } = {
  Produce: { min: 3, max: 12 },
  Fetch: { min: 4, max: 11 },
  ListOffsets: { min: 1, max: 5 },
  Metadata: { min: 0, max: 12 },
  OffsetCommit: { min: 2, max: 7 },
  OffsetFetch: { min: 1, max: 5 },
  FindCoordinator: { min: 0, max: 2 },
  JoinGroup: { min: 0, max: 5 },
  Heartbeat: { min: 0, max: 3 },
  LeaveGroup: { min: 0, max: 3 },
  SyncGroup: { min: 0, max: 3 },
  SaslHandshake: { min: 1, max: 1 },
  ApiVersions: { min: 0, max: 4 },
  InitProducerId: { min: 0, max: 4 },
  SaslAuthenticate: { min: 0, max: 2 },
};

/** By api key. */
export const SERVED_VERSIONS: ReadonlyMap<number, VersionRange> = new Map(
  (Object.keys(RANGES) as ApiName[]).map((name) => [ApiKey[name], RANGES[name]]),
);
