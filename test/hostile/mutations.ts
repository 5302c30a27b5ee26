/**
 * A broker whose answers are changed at random on their way: bytes flipped, cut, doubled, moved and made up, by a seed.
 * The producer may report what it likes about a message except that it is persisted when it is not; it must do so in
 * time, and the process must live.
 */
import assert from 'node:assert/strict';
import { openTransport } from '../../src/binding/open-producer.ts';
import { startBroker } from '../../src/broker/index.ts';
import { openEngine } from '../../src/engine/select.ts';
import { type DeliveryReports, message, openKafkaOutput, resolveConfig } from '../../src/index.ts';
import { createProducer } from '../../src/producer/producer.ts';
import type { ApiName } from '../../src/protocol/api-keys.ts';
import { FastClock, within } from '../faults/fast-clock.ts';
import { REPORT_GRACE_MS } from '../faults/oracles.ts';
import { FrameProxy } from '../support/frame-proxy.ts';
import { Random } from '../support/random.ts';

export interface MutationRun {
  readonly seed: number;
  /** How many answers pass the proxy, about one in four of them changed. */
  readonly responses: number;
  readonly engine: 'wasm' | 'typescript';
  readonly idempotent: boolean;
}

export interface MutationResult {
  readonly responses: number;
  readonly mutated: number;
  readonly messages: number;
  readonly persisted: number;
  readonly violations: readonly string[];
}

const TOPIC = 'hostile';
/** On the fast clock; an answer that never comes costs a tenth of this. */
const MESSAGE_TIMEOUT_MS = 2_000;
/** Of this process's own time, in which several runs may live side by side. */
const LIFE_MS_MAX = 60_000;
const SEND_MESSAGES = 3;
const SENDS_IN_FLIGHT = 4;

export async function runMutations(run: MutationRun): Promise<MutationResult> {
  const random = new Random(run.seed);
  const broker = await startBroker({ topics: [{ name: TOPIC, partitions: 2 }] });
  const proxy = await FrameProxy.start(Number(broker.address.split(':')[1]));
  const violations: string[] = [];
  const counts = { responses: 0, mutated: 0, messages: 0, persisted: 0 };
  // Requests are never changed and a good broker appends them all: a refusal turned into a success would be a lie
  // that nobody can see through.
  broker.control.onRequest(({ apiName }) => (apiName === 'Metadata' ? { rewriteMetadata: through } : undefined));
  function through<T extends { brokers: { port: number }[] }>(metadata: T): T {
    return { ...metadata, brokers: metadata.brokers.map((node) => ({ ...node, port: proxy.port })) };
  }
  proxy.onReply = (frame, api) => {
    counts.responses += 1;
    if (random.below(4) > 0) return undefined;
    counts.mutated += 1;
    return { bytes: mutate(random, Buffer.from(frame), api), cut: random.below(20) === 0 };
  };
  while (counts.responses < run.responses && violations.length === 0) {
    for (const partition of [0, 1]) broker.control.deleteRecords(TOPIC, partition, Number.MAX_SAFE_INTEGER);
    const living = life(run, proxy.port, counts, violations, () => storedValues(broker.records(TOPIC)));
    await within(LIFE_MS_MAX, living);
  }
  await proxy.close();
  await broker.close();
  return { ...counts, violations };
}

function storedValues(records: readonly { value: Uint8Array | null }[]): Set<string> {
  return new Set(records.map(({ value }) => Buffer.from(value ?? []).toString()));
}

/** One output from opening to closing: a fatal answer ends a producer for good, so there must be many. */
async function life(
  run: MutationRun,
  port: number,
  counts: { responses: number; messages: number; persisted: number },
  violations: string[],
  readLog: () => ReadonlySet<string>,
): Promise<void> {
  const clock = new FastClock();
  const config = resolveConfig(
    {
      brokerList: `127.0.0.1:${port}`,
      topic: TOPIC,
      enableIdempotence: run.idempotent,
      lingerMs: 0,
      messageTimeoutMs: MESSAGE_TIMEOUT_MS,
      requestTimeoutMs: 200,
    },
    {},
    { metadataMaxAgeMs: 500 },
  );
  const producer = createProducer({
    transport: openTransport(config, { createTopic: false }),
    engine: openEngine(run.engine),
    config: config.producer,
    clock,
    // A throttle is obeyed for up to half a minute; nobody waits for that here.
    onEvent: ({ type }) => {
      if (type === 'throttled') clock.skip(MESSAGE_TIMEOUT_MS);
    },
  });
  const output = await openKafkaOutput({ brokerList: '127.0.0.1:1', topic: TOPIC }, { producer, connect: false });
  const persisted: string[] = [];
  const sends: Promise<void>[] = [];
  const endAt = counts.responses + 200;
  for (let i = 0; i < 300 && counts.responses < endAt; i++) {
    const values = Array.from({ length: SEND_MESSAGES }, () => `m${counts.messages++}-${run.seed}`);
    const sentAtMs = clock.now();
    const sending = output.send(values.map((value) => message({ value, partition: i % 2 })));
    sends.push(
      sending.then((reports: DeliveryReports) => {
        assert.equal(reports.length, values.length);
        for (const { index, status } of reports) if (status === 'persisted') persisted.push(values[index] ?? '');
        const lateMs = clock.now() - clock.firstSeen(sentAtMs + MESSAGE_TIMEOUT_MS);
        if (lateMs > REPORT_GRACE_MS)
          violations.push(`O8: a report came ${lateMs} ms late: ${reports.at(0)?.error?.message ?? 'persisted'}`);
      }),
    );
    await sends[sends.length - SENDS_IN_FLIGHT];
  }
  await Promise.all(sends);
  await output.close({ timeoutMs: 0 });
  counts.persisted += persisted.length;
  const stored = readLog();
  for (const value of persisted) if (!stored.has(value)) violations.push(`O2: ${value} is persisted and in no log`);
}

const MARKS = [0, 1, 0x7f, 0x80, 0xfe, 0xff] as const;

/** One of many ways to spoil an answer. Metadata keeps its addresses, for a test connects to loopback only. */
function mutate(random: Random, frame: Buffer, api: ApiName | undefined): Buffer {
  const kind = random.below(api === 'Metadata' ? 5 : 8);
  switch (kind) {
    case 0: // Another length than there is.
      frame.writeInt32BE(random.pick([-1, 0, 3, 4, 2 ** 31 - 1, frame.length, frame.length - 5]), 0);
      return frame;
    case 1: // Another request's answer.
      frame.writeInt32BE(random.bits() | 0, 4);
      return frame;
    case 2: {
      // Cut, with a prefix that says so.
      const cut = Buffer.from(frame.subarray(0, 4 + random.below(frame.length - 3)));
      cut.writeInt32BE(cut.length - 4, 0);
      return cut;
    }
    case 3: // Twice.
      return Buffer.concat([frame, frame]);
    case 4: // Followed by what nobody asked for.
      return Buffer.concat([frame, random.bytes(1 + random.below(40))]);
    case 5: // Made up altogether.
      return random.bytes(random.below(60));
    case 6: {
      // Longer than it should be, with a prefix that says so.
      const longer = Buffer.concat([frame, random.bytes(1 + random.below(10))]);
      longer.writeInt32BE(longer.length - 4, 0);
      return longer;
    }
    default:
      for (let i = 0; i <= random.below(4); i++) frame[4 + random.below(frame.length - 4)] = random.pick(MARKS);
      return frame;
  }
}
