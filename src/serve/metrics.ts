/** What the sidecar counts, in Prometheus' text format. */
import type { KafkaOutput } from '../binding/output-api.ts';
import type { DeliveryReports } from '../producer/api.ts';
import type { Gate } from './gate.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const PREFIX = 'kafka_hotpath_';
const DURATION_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What is true at this moment, and so is not counted here. */
export interface Gauges {
  readonly output: KafkaOutput;
  readonly gate: Gate;
  readonly draining: AbortSignal;
}

type Kind = 'counter' | 'gauge' | 'histogram';
type Sample = readonly [labels: string, value: number];

export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #durationCounts = new Array<number>(DURATION_BUCKETS_S.length).fill(0);
  #durationSumS = 0;
  #durationCount = 0;
  #persisted = 0;
  #notPersisted = 0;
  #possiblyPersisted = 0;
  activeRequests = 0;
  receivedBytes = 0;
  /** Lines and records that never became a message. */
  invalidMessages = 0;

  /** @param route a name of the route table, never a text of the client: labels live for ever */
  countRequest(route: string, status: number, durationMs: number): void {
    const labels = `{route="${route}",status="${status}"}`;
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1);
    const seconds = durationMs / 1000;
    this.#durationSumS += seconds;
    this.#durationCount += 1;
    const bucket = DURATION_BUCKETS_S.findIndex((bound) => seconds <= bound);
    if (bucket >= 0) this.#durationCounts[bucket] = (this.#durationCounts[bucket] ?? 0) + 1;
  }

  countReports({ length, persistedCount, failedCount, possiblyPersistedCount }: DeliveryReports): void {
    this.#persisted += persistedCount;
    this.#possiblyPersisted += possiblyPersistedCount;
    this.#notPersisted += failedCount - possiblyPersistedCount;
    if (persistedCount + failedCount !== length) throw new RangeError('a settled send has unsettled messages');
  }

  text({ output, gate, draining }: Gauges): string {
    const { stats, engine } = output;
    const lines: string[] = [];
    const add = (name: string, kind: Kind, help: string, samples: readonly Sample[]): void => {
      lines.push(`# HELP ${PREFIX}${name} ${help}`, `# TYPE ${PREFIX}${name} ${kind}`);
      for (const [labels, value] of samples) lines.push(`${PREFIX}${name}${labels} ${value}`);
    };
    const gauge = (name: string, help: string, value: number): void => {
      add(name, 'gauge', help, [['', value]]);
    };
    add('info', 'gauge', 'The engine that frames the messages.', [[`{engine="${engine.kind}"}`, 1]]);
    add('http_requests_total', 'counter', 'Requests answered.', [...this.#requests]);
    gauge('http_requests_active', 'Requests without an answer yet.', this.activeRequests);
    add('http_received_bytes_total', 'counter', 'Bytes of request bodies.', [['', this.receivedBytes]]);
    add('messages_total', 'counter', 'Messages by their delivery report.', [
      ['{status="persisted"}', this.#persisted],
      ['{status="notPersisted"}', this.#notPersisted],
      ['{status="possiblyPersisted"}', this.#possiblyPersisted],
    ]);
    add('invalid_messages_total', 'counter', 'Lines and records that could not be read.', [['', this.invalidMessages]]);
    add('producer_retries_total', 'counter', 'Produce requests sent again.', [['', stats.retries]]);
    gauge('pending_messages', 'Messages of requests without a report yet.', gate.messages);
    gauge('pending_bytes', 'Bytes of requests without an answer yet.', gate.bytes);
    gauge('queued_messages', 'Messages in the producer.', stats.queuedMessages);
    gauge('queued_bytes', 'Bytes of messages in the producer.', stats.queuedBytes);
    gauge('producer_requests_in_flight', 'Produce requests on their way.', stats.inFlightRequests);
    gauge('draining', '1 while shutting down.', draining.aborted ? 1 : 0);
    this.#addDurations(lines);
    return `${lines.join('\n')}\n`;
  }

  #addDurations(lines: string[]): void {
    const name = `${PREFIX}http_request_duration_seconds`;
    lines.push(`# HELP ${name} From the headers of a request to the end of its answer.`, `# TYPE ${name} histogram`);
    let count = 0;
    DURATION_BUCKETS_S.forEach((bound, index) => {
      count += this.#durationCounts[index] ?? 0;
      lines.push(`${name}_bucket{le="${bound}"} ${count}`);
    });
    lines.push(`${name}_bucket{le="+Inf"} ${this.#durationCount}`);
    lines.push(`${name}_sum ${this.#durationSumS}`, `${name}_count ${this.#durationCount}`);
  }
}
