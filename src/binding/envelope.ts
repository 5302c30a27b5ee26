/**
 * The envelope: an object that carries key, headers and value of a message, the only way for most languages to set a
 * key. In mode `azure` it is recognised as the extension does, by six names in their exact spelling.
 *
 * Recognised envelopes differ from the extension in this, on purpose: texts that look like dates stay as they are; what
 * the extension cannot convert (a key, value or header of a wrong kind) is refused with its path or, where the meaning
 * is plain, sent as compact JSON, where the extension silently sends the whole envelope as the value; a null Value with
 * a Key is a tombstone; bytes stay bytes. Timestamp, Partition, Topic and Offset are ignored, as there.
 */
import type { Field, HeaderList, StagedField } from '../engine/engine.ts';
import { isExtensionEnvelope, rewriteDate } from './envelope-quirks.ts';
import { mayBeAzureEnvelope, REQUIRED } from './envelope-search.ts';
import type { FieldCodec } from './field-codec.ts';
import { headerField, headersOf, partitionOf, timestampOf, type RecordParts } from './fields.ts';
import type { EnvelopeMode } from './payload.ts';
import { Refusal, step } from './refusal.ts';

export interface EnvelopeRules {
  readonly mode: EnvelopeMode;
  readonly codec: FieldCodec;
  /** The quirk envelopeFallback. */
  readonly isFallingBack: boolean;
  /** The quirk envelopeDates. */
  readonly isRewritingDates: boolean;
}

type Envelope = Readonly<Record<string, unknown>>;

const LENIENT_NAMES: ReadonlySet<string> = new Set([...REQUIRED.map((name) => name.toLowerCase()), 'key']);

/** Fills the parts from the text of an envelope; false: the text is no envelope. @throws Refusal */
export function readEnvelopeText(text: string, rules: EnvelopeRules, parts: RecordParts): boolean {
  if (!mayBeEnvelope(text, rules.mode)) return false;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text) as unknown;
  } catch {
    return false;
  }
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) && readEnvelope(parsed, rules, parts);
}

/** Never wrong about a no: parsing every message that is JSON would cost more than sending it. */
function mayBeEnvelope(text: string, mode: EnvelopeMode): boolean {
  if (mode === 'azure') return mayBeAzureEnvelope(text);
  if (mode === 'never' || text.trimStart().charCodeAt(0) !== 0x7b) return false;
  // A name may be spelled with escapes of its letters.
  return text.includes('\\u00') || /"value"/i.test(text);
}

/** Fills the parts from an envelope; false: the object is none. @throws Refusal */
export function readEnvelope(object: object, rules: EnvelopeRules, parts: RecordParts): boolean {
  if (rules.mode === 'never') return false;
  const envelope = object as Envelope;
  return rules.mode === 'azure' ? readAzure(envelope, rules, parts) : readLenient(envelope, rules, parts);
}

/** Present as JSON sees it: undefined, functions and symbols have no place in JSON. */
function has(envelope: Envelope, name: string): boolean {
  if (!Object.hasOwn(envelope, name)) return false;
  const value = envelope[name];
  return value !== undefined && typeof value !== 'function' && typeof value !== 'symbol';
}

function readAzure(envelope: Envelope, rules: EnvelopeRules, parts: RecordParts): boolean {
  for (const name of REQUIRED) if (!has(envelope, name)) return false;
  if (rules.isFallingBack && !isExtensionEnvelope(envelope)) return false;
  const dated = (value: unknown): unknown => (rules.isRewritingDates ? rewriteDate(value) : value);
  parts.key = has(envelope, 'Key') ? rules.codec.key(dated(envelope['Key']), '$.Key', 'azure') : null;
  parts.value = valueOf(dated(envelope['Value']), parts.key, 'Value', rules.codec);
  parts.headers = azureHeaders(envelope['Headers'], dated);
  return true;
}

function valueOf(value: unknown, key: StagedField, name: string, codec: FieldCodec): StagedField {
  if (value === null && key === null) {
    throw new Refusal(`$.${name}`, 'got null without a key; a tombstone needs the key it is for');
  }
  return codec.value(value, `$.${name}`, 'azure');
}

function azureHeaders(headers: unknown, dated: (value: unknown) => unknown): HeaderList | null {
  if (headers === null) return null;
  if (!Array.isArray(headers)) throw new Refusal('$.Headers', 'allowed: an array of { "Key": text, "Value": text }');
  const list: Field[] = [];
  headers.forEach((entry: unknown, index) => {
    const at = step('$.Headers', index);
    if (typeof entry !== 'object' || entry === null) throw new Refusal(at, 'allowed: { "Key": text, "Value": text }');
    const { Key: name, Value: value } = entry as { Key?: unknown; Value?: unknown };
    if (typeof name !== 'string') throw new Refusal(`${at}.Key`, 'the name of a header must be text');
    if (value === undefined) throw new Refusal(`${at}.Value`, 'is missing');
    list.push(name, headerField(dated(value), `${at}.Value`, 'azure'));
  });
  return list.length === 0 ? null : list;
}

function readLenient(envelope: Envelope, rules: EnvelopeRules, parts: RecordParts): boolean {
  const names = new Map<string, string>();
  for (const name of Object.keys(envelope)) {
    const plain = name.toLowerCase();
    if (!LENIENT_NAMES.has(plain) || names.has(plain)) return false;
    if (has(envelope, name)) names.set(plain, name);
  }
  // A lone { "value": … } is far more likely to be somebody's document than an envelope without anything in it.
  if (!names.has('value') || names.size < 2) return false;
  const field = (plain: string): unknown => envelope[names.get(plain) ?? ''];
  const path = (plain: string): string => `$.${names.get(plain) ?? plain}`;
  const key = names.has('key') ? rules.codec.key(field('key'), path('key'), 'json') : null;
  parts.key = key;
  parts.value = valueOf(field('value'), key, names.get('value') ?? 'Value', rules.codec);
  parts.headers = lenientHeaders(field('headers'), path('headers'));
  parts.partition = partitionOf(field('partition'), path('partition'));
  const timestamp = field('timestamp');
  parts.timestampMs = timestampOf(timestamp === '' ? undefined : timestamp, path('timestamp'));
  return true;
}

/** Also { Key, Value } entries, whose names may have any letter case here. */
function lenientHeaders(headers: unknown, path: string): HeaderList | null {
  if (!Array.isArray(headers)) return headersOf(headers, path);
  const entries = headers.map((entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).map(([name, value]) => [name.toLowerCase(), value as unknown]))
      : entry,
  );
  return headersOf(entries, path);
}
