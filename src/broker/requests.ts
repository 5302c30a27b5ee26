/** A request as a test sees it, and what a test can do to it. */
import type { ApiName } from '../protocol/api-keys.ts';
import type { ClusterMetadata, ProducerIdentity, ProduceResponse, RecordError } from '../protocol/messages.ts';
import type { DecodedProduceRequest } from '../protocol/produce-server.ts';

export interface BrokerRequest {
  readonly apiKey: number;
  readonly apiName: ApiName;
  readonly version: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** The node that received it. */
  readonly nodeId: number;
  /** Counts connections of the whole broker from 1. */
  readonly connectionId: number;
  /** Everything after the client id. */
  readonly body: Uint8Array;
  /** Of Produce requests: topics, partitions and batches. */
  readonly produce: DecodedProduceRequest | undefined;
}

/** An answer to give for one partition of a Produce request. */
export interface PartitionFault {
  topic: string;
  partition: number;
  errorCode: number;
  errorMessage?: string;
  recordErrors?: RecordError[];
  /** Append all the same; the answer then carries the true base offset, as a real leader's does (default false). */
  append?: boolean;
}

/** What becomes of one request. Everything is optional; nothing at all serves it as usual. */
export interface RequestAction {
  /** It is not handled before this settles; later requests of the connection wait behind it, as in Kafka. */
  delayUntil?: Promise<unknown>;
  /** It is handled at once and the answer kept back until this settles; later requests are handled meanwhile. */
  holdReplyUntil?: Promise<unknown>;
  /** Its answer goes out at once, before those of earlier requests that are still held back. */
  overtake?: boolean;
  /** Destroys the connection: nothing is appended, or everything is and the answer is lost. */
  drop?: 'beforeHandling' | 'afterHandling';
  /** Handled and never answered; the connection stays. */
  mute?: boolean;
  /** Answers this to Produce (every partition, nothing appended), Metadata (every topic) or InitProducerId. */
  errorCode?: number;
  partitionErrors?: readonly PartitionFault[];
  /** Told to the client in Produce, Metadata, InitProducerId and ApiVersions responses. */
  throttleMs?: number;
  /** Changes the answer before it is encoded. */
  rewriteProduce?: (response: ProduceResponse) => ProduceResponse;
  rewriteMetadata?: (metadata: ClusterMetadata) => ClusterMetadata;
  /** Gives the producer another id or epoch, for instance the last epoch there is. */
  rewriteInitProducerId?: (identity: ProducerIdentity) => ProducerIdentity;
  /** Handled, and these bytes sent in place of the answer, length prefix and all. */
  replyBytes?: Uint8Array;
}

/** Decides about a request when it has arrived; undefined leaves it to the next hook. */
export type RequestHook = (request: BrokerRequest) => RequestAction | undefined;
