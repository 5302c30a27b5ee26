/**
 * A fault drill: an embedded broker, an output in front of it, a fault, and the oracles. Every drill runs in both
 * engines and with idempotence on and off; see docs/reliability.md for the table the names refer to.
 */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { openTransport } from '../../src/binding/open-producer.ts';
import { type EmbeddedBroker, type EmbeddedBrokerOptions, startBroker } from '../../src/broker/index.ts';
import { openEngine } from '../../src/engine/select.ts';
import {
  type DeliveryReport,
  type DeliveryReports,
  type KafkaOutput,
  message,
  openKafkaOutput,
  type ProducerEvent,
  resolveConfig,
} from '../../src/index.ts';
import { createProducer } from '../../src/producer/producer.ts';
import type { ClusterMetadata } from '../../src/protocol/messages.ts';
import { readRecordBatches } from '../../src/protocol/record-batch-reader.ts';
import { FrameProxy } from '../support/frame-proxy.ts';
import { type Mode, MODES, nameOf } from '../support/modes.ts';
import { FastClock, within } from './fast-clock.ts';
import { brokenOracles, type Sent } from './oracles.ts';

export const TOPIC = 'drill';

/** What no log, event or error may repeat (O12). */
export const PAYLOAD_MARK = 'payload-canary';

export interface DrillOptions {
  broker?: EmbeddedBrokerOptions;
  partitions?: number;
  /** Properties of the binding. */
  properties?: Readonly<Record<string, unknown>>;
  metadataMaxAgeMs?: number;
  queueBytesMax?: number;
  /** A proxy stands in front of every node. */
  proxied?: boolean;
  /** Oracles that the fault itself breaks, for instance O2 where it deletes what was stored. */
  except?: readonly string[];
  /** Open without asking the broker for anything. */
  connect?: boolean;
  now?: () => number;
  /** Another one than usual, to show that the judge sees what is late. */
  clock?: FastClock;
}

/** Of this process's own time, for all modes of a row side by side; the longest row needs a fifth of it. */
const DRILL_MS_MAX = 30_000;

/** One row of the fault table: the body runs in every mode, all modes side by side, and the oracles after it. */
export function row(name: string, options: DrillOptions, body: (drill: Drill) => Promise<void>): void {
  void describe(name, { concurrency: true }, () => {
    for (const mode of MODES) {
      void it(nameOf(mode), async () => {
        await within(DRILL_MS_MAX, runDrill(mode, options, body));
      });
    }
  });
}

async function runDrill(mode: Mode, options: DrillOptions, body: (drill: Drill) => Promise<void>): Promise<void> {
  const drill = await Drill.open(mode, options);
  try {
    await body(drill);
    await drill.judge();
  } finally {
    await drill.end();
  }
}

export class Drill {
  readonly idempotent: boolean;
  readonly clock: FastClock;
  readonly broker: EmbeddedBroker;
  readonly events: ProducerEvent[] = [];
  /** In the order of the nodes; empty unless asked for. */
  readonly proxies: readonly FrameProxy[];
  /** Every batch that reached the broker, in order. */
  readonly written: { partition: number; bytes: Buffer; connectionId: number }[] = [];
  readonly sent: Sent[] = [];
  /** Changes the metadata answers, after the proxies have been put in. */
  metadata: ((metadata: ClusterMetadata) => ClusterMetadata) | undefined;
  readonly #options: DrillOptions;
  readonly #emitter = new EventEmitter();
  #output: KafkaOutput | undefined;

  private constructor(mode: Mode, options: DrillOptions, broker: EmbeddedBroker, proxies: FrameProxy[]) {
    this.idempotent = mode.idempotent;
    this.clock = options.clock ?? new FastClock();
    this.#options = options;
    this.broker = broker;
    this.proxies = proxies;
  }

  static async open(mode: Mode, options: DrillOptions): Promise<Drill> {
    const topics = [{ name: TOPIC, partitions: options.partitions ?? 1 }];
    const broker = await startBroker({ topics, ...options.broker });
    const ports = broker.addresses.map((address) => Number(address.split(':')[1]));
    const proxies = options.proxied === true ? await Promise.all(ports.map((port) => FrameProxy.start(port))) : [];
    const drill = new Drill(mode, options, broker, proxies);
    drill.#watch();
    try {
      await drill.#open(mode);
      return drill;
    } catch (error) {
      await drill.end();
      throw error;
    }
  }

