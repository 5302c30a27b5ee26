/** Who answers which request. */
import type { ApiName } from '../protocol/api-keys.ts';
import type { Serve } from './serve.ts';
import { serveFetch, serveListOffsets } from './serve-fetch.ts';
import {
  serveFindCoordinator,
  serveHeartbeat,
  serveJoinGroup,
  serveLeaveGroup,
  serveOffsetCommit,
  serveOffsetFetch,
  serveSyncGroup,
} from './serve-group.ts';
import { serveApiVersions, serveInitProducerId, serveMetadata } from './serve-metadata.ts';
import { serveProduce } from './serve-produce.ts';
import { serveSaslAuthenticate, serveSaslHandshake } from './serve-sasl.ts';

export const SERVICES: { readonly [Name in ApiName]: Serve } = {
  Produce: serveProduce,
  Fetch: serveFetch,
  ListOffsets: serveListOffsets,
  Metadata: serveMetadata,
  OffsetCommit: serveOffsetCommit,
  OffsetFetch: serveOffsetFetch,
  FindCoordinator: serveFindCoordinator,
  JoinGroup: serveJoinGroup,
  Heartbeat: serveHeartbeat,
  LeaveGroup: serveLeaveGroup,
  SyncGroup: serveSyncGroup,
  SaslHandshake: serveSaslHandshake,
  ApiVersions: serveApiVersions,
  InitProducerId: serveInitProducerId,
  SaslAuthenticate: serveSaslAuthenticate,
};
