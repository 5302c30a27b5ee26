/**
 * The messages of one send whose keys or values go by a schema. Some messages ahead are read and encoded in one call,
 * and each is handed over as a slice of what that gave; none has a buffer of its own.
 */
import type { HeaderList, StagedField } from '../engine/engine.ts';
import type { KafkaHotpathError } from '../errors.ts';
import type { RecordSource, RecordTarget } from '../producer/api.ts';
import { type EncodedFields, type FieldEncoder, FieldGatherer } from './encoded-field.ts';
import type { FieldCodec } from './field-codec.ts';
import { type BooleanStyle, fieldOf, type RecordParts } from './fields.ts';
import { ItemReader } from './item-reader.ts';
import { keyOf } from './key-types.ts';
import type { KeyType, PayloadConfig } from './payload.ts';
import { checkTexts } from './strict.ts';
import { copied, Prepared, refusalOf } from './value-source.ts';

/** At least one of the two. */
export interface Encoders {
  readonly key: FieldEncoder | undefined;
  readonly value: FieldEncoder | undefined;
}

/** Messages encoded in one call: enough that a call costs little, and few enough to stay in the processor's cache. */
const WINDOW_MESSAGES_MAX = 512;
/** Large messages go fewer at a time, so that what is encoded ahead stays small. */
const WINDOW_BYTES_MAX = 262_144;

class EncodingCodec implements FieldCodec {
  readonly encodesValues: boolean;
  readonly keys: FieldGatherer | undefined;
  readonly values: FieldGatherer | undefined;
  readonly #keyType: KeyType;

  constructor({ key, value }: Encoders, keyType: KeyType) {
    this.keys = key && new FieldGatherer(key);
    this.values = value && new FieldGatherer(value);
    this.encodesValues = value !== undefined;
    this.#keyType = keyType;
  }

  /** No key is no key, whatever the schema: that is how Kafka and its serializers have it. */
  key(key: unknown, path: string, style: BooleanStyle): StagedField {
    if (key === null) return null;
    return this.keys?.gather(key, path) ?? keyOf(key, path, this.#keyType, style);
  }

  /** Null is a tombstone, even where the schema has a null. */
  value(value: unknown, path: string, style: BooleanStyle): StagedField {
    if (value === null) return null;
    return this.values?.gather(value, path) ?? fieldOf(value, path, style);
  }
}

interface Window {
  readonly from: number;
  readonly to: number;
  readonly parts: readonly Taken[];
  readonly keys: EncodedFields | undefined;
  readonly values: EncodedFields | undefined;
}

/** A message taken apart, or why it cannot be. Tickets are −1 where a field is none of the encoded ones. */
interface Taken {
  readonly key: StagedField;
  readonly value: StagedField;
  readonly headers: HeaderList | null;
  readonly timestampMs: number;
  readonly partition: number;
  readonly keyTicket: number;
  readonly valueTicket: number;
  readonly refusal: KafkaHotpathError | undefined;
}

const NO_WINDOW: Window = { from: 0, to: 0, parts: [], keys: undefined, values: undefined };

export class EncodedSource implements RecordSource {
  readonly length: number;
  readonly #codec: EncodingCodec;
  readonly #reader: ItemReader;
  readonly #isStrict: boolean;
  readonly #timestampMs: number;
  readonly #parts: RecordParts;
  #items: readonly unknown[];
  #window: Window = NO_WINDOW;
  #messagesAhead = WINDOW_MESSAGES_MAX;
  /** Everything still to come, once it has been read ahead. */
  #retained: Window[] | undefined;

  constructor(items: readonly unknown[], payload: PayloadConfig, encoders: Encoders, timestampMs: number) {
    this.length = items.length;
    this.#items = items;
    this.#codec = new EncodingCodec(encoders, payload.keyType);
    this.#reader = new ItemReader({ payload, codec: this.#codec, noKey: null });
    this.#isStrict = payload.strict;
    this.#timestampMs = timestampMs;
    this.#parts = { key: null, value: null, headers: null, timestampMs, partition: -1 };
  }

