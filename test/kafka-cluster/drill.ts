/**
 * A drill on three real nodes: messages at the pace the cluster takes them, a fault when a share of them has its
 * report, and afterwards everything read back by Kafka's own consumer and held against the reports.
 */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type DeliveryReport,
  type DeliveryReports,
  message,
  openKafkaOutput,
  type ProducerEvent,
} from '../../src/index.ts';
import type { KafkaCluster } from '../support/kafka/cluster.ts';
import { visitTopic } from '../support/kafka/reader.ts';

/** At least so many, and more while the fault lasts; 500 000 in the long form. */
export const MESSAGES = Number(process.env['KAFKA_HOTPATH_DRILL_MESSAGES'] ?? 50_000);
const SEND_MESSAGES = 100;
/** A steady rate of at most 10 000 messages a second: nothing is waited for here. */
const SEND_EVERY_MS = 10;
const SENDS_IN_FLIGHT = 40;
export const PARTITIONS = 3;

/** What a fault may use besides the cluster. */
export interface DrillControl {
  readonly topic: string;
  /** Resolves with the next event whose type and reason match. */
  readonly event: (type: ProducerEvent['type'], reason?: RegExp) => Promise<void>;
  /** How many messages have been handed over. */
  readonly handedOver: () => number;
}

export interface Step {
  /** It begins when this share of the messages has its report. */
  readonly at: number;
  run(control: DrillControl): Promise<void>;
}

export interface DrillPlan {
  readonly topic: string;
  readonly idempotent: boolean;
  /** Besides the documented defaults; the idempotent drills use the recommended durable settings. */
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly steps: readonly Step[];
  /** Messages below this number may be gone: the fault itself deletes them. */
  readonly deletedBelow?: () => number;
}

export interface Stored {
  readonly partition: number;
  readonly offset: number;
}

export interface Outcome {
  readonly persisted: number;
  readonly notPersisted: number;
  readonly possiblyPersisted: number;
  /** Reported persisted and not where the report says. */
  readonly lost: readonly number[];
  readonly duplicated: readonly number[];
  readonly reordered: readonly number[];
  /** Reported not persisted and there, or never sent and there. */
  readonly falseReports: readonly number[];
  readonly retries: number;
}

const DURABLE = { enableIdempotence: true, maxRetries: 2_147_483_647, messageTimeoutMs: 300_000 };

export async function runDrill(cluster: KafkaCluster, plan: DrillPlan): Promise<Outcome> {
  const { reports, retries } = await sendThrough(cluster, plan);
  return judge(await readBack(cluster, plan.topic), reports, retries);
}

async function sendThrough(
  cluster: KafkaCluster,
  plan: DrillPlan,
): Promise<{ reports: DeliveryReport[]; retries: number }> {
  const emitter = new EventEmitter();
  const settings = plan.idempotent ? DURABLE : {};
  const output = await openKafkaOutput(
    { brokerList: cluster.address, topic: plan.topic, ...settings, ...plan.properties },
    { onEvent: (event) => emitter.emit('event', event) },
  );
  let handedOver = 0;
  const control: DrillControl = {
    topic: plan.topic,
    handedOver: () => handedOver,
    event: async (type, reason = /^/) => {
      for (;;) {
        const [event] = (await once(emitter, 'event')) as [ProducerEvent];
        if (event.type === type && reason.test('reason' in event ? event.reason : '')) return;
      }
    },
  };
  const steps = [...plan.steps];
  let fault = Promise.resolve();
  let stepsToRun = steps.length;
  let reported = 0;
  const count = (reports: DeliveryReports): DeliveryReports => {
    reported += reports.length;
    while (steps[0] !== undefined && reported >= steps[0].at * MESSAGES) {
      const step = steps.shift()!;
      fault = fault.then(() => step.run(control)).finally(() => (stepsToRun -= 1));
    }
    return reports;
  };
  const sends: Promise<DeliveryReports>[] = [];
  while (handedOver < MESSAGES || stepsToRun > 0) {
    const values = Array.from({ length: SEND_MESSAGES }, () => {
      const id = handedOver++;
      return message({ key: `key-${id % 31}`, value: String(id).padEnd(60) });
    });
    sends.push(output.send(values).then(count));
    await Promise.all([sends[sends.length - SENDS_IN_FLIGHT], pause(SEND_EVERY_MS)]);
  }
  const all = await Promise.all(sends);
  assert.equal(reported, handedOver, 'one report for each message');
  await fault;
  const { retries } = output.stats;
  await output.close();
  return { reports: all.flatMap((reports) => [...reports]), retries };
}

async function readBack(cluster: KafkaCluster, topic: string): Promise<Map<number, Stored[]>> {
  await cluster.healthy(topic);
  const stored = new Map<number, Stored[]>();
  await visitTopic(cluster, topic, ({ partition, offset, value }) => {
    const id = Number(
      Buffer.from(value.startsWith('x') ? value.slice(1) : '', 'hex')
        .toString()
        .trim(),
    );
    const places = stored.get(id) ?? [];
    places.push({ partition, offset });
    stored.set(id, places);
  });
  return stored;
}

function judge(stored: ReadonlyMap<number, Stored[]>, reports: readonly DeliveryReport[], retries: number): Outcome {
  const counts = { persisted: 0, notPersisted: 0, possiblyPersisted: 0 };
  const [lost, duplicated, reordered, falseReports]: [number[], number[], number[], number[]] = [[], [], [], []];
  const lastOffsets = new Map<number, number>();
  for (const [id, { status, partition, offset }] of reports.entries()) {
    counts[status] += 1;
    const places = stored.get(id) ?? [];
    if (places.length > 1) duplicated.push(id);
    if (status === 'notPersisted' && places.length > 0) falseReports.push(id);
    const isThere = places.some((place) => place.partition === partition && (offset === -1 || place.offset === offset));
    if (status === 'persisted' && !isThere) lost.push(id);
    const [first] = places;
    if (first === undefined || status === 'notPersisted') continue;
    if (first.offset < (lastOffsets.get(first.partition) ?? -1)) reordered.push(id);
    lastOffsets.set(first.partition, Math.max(first.offset, lastOffsets.get(first.partition) ?? -1));
  }
  for (const id of stored.keys()) if (!(id >= 0 && id < reports.length)) falseReports.push(id);
  return { ...counts, lost, duplicated, reordered, falseReports, retries };
}

function assertNone(what: string, ids: readonly number[]): void {
  assert.equal(ids.length, 0, `${ids.length} messages ${what}: ${ids.slice(0, 20).join()} …`);
}

/** What must hold after every drill, and what it came to in one line. */
export function assertKept(name: string, plan: DrillPlan, outcome: Outcome): void {
  const { lost, duplicated, reordered, falseReports, ...counts } = outcome;
  const deletedBelow = plan.deletedBelow?.() ?? 0;
  const missing = lost.filter((id) => id >= deletedBelow);
  const found = { lost: missing.length, duplicated: duplicated.length, reordered: reordered.length };
  console.log(`${name}: ${JSON.stringify({ ...counts, ...found, falseReports: falseReports.length })}`);
  assertNone('lost', missing);
  assertNone('falsely reported', falseReports);
  if (plan.idempotent) {
    assertNone('duplicated', duplicated);
    assertNone('reordered', reordered);
    assert.equal(outcome.notPersisted + outcome.possiblyPersisted, 0, 'nothing has a reason to fail');
  } else {
    assert.ok(duplicated.length === 0 || outcome.retries > 0, 'a message came twice and no retry was counted');
  }
}
