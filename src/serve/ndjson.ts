/**
 * Volume: lines in, each one value as for `produce`, reports out as `produce --json` writes them, and a summary in the
 * end. Only with a summary that says complete has every line been read. Whoever asks for the reports of failures only
 * gets a line for each of those, and the summary.
 */
import { itemsOf } from '../binding/values.ts';
import type { DeliveryReport } from '../producer/api.ts';
import { reportFields } from './deliver.ts';
import { type Exchange, plainProblem, requireBinding, type Route } from './exchange.ts';
import { malformed } from './problem.ts';
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
  const run = new LineRun(exchange, wantedReports(exchange));
  const startedMs = performance.now();
  const splitter = new LineSplitter(exchange.service.settings.lineBytesMax);
  const ended = await readStream(exchange, splitter, (pieces) => run.take(pieces));
  await run.stream.settled();
  const seconds = Math.round(performance.now() - startedMs) / 1000;
  const engine = exchange.service.output.engine.kind;
  const summary = { ...run.stream.counts, bytes: run.bytes, seconds, engine, complete: ended === undefined };
  const reason = ended === undefined ? {} : { code: ended.code, message: ended.message };
  run.stream.end(JSON.stringify({ summary: { ...summary, ...reason } }), ended);
  return undefined;
}

/** @throws Problem 400 */
function wantedReports({ request }: Exchange): 'all' | 'failed' {
  const { url = '' } = request;
  const query = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?')) : '');
  const wanted = query.get('reports') ?? 'all';
  if (wanted === 'all' || wanted === 'failed') return wanted;
  throw malformed('reports: allowed is all, failed');
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
  /** With refuseAll the messages of a line share their fate, so they go by themselves and together. */
  readonly #isApart: boolean;
  readonly #topicJson: string;
  readonly #reports: 'all' | 'failed';
  #gathered = gather();
  #line = 0;
  bytes = 0;

  constructor(exchange: Exchange, reports: 'all' | 'failed') {
    this.#exchange = exchange;
    this.#reports = reports;
    const { payload, topic } = exchange.service.output.config;
    this.#isApart = payload.invalidMessages === 'refuseAll';
    this.#topicJson = JSON.stringify(topic);
    this.stream = new ReportStream(exchange, TYPE);
  }

  async take(pieces: readonly Piece[]): Promise<void> {
    for (const piece of pieces) {
      this.#line += 1;
      this.bytes += piece.bytes;
      const fault = this.#gather(piece);
      if (fault !== undefined) {
        await this.#send();
        this.#refuse(fault);
      } else if (this.#isApart || this.#gathered.values.length >= SEND_MESSAGES_MAX) await this.#send();
    }
    await this.#send();
  }

  /** Undefined, or what is wrong with the line. Blank lines hold nothing. */
  #gather({ text, fault, bytes }: Piece): string | undefined {
    if (text === undefined) return fault;
    let value: unknown;
    try {
      value = JSON.parse(text) as unknown;
    } catch {
      return text.trim() === '' ? undefined : 'is not JSON';
    }
    const { values, lines, items } = this.#gathered;
    this.#gathered.bytes += bytes;
    const messages = itemsOf(value, this.#exchange.service.output.config.payload.azureQuirks);
    for (let item = 0; item < messages.length; item++) {
      values.push(messages[item]);
      lines.push(this.#line);
      items.push(item);
    }
    return undefined;
  }

  #refuse(fault: string): void {
    const { topic } = this.#exchange.service.output.config;
    const message = `line ${this.#line} ${fault}`;
    const fate = { status: 'notPersisted', topic, partition: -1, offset: '-1', timestamp: '-1' };
    const report = { line: this.#line, item: 0, ...fate, code: 'ERR_SERIALIZE', message };
    this.stream.refuse(400, JSON.stringify(report));
  }

  async #send(): Promise<void> {
    const { values, lines, items, bytes } = this.#gathered;
    if (values.length === 0) return;
    this.#gathered = gather();
    const lineOf = (report: DeliveryReport): string | undefined => {
      if (report.error === undefined && this.#reports === 'failed') return undefined;
      const line = lines[report.index] ?? 0;
      const item = items[report.index] ?? 0;
      const place = report.error && `line ${line} item ${item}`;
      const fields = reportFields(report, this.#topicJson, place);
      return `{"line":${line},"item":${item},${fields}}`;
    };
    await this.stream.send({ values, bytes, lineOf });
  }
}

function gather(): Gathered {
  return { values: [], lines: [], items: [], bytes: 0 };
}
