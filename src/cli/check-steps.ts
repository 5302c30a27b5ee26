/** The way to a topic, step by step, each with its time and, when it fails, with what to do about it. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type BrokerAddress, formatBroker } from '../binding/brokers.ts';
import type { BindingConfig } from '../binding/config.ts';
import { openTransport, tlsOptions } from '../binding/open-producer.ts';
import { ApiKey } from '../protocol/api-keys.ts';
import type { ApiVersionsResponse } from '../protocol/api-versions.ts';
import { KafkaErrorCode, kafkaErrorName } from '../protocol/error-codes.ts';
import type { ClusterMetadata, TopicMetadata } from '../protocol/messages.ts';
import type { Transport } from '../transport/transport.ts';
import { type EndingName, ENDINGS } from './check-endings.ts';
import { schemaSteps } from './check-schemas.ts';
import { type CheckStep, sinceMs, type StepName, timed } from './check-step.ts';
import { askApiVersions, openTcp, openTls, ProbeError, resolveName } from './probe.ts';

const BY_TOPIC_ERROR: Readonly<Record<number, EndingName>> = {
  [KafkaErrorCode.UNKNOWN_TOPIC_OR_PARTITION]: 'unknownTopic',
  [KafkaErrorCode.INVALID_TOPIC_EXCEPTION]: 'unknownTopic',
  [KafkaErrorCode.TOPIC_AUTHORIZATION_FAILED]: 'topicRefused',
  // While it is being created.
  [KafkaErrorCode.LEADER_NOT_AVAILABLE]: 'noLeader',
};

/** Yields each step as it ends; returns how it all ended. The brokers and the registry are tried both in any case. */
export async function* checkSteps(config: BindingConfig): AsyncGenerator<CheckStep, EndingName> {
  const ofKafka = yield* kafkaSteps(config);
  const ofSchemas = yield* schemaSteps(config);
  return ofKafka === 'ok' ? ofSchemas : ofKafka;
}

async function* kafkaSteps(config: BindingConfig): AsyncGenerator<CheckStep, EndingName> {
  let ending: EndingName = 'ok';
  let isReachable = false;
  for (const broker of config.brokers) {
    const found = yield* brokerSteps(config, broker);
    if (found === 'ok') isReachable = true;
    else ending = found;
  }
  if (!isReachable) return ending;
  const transport = openTransport(config, { createTopic: false });
  try {
    return yield* clusterSteps(config, transport);
  } finally {
    await transport.close();
  }
}

