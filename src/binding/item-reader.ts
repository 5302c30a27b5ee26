/** Takes one element of a send apart: key, value, headers, timestamp and partition. */
import type { Field } from '../engine/engine.ts';
import { isBytes } from './bytes.ts';
import { type EnvelopeRules, readEnvelope, readEnvelopeText } from './envelope.ts';
import type { FieldCodec } from './field-codec.ts';
import { headersOf, partitionOf, timestampOf, type BooleanStyle, type RecordParts } from './fields.ts';
import { indentJson } from './indent.ts';
import { isPlain, objectText } from './json.ts';
import { isMessage, type Message } from './message.ts';
import type { PayloadConfig } from './payload.ts';
import { Refusal } from './refusal.ts';
import { checkNumbers } from './strict.ts';

const BRACE = 0x7b;

export interface ItemReaderOptions {
  readonly payload: PayloadConfig;
  readonly codec: FieldCodec;
  /** The key of messages that bring none. */
  readonly noKey: Field;
}

export class ItemReader {
  readonly #codec: FieldCodec;
  readonly #envelope: EnvelopeRules;
  readonly #isStrict: boolean;
  readonly #isIndented: boolean;
  readonly #isNullEmpty: boolean;
  readonly #noKey: Field;
  readonly #style: BooleanStyle;

  constructor({ payload, codec, noKey }: ItemReaderOptions) {
    const { envelope, azureQuirks, strict } = payload;
    this.#codec = codec;
    this.#style = envelope === 'azure' ? 'azure' : 'json';
    this.#envelope = {
      mode: envelope,
      codec,
      isFallingBack: azureQuirks.includes('envelopeFallback'),
      isRewritingDates: azureQuirks.includes('envelopeDates'),
    };
    this.#isStrict = strict;
    this.#isIndented = azureQuirks.includes('indentedJson');
    this.#isNullEmpty = azureQuirks.includes('nullElementsAreEmpty');
    this.#noKey = noKey;
  }

  /** @throws Refusal, and whatever a getter or a proxy of the caller throws */
  read(item: unknown, parts: RecordParts): void {
    parts.key = null;
    parts.headers = null;
    parts.timestampMs = undefined;
    parts.partition = -1;
    if (typeof item === 'string') {
      if (!readEnvelopeText(item, this.#envelope, parts)) parts.value = this.#codec.value(item, '$', this.#style);
    } else if (item === null || item === undefined) {
      if (!this.#isNullEmpty) {
        throw new Refusal('$', `got ${String(item)}; a tombstone is message({ key, value: null })`);
      }
      parts.value = this.#codec.value('', '$', this.#style);
    } else if (typeof item !== 'object') {
      parts.value = this.#codec.value(item, '$', this.#style);
    } else this.#readObject(item, parts);
    parts.key ??= this.#noKey;
  }

  #readObject(item: object, parts: RecordParts): void {
    if (!isPlain(item) && !isMessage(item) && isBytes(item)) {
      parts.value = this.#codec.value(item, '$', this.#style);
      return;
    }
    const isEncoded = this.#codec.encodesValues;
    // A schema has its own word on numbers.
    if (this.#isStrict && !isEncoded) checkNumbers(item);
    if (isMessage(item)) readMessage(item, this.#codec, parts);
    else if (Array.isArray(item)) parts.value = this.#wholeValue(item);
    else if (!isEncoded && typeof (item as { toJSON?: unknown }).toJSON === 'function') {
      // Only its text shows what it means to be.
      const text = this.#textOf(item);
      if (!readEnvelopeText(text, this.#envelope, parts)) parts.value = text;
    } else if (!readEnvelope(item, this.#envelope, parts)) parts.value = this.#wholeValue(item);
  }

  #wholeValue(item: object): RecordParts['value'] {
    return this.#codec.encodesValues ? this.#codec.value(item, '$', this.#style) : this.#textOf(item);
  }

  #textOf(item: object): string {
    const text = objectText(item, '$');
    const first = text.charCodeAt(0);
    // A toJSON() may have given a text, which is nobody's JSON.
    return this.#isIndented && (first === BRACE || Array.isArray(item)) ? indentJson(text) : text;
  }
}

function readMessage(message: Message, codec: FieldCodec, parts: RecordParts): void {
  if (message.value === (undefined as unknown)) {
    throw new Refusal('$.value', 'got undefined; for a tombstone give null');
  }
  parts.key = message.key === undefined ? null : codec.key(message.key, '$.key', 'json');
  parts.value = codec.value(message.value, '$.value', 'json');
  parts.headers = headersOf(message.headers, '$.headers');
  parts.partition = partitionOf(message.partition, '$.partition');
  parts.timestampMs = timestampOf(message.timestamp, '$.timestamp');
}
