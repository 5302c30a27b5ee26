/**
 * One run of a scenario: the real producer core against the simulated cluster, then the oracles of reliability §3.1.
 */
import { openEngine } from '../../src/engine/select.ts';
import type { DeliveryReport, DeliveryReports, RecordSource } from '../../src/producer/api.ts';
import { createProducer } from '../../src/producer/producer.ts';
import { checkRun, type SentMessage } from './oracles.ts';
import { FAULTS_END_MS, type Scenario, type SendStep } from './scenario.ts';
import { Chance, SimClock } from './sim-clock.ts';
import { SimCluster, TOPIC } from './sim-cluster.ts';

/** Longer than any deadline of a scenario; a run that is not over by then hangs. */
const END_MS = 400_000;

export interface RunResult {
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  readonly messageCount: number;
}

const engine = openEngine('typescript');

export async function runScenario(scenario: Scenario): Promise<RunResult> {
  const clock = new SimClock();
  const cluster = new SimCluster(clock, scenario.partitionCount, scenario.seed);
  const chance = new Chance(scenario.seed ^ 0x0dd5);
  const producer = createProducer({
    transport: cluster,
    engine,
    config: scenario.config,
    clock,
    random: chance.next,
  });
  const messages: SentMessage[] = [];
  const pending = new Set<Promise<void>>();
  const violations: string[] = [];
  for (const step of scenario.sends) {
    clock.setTimer(() => {
      const sent = takeMessages(step, messages, clock);
      const delivered = producer.produce(TOPIC, sourceOf(step, sent)).then((reports) => {
        for (const [i, report] of [...reports].entries()) settle(sent[i] as SentMessage, report, clock);
        noteReports(cluster, sent, reports);
      });
      const watched = delivered.finally(() => pending.delete(watched));
      pending.add(watched);
    }, step.atMs);
  }
  for (const fault of scenario.faults) {
    clock.setTimer(() => {
      cluster.strike(fault);
    }, fault.atMs);
  }
  await clock.run(FAULTS_END_MS);
  cluster.heal();
  await clock.run(END_MS, () => pending.size === 0 && messages.length > 0);
  if (pending.size > 0) violations.push(`O9: ${pending.size} sends have no report at ${END_MS} ms`);
  const { stats } = producer;
  if (pending.size === 0 && (stats.queuedMessages !== 0 || stats.queuedBytes !== 0)) {
    violations.push(`O10: ${stats.queuedMessages} messages, ${stats.queuedBytes} bytes are still counted as queued`);
  }
  await producer.close({ timeoutMs: 0 });
  // Stragglers may still be applied after the last report; they count.
  await clock.run(END_MS + FAULTS_END_MS);
  violations.push(...cluster.violations, ...checkRun(scenario, cluster, messages));
  return { violations, trace: cluster.trace, messageCount: messages.length };
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
