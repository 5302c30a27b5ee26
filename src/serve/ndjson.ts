/**
 * Volume: lines in, each one value as for `produce`, reports out as `produce --json` writes them, and a summary in the
 * end. Only with a summary that says complete has every line been read.
 */
import { itemsOf } from '../binding/values.ts';
import type { DeliveryReport } from '../producer/api.ts';
import { reportJson } from './deliver.ts';
import { type Exchange, plainProblem, requireBinding, type Route } from './exchange.ts';
import { requireMediaType } from './read-json.ts';
import { readStream } from './read-stream.ts';
import { ReportStream, SEND_MESSAGES_MAX } from './report-stream.ts';
import { LineSplitter, type Piece } from './splitters.ts';

const TYPE = 'application/x-ndjson';

export const ndjsonRoute: Route = {
  name: 'ndjson',
  methods: ['POST'],
  path: ['bindings', null],
  handle: takeLines,
  problemReply: plainProblem,
};

async function takeLines(exchange: Exchange): Promise<undefined> {
  requireBinding(exchange);
  requireMediaType(exchange, [TYPE, 'application/ndjson', 'application/jsonl']);
  const run = new LineRun(exchange);
  const startedMs = performance.now();
  const splitter = new LineSplitter(exchange.service.settings.lineBytesMax);
  const ended = await readStream(exchange, splitter, (pieces) => run.take(pieces));
  await run.stream.settled();
  const seconds = Math.round(performance.now() - startedMs) / 1000;
  const engine = exchange.service.output.engine.kind;
  const summary = { ...run.stream.counts, bytes: run.bytes, seconds, engine, complete: ended === undefined };
  const reason = ended === undefined ? {} : { code: ended.code, message: ended.message };
  run.stream.end({ summary: { ...summary, ...reason } }, ended);
  return undefined;
}

/** Values that go in one send, and where each came from. */
interface Gathered {
  readonly values: unknown[];
  readonly lines: number[];
  readonly items: number[];
  bytes: number;
}

class LineRun {
  readonly stream: ReportStream;
  readonly #exchange: Exchange;
  #gathered = gather();
  #line = 0;
  bytes = 0;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.stream = new ReportStream(exchange, TYPE);
  }

  async take(pieces: readonly Piece[]): Promise<void> {
    for (const piece of pieces) {
      this.#line += 1;
      this.bytes += piece.bytes;
      const fault = await this.#takeLine(piece);
      if (fault === undefined) continue;
      await this.#send();
      const { topic } = this.#exchange.service.output.config;
      const message = `line ${this.#line} ${fault}`;
      const place = { line: this.#line, item: 0 };
      const fate = { status: 'notPersisted', topic, partition: -1, offset: '-1', timestamp: '-1' };
      this.stream.refuse(400, { ...place, ...fate, code: 'ERR_SERIALIZE', message });
    }
    await this.#send();
  }

  /** Undefined, or what is wrong with the line. Blank lines hold nothing. */
  async #takeLine({ text, fault, bytes }: Piece): Promise<string | undefined> {
    if (text === undefined) return fault;
    if (text.trim() === '') return undefined;
    let value: unknown;
    try {
      value = JSON.parse(text) as unknown;
    } catch {
      return 'is not JSON';
    }
    const { azureQuirks, invalidMessages } = this.#exchange.service.output.config.payload;
    // With refuseAll the messages of a line share their fate, so they go by themselves and together.
    const isApart = invalidMessages === 'refuseAll';
    if (isApart) await this.#send();
    const gathered = this.#gathered;
    gathered.bytes += bytes;
    itemsOf(value, azureQuirks).forEach((item, index) => {
      gathered.values.push(item);
      gathered.lines.push(this.#line);
      gathered.items.push(index);
    });
    if (isApart || gathered.values.length >= SEND_MESSAGES_MAX) await this.#send();
    return undefined;
  }

  async #send(): Promise<void> {
    const { values, lines, items, bytes } = this.#gathered;
    if (values.length === 0) return;
    this.#gathered = gather();
    const lineOf = (report: DeliveryReport): object => {
      const line = lines[report.index] ?? 0;
      const item = items[report.index] ?? 0;
      return { line, item, ...reportJson(report, `line ${line} item ${item}`) };
    };
    await this.stream.send({ values, bytes, lineOf });
  }
}

function gather(): Gathered {
  return { values: [], lines: [], items: [], bytes: 0 };
}
