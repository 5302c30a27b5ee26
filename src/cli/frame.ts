/** `frame`: records in, one per line, finished record batches out, one per line of hex. */
import { Command } from 'commander';
import type { Engine, ProducerState, RecordInput } from '../engine/engine.ts';
import { EXIT, type Finish, InputError } from './exit.ts';
import { inputFailure, openInput } from './input.ts';
import { type InputLine, parseLine, readLines } from './lines.ts';
import { addEngineOption, addTerminalOptions } from './options.ts';
import { type EngineOptions, int64Option, integerOption } from './options.ts';
import { LineWriter, Notices, type TerminalOptions } from './terminal.ts';

interface FrameOptions extends TerminalOptions, EngineOptions {
  readonly input?: string;
  readonly producerId?: bigint;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
}

/** Twice the largest record of Kafka (1 000 000 000 bytes would be a line of two gigabytes: too long for a text). */
const LINE_BYTES_MAX = 512 * 1024 * 1024;
const HEX = /^(?:[0-9a-fA-F]{2})*$/;
const RECORD_MEMBERS: ReadonlySet<string> = new Set(['key', 'value', 'headers', 'timestamp']);

export function frameCommand(finish: Finish): Command {
  const command = new Command('frame').description(
    'frame records without a broker: lines of {"key":hex|null,"value":hex|null,"headers":[[text,hex|null]],' +
      '"timestamp":ms}, an empty line ends a batch',
  );
  addEngineOption(command)
    .option('--input <file>', 'read from a file instead of standard input')
    .option('--producer-id <id>', 'producer id of every batch', int64Option)
    .option('--producer-epoch <epoch>', 'producer epoch of every batch', integerOption(-1, 32_767))
    .option('--base-sequence <number>', 'base sequence of every batch', integerOption(-1, 2 ** 31 - 1));
  return addTerminalOptions(command).action(async (options: FrameOptions) => {
    await frame(options);
    finish(EXIT.ok);
  });
}

async function frame(options: FrameOptions): Promise<void> {
  const { openEngine } = await import('../engine/select.ts');
  const engine = openEngine(options.engine);
  new Notices(options).detail(`engine: ${engine.kind} (${engine.reason})`);
  const input = openInput(options.input);
  const writer = new LineWriter(process.stdout, () => {
    input.destroy();
  });
  const framer = new Framer(engine, writer, options);
  try {
    for await (const lines of readLines(input, LINE_BYTES_MAX)) {
      for (const line of lines) framer.take(line);
      await writer.room();
    }
  } catch (error) {
    if (writer.isClosed) return;
    // Whole batches before the mistake are data all the same.
    await writer.end();
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : inputFailure(options.input, error);
  }
  framer.endBatch();
  await writer.end();
}

class Framer {
  readonly #engine: Engine;
  readonly #writer: LineWriter;
  readonly #producer: ProducerState;
  readonly #isJson: boolean;
  #records: RecordInput[] = [];
  #batchCount = 0;

  constructor(engine: Engine, writer: LineWriter, options: FrameOptions) {
    this.#engine = engine;
    this.#writer = writer;
    this.#isJson = options.json === true;
    this.#producer = {
      producerId: options.producerId ?? -1,
      producerEpoch: options.producerEpoch ?? -1,
      baseSequence: options.baseSequence ?? -1,
    };
  }

  take(line: InputLine): void {
    if (line.text === undefined) throw new InputError(`line ${line.number} ${line.fault ?? ''}`);
    if (line.text.trim() === '') {
      this.endBatch();
      return;
    }
    const parsed = parseLine(line.text);
    if (parsed.fault !== undefined) throw new InputError(`line ${line.number} ${parsed.fault}`);
    this.#records.push(recordOf(parsed.value, `line ${line.number}`));
  }

  /** Several empty lines in a row end one batch. */
  endBatch(): void {
    if (this.#records.length === 0) return;
    const records = this.#records;
    this.#records = [];
    const bytes = this.#engine.encodeRecordBatch(records, this.#producer);
    const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
    if (this.#isJson) {
      this.#writer.writeJson({ batch: this.#batchCount, records: records.length, bytes: bytes.length, hex });
    } else this.#writer.write(hex);
    this.#batchCount += 1;
  }
}

function recordOf(value: unknown, where: string): RecordInput {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InputError(`${where} must be an object with key, value, headers and timestamp`);
  }
  for (const name of Object.keys(value)) {
    if (!RECORD_MEMBERS.has(name)) {
      throw new InputError(`${where} has ${JSON.stringify(name)}; allowed: key, value, headers, timestamp`);
    }
  }
  const { key, value: payload, headers, timestamp } = value as Readonly<Record<string, unknown>>;
  return {
    key: bytesOf(key, `${where}, key`),
    value: bytesOf(payload, `${where}, value`),
    headers: headersOf(headers, `${where}, headers`),
    timestamp: timestampOf(timestamp, `${where}, timestamp`),
  };
}

/** Hex, or null; left out means null. */
function bytesOf(value: unknown, where: string): Uint8Array | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' && HEX.test(value)) return Buffer.from(value, 'hex');
  throw new InputError(`${where}: allowed are hex digits in pairs, or null`);
}

function headersOf(value: unknown, where: string): { key: string; value: Uint8Array | null }[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new InputError(`${where}: allowed is an array of [name, hex or null]`);
  return value.map((pair: unknown, index) => {
    const [name, hex] = Array.isArray(pair) ? (pair as unknown[]) : [];
    if (typeof name !== 'string') throw new InputError(`${where}[${index}]: allowed is [name, hex or null]`);
    return { key: name, value: bytesOf(hex, `${where}[${index}]`) };
  });
}

function timestampOf(value: unknown, where: string): number {
  if (value === undefined || value === null) return 0;
  if (Number.isSafeInteger(value)) return value as number;
  throw new InputError(`${where}: allowed are whole milliseconds since 1970`);
}
