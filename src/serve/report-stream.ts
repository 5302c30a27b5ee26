/**
 * The answer to a stream of messages: a line for each report, in the order of the messages, while more are read. The
 * client is read no faster than the producer takes messages and the client takes their reports.
 */
import { KafkaHotpathError } from '../errors.ts';
import type { DeliveryReport } from '../producer/api.ts';
import { sendAll, statusOf } from './deliver.ts';
import type { Exchange } from './exchange.ts';
import { Problem } from './problem.ts';

/** Messages of one send: reports come when all of a send are settled, and a send costs something as well. */
export const SEND_MESSAGES_MAX = 500;
/** Messages read ahead of their reports, per stream. */
const AHEAD_MESSAGES_MAX = 10_000;
const AHEAD_BYTES_MAX = 16 * 1024 * 1024;
/** How much of a small answer is held back, so that its status can tell how it ended. */
const HELD_CHARACTERS_MAX = 1024 * 1024;

export interface Parcel {
  readonly values: readonly unknown[];
  /** Of input, for the bound on what is read ahead. */
  readonly bytes: number;
  /** The line for a report, as JSON; undefined for none. The report's index is the place in `values`. */
  readonly lineOf: (report: DeliveryReport) => string | undefined;
}

export class ReportStream {
  readonly #exchange: Exchange;
  readonly #contentType: string;
  #tail: Promise<void> = Promise.resolve();
  #wake: () => void = () => undefined;
  #aheadMessages = 0;
  #aheadBytes = 0;
  #held = '';
  #failureStatus: number | undefined;
  readonly counts = { messages: 0, persisted: 0, notPersisted: 0, possiblyPersisted: 0 };

  constructor(exchange: Exchange, contentType: string) {
    this.#exchange = exchange;
    this.#contentType = contentType;
  }

  /** Resolves when more may be read. */
  async send(parcel: Parcel): Promise<void> {
    const messages = parcel.values.length;
    this.#note(parcel.bytes, messages);
    this.counts.messages += messages;
    const sent = this.#send(parcel);
    this.#follow(async () => {
      const reports = await sent;
      this.#note(-parcel.bytes, -messages);
      let lines = '';
      for (const report of reports) lines += this.#lineFor(report, parcel);
      await this.#write(lines);
    });
    while (this.#aheadMessages > AHEAD_MESSAGES_MAX || this.#aheadBytes > AHEAD_BYTES_MAX) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** A message that could not even be read, in its turn. */
  refuse(status: number, line: string): void {
    this.#exchange.service.metrics.invalidMessages += 1;
    this.counts.messages += 1;
    this.#follow(async () => {
      this.counts.notPersisted += 1;
      this.#failureStatus ??= status;
      await this.#write(`${line}\n`);
    });
  }

  /** Resolves when every message has its line. */
  async settled(): Promise<void> {
    await this.#tail;
  }

  /** Ends the answer with that line; the problem is why the stream ended before its body did. */
  end(line: string | undefined, problem: Problem | undefined): void {
    const { response } = this.#exchange;
    this.#failureStatus ??= problem?.status;
    this.#sendHead();
    response.end(line === undefined ? this.#held : `${this.#held}${line}\n`);
    this.#held = '';
  }

  /** A write that fails has nobody left to tell. */
  #follow(step: () => Promise<void>): void {
    this.#tail = this.#tail.then(step).catch(() => undefined);
  }

  #note(bytes: number, messages: number): void {
    this.#aheadBytes += bytes;
    this.#aheadMessages += messages;
    this.#exchange.lease.note(bytes, messages);
    if (messages < 0) this.#wake();
  }

  /** Never rejects: messages that the output did not take are failures like any other. */
  async #send({ values }: Parcel): Promise<Iterable<DeliveryReport>> {
    const { service } = this.#exchange;
    try {
      return await sendAll(service, values);
    } catch (cause) {
      const text = cause instanceof Problem ? cause.message : 'the message was not taken';
      const error = new KafkaHotpathError('ERR_CLOSED', text, { cause });
      const { topic } = service.output.config;
      const fate = {
        status: 'notPersisted',
        topic,
        partition: -1,
        offset: -1,
        timestamp: -1,
        possibleDuplicates: 0,
        error,
      } as const;
      return values.map((_, index) => ({ index, ...fate }));
    }
  }

  #lineFor(report: DeliveryReport, { lineOf }: Parcel): string {
    this.counts[report.status] += 1;
    if (report.status !== 'persisted') this.#failureStatus ??= statusOf(report);
    const line = lineOf(report);
    return line === undefined ? '' : `${line}\n`;
  }

  async #write(lines: string): Promise<void> {
    const { response, body } = this.#exchange;
    this.#held += lines;
    if (response.destroyed) this.#held = '';
    const mayHold = !response.headersSent && body.isComplete && this.#held.length < HELD_CHARACTERS_MAX;
    if (mayHold || this.#held === '') return;
    this.#sendHead();
    const isTaken = response.write(this.#held);
    this.#held = '';
    if (!isTaken) await this.#drained();
  }

  /** A status can be true only of what is known when it is sent; the lines are true of the rest. */
  #sendHead(): void {
    const { response } = this.#exchange;
    if (response.headersSent || response.destroyed) return;
    const status = this.counts.persisted > 0 ? 200 : (this.#failureStatus ?? 200);
    response.writeHead(status, { 'content-type': this.#contentType, 'cache-control': 'no-store' });
  }

  /** A client that leaves its reports unread holds up nobody else, and not for ever. */
  #drained(): Promise<void> {
    const { response, service } = this.#exchange;
    return new Promise((resolve) => {
      const timer = setTimeout(() => response.destroy(), service.settings.idleTimeoutMs);
      const done = (): void => {
        clearTimeout(timer);
        response.off('drain', done);
        response.off('close', done);
        resolve();
      };
      response.on('drain', done);
      response.on('close', done);
    });
  }
}
