/**
 * A drill on three real nodes: four producers, one for each engine with idempotence on and off, send to one topic at a
 * steady rate; a fault strikes when a share of the messages has its report; afterwards everything is read back by
 * Kafka's own consumer and held against the reports.
 */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { type KafkaOutput, message, openKafkaOutput, type ProducerEvent } from '../../src/index.ts';
import type { KafkaCluster } from '../support/kafka/cluster.ts';
import { visitTopic } from '../support/kafka/reader.ts';
import { type Mode, MODES } from '../support/modes.ts';
import { Tally, type Verdict } from './tally.ts';

/** Of each producer at least so many, and more while the fault lasts; `npm run drills` sends 500 000. */
const MESSAGES = Number(process.env['KAFKA_HOTPATH_DRILL_MESSAGES'] ?? 5_000);
/** Messages a second of each producer. */
const RATE = Number(process.env['KAFKA_HOTPATH_DRILL_RATE'] ?? 1_000);
/** A steady rate: nothing is waited for here. */
const SEND_EVERY_MS = 10;
const SEND_MESSAGES = Math.max(1, Math.round((RATE * SEND_EVERY_MS) / 1_000));
/** What waits for its report while nothing gets through. */
const UNREPORTED_MAX = 20_000;
export const PARTITIONS = 3;
const DURABLE = { enableIdempotence: true, maxRetries: 2_147_483_647, messageTimeoutMs: 300_000 };
const HOURS_AHEAD_MS = 2 * 3_600_000;

export type EventOf<T extends ProducerEvent['type']> = Extract<ProducerEvent, { type: T }>;

/** What a fault may use besides the cluster. */
export interface DrillControl {
  readonly topic: string;
  /** Resolves when every producer has had an event of that type that is wanted: any, or as the test of it says. */
  readonly events: <T extends ProducerEvent['type']>(
    type: T,
    isWanted?: (event: EventOf<T>) => boolean,
  ) => Promise<void>;
  /** What has been handed over until now may be gone: the fault itself deletes it. */
  readonly forgive: () => void;
}

export interface Step {
  /** It begins when this share of the messages of every producer has its report. */
  readonly at: number;
  run(control: DrillControl): Promise<void>;
}

export interface DrillPlan {
  readonly topic: string;
  readonly steps: readonly Step[];
  /** These messages are two hours ahead of the broker's clock, which it refuses. */
  readonly isAhead?: ((id: number) => boolean) | undefined;
}

/** One producer of a drill. */
export class Stream {
  readonly mode: Mode;
  readonly tally: Tally = new Tally();
  /** Messages below this number may be gone. */
  forgivenBelow = 0;
  readonly #plan: DrillPlan;
  readonly #index: number;
  readonly #emitter = new EventEmitter();
  #output: KafkaOutput | undefined;

  constructor(plan: DrillPlan, mode: Mode, index: number) {
    this.#plan = plan;
    this.mode = mode;
    this.#index = index;
  }

