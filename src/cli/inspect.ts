/** `inspect`: record batches in, as hex lines or as they are, every field of them out. */
import { isUtf8 } from 'node:buffer';
import { Command } from 'commander';
import { KafkaHotpathError } from '../errors.ts';
import { type BatchRecord, readRecordBatches, type RecordBatch } from '../protocol/record-batch-reader.ts';
import { EXIT, type Finish, InputError } from './exit.ts';
import { readWhole } from './input.ts';
import { addTerminalOptions } from './options.ts';
import { LineWriter, type TerminalOptions } from './terminal.ts';

interface InspectOptions extends TerminalOptions {
  readonly input?: string;
}

const INPUT_BYTES_MAX = 1024 * 1024 * 1024;
/** Longer keys and values are cut in the readable form; --verbose and --json show all of them. */
const SHOWN_BYTES_MAX = 96;
const LABEL_WIDTH = 24;

export function inspectCommand(finish: Finish): Command {
  const command = new Command('inspect')
    .description('show record batches field by field; the input is lines of hex, or the bytes themselves')
    .option('--input <file>', 'read from a file instead of standard input');
  return addTerminalOptions(command).action(async (options: InspectOptions) => {
    finish(await inspect(options));
  });
}

async function inspect(options: InspectOptions): Promise<number> {
  const input = await readWhole(options.input, INPUT_BYTES_MAX);
  if (input.length === 0) throw new InputError('the input is empty; give record batches as hex lines or as bytes');
  const writer = new LineWriter(process.stdout);
  let failures = 0;
  for (const { line, bytes } of portions(input)) {
    try {
      if (bytes === undefined) throw new InputError('is not hex: digits come in pairs');
      for (const batch of readRecordBatches(bytes)) show(batch, writer, options);
    } catch (error) {
      failures += 1;
      refuse(error, line, writer, options);
    }
    await writer.room();
  }
  await writer.end();
  return failures === 0 ? EXIT.ok : EXIT.failed;
}

/** A line each when all of it is hex digits and white space, else the whole. */
function* portions(input: Buffer): Generator<{ line: number | undefined; bytes: Buffer | undefined }> {
  const isHexByte = (byte: number): boolean =>
    (byte >= 0x30 && byte <= 0x39) ||
    ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66) ||
    (byte >= 9 && byte <= 13) ||
    byte === 0x20;
  // A record batch begins with an offset far below 2^56, so with a zero byte: bytes cannot pass for hex.
  if (!input.every(isHexByte)) {
    yield { line: undefined, bytes: input };
    return;
  }
  let line = 0;
  for (const text of input.toString('latin1').split('\n')) {
    line += 1;
    const digits = text.replace(/\s/g, '');
    if (digits !== '') yield { line, bytes: digits.length % 2 === 0 ? Buffer.from(digits, 'hex') : undefined };
  }
}

function refuse(error: unknown, line: number | undefined, writer: LineWriter, options: InspectOptions): void {
  if (!(error instanceof InputError) && !(error instanceof KafkaHotpathError)) throw error;
  const where = line === undefined ? '' : `line ${line} `;
  const code = error instanceof KafkaHotpathError ? error.code : 'ERR_RECORD_BATCH';
  if (options.json === true) writer.writeJson({ line, code, message: error.message });
  process.stderr.write(`kafka-hotpath: ${where}${error.message}\n`);
}

function show(batch: RecordBatch, writer: LineWriter, options: InspectOptions): void {
  if (options.json === true) writer.writeJson(jsonForm(batch));
  else for (const line of readableForm(batch, options.verbose === true)) writer.write(line);
}

function hex(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** 64-bit numbers are texts: JSON readers would round them. */
function jsonForm({ records, ...header }: RecordBatch): object {
  return {
    ...header,
    baseOffset: String(header.baseOffset),
    baseTimestamp: String(header.baseTimestamp),
    maxTimestamp: String(header.maxTimestamp),
    producerId: String(header.producerId),
    recordCount: records.length,
    records: records.map((record) => ({
      offset: String(header.baseOffset + BigInt(record.offsetDelta)),
      timestamp: String(record.timestamp),
      key: hex(record.key),
      value: hex(record.value),
      headers: record.headers.map(({ key, value }) => [key, hex(value)]),
    })),
  };
}

function readableForm(batch: RecordBatch, isWhole: boolean): string[] {
  const bits = [
    `compression ${batch.compression}`,
    `timestamps by ${batch.timestampType === 'createTime' ? 'producer' : 'broker'}`,
    ...(batch.isTransactional ? ['transactional'] : []),
    ...(batch.isControl ? ['control'] : []),
  ];
  const field = (label: string, value: string | number | bigint): string => `  ${label.padEnd(LABEL_WIDTH)}${value}`;
  return [
    `record batch of ${batch.batchLength + 12} bytes`,
    field('base offset', batch.baseOffset),
    field('batch length', batch.batchLength),
    field('partition leader epoch', batch.partitionLeaderEpoch),
    field('magic', batch.magic),
    field('crc', `0x${batch.crc.toString(16).padStart(8, '0')} (right)`),
    field('attributes', `0x${batch.attributes.toString(16).padStart(4, '0')} (${bits.join(', ')})`),
    field('last offset delta', batch.lastOffsetDelta),
    field('base timestamp', dated(batch.baseTimestamp)),
    field('max timestamp', dated(batch.maxTimestamp)),
    field('producer id', batch.producerId),
    field('producer epoch', batch.producerEpoch),
    field('base sequence', batch.baseSequence),
    field('record count', batch.records.length),
    ...batch.records.flatMap((record) => recordLines(record, batch.baseOffset, isWhole)),
  ];
}

function recordLines(record: BatchRecord, baseOffset: bigint, isWhole: boolean): string[] {
  const label = (name: string): string => `    ${name.padEnd(LABEL_WIDTH - 2)}`;
  return [
    `  record at offset ${baseOffset + BigInt(record.offsetDelta)} (+${record.offsetDelta})`,
    `${label('timestamp')}${dated(record.timestamp)} (+${record.timestampDelta})`,
    `${label('key')}${readable(record.key, isWhole)}`,
    `${label('value')}${readable(record.value, isWhole)}`,
    ...record.headers.map(({ key, value }) => `${label('header')}${JSON.stringify(key)}: ${readable(value, isWhole)}`),
  ];
}

function dated(timestamp: bigint): string {
  const date = new Date(Number(timestamp));
  return Number.isNaN(date.getTime()) ? String(timestamp) : `${timestamp} (${date.toISOString()})`;
}

/** Text in quotes when it is text, else hex; with the number of bytes. */
function readable(bytes: Uint8Array | null, isWhole: boolean): string {
  if (bytes === null) return 'null';
  const shown = isWhole ? bytes : bytes.subarray(0, SHOWN_BYTES_MAX);
  const buffer = Buffer.from(shown.buffer, shown.byteOffset, shown.byteLength);
  const text = buffer.toString('utf8');
  const isText = isUtf8(buffer) && !/[\u0000-\u0008\u000e-\u001f\u007f]/.test(text);
  const rest = bytes.length - shown.length;
  const body = isText ? JSON.stringify(text) : buffer.toString('hex');
  return `${body}${rest > 0 ? ` … ${rest} more` : ''} (${bytes.length} bytes)`;
}
