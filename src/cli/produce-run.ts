/** The messages of one `produce`: from lines to sends, from reports back to lines. */
import type { KafkaOutput } from '../binding/output-api.ts';
import { grouped } from '../binding/property-values.ts';
import { itemsOf } from '../binding/values.ts';
import { KafkaHotpathError } from '../errors.ts';
import type { DeliveryReport, DeliveryReports } from '../producer/api.ts';
import { EXIT } from './exit.ts';
import { type InputLine, parseLine } from './lines.ts';
import type { ProgressCounts } from './progress.ts';
import type { LineWriter, TerminalOptions } from './terminal.ts';

/**
 * Messages of one send. Reports come when all of a send are settled, so a send should not be too big; sends cost
 * something, so it should not be too small either.
 */
const SEND_MESSAGES_MAX = 500;
/** What may be read ahead of the reports: messages, and bytes of input. */
const UNREPORTED_MESSAGES_MAX = 100_000;
const UNREPORTED_BYTES_MAX = 32 * 1024 * 1024;

interface RunOptions extends TerminalOptions {
  readonly stopOnBadLine?: boolean;
}

/** Values that go in one send, and where each came from. */
interface Parcel {
  readonly values: unknown[];
  readonly lines: number[];
  readonly items: number[];
  bytes: number;
}

export class ProduceRun {
  readonly #output: KafkaOutput;
  readonly #writer: LineWriter;
  readonly #options: RunOptions;
  readonly #startedMs = performance.now();
  readonly #sends = new Set<Promise<void>>();
  #parcel = newParcel();
  #messages = 0;
  #persisted = 0;
  #notPersisted = 0;
  #possiblyPersisted = 0;
  #bytes = 0;
  #unreportedBytes = 0;
  #isInputBroken = false;

  constructor(output: KafkaOutput, writer: LineWriter, options: RunOptions) {
    this.#output = output;
    this.#writer = writer;
    this.#options = options;
  }

  get counts(): ProgressCounts {
    const settled = this.#persisted + this.#notPersisted + this.#possiblyPersisted;
    return {
      messages: settled,
      inFlight: this.#messages - settled,
      failed: this.#notPersisted + this.#possiblyPersisted,
    };
  }