/** One broker up to the point where a login would come. */
async function* brokerSteps(config: BindingConfig, broker: BrokerAddress): AsyncGenerator<CheckStep, EndingName> {
  const address = formatBroker(broker);
  const sockets: Socket[] = [];
  const keep = <Kind extends Socket>(socket: Kind): Kind => {
    sockets.push(socket);
    return socket;
  };
  const tls = tlsOptions(config);
  const steps: [StepName, string, () => Promise<string>][] = [
    ['dns', broker.host, () => resolveName(broker.host)],
    ['tcp', address, async () => `connected to ${keep(await openTcp(broker)).remoteAddress ?? broker.host}`],
  ];
  if (tls !== undefined) steps.push(['tls', address, async () => tlsText(keep(await openTls(broker, tls)))]);
  steps.push([
    'apiVersions',
    address,
    async () => versionsText(await askApiVersions(sockets.at(-1) as Socket, broker, tls !== undefined)),
  ]);
  try {
    for (const [step, target, run] of steps) {
      const { result, ending } = await timed(step, target, run);
      yield result;
      if (ending !== 'ok') return ending;
    }
    return 'ok';
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

function tlsText(socket: TLSSocket): string {
  const { subject, valid_to: until } = socket.getPeerCertificate();
  // A certificate may have no subject at all, only other names.
  const name = (subject as { CN?: string } | undefined)?.CN ?? 'no common name';
  const certificate = `certificate of ${JSON.stringify(name)} until ${until}`;
  return `${socket.getProtocol() ?? 'TLS'}, ${socket.getCipher().standardName}, ${certificate}`;
}

function versionsText({ ranges }: ApiVersionsResponse): string {
  const shown = (['Produce', 'Metadata', 'InitProducerId'] as const).map((name) => {
    const range = ranges.get(ApiKey[name]);
    return range === undefined ? `no ${name}` : `${name} ${range.min}–${range.max}`;
  });
  return `${ranges.size} kinds of request, among them ${shown.join(', ')}`;
}

async function* clusterSteps(config: BindingConfig, transport: Transport): AsyncGenerator<CheckStep, EndingName> {
  const { sasl, topic } = config;
  if (sasl !== undefined) {
    const brokers = config.brokers.map(formatBroker).join(',');
    const { result, ending } = await timed('sasl', brokers, async () => {
      await transport.connect();
      return `logged in by ${sasl.mechanism}`;
    });
    yield result;
    if (ending !== 'ok') return ending;
  }
  let metadata: ClusterMetadata | undefined;
  const startedMs = performance.now();
  const asked = await timed('topic', topic, async () => {
    metadata = await transport.metadata([topic]);
    return '';
  });
  if (metadata === undefined) {
    yield asked.result;
    return asked.ending;
  }
  return yield* topicSteps(topic, metadata, startedMs);
}

async function* topicSteps(
  name: string,
  metadata: ClusterMetadata,
  startedMs: number,
): AsyncGenerator<CheckStep, EndingName> {
  const topic = metadata.topics.find((candidate) => candidate.topic === name);
  const errorCode = topic?.errorCode ?? KafkaErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  const done = (step: StepName, ok: boolean, detail: string, hint?: string): CheckStep => {
    return { step, target: name, ok, ms: sinceMs(startedMs), detail, hint };
  };
  if (topic === undefined || errorCode !== 0) {
    const ending = BY_TOPIC_ERROR[errorCode] ?? 'topicFailed';
    yield done('topic', false, kafkaErrorName(errorCode), ENDINGS[ending].hint);
    return ending;
  }
  yield done('topic', true, `known to the cluster of ${metadata.brokers.length} brokers`);
  const count = topic.partitions.length;
  yield done('partitions', count > 0, String(count), count > 0 ? undefined : 'the topic is being created; try again');
  if (count === 0) return 'noLeader';
  const leaderless = partitionsWithoutLeader(topic, metadata);
  if (leaderless.length > 0) {
    yield done('leaders', false, `none for partitions ${leaderless.join(', ')}`, ENDINGS.noLeader.hint);
    return 'noLeader';
  }
  const leaders = metadata.brokers.filter(({ nodeId }) => topic.partitions.some(({ leaderId }) => leaderId === nodeId));
  for (const { nodeId, host, port } of leaders) {
    const count = topic.partitions.filter(({ leaderId }) => leaderId === nodeId).length;
    // The name under which a broker wants to be reached may mean nothing here: the usual trap of containers.
    const { result, ending } = await timed('leaders', formatBroker({ host, port }), async () => {
      await reachLeader({ host, port });
      return `broker ${nodeId} leads ${count} of the partitions`;
    });
    yield result;
    if (ending !== 'ok') return ending;
  }
  return 'ok';
}

async function reachLeader(leader: BrokerAddress): Promise<void> {
  try {
    await resolveName(leader.host);
    (await openTcp(leader)).destroy();
  } catch (error) {
    throw new ProbeError('leaderUnreachable', error instanceof Error ? error.message : String(error));
  }
}

function partitionsWithoutLeader(topic: TopicMetadata, metadata: ClusterMetadata): number[] {
  const nodes = new Set(metadata.brokers.map(({ nodeId }) => nodeId));
  return topic.partitions.filter(({ leaderId }) => !nodes.has(leaderId)).map(({ partition }) => partition);
}
