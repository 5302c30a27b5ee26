/**
 * What a function set on the binding, as a source of records. The rules are the Azure host's (one value is one message,
 * an array or the JSON text of one is one message per element), with each element sent as it was given.
 */
import { types } from 'node:util';
import type { Field } from '../engine/engine.ts';
import { KafkaHotpathError } from '../errors.ts';
import type { RecordSource, RecordTarget } from '../producer/api.ts';
import { bytesOf, isBytes } from './bytes.ts';
import { readEnvelope, readEnvelopeText, type EnvelopeMode } from './envelope.ts';
import { fieldOf, headersOf, partitionOf, timestampOf, type BooleanStyle, type RecordParts } from './fields.ts';
import { splitJsonArray } from './json-array.ts';
import { isPlain, objectText } from './json.ts';
import { isMessage, type Message } from './message.ts';
import { Refusal } from './refusal.ts';

const SPACE = 0x20;
const BRACKET = 0x5b;
const BRACE = 0x7b;

export interface ValueOptions {
  readonly envelope: EnvelopeMode;
  /** The timestamp of messages that bring none: one reading of the clock per send. */
  readonly timestampMs: number;
}

/** An element read ahead of its turn, independent of what its caller does to it since. */
class Prepared {
  readonly parts: RecordParts | undefined;
  readonly refusal: KafkaHotpathError | undefined;

  constructor(parts: RecordParts | undefined, refusal: KafkaHotpathError | undefined) {
    this.parts = parts;
    this.refusal = refusal;
  }
}

/** The messages of a value: none for null and undefined, one per element of an array or of its JSON text, else one. */
export function itemsOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') {
    const first = value.charCodeAt(0);
    return (first === BRACKET || first <= SPACE ? splitJsonArray(value) : undefined) ?? [value];
  }
  if (!Array.isArray(value)) return [value];
  // A proxy may answer differently each time it is asked; its answers are taken once.
  return types.isProxy(value) ? Array.from(value as unknown[]) : (value as unknown[]);
}

/** The source of records for one send. Never throws, whatever the value is. */
export function openSource(value: unknown, options: ValueOptions): RecordSource {
  let items: readonly unknown[];
  try {
    items = itemsOf(value);
  } catch (error) {
    const refusal = new KafkaHotpathError('ERR_SERIALIZE', 'message 0 ($): the array cannot be read', { cause: error });
    items = [new Prepared(undefined, refusal)];
  }
  return new ValueSource(items, options);
}

class ValueSource implements RecordSource {
  readonly length: number;
  readonly #mode: EnvelopeMode;
  readonly #timestampMs: number;
  readonly #style: BooleanStyle;
  readonly #parts: RecordParts;
  #items: readonly unknown[];

  constructor(items: readonly unknown[], options: ValueOptions) {
    this.length = items.length;
    this.#items = items;
    this.#mode = options.envelope;
    this.#style = options.envelope === 'azure' ? 'azure' : 'json';
    this.#timestampMs = options.timestampMs;
    this.#parts = { key: null, value: null, headers: null, timestampMs: options.timestampMs, partition: -1 };
  }

  /** A plain text costs one typeof and one look at its first character: only `{` or a space may open an envelope. */
  emit(index: number, target: RecordTarget): void {
    let refusal: KafkaHotpathError | undefined;
    let parts = this.#parts;
    try {
      const item = this.#items[index];
      if (typeof item === 'string') {
        const first = item.charCodeAt(0);
        if (first > SPACE && first !== BRACE) {
          parts.key = null;
          parts.value = item;
          parts.headers = null;
          parts.timestampMs = this.#timestampMs;
          parts.partition = -1;
        } else this.#read(item, parts);
      } else if (item instanceof Prepared) {
        refusal = item.refusal;
        parts = item.parts ?? parts;
      } else this.#read(item, parts);
    } catch (error) {
      refusal = refusalOf(error, index);
    }
    if (refusal === undefined) target.add(parts.key, parts.value, parts.headers, parts.timestampMs, parts.partition);
    else target.refuse(refusal);
  }

  retain(index: number): void {
    const items = new Array<unknown>(this.length);
    for (let at = index; at < this.length; at++) items[at] = this.#prepare(at);
    this.#items = items;
  }

  /** Texts and numbers cannot change under us; everything else is read now, and its bytes are copied. */
  #prepare(index: number): unknown {
    try {
      const item = this.#items[index];
      if ((typeof item !== 'object' && typeof item !== 'function') || item === null || item instanceof Prepared) {
        return item;
      }
      const parts = { ...this.#parts };
      this.#read(item, parts);
      parts.key = copied(parts.key);
      parts.value = copied(parts.value);
      parts.headers = parts.headers?.map(copied) ?? null;
      return new Prepared(parts, undefined);
    } catch (error) {
      return new Prepared(undefined, refusalOf(error, index));
    }
  }

  /** @throws Refusal, and whatever a getter or a proxy of the caller throws */
  #read(item: unknown, parts: RecordParts): void {
    parts.key = null;
    parts.headers = null;
    parts.timestampMs = this.#timestampMs;
    parts.partition = -1;
    if (typeof item === 'string') {
      if (!readEnvelopeText(item, this.#mode, parts)) parts.value = item;
    } else if (item === null || item === undefined) {
      throw new Refusal('$', `got ${String(item)}; a tombstone is message({ key, value: null })`);
    } else if (typeof item !== 'object') {
      parts.value = fieldOf(item, '$', this.#style);
    } else if (isMessage(item)) {
      readMessage(item, parts);
    } else if (!isPlain(item) && isBytes(item)) {
      parts.value = bytesOf(item, '$');
    } else this.#readObject(item, parts);
  }

  #readObject(item: object, parts: RecordParts): void {
    if (Array.isArray(item)) {
      parts.value = objectText(item, '$');
    } else if (typeof (item as { toJSON?: unknown }).toJSON === 'function') {
      // Only its text shows what it means to be.
      const text = objectText(item, '$');
      if (!readEnvelopeText(text, this.#mode, parts)) parts.value = text;
    } else if (!readEnvelope(item, this.#mode, parts)) {
      parts.value = objectText(item, '$');
    }
  }
}

function readMessage(message: Message, parts: RecordParts): void {
  if (message.value === (undefined as unknown)) {
    throw new Refusal('$.value', 'got undefined; for a tombstone give null');
  }
  parts.key = message.key === undefined ? null : fieldOf(message.key, '$.key', 'json');
  parts.value = fieldOf(message.value, '$.value', 'json');
  parts.headers = headersOf(message.headers, '$.headers');
  parts.partition = partitionOf(message.partition, '$.partition');
  parts.timestampMs = timestampOf(message.timestamp, '$.timestamp', parts.timestampMs);
}

function copied(field: Field): Field {
  return typeof field === 'object' && field !== null ? new Uint8Array(field) : field;
}

function refusalOf(error: unknown, index: number): KafkaHotpathError {
  const where = `message ${index}`;
  if (error instanceof Refusal) {
    const { code, path, message, cause } = error;
    return new KafkaHotpathError(code, `${where} (${path}): ${message}`, cause === undefined ? {} : { cause });
  }
  return new KafkaHotpathError('ERR_SERIALIZE', `${where} ($): cannot be read`, { cause: error });
}
