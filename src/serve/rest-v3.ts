/**
 * Producing as through version 3 of Kafka's REST proxy: one record, or as many as the client likes to send one after
 * the other in one request, each with an answer of its own.
 */
import { type Message, message } from '../binding/message.ts';
import type { DeliveryReport } from '../producer/api.ts';
import { statusOf } from './deliver.ts';
import { type Exchange, requireTopic, restProblem, type Route } from './exchange.ts';
import { malformed, Problem } from './problem.ts';
import { isObject, requireMediaType } from './read-json.ts';
import { readStream } from './read-stream.ts';
import { ReportStream, SEND_MESSAGES_MAX } from './report-stream.ts';
import { base64Field, checkNames, jsonField, partitionField, unusable } from './rest-fields.ts';
import { ObjectSplitter, type Piece } from './splitters.ts';

const TYPE = 'application/json';

export const restV3Route: Route = {
  name: 'rest-v3',
  methods: ['POST'],
  path: ['v3', 'clusters', null, 'topics', null, 'records'],
  handle: takeRecords,
  problemReply: restProblem(TYPE),
};

interface Described {
  readonly type: string;
  readonly size: number;
}

interface Record3 {
  readonly message: Message;
  readonly key: Described | undefined;
  readonly value: Described | undefined;
  readonly bytes: number;
}

async function takeRecords(exchange: Exchange): Promise<undefined> {
  const [clusterId = '', topic] = exchange.parameters;
  requireTopic(exchange, topic);
  requireMediaType(exchange, [TYPE]);
  const stream = new ReportStream(exchange, TYPE);
  const splitter = new ObjectSplitter(exchange.service.settings.lineBytesMax);
  const ended = await readStream(exchange, splitter, (pieces) => takePieces(stream, clusterId, pieces));
  await stream.settled();
  if (ended === undefined && stream.counts.messages === 0) throw malformed('the body has no record');
  stream.end(ended && problemText(ended), ended);
  return undefined;
}

async function takePieces(stream: ReportStream, clusterId: string, pieces: readonly Piece[]): Promise<void> {
  let records: Record3[] = [];
  const send = async (): Promise<void> => {
    const sent = records;
    records = [];
    if (sent.length === 0) return;
    const bytes = sent.reduce((sum, record) => sum + record.bytes, 0);
    const lineOf = (report: DeliveryReport): string => answer(report, clusterId, sent[report.index] as Record3);
    await stream.send({ values: sent.map((record) => record.message), bytes, lineOf });
  };
  for (const piece of pieces) {
    try {
      records.push(readRecord(piece));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      await send();
      stream.refuse(error.status, problemText(error));
    }
    if (records.length >= SEND_MESSAGES_MAX) await send();
  }
  await send();
}

function problemText({ restCode, message: words }: Problem): string {
  return JSON.stringify({ error_code: restCode, message: words });
}

function answer(report: DeliveryReport, clusterId: string, { key, value }: Record3): string {
  if (report.error !== undefined) {
    return JSON.stringify({ error_code: statusOf(report), message: report.error.message });
  }
  const { topic, partition, offset } = report;
  const timestamp = new Date(report.timestamp).toISOString();
  const place = { cluster_id: clusterId, topic_name: topic, partition_id: partition, offset, timestamp };
  return JSON.stringify({ error_code: 200, ...place, ...(key && { key }), ...(value && { value }) });
}

/** @throws Problem 400, 422 */
function readRecord({ text, fault, bytes }: Piece): Record3 {
  if (text === undefined) throw malformed(`the stream ${fault ?? ''}`);
  let record: unknown;
  try {
    record = JSON.parse(text) as unknown;
  } catch {
    throw malformed('the record is not JSON');
  }
  if (!isObject(record)) throw malformed('the record is not a JSON object');
  checkNames(record, ['partition_id', 'headers', 'key', 'value', 'timestamp'], 'the record');
  const key = readData(record['key'], 'key');
  const value = readData(record['value'], 'value');
  const init = message({
    key: key === undefined ? null : Buffer.from(key.data as string),
    value: value?.data ?? null,
    headers: readHeaders(record['headers']),
    partition: partitionField(record['partition_id'], 'partition_id'),
    timestamp: readTimestamp(record['timestamp']),
  });
  return { message: init, key: key?.described, value: value?.described, bytes };
}

/** Undefined for null and for nothing at all. */
function readData(field: unknown, path: string): { data: string | Buffer; described: Described } | undefined {
  if (field === undefined || field === null) return undefined;
  if (!isObject(field)) throw unusable(path, 'an object of type and data');
  checkNames(field, ['type', 'data'], path);
  const { type = 'JSON', data } = field;
  if (data === undefined || data === null) return undefined;
  const content = dataOf(type, data, path);
  return { data: content, described: { type: String(type), size: Buffer.byteLength(content) } };
}

function dataOf(type: unknown, data: unknown, path: string): string | Buffer {
  if (type === 'JSON') return jsonField(data, `${path}.data`);
  if (type === 'BINARY') return base64Field(data, `${path}.data`);
  if (type !== 'STRING') throw unusable(`${path}.type`, 'BINARY, JSON or STRING');
  if (typeof data === 'string') return data;
  throw unusable(`${path}.data`, 'text');
}

function readHeaders(headers: unknown): (readonly [string, Buffer | null])[] | undefined {
  if (headers === undefined || headers === null) return undefined;
  if (!Array.isArray(headers)) throw unusable('headers', 'an array of objects of name and value');
  return headers.map((header: unknown, index) => {
    const path = `headers[${index}]`;
    if (!isObject(header)) throw unusable(path, 'an object of name and value');
    checkNames(header, ['name', 'value'], path);
    const { name, value } = header;
    if (typeof name !== 'string') throw unusable(`${path}.name`, 'text');
    return [name, value === undefined || value === null ? null : base64Field(value, `${path}.value`)] as const;
  });
}

function readTimestamp(timestamp: unknown): string | number | undefined {
  if (timestamp === undefined || timestamp === null) return undefined;
  if (typeof timestamp === 'string' || typeof timestamp === 'number') return timestamp;
  throw unusable('timestamp', 'a date as ISO 8601 text');
}
