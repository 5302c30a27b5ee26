/** What encode and decode share: the schema, the frame around a value, and lines that fail alone. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { AvroType } from '../engine/engine.ts';
import { KafkaHotpathError } from '../errors.ts';
import { EXIT, InputError } from './exit.ts';
import { inputFailure, openInput } from './input.ts';
import { type InputLine, readLines } from './lines.ts';
import { addEngineOption, addTerminalOptions, type EngineOptions } from './options.ts';
import { LineWriter, Notices, type TerminalOptions } from './terminal.ts';

export interface AvroOptions extends TerminalOptions, EngineOptions {
  readonly schema: string;
  readonly input?: string;
}

/** Twice what a broker could ever take as a message, as hex. */
const LINE_BYTES_MAX = 512 * 1024 * 1024;
/** The Confluent wire format: a zero byte, the schema's id as int32 big-endian, the value. */
const MAGIC = 0;
export const FRAME_BYTES = 5;

export function addAvroOptions(command: Command): Command {
  addEngineOption(command)
    .requiredOption('--schema <file>', 'the Avro schema, as JSON')
    .option('--input <file>', 'read from a file instead of standard input');
  return addTerminalOptions(command);
}

export function frameOf(schemaId: number): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES, MAGIC);
  frame.writeInt32BE(schemaId, 1);
  return frame;
}

/** The value behind the frame; the id is compared when one is given. */
export function withoutFrame(bytes: Buffer, schemaId: number | undefined): Buffer {
  if (bytes.length < FRAME_BYTES || bytes[0] !== MAGIC) {
    throw new InputError('does not begin with 00 and the id of a schema (the Confluent wire format)');
  }
  const id = bytes.readInt32BE(1);
  if (schemaId !== undefined && id !== schemaId) throw new InputError(`has schema id ${id}; allowed: ${schemaId}`);
  return bytes.subarray(FRAME_BYTES);
}

/** Turns each line into a line; one that cannot be is reported and left out. Returns the exit code. */
export async function convertLines(
  options: AvroOptions,
  convert: (type: AvroType, text: string, line: number) => string | undefined,
): Promise<number> {
  const { openEngine } = await import('../engine/select.ts');
  const engine = openEngine(options.engine);
  const notices = new Notices(options);
  notices.detail(`engine: ${engine.kind} (${engine.reason})`);
  const type = engine.compileAvro(readSchema(options.schema));
  for (const warning of type.warnings) notices.say(`kafka-hotpath: warning: schema ${warning}`);
  const input = openInput(options.input);
  const writer = new LineWriter(process.stdout, () => {
    input.destroy();
  });
  let failures = 0;
  const take = (line: InputLine): void => {
    try {
      if (line.text === undefined) throw new InputError(line.fault ?? '');
      const converted = convert(type, line.text, line.number);
      if (converted !== undefined) writer.write(converted);
    } catch (error) {
      failures += 1;
      refuse(error, line.number, writer, options);
    }
  };
  try {
    for await (const lines of readLines(input, LINE_BYTES_MAX)) {
      for (const line of lines) take(line);
      await writer.room();
    }
  } catch (error) {
    if (!writer.isClosed)
      throw (error as NodeJS.ErrnoException).syscall === undefined ? error : inputFailure(options.input, error);
  }
  await writer.end();
  return failures === 0 ? EXIT.ok : EXIT.failed;
}

function refuse(error: unknown, line: number, writer: LineWriter, options: AvroOptions): void {
  if (!(error instanceof InputError) && !(error instanceof KafkaHotpathError)) throw error;
  const code = error instanceof KafkaHotpathError ? error.code : 'ERR_AVRO_VALUE';
  if (options.json === true) writer.writeJson({ line, code, message: error.message });
  process.stderr.write(`kafka-hotpath: line ${line} ${error.message}\n`);
}

function readSchema(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const problem = code === 'ENOENT' ? 'there is no such file' : code;
    throw new KafkaHotpathError('ERR_CONFIG', `--schema ${path} cannot be read: ${problem}`, { cause });
  }
}