  get exitCode(): number {
    if (this.#possiblyPersisted > 0) return EXIT.possiblyPersisted;
    if (this.#notPersisted > 0) return EXIT.failed;
    return this.#isInputBroken ? EXIT.usage : EXIT.ok;
  }

  /** Sends what the lines hold. False: a line was bad, and that is to be the end. */
  take(lines: readonly InputLine[]): boolean {
    for (const line of lines) {
      const fault = this.#takeLine(line);
      if (fault === undefined) continue;
      this.#send();
      this.#refuseLine(line, fault);
      if (this.#options.stopOnBadLine === true) return false;
    }
    this.#send();
    return true;
  }

  /** Resolves when reading may go on. */
  async room(): Promise<void> {
    while (this.counts.inFlight > UNREPORTED_MESSAGES_MAX || this.#unreportedBytes > UNREPORTED_BYTES_MAX) {
      await Promise.race(this.#sends);
    }
    await this.#writer.room();
  }

  /** Resolves when every message has been reported. */
  async settled(): Promise<void> {
    while (this.#sends.size > 0) await Promise.all(this.#sends);
  }

  inputFailed(): void {
    this.#isInputBroken = true;
  }

  summarize(): void {
    const seconds = Math.round(performance.now() - this.#startedMs) / 1000;
    const summary = {
      messages: this.#messages,
      persisted: this.#persisted,
      notPersisted: this.#notPersisted,
      possiblyPersisted: this.#possiblyPersisted,
      bytes: this.#bytes,
      seconds,
      engine: this.#output.engine.kind,
    };
    if (this.#options.json === true) this.#writer.writeJson({ summary });
    else if (this.#options.quiet !== true) {
      process.stderr.write(
        `messages ${grouped(summary.messages)} · persisted ${grouped(summary.persisted)} · ` +
          `not persisted ${grouped(summary.notPersisted)} · ` +
          `possibly persisted ${grouped(summary.possiblyPersisted)} · ` +
          `${grouped(summary.bytes)} bytes in ${seconds} s · engine ${summary.engine}\n`,
      );
    }
  }

  /** Undefined, or what is wrong with the line. Blank lines hold nothing. */
  #takeLine({ text, fault, number, bytes }: InputLine): string | undefined {
    if (text === undefined) return fault;
    if (text.trim() === '') return undefined;
    const parsed = parseLine(text);
    if (parsed.fault !== undefined) return parsed.fault;
    const { azureQuirks, invalidMessages } = this.#output.config.payload;
    const items = itemsOf(parsed.value, azureQuirks);
    // With refuseAll the messages of a line share their fate, so they go by themselves and together.
    const isApart = invalidMessages === 'refuseAll';
    if (isApart) this.#send();
    if (items.length > 0) this.#parcel.bytes += bytes;
    for (let item = 0; item < items.length; item++) {
      this.#parcel.values.push(items[item]);
      this.#parcel.lines.push(number);
      this.#parcel.items.push(item);
      if (this.#parcel.values.length >= SEND_MESSAGES_MAX && !isApart) this.#send();
    }
    if (isApart) this.#send();
    return undefined;
  }

  #send(): void {
    const parcel = this.#parcel;
    if (parcel.values.length === 0) return;
    this.#parcel = newParcel();
    this.#messages += parcel.values.length;
    this.#bytes += parcel.bytes;
    this.#unreportedBytes += parcel.bytes;
    const sent = this.#follow(parcel);
    this.#sends.add(sent);
    void sent.then(() => this.#sends.delete(sent));
  }

  /** Never rejects: messages that the output did not take are failures like any other. */
  async #follow(parcel: Parcel): Promise<void> {
    try {
      const reports: DeliveryReports = await this.#output.send(parcel.values);
      for (const report of reports) this.#report(parcel, report);
    } catch (error) {
      const reason =
        error instanceof KafkaHotpathError ? error : new KafkaHotpathError('ERR_CLOSED', 'not sent', { cause: error });
      for (let index = 0; index < parcel.values.length; index++) this.#report(parcel, this.#notSent(index, reason));
    } finally {
      this.#unreportedBytes -= parcel.bytes;
    }
  }

  #notSent(index: number, error: KafkaHotpathError): DeliveryReport {
    const { topic } = this.#output.config;
    return {
      index,
      status: 'notPersisted',
      topic,
      partition: -1,
      offset: -1,
      timestamp: -1,
      possibleDuplicates: 0,
      error,
    };
  }

  #refuseLine(line: InputLine, fault: string): void {
    const error = new KafkaHotpathError('ERR_SERIALIZE', `line ${line.number} ${fault}`);
    this.#messages += 1;
    this.#bytes += line.bytes;
    this.#report({ values: [], lines: [line.number], items: [0], bytes: 0 }, this.#notSent(0, error));
  }

  #report(parcel: Parcel, report: DeliveryReport): void {
    const { status, topic, partition, error } = report;
    if (status === 'persisted') this.#persisted += 1;
    else if (status === 'notPersisted') this.#notPersisted += 1;
    else this.#possiblyPersisted += 1;
    const line = parcel.lines[report.index];
    const item = parcel.items[report.index];
    if (this.#options.json === true) {
      const offset = String(report.offset);
      const timestamp = String(report.timestamp);
      const failure = error === undefined ? {} : { code: error.code, message: placed(error, line, item) };
      const repeats = report.possibleDuplicates > 0 ? { possibleDuplicates: report.possibleDuplicates } : {};
      this.#writer.writeJson({ line, item, status, topic, partition, offset, timestamp, ...repeats, ...failure });
    } else if (error !== undefined) {
      this.#writer.write(`line ${line} item ${item}: ${status} ${error.code} ${placed(error, line, item)}`);
    } else if (this.#options.verbose === true) {
      this.#writer.write(`line ${line} item ${item}: persisted ${topic}[${partition}]@${report.offset}`);
    }
  }
}

/** The binding counts the messages of a send; here they are known by line and item. */
function placed(error: KafkaHotpathError, line: number | undefined, item: number | undefined): string {
  return error.message.replace(/^message \d+ \(/, `line ${line} item ${item} (`);
}

function newParcel(): Parcel {
  return { values: [], lines: [], items: [], bytes: 0 };
}
