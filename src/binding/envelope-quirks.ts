/** Envelopes exactly as the extension takes them, for those who ask for it: what it cannot convert, and its dates. */
import { timestampOf } from './fields.ts';

type Envelope = Readonly<Record<string, unknown>>;

const ISO_DATE = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,7})?(Z|[+-]\d{2}:\d{2})?$/;

/**
 * Whether the extension can convert every field; where it cannot, it sends the whole envelope as the value, without a
 * word. The names are known to be there.
 */
export function isExtensionEnvelope(envelope: Envelope): boolean {
  const { Partition: partition, Timestamp: timestamp, Value: value, Headers: headers } = envelope;
  if (!isInteger(partition) || !isDate(timestamp) || !Array.isArray(headers)) return false;
  const hasKey = Object.hasOwn(envelope, 'Key') && envelope['Key'] !== undefined;
  if (hasKey && isComposite(envelope['Key'])) return false;
  // Only beside a key an object is written as JSON.
  if (hasKey ? Array.isArray(value) : isComposite(value)) return false;
  return headers.every((entry: unknown) => {
    if (!isComposite(entry) || Array.isArray(entry)) return false;
    const { Key: name, Value: text } = entry as { Key?: unknown; Value?: unknown };
    return typeof name === 'string' && text !== undefined && text !== null && !isComposite(text);
  });
}

function isComposite(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isInteger(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'boolean' || /^\s*[+-]?\d+\s*$/.test(String(value));
}

function isDate(value: unknown): boolean {
  if (typeof value !== 'string' || value.trim() === '') return false;
  try {
    timestampOf(value, '$.Timestamp');
    return true;
  } catch {
    return false;
  }
}

/**
 * A text that looks like a date, as the extension writes it: month first, without fraction or zone. A date with an
 * offset becomes local time, as there.
 */
export function rewriteDate(value: unknown): unknown {
  const match = typeof value === 'string' ? ISO_DATE.exec(value) : null;
  if (match === null) return value;
  const [text, year, month, day, hour, minute, second, zone] = match;
  if (zone === undefined || zone === 'Z') return `${month}/${day}/${year} ${hour}:${minute}:${second}`;
  const local = new Date(text);
  const two = (part: number): string => String(part).padStart(2, '0');
  const date = `${two(local.getMonth() + 1)}/${two(local.getDate())}/${local.getFullYear()}`;
  return `${date} ${two(local.getHours())}:${two(local.getMinutes())}:${two(local.getSeconds())}`;
}
