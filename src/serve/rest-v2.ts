/** Producing as through version 2 of Kafka's REST proxy, with records as JSON or as base64. */
import { type Message, message } from '../binding/message.ts';
import type { DeliveryReport, DeliveryReports } from '../producer/api.ts';
import { deliver, deliveryProblem, firstFailure, isRetriable, statusOf } from './deliver.ts';
import { type Exchange, type Reply, requireTopic, restProblem, type Route } from './exchange.ts';
import { isObject, readObject, requireMediaType } from './read-json.ts';
import { base64Field, checkNames, jsonField, partitionField, unusable } from './rest-fields.ts';

const REPLY_TYPE = 'application/vnd.kafka.v2+json';
const JSON_TYPE = 'application/vnd.kafka.json.v2+json';
const BINARY_TYPE = 'application/vnd.kafka.binary.v2+json';

/** The proxy's two classes of failures of a record. */
const NON_RETRIABLE = 1;
const RETRIABLE = 2;

const shared = { methods: ['POST'], handle: produce, problemReply: restProblem(REPLY_TYPE) };

export const restV2Routes: readonly Route[] = [
  { name: 'rest-v2', path: ['topics', null], ...shared },
  { name: 'rest-v2-partition', path: ['topics', null, 'partitions', null], ...shared },
];

async function produce(exchange: Exchange): Promise<Reply> {
  const [topic, partitionText] = exchange.parameters;
  requireTopic(exchange, topic);
  const format = requireMediaType(exchange, [JSON_TYPE, BINARY_TYPE]) === JSON_TYPE ? jsonField : base64Field;
  const fixed = partitionText === undefined ? undefined : partitionField(decimal(partitionText), 'the partition');
  const body = await readObject(exchange);
  const { records } = body;
  checkNames(body, ['records'], 'the body');
  if (!Array.isArray(records) || records.length === 0) throw unusable('records', 'an array of at least one record');
  const messages = records.map((record: unknown, index) => readRecord(record, `records[${index}]`, fixed, format));
  return replyOf(await deliver(exchange, messages));
}

function decimal(text: string): number {
  return /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
}

function readRecord(
  record: unknown,
  path: string,
  fixed: number | undefined,
  format: (value: unknown, path: string) => string | Buffer,
): Message {
  if (!isObject(record)) throw unusable(path, 'an object');
  checkNames(record, fixed === undefined ? ['key', 'value', 'partition'] : ['key', 'value'], path);
  if (record['value'] === undefined) throw unusable(`${path}.value`, 'a value, or null for a tombstone');
  const field = (name: 'key' | 'value'): string | Buffer | null => {
    const value = record[name];
    return value === undefined || value === null ? null : format(value, `${path}.${name}`);
  };
  const partition = fixed ?? partitionField(record['partition'], `${path}.partition`);
  // Bytes, so that no keyDataType of the binding changes what the proxy's format says.
  const key = field('key');
  return message({ key: key === null ? null : Buffer.from(key as string), value: field('value'), partition });
}

/** 200 when something is stored, with the fate of each record; else the status of the first failure. */
function replyOf(reports: DeliveryReports): Reply {
  const offsets = Array.from(reports, describe);
  const body = { offsets, key_schema_id: null, value_schema_id: null };
  const failure = reports.persistedCount > 0 ? undefined : firstFailure(reports);
  if (failure === undefined) return { status: 200, contentType: REPLY_TYPE, body };
  const { status, headers, message: words, restCode } = deliveryProblem(failure);
  return { status, headers, contentType: REPLY_TYPE, body: { error_code: restCode, message: words, ...body } };
}

function describe(report: DeliveryReport): object {
  const { partition, offset, error } = report;
  if (error === undefined) return { partition, offset, error_code: null, error: null };
  const code = isRetriable(statusOf(report)) ? RETRIABLE : NON_RETRIABLE;
  return { partition: partition < 0 ? null : partition, offset: null, error_code: code, error: error.message };
}
