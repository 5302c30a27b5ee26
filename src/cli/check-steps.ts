/** The way to a topic, step by step, each with its time and, when it fails, with what to do about it. */
import { lookup } from 'node:dns/promises';
import { connect, isIP } from 'node:net';
import { type BrokerAddress, formatBroker } from '../binding/brokers.ts';
import type { BindingConfig } from '../binding/config.ts';
import { openTransport } from '../binding/open-producer.ts';
import { KafkaHotpathError } from '../errors.ts';
import { kafkaErrorName } from '../protocol/error-codes.ts';
import type { ClusterMetadata, TopicMetadata } from '../protocol/messages.ts';
import type { Transport } from '../transport/transport.ts';
import { EXIT, exitCodeOf } from './exit.ts';

export interface CheckStep {
  readonly step: 'dns' | 'tcp' | 'kafka' | 'topic' | 'partitions' | 'leaders';
  readonly target: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly detail: string;
  readonly hint: string | undefined;
}

/** As long as the producer itself gives a connection. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Kafka's codes for a topic that does not exist and for one that this user may not see. */
const UNKNOWN_TOPIC = 3;
const TOPIC_AUTHORIZATION_FAILED = 29;

/** Yields each step as it ends; returns the exit code. */
export async function* checkSteps(config: BindingConfig): AsyncGenerator<CheckStep, number> {
  let reachable = 0;
  for (const broker of config.brokers) {
    const dns = await timed('dns', broker.host, () => resolveName(broker.host));
    yield dns;
    if (!dns.ok) continue;
    const tcp = await timed('tcp', formatBroker(broker), () => connectTcp(broker));
    yield tcp;
    if (tcp.ok) reachable += 1;
  }
  if (reachable === 0) return EXIT.connect;
  const transport = openTransport(config, { createTopic: false });
  try {
    return yield* kafkaSteps(config, transport);
  } finally {
    await transport.close();
  }
}

async function* kafkaSteps(config: BindingConfig, transport: Transport): AsyncGenerator<CheckStep, number> {
  let failure: unknown;
  const brokers = config.brokers.map(formatBroker).join(',');
  const login = config.sasl === undefined ? 'no login' : `logged in by ${config.sasl.mechanism}`;
  yield await timed('kafka', brokers, async () => {
    try {
      await transport.connect();
    } catch (error) {
      failure = error;
      throw error;
    }
    return `${config.tls ? 'TLS' : 'plaintext'}, API versions agreed, ${login}`;
  });
  if (failure !== undefined) return exitCodeOf(failure);
  let metadata: ClusterMetadata | undefined;
  const startedMs = performance.now();
  try {
    metadata = await transport.metadata([config.topic]);
  } catch (error) {
    yield failed('topic', config.topic, startedMs, error);
    return exitCodeOf(error);
  }
  return yield* topicSteps(config.topic, metadata, startedMs);
}

function* topicSteps(name: string, metadata: ClusterMetadata, startedMs: number): Generator<CheckStep, number> {
  const topic = metadata.topics.find((candidate) => candidate.topic === name);
  const errorCode = topic?.errorCode ?? UNKNOWN_TOPIC;
  const done = (step: CheckStep['step'], ok: boolean, detail: string, hint?: string): CheckStep => {
    return { step, target: name, ok, ms: sinceMs(startedMs), detail, hint };
  };
  if (topic === undefined || errorCode !== 0) {
    yield done('topic', false, kafkaErrorName(errorCode), topicHint(errorCode));
    return errorCode === UNKNOWN_TOPIC ? EXIT.config : EXIT.connect;
  }
  yield done('topic', true, `known to the cluster of ${metadata.brokers.length} brokers`);
  const count = topic.partitions.length;
  yield done('partitions', count > 0, String(count), count > 0 ? undefined : 'the topic is being created; try again');
  const leaderless = partitionsWithoutLeader(topic, metadata);
  const ok = count > 0 && leaderless.length === 0;
  yield leaderless.length === 0
    ? done('leaders', ok, leadersText(topic))
    : done(
        'leaders',
        false,
        `none for partitions ${leaderless.join(', ')}`,
        'messages for them wait until one is elected',
      );
  return ok ? EXIT.ok : EXIT.connect;
}

function partitionsWithoutLeader(topic: TopicMetadata, metadata: ClusterMetadata): number[] {
  const nodes = new Set(metadata.brokers.map(({ nodeId }) => nodeId));
  return topic.partitions.filter(({ leaderId }) => !nodes.has(leaderId)).map(({ partition }) => partition);
}

function leadersText(topic: TopicMetadata): string {
  const counts = new Map<number, number>();
  for (const { leaderId } of topic.partitions) counts.set(leaderId, (counts.get(leaderId) ?? 0) + 1);
  return [...counts].map(([nodeId, count]) => `broker ${nodeId} leads ${count}`).join(', ');
}

function topicHint(errorCode: number): string {
  if (errorCode === UNKNOWN_TOPIC) return 'create the topic, or correct the property topic';
  if (errorCode === TOPIC_AUTHORIZATION_FAILED) return 'the user may not write to this topic; ask for an ACL';
  return 'the broker refused the topic for this reason';
}

function sinceMs(startedMs: number): number {
  return Math.round(performance.now() - startedMs);
}

async function timed(step: CheckStep['step'], target: string, run: () => Promise<string>): Promise<CheckStep> {
  const startedMs = performance.now();
  try {
    const detail = await run();
    return { step, target, ok: true, ms: sinceMs(startedMs), detail, hint: undefined };
  } catch (error) {
    return failed(step, target, startedMs, error);
  }
}

function failed(step: CheckStep['step'], target: string, startedMs: number, error: unknown): CheckStep {
  const detail = error instanceof Error ? error.message : String(error);
  return { step, target, ok: false, ms: sinceMs(startedMs), detail, hint: hintFor(error) };
}

function hintFor(error: unknown): string | undefined {
  if (error instanceof KafkaHotpathError) {
    if (error.code === 'ERR_AUTH') return 'look at username, password, authenticationMode and protocol';
    return 'a port that speaks TLS or SASL needs the matching protocol; a port that speaks neither needs Plaintext';
  }
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOTFOUND':
      return 'no such name: look for a typing error in brokerList, or at the name server';
    case 'EAI_AGAIN':
      return 'the name server did not answer';
    case 'ECONNREFUSED':
      return 'nothing listens on that port: look at the port in brokerList, and whether the broker is running';
    case 'ETIMEDOUT':
      return 'no answer: a firewall, or the wrong host';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'there is no way to that host from this network';
    default:
      return undefined;
  }
}

async function resolveName(host: string): Promise<string> {
  if (isIP(host) !== 0) return 'an address, no look-up needed';
  const addresses = await lookup(host, { all: true });
  return addresses.map(({ address }) => address).join(', ');
}

function connectTcp({ host, port }: BrokerAddress): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => {
      socket.destroy(Object.assign(new Error(`no answer in ${CONNECT_TIMEOUT_MS} ms`), { code: 'ETIMEDOUT' }));
    });
    socket.once('connect', () => {
      const address = socket.remoteAddress ?? host;
      socket.destroy();
      resolve(`connected to ${address}`);
    });
    // A name with several addresses fails with one error for all of them, whose own message is empty.
    socket.once('error', (error: Error) => {
      reject(error instanceof AggregateError ? ((error.errors[0] as Error | undefined) ?? error) : error);
    });
  });
}