  async open(brokerList: string): Promise<void> {
    const { engine, idempotent } = this.mode;
    const settings = idempotent ? DURABLE : {};
    this.#output = await openKafkaOutput(
      { brokerList, topic: this.#plan.topic, ...settings },
      { engine, onEvent: (event) => this.#emitter.emit('event', event) },
    );
    assert.equal(this.#output.engine.kind, engine);
  }

  async event<T extends ProducerEvent['type']>(type: T, isWanted: (event: EventOf<T>) => boolean): Promise<void> {
    for (;;) {
      const [event] = (await once(this.#emitter, 'event')) as [ProducerEvent];
      if (event.type === type && isWanted(event as EventOf<T>)) return;
    }
  }

  /** Sends until there are enough messages and the fault is over, and waits for every report. */
  async run(isOver: () => boolean, onReports: () => void): Promise<void> {
    const output = this.#output!;
    const sends: Promise<void>[] = [];
    while (this.tally.handedOver < MESSAGES || !isOver()) {
      const first = this.tally.take(SEND_MESSAGES);
      const values = Array.from({ length: SEND_MESSAGES }, (_, i) => this.#message(first + i));
      const sending = output.send(values).then((reports) => {
        for (const report of reports) this.tally.report(first + report.index, report);
        onReports();
      });
      sends.push(sending);
      const waitFor = sends.length * SEND_MESSAGES > UNREPORTED_MAX ? sends.shift() : undefined;
      await Promise.all([waitFor, pause(SEND_EVERY_MS)]);
    }
    await Promise.all(sends);
    await output.close();
  }

  /** Undefined for a message of another stream. */
  enter(text: string, partition: number, offset: number): void {
    const [stream, id] = text.split('/');
    if (Number(stream) === this.#index) this.tally.enter(Number(id), partition, offset, this.mode.idempotent);
  }

  #message(id: number): ReturnType<typeof message> {
    const value = `${this.#index}/${id}/`.padEnd(60);
    const ahead = this.#plan.isAhead?.(id) === true ? { timestamp: Date.now() + HOURS_AHEAD_MS } : {};
    return message({ key: `key-${id % 31}`, value, ...ahead });
  }
}

export async function runDrill(cluster: KafkaCluster, plan: DrillPlan): Promise<Stream[]> {
  const streams = MODES.map((mode, index) => new Stream(plan, mode, index));
  for (const stream of streams) await stream.open(cluster.address);
  const control: DrillControl = {
    topic: plan.topic,
    events: async (type, isWanted = () => true) => {
      await Promise.all(streams.map((stream) => stream.event(type, isWanted)));
    },
    forgive: () => {
      for (const stream of streams) stream.forgivenBelow = stream.tally.handedOver;
    },
  };
  const steps = [...plan.steps];
  let stepsToRun = steps.length;
  let fault = Promise.resolve();
  const onReports = (): void => {
    const reported = Math.min(...streams.map(({ tally }) => tally.reported));
    while (steps[0] !== undefined && reported >= steps[0].at * MESSAGES) {
      const step = steps.shift()!;
      fault = fault.then(() => step.run(control)).finally(() => (stepsToRun -= 1));
    }
  };
  await Promise.all(streams.map((stream) => stream.run(() => stepsToRun === 0, onReports)));
  await fault;
  await cluster.healthy(plan.topic);
  await visitTopic(cluster, plan.topic, ({ partition, offset, value }) => {
    const text = Buffer.from(value.slice(1), 'hex').toString();
    const stream = streams[Number(text.split('/', 1)[0])];
    assert.ok(stream !== undefined, `a record that was never sent: ${value}`);
    stream.enter(text, partition, offset);
  });
  return streams;
}

function assertNone(what: string, ids: readonly number[]): void {
  assert.equal(ids.length, 0, `${ids.length} messages ${what}: ${ids.slice(0, 20).join()} …`);
}

/** What must hold after every drill; returns what it came to in one line. */
export function assertKept(plan: DrillPlan, { mode, tally, forgivenBelow }: Stream): string {
  const verdict = tally.judge();
  const missing = verdict.lost.filter((id) => id >= forgivenBelow);
  const summary = summaryOf(verdict, missing.length);
  assertNone('lost', missing);
  assertNone('falsely reported', verdict.falseReports);
  assertNone('stored more often than their reports tell', verdict.untold);
  assertNone('reordered', verdict.reordered);
  let refused = 0;
  for (let id = 0; plan.isAhead !== undefined && id < tally.handedOver; id++) {
    if (!plan.isAhead(id)) continue;
    assert.equal(tally.statusOf(id), 'notPersisted', `message ${id} is two hours ahead`);
    refused += 1;
  }
  if (mode.idempotent) {
    assertNone('duplicated', verdict.duplicated);
    assert.equal(verdict.counts.possiblyPersisted, 0, 'nothing has a reason to stay unclear');
    assert.equal(verdict.counts.notPersisted, refused, 'nothing else has a reason to fail');
  }
  return summary;
}

function summaryOf({ counts, ...found }: Verdict, lost: number): string {
  const { duplicates, possibleDuplicates } = found;
  return JSON.stringify({
    ...counts,
    lost,
    duplicates,
    possibleDuplicates,
    untold: found.untold.length,
    reordered: found.reordered.length,
    falseReports: found.falseReports.length,
  });
}