  emit(index: number, target: RecordTarget): void {
    let window = this.#window;
    if (index < window.from || index >= window.to) window = this.#windowAt(index);
    const taken = window.parts[index - window.from] as Taken;
    let { key, value } = taken;
    const { keys, values } = this.#codec;
    const { keyTicket, valueTicket } = taken;
    let { refusal } = taken;
    if (keyTicket >= 0 && keys !== undefined && window.keys !== undefined) {
      refusal ??= faultOf(window.keys, keyTicket, index);
      key = window.keys.point(keys.slice, keyTicket);
    }
    if (valueTicket >= 0 && values !== undefined && window.values !== undefined) {
      refusal ??= faultOf(window.values, valueTicket, index);
      value = window.values.point(values.slice, valueTicket);
    }
    if (refusal === undefined) target.add(key, value, taken.headers, taken.timestampMs, taken.partition);
    else target.refuse(refusal);
  }

  retain(index: number): void {
    if (this.#retained !== undefined) return;
    const retained: Window[] = [];
    if (index < this.#window.to) retained.push(this.#window);
    for (let from = Math.max(index, this.#window.to); from < this.length; ) {
      const window = this.#read(from);
      retained.push(window);
      from = window.to;
    }
    this.#retained = retained.map((window) => ({ ...window, parts: window.parts.map(independent) }));
    this.#window = NO_WINDOW;
    this.#items = [];
  }

  #windowAt(index: number): Window {
    const found = this.#retained?.find(({ from, to }) => index >= from && index < to);
    this.#window = found ?? this.#read(index);
    return this.#window;
  }

  /** Reads and encodes the messages from index `from` on, as many as go in one call. */
  #read(from: number): Window {
    const to = Math.min(this.length, from + this.#messagesAhead);
    const parts: Taken[] = [];
    for (let index = from; index < to; index++) parts.push(this.#take(index));
    const { keys, values } = this.#codec;
    const window = { from, to, parts, keys: keys?.take(), values: values?.take() };
    const bytes = (window.keys?.byteLength ?? 0) + (window.values?.byteLength ?? 0);
    const messagesMax = Math.floor((WINDOW_BYTES_MAX * (to - from)) / Math.max(bytes, 1));
    this.#messagesAhead = Math.min(WINDOW_MESSAGES_MAX, Math.max(1, messagesMax));
    return window;
  }

  #take(index: number): Taken {
    const parts = this.#parts;
    const { keys, values } = this.#codec;
    try {
      const item = this.#items[index];
      if (item instanceof Prepared) return { ...parts, keyTicket: -1, valueTicket: -1, refusal: item.refusal };
      this.#reader.read(item, parts, this.#timestampMs);
      if (this.#isStrict) checkTexts(parts);
      return {
        ...parts,
        keyTicket: keys !== undefined && parts.key === keys.slice ? keys.ticket : -1,
        valueTicket: values !== undefined && parts.value === values.slice ? values.ticket : -1,
        refusal: undefined,
      };
    } catch (error) {
      return { ...parts, keyTicket: -1, valueTicket: -1, refusal: refusalOf(error, index) };
    }
  }
}

function faultOf(fields: EncodedFields, ticket: number, index: number): KafkaHotpathError | undefined {
  const error = fields.fault(ticket);
  return error === undefined ? undefined : refusalOf(error, index);
}

/** Bytes that were not encoded are still the caller's. */
function independent(taken: Taken): Taken {
  const { key, value, headers, keyTicket, valueTicket } = taken;
  return {
    ...taken,
    key: keyTicket >= 0 ? key : copied(key),
    value: valueTicket >= 0 ? value : copied(value),
    headers: headers?.map(copied) ?? null,
  };
}
