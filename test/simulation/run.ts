/**
 * One run of a scenario: the real producer core against the simulated cluster, then the oracles of reliability §3.1.
 */
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/select.ts';
import type {
  DeliveryReport,
  DeliveryReports,
  ProducerEvent,
  ProducerHandle,
  RecordSource,
} from '../../src/producer/api.ts';
import { createProducer } from '../../src/producer/producer.ts';
import { checkRun, type SentMessage } from './oracles.ts';
import { FAULT_MS_MAX, FAULTS_END_MS, type Scenario, type SendStep } from './scenario.ts';
import { Chance, SimClock } from './sim-clock.ts';
import { SimCluster, TOPIC } from './sim-cluster.ts';

/** Longer than any deadline of a scenario; a run that is not over by then hangs. */
const END_MS = 400_000;

export interface RunResult {
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  readonly messageCount: number;
}

const ENGINES = { wasm: openEngine('wasm'), typescript: openEngine('typescript') };

export async function runScenario(scenario: Scenario, engine: keyof typeof ENGINES = 'typescript'): Promise<RunResult> {
  const run = new Run(scenario, ENGINES[engine]);
  await run.play();
  return { violations: run.violations, trace: run.cluster.trace, messageCount: run.messages.length };
}

class Run {
  readonly violations: string[] = [];
  readonly messages: SentMessage[] = [];
  readonly cluster: SimCluster;
  readonly #scenario: Scenario;
  readonly #clock = new SimClock();
  readonly #producer: ProducerHandle;
  readonly #pending = new Set<Promise<void>>();

  constructor(scenario: Scenario, engine: Engine) {
    this.#scenario = scenario;
    this.cluster = new SimCluster(this.#clock, scenario.partitionCount, scenario.seed);
    this.#producer = createProducer({
      transport: this.cluster,
      engine,
      config: scenario.config,
      clock: this.#clock,
      random: new Chance(scenario.seed ^ 0x0dd5).next,
      onEvent: (event) => {
        this.#checkEvent(event);
      },
    });
  }

  async play(): Promise<void> {
    const { sends, faults } = this.#scenario;
    for (const step of sends) {
      this.#clock.setTimer(() => {
        this.#send(step);
      }, step.atMs);
    }
    for (const fault of faults) {
      this.#clock.setTimer(() => {
        this.cluster.strike(fault);
      }, fault.atMs);
    }
    await this.#clock.run(FAULTS_END_MS);
    this.cluster.heal();
    await this.#untilReported();
    // An answer that a fault withholds is still on its way, and a partition waits for it in order.
    await this.#clock.run(this.#clock.now() + FAULT_MS_MAX);
    await this.#probe();
    this.#checkQueue();
    await this.#producer.close({ timeoutMs: 0 });
    // Stragglers may still be applied after the last report; they count.
    await this.#clock.run(END_MS + FAULTS_END_MS);
    this.violations.push(...this.cluster.violations, ...checkRun(this.#scenario, this.cluster, this.messages));
  }

  #send(step: SendStep): SentMessage[] {
    const sent = takeMessages(step, this.messages, this.#clock);
    const delivered = this.#producer.produce(TOPIC, sourceOf(step, sent)).then((reports) => {
      for (const [i, report] of [...reports].entries()) settle(sent[i] as SentMessage, report, this.#clock);
      noteReports(this.cluster, sent, reports);
    });
    const watched = delivered.finally(() => this.#pending.delete(watched));
    this.#pending.add(watched);
    return sent;
  }

  /** Whatever has happened, a healthy cluster takes messages again, in every partition. */
  async #probe(): Promise<void> {
    const atMs = this.#clock.now();
    const sent = this.cluster.partitions.flatMap((_, partition) => this.#send({ atMs, count: 1, partition }));
    await this.#untilReported();
    for (const { value, report } of sent) {
      if (report?.status !== 'persisted') this.violations.push(`live: ${value} failed on a healthy cluster`);
    }
  }

  async #untilReported(): Promise<void> {
    await this.#clock.run(END_MS, () => this.#pending.size === 0);
    if (this.#pending.size > 0) this.violations.push(`O9: ${this.#pending.size} sends have no report at ${END_MS} ms`);
  }

  #checkQueue(): void {
    const { queuedMessages, queuedBytes } = this.#producer.stats;
    if (this.#pending.size > 0 || (queuedMessages === 0 && queuedBytes === 0)) return;
    this.violations.push(`O10: ${queuedMessages} messages, ${queuedBytes} bytes are still counted as queued`);
  }

  /** The alarms must be true: these brokers lose nothing, unless a fault has made them forget a producer. */
  #checkEvent(event: ProducerEvent): void {
    if (event.type !== 'gapDetected' && event.type !== 'offsetRegression') return;
    if (this.cluster.forgetful.has(event.partition)) return;
    this.violations.push(`alarm: ${event.type} for partition ${event.partition} although nothing was lost`);
  }
}

function takeMessages(step: SendStep, messages: SentMessage[], clock: SimClock): SentMessage[] {
  return Array.from({ length: step.count }, () => {
    const message: SentMessage = {
      value: `m${messages.length}`,
      sentAtMs: clock.now(),
      reportedAtMs: -1,
      report: undefined,
    };
    messages.push(message);
    return message;
  });
}

function sourceOf(step: SendStep, sent: readonly SentMessage[]): RecordSource {
  return {
    length: sent.length,
    emit(index, target) {
      const { value } = sent[index] as SentMessage;
      target.add(step.partition < 0 ? `k${index % 4}` : null, value, null, 1_700_000_000_000, step.partition);
    },
  };
}

function settle(message: SentMessage, report: DeliveryReport, clock: SimClock): void {
  message.report = report;
  message.reportedAtMs = clock.now();
}

function noteReports(cluster: SimCluster, sent: readonly SentMessage[], reports: DeliveryReports): void {
  for (const [i, { status, partition, offset, error }] of [...reports].entries()) {
    const { value } = sent[i] as SentMessage;
    cluster.note(`report ${value} ${status} p${partition}@${offset}${error === undefined ? '' : ` ${error.message}`}`);
  }
}
