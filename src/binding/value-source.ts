/** The messages of one send, each read from its value when the producer asks for it. */
import type { Field } from '../engine/engine.ts';
import { KafkaHotpathError } from '../errors.ts';
import type { RecordSource, RecordTarget } from '../producer/api.ts';
import { bytesOf, isBytes } from './bytes.ts';
import { type EnvelopeRules, readEnvelope, readEnvelopeText } from './envelope.ts';
import { fieldOf, headersOf, partitionOf, timestampOf, type BooleanStyle, type RecordParts } from './fields.ts';
import { indentJson } from './indent.ts';
import { isPlain, objectText } from './json.ts';
import { keyOf, zeroKey } from './key-types.ts';
import { isMessage, type Message } from './message.ts';
import type { KeyType, PayloadConfig } from './payload.ts';
import { Refusal } from './refusal.ts';
import { checkNumbers, checkTexts } from './strict.ts';

const SPACE = 0x20;
const BRACE = 0x7b;

/** An element read ahead of its turn, independent of what its caller does to it since. */
export class Prepared {
  readonly parts: RecordParts | undefined;
  readonly refusal: KafkaHotpathError | undefined;

  constructor(parts: RecordParts | undefined, refusal: KafkaHotpathError | undefined) {
    this.parts = parts;
    this.refusal = refusal;
  }
}

export class ValueSource implements RecordSource {
  readonly length: number;
  readonly #envelope: EnvelopeRules;
  readonly #keyType: KeyType;
  readonly #isStrict: boolean;
  readonly #isIndented: boolean;
  readonly #isNullEmpty: boolean;
  /** The key of messages that bring none: none, but for one quirk. */
  readonly #noKey: Field;
  readonly #timestampMs: number;
  readonly #style: BooleanStyle;
  readonly #parts: RecordParts;
  #items: readonly unknown[];

  constructor(items: readonly unknown[], payload: PayloadConfig, timestampMs: number) {
    const { envelope, azureQuirks, keyType, strict } = payload;
    this.length = items.length;
    this.#items = items;
    this.#style = envelope === 'azure' ? 'azure' : 'json';
    this.#envelope = {
      mode: envelope,
      keyType,
      isFallingBack: azureQuirks.includes('envelopeFallback'),
      isRewritingDates: azureQuirks.includes('envelopeDates'),
    };
    this.#keyType = keyType;
    this.#isStrict = strict;
    this.#isIndented = azureQuirks.includes('indentedJson');
    this.#isNullEmpty = azureQuirks.includes('nullElementsAreEmpty');
    this.#noKey = azureQuirks.includes('zeroKeys') ? zeroKey(keyType) : null;
    this.#timestampMs = timestampMs;
    this.#parts = { key: null, value: null, headers: null, timestampMs, partition: -1 };
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
          parts.key = this.#noKey;
          parts.value = item;
          parts.headers = null;
          parts.timestampMs = this.#timestampMs;
          parts.partition = -1;
        } else this.#read(item, parts);
      } else if (item instanceof Prepared) {
        refusal = item.refusal;
        parts = item.parts ?? parts;
      } else this.#read(item, parts);
      if (this.#isStrict && refusal === undefined) checkTexts(parts);
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
      if (!readEnvelopeText(item, this.#envelope, parts)) parts.value = item;
    } else if (item === null || item === undefined) {
      if (!this.#isNullEmpty) {
        throw new Refusal('$', `got ${String(item)}; a tombstone is message({ key, value: null })`);
      }
      parts.value = '';
    } else if (typeof item !== 'object') {
      parts.value = fieldOf(item, '$', this.#style);
    } else this.#readObject(item, parts);
    parts.key ??= this.#noKey;
  }

  #readObject(item: object, parts: RecordParts): void {
    if (!isPlain(item) && !isMessage(item) && isBytes(item)) {
      parts.value = bytesOf(item, '$');
      return;
    }
    if (this.#isStrict) checkNumbers(item);
    if (isMessage(item)) readMessage(item, this.#keyType, parts);
    else if (Array.isArray(item)) parts.value = this.#textOf(item);
    else if (typeof (item as { toJSON?: unknown }).toJSON === 'function') {
      // Only its text shows what it means to be.
      const text = this.#textOf(item);
      if (!readEnvelopeText(text, this.#envelope, parts)) parts.value = text;
    } else if (!readEnvelope(item, this.#envelope, parts)) parts.value = this.#textOf(item);
  }

  #textOf(item: object): string {
    const text = objectText(item, '$');
    const first = text.charCodeAt(0);
    // A toJSON() may have given a text, which is nobody's JSON.
    return this.#isIndented && (first === BRACE || Array.isArray(item)) ? indentJson(text) : text;
  }
}

function readMessage(message: Message, keyType: KeyType, parts: RecordParts): void {
  if (message.value === (undefined as unknown)) {
    throw new Refusal('$.value', 'got undefined; for a tombstone give null');
  }
  parts.key = message.key === undefined ? null : keyOf(message.key, '$.key', keyType, 'json');
  parts.value = fieldOf(message.value, '$.value', 'json');
  parts.headers = headersOf(message.headers, '$.headers');
  parts.partition = partitionOf(message.partition, '$.partition');
  parts.timestampMs = timestampOf(message.timestamp, '$.timestamp', parts.timestampMs);
}

function copied(field: Field): Field {
  return typeof field === 'object' && field !== null ? new Uint8Array(field) : field;
}

export function refusalOf(error: unknown, index: number): KafkaHotpathError {
  const where = `message ${index}`;
  if (error instanceof Refusal) {
    const { code, path, message, cause } = error;
    return new KafkaHotpathError(code, `${where} (${path}): ${message}`, cause === undefined ? {} : { cause });
  }
  return new KafkaHotpathError('ERR_SERIALIZE', `${where} ($): cannot be read`, { cause: error });
}
