/**
 * Request types by number, the versions this package speaks as a client, and the choice between them and a broker's.
 */

export const ApiKey = {
  Produce: 0,
  Fetch: 1,
  ListOffsets: 2,
  Metadata: 3,
  OffsetCommit: 8,
  OffsetFetch: 9,
  FindCoordinator: 10,
  JoinGroup: 11,
  Heartbeat: 12,
  LeaveGroup: 13,
  SyncGroup: 14,
  SaslHandshake: 17,
  ApiVersions: 18,
  InitProducerId: 22,
  SaslAuthenticate: 36,
} as const;

export type ApiName = keyof typeof ApiKey;

export interface VersionRange {
  min: number;
  max: number;
}

/**
 * What the codecs of this folder encode as a client.
 * Produce: 3 is the first with record batch v2 and the floor of Kafka 4 (KIP-896; 4.x advertises 0 and refuses 0–2);
 * 13 names topics by id only. Metadata: 1 is the first with a controller id. InitProducerId: 5 adds nothing for a
 * producer without transactions. SaslHandshake: after 0 the tokens would travel outside the protocol.
 */
export const CLIENT_VERSIONS: {
  readonly Produce: VersionRange;
  readonly Metadata: VersionRange;
  readonly InitProducerId: VersionRange;
  readonly ApiVersions: VersionRange;
  readonly SaslHandshake: VersionRange;
  readonly SaslAuthenticate: VersionRange;
} = {
  Produce: { min: 3, max: 12 },
  Metadata: { min: 1, max: 12 },
  InitProducerId: { min: 0, max: 4 },
  ApiVersions: { min: 0, max: 4 },
  SaslHandshake: { min: 1, max: 1 },
  SaslAuthenticate: { min: 0, max: 2 },
};

/** The first flexible version (KIP-482); Infinity where no version served here is. */
const FLEXIBLE_FROM: { readonly [Name in ApiName]: number } = {
  Produce: 9,
  Fetch: 12,
  ListOffsets: 6,
  Metadata: 9,
  OffsetCommit: 8,
  OffsetFetch: 6,
  FindCoordinator: 3,
  JoinGroup: 6,
  Heartbeat: 4,
  LeaveGroup: 4,
  SyncGroup: 4,
  SaslHandshake: Number.POSITIVE_INFINITY,
  ApiVersions: 3,
  InitProducerId: 2,
  SaslAuthenticate: 2,
};

const NAMES: ReadonlyMap<number, ApiName> = new Map(
  (Object.keys(ApiKey) as ApiName[]).map((name) => [ApiKey[name], name]),
);

/** Undefined for a request type this package does not know. */
export function apiName(apiKey: number): ApiName | undefined {
  return NAMES.get(apiKey);
}

export function isFlexible(name: ApiName, version: number): boolean {
  return version >= FLEXIBLE_FROM[name];
}

/**
 * The highest version both sides know, or undefined when there is none. Pass the range of ApiVersions as advertised; a
 * minimum above our maximum counts as much as a maximum below our minimum.
 */
export function chooseVersion(
  name: keyof typeof CLIENT_VERSIONS,
  advertised: VersionRange,
  ours: VersionRange = CLIENT_VERSIONS[name],
): number | undefined {
  const version = Math.min(advertised.max, ours.max);
  return version >= Math.max(advertised.min, ours.min) ? version : undefined;
}
