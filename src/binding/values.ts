/**
 * What a function set on the binding, as a source of records. The rules are the Azure host's (one value is one message,
 * an array or the JSON text of one is one message per element), with each element sent as it was given.
 */
import { types } from 'node:util';
import { KafkaHotpathError } from '../errors.ts';
import type { RecordSource } from '../producer/api.ts';
import { allOrNothing } from './all-or-nothing.ts';
import { indentJson } from './indent.ts';
import { splitJsonArray } from './json-array.ts';
import { type AzureQuirk, DEFAULT_PAYLOAD, type PayloadConfig } from './payload.ts';
import { Refusal } from './refusal.ts';
import { EncodedSource, type Encoders } from './encoded-source.ts';
import { Prepared, refusalOf, ValueSource } from './value-source.ts';

const SPACE = 0x20;
const BRACKET = 0x5b;

export interface ValueOptions extends Partial<PayloadConfig> {
  /** The timestamp of messages that bring none: one reading of the clock per send. */
  readonly timestampMs: number;
}

/** The messages of a value: none for null and undefined, one per element of an array or of its JSON text, else one. */
export function itemsOf(value: unknown, quirks: readonly AzureQuirk[] = []): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') {
    if (quirks.length > 0) return itemsOfHost(value, quirks);
    const first = value.charCodeAt(0);
    return (first === BRACKET || first <= SPACE ? splitJsonArray(value) : undefined) ?? [value];
  }
  if (!Array.isArray(value)) return [value];
  // A proxy may answer differently each time it is asked; its answers are taken once.
  return types.isProxy(value) ? Array.from(value as unknown[]) : (value as unknown[]);
}

/** As the Azure host reads a text, as far as its quirks are asked for. */
function itemsOfHost(text: string, quirks: readonly AzureQuirk[]): readonly unknown[] {
  const isIndented = quirks.includes('indentedJson');
  const elements = splitJsonArray(text, isIndented ? indentJson : undefined);
  if (elements !== undefined) return elements;
  const trimmed = text.trim();
  if (!/^\{[^]*\}$|^\[[^]*\]$/.test(trimmed)) return [text];
  try {
    JSON.parse(trimmed);
  } catch {
    if (!quirks.includes('bracketedTextFails')) return [text];
    const refusal = new Refusal('$', 'is in brackets and not JSON, which the Azure host refuses (bracketedTextFails)');
    return [new Prepared(refusalOf(refusal, 0))];
  }
  return [isIndented ? indentJson(trimmed) : text];
}

/** The source of records for one send. Never throws, whatever the value is. */
export function openSource(value: unknown, options: ValueOptions): RecordSource {
  const { timestampMs, ...given } = options;
  return sourceOf(value, { ...DEFAULT_PAYLOAD, ...given }, timestampMs);
}

/** As openSource, with every choice made: no object per send but the source itself. */
export function sourceOf(
  value: unknown,
  payload: PayloadConfig,
  timestampMs: number,
  encoders?: Encoders,
): RecordSource {
  let items: readonly unknown[];
  try {
    items = itemsOf(value, payload.azureQuirks);
  } catch (error) {
    const refusal = new KafkaHotpathError('ERR_SERIALIZE', 'message 0 ($): the array cannot be read', { cause: error });
    items = [new Prepared(refusal)];
  }
  const source =
    encoders === undefined
      ? new ValueSource(items, payload, timestampMs)
      : new EncodedSource(items, payload, encoders, timestampMs);
  return payload.invalidMessages === 'refuseAll' ? allOrNothing(source, payload.recordBytesMax) : source;
}