  get output(): KafkaOutput {
    assert.ok(this.#output !== undefined);
    return this.#output;
  }

  /** Sends that many messages; their order among all sends is the order of the calls. */
  async send(
    count = 1,
    { partition = 0, timestamp }: { partition?: number; timestamp?: number } = {},
  ): Promise<Sent[]> {
    const sent = Array.from({ length: count }, (): Sent => {
      const value = `${PAYLOAD_MARK}-${this.sent.length}`;
      const entry = { value, key: 'k', sentAtMs: this.clock.now(), report: undefined, reportedAtMs: 0 };
      this.sent.push(entry);
      return entry;
    });
    const init = { key: 'k', partition, ...(timestamp === undefined ? {} : { timestamp }) };
    await this.settle(this.output.send(sent.map(({ value }) => message({ ...init, value }))), sent);
    return sent;
  }

  /** Sends and expects every report to be persisted. */
  async sendWell(count = 1, options: { partition?: number } = {}): Promise<Sent[]> {
    const sent = await this.send(count, options);
    assert.deepEqual(statusesOf(sent), Array<string>(count).fill('persisted'), this.#errorsOf(sent));
    return sent;
  }

  async settle(sending: Promise<DeliveryReports>, sent: readonly Sent[]): Promise<void> {
    const reports = await sending;
    assert.equal(reports.length, sent.length);
    for (const [i, report] of [...reports].entries()) {
      const entry = sent[i] as Sent;
      assert.equal(entry.report, undefined, 'O1: one report for each message');
      entry.report = report;
      entry.reportedAtMs = this.clock.now();
    }
  }

  /** How often the log holds this message. */
  copies({ value }: Sent): number {
    return this.broker.records(TOPIC).filter((record) => Buffer.from(record.value ?? []).toString() === value).length;
  }

  /** Resolves with the next event of that type. */
  async nextEvent(type: ProducerEvent['type']): Promise<void> {
    await once(this.#emitter, type);
  }

  eventsOf(type: ProducerEvent['type']): ProducerEvent[] {
    return this.events.filter((event) => event.type === type);
  }

  /** Producer id, epoch and base sequence of every batch that reached the broker. */
  get numbering(): { producerId: number; epoch: number; sequence: number }[] {
    return this.written.map(({ bytes }) => {
      const [batch] = readRecordBatches(bytes);
      assert.ok(batch !== undefined);
      const { producerId, producerEpoch, baseSequence } = batch;
      return { producerId: Number(producerId), epoch: producerEpoch, sequence: baseSequence };
    });
  }

  /** Closes the output and holds everything that happened against the oracles. */
  async judge(): Promise<void> {
    const output = this.output;
    await output.close();
    const records = this.broker.records(TOPIC);
    const timeout = this.#options.properties?.['messageTimeoutMs'];
    const broken = [
      ...brokenOracles({
        sent: this.sent,
        records,
        idempotent: this.idempotent,
        messageTimeoutMs: typeof timeout === 'number' ? timeout : 300_000,
        firstSeen: (atMs) => this.clock.firstSeen(atMs),
      }),
      ...this.#brokenOnTheWire(),
    ].filter((sentence) => !(this.#options.except ?? []).some((name) => sentence.startsWith(name)));
    assert.deepEqual(broken, []);
    const { queuedMessages, queuedBytes, inFlightRequests } = output.stats;
    assert.deepEqual([queuedMessages, queuedBytes, inFlightRequests], [0, 0, 0], 'O10: nothing is left queued');
    assert.equal(this.clock.timerCount, 0, 'O10: no timer is left');
    for (const proxy of this.proxies) proxy.release();
    for (let node = 1; node <= this.broker.addresses.length; node++) this.broker.control.resumeNode(node);
    await this.broker.control.waitFor(() => this.broker.connections === 0);
    const told = [...this.events, ...this.sent.map(({ report }) => report?.error)];
    const said = told.map((item) => inspect(item, { depth: 8 })).join('\n');
    assert.ok(!said.includes(PAYLOAD_MARK), 'O12: a payload is in an event or an error');
  }

  async end(): Promise<void> {
    await this.#output?.close({ timeoutMs: 0 });
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
    await this.broker.close();
  }

  /** O11: the broker saw whole, valid batches, and a batch that came again came with the same bytes. */
  #brokenOnTheWire(): string[] {
    const seen = new Map<string, Buffer>();
    const broken: string[] = [];
    for (const { partition, bytes } of this.written) {
      const [batch, ...more] = readRecordBatches(bytes);
      if (batch === undefined || more.length > 0) {
        broken.push('O11: a partition of a request does not hold exactly one batch');
        continue;
      }
      const values = batch.records.map(({ value }) => Buffer.from(value ?? []).toString());
      const name = `${partition} ${batch.producerEpoch} ${batch.baseSequence} ${values.join()}`;
      if (
        batch.records.some(
          ({ value }) =>
            !Buffer.from(value ?? [])
              .toString()
              .startsWith(PAYLOAD_MARK),
        )
      ) {
        broken.push('O11: a record holds other bytes than were sent');
      }
      if (!(seen.get(name) ?? bytes).equals(bytes)) broken.push(`O11: the batch ${name} came again with other bytes`);
      seen.set(name, bytes);
    }
    return broken;
  }

  #watch(): void {
    this.broker.control.onRequest(({ produce, connectionId }) => {
      for (const { topic, partitions } of produce?.topics ?? []) {
        assert.equal(topic, TOPIC);
        for (const { partition, batch } of partitions) {
          this.written.push({ partition, bytes: Buffer.from(batch), connectionId });
        }
      }
      return undefined;
    });
    // Registered before the drill's own hooks, it decides about every metadata answer: drills set `metadata` instead.
    this.broker.control.onRequest(({ apiName }) =>
      apiName === 'Metadata' ? { rewriteMetadata: (metadata) => this.#rewrite(metadata) } : undefined,
    );
  }

  #rewrite(metadata: ClusterMetadata): ClusterMetadata {
    const brokers = metadata.brokers.map((broker) => ({
      ...broker,
      port: this.proxies[broker.nodeId - 1]?.port ?? broker.port,
    }));
    const told = { ...metadata, brokers };
    return this.metadata?.(told) ?? told;
  }

  async #open({ engine, idempotent }: Mode): Promise<void> {
    const { properties, metadataMaxAgeMs, queueBytesMax, connect, now } = this.#options;
    const behind = this.proxies.map(({ port }) => `127.0.0.1:${port}`);
    const brokerList = (behind.length > 0 ? behind : this.broker.addresses).join(',');
    const defaults = { brokerList, topic: TOPIC, lingerMs: 0, enableIdempotence: idempotent };
    const all = { ...defaults, ...properties };
    const config = resolveConfig(
      all,
      {},
      {
        ...(metadataMaxAgeMs === undefined ? {} : { metadataMaxAgeMs }),
        ...(queueBytesMax === undefined ? {} : { queueBytesMax }),
      },
    );
    const producer = createProducer({
      transport: openTransport(config, { createTopic: false }),
      engine: openEngine(engine),
      config: config.producer,
      clock: this.clock,
      onEvent: (event) => {
        this.events.push(event);
        this.#emitter.emit(event.type);
      },
    });
    this.#output = await openKafkaOutput(all, {
      producer,
      connect: connect ?? true,
      ...(now === undefined ? {} : { now }),
    });
  }

  #errorsOf(sent: readonly Sent[]): string {
    return sent.map(({ report }) => report?.error?.message ?? '').join('\n');
  }
}

export function statusesOf(sent: readonly Sent[]): (string | undefined)[] {
  return sent.map(({ report }) => report?.status);
}

/** The error code of a single failed message, with the broker's own code where it has one. */
export function failureOf(report: DeliveryReport | undefined): string {
  const { error } = report ?? {};
  return error === undefined ? 'none' : 'kafkaError' in error ? String(error.kafkaError) : error.code;
}

/** What was handed over in this turn has been taken by the next. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A promise and the way to settle it. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
