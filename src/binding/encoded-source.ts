/**
 * The messages of one send whose keys or values go by a schema. Some messages ahead are read and encoded in one call,
 * and each is handed over as a slice of what that gave; none has a buffer of its own.
 */
import { ByteSlice } from '../engine/byte-slice.ts';
import type { HeaderList, StagedField } from '../engine/engine.ts';
import type { KafkaHotpathError } from '../errors.ts';
import type { RecordSource, RecordTarget } from '../producer/api.ts';
import { type EncodedFields, type FieldEncoder, FieldGatherer } from './encoded-field.ts';
import type { FieldCodec } from './field-codec.ts';
import { type BooleanStyle, fieldOf, type RecordParts } from './fields.ts';
import { GROUP_MEMORY_BYTES, giveGroupMemory, takeGroupMemory } from './group-memory.ts';
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

/** In place of the slices of what is not encoded. */
const NO_SLICE = new ByteSlice();

class EncodingCodec implements FieldCodec {
  readonly encodesValues: boolean;
  readonly keys: FieldGatherer | undefined;
  readonly values: FieldGatherer | undefined;
  readonly keySlice: ByteSlice;
  readonly valueSlice: ByteSlice;
  readonly #keyType: KeyType;

  constructor({ key, value }: Encoders, keyType: KeyType) {
    this.keys = key && new FieldGatherer(key);
    this.values = value && new FieldGatherer(value);
    this.keySlice = this.keys?.slice ?? NO_SLICE;
    this.valueSlice = this.values?.slice ?? NO_SLICE;
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

/** Messages taken apart, column by column: an object for each of them would cost more than its encoding. */
class Window {
  readonly from: number;
  readonly keys: StagedField[] = [];
  readonly values: StagedField[] = [];
  readonly headers: (HeaderList | null)[] = [];
  readonly timestampsMs: (number | undefined)[] = [];
  readonly partitions: number[] = [];
  /** −1 where a field is none of the encoded ones. */
  readonly keyTickets: number[] = [];
  readonly valueTickets: number[] = [];
  /** Messages that cannot be sent, by their index in the send. */
  readonly refusals: Map<number, KafkaHotpathError> = new Map();
  keyFields: EncodedFields | undefined;
  valueFields: EncodedFields | undefined;

  constructor(from: number) {
    this.from = from;
  }

  get to(): number {
    return this.from + this.keys.length;
  }

  get byteLength(): number {
    return (this.keyFields?.byteLength ?? 0) + (this.valueFields?.byteLength ?? 0);
  }

  add(parts: RecordParts, keyTicket: number, valueTicket: number): void {
    this.keys.push(parts.key);
    this.values.push(parts.value);
    this.headers.push(parts.headers);
    this.timestampsMs.push(parts.timestampMs);
    this.partitions.push(parts.partition);
    this.keyTickets.push(keyTicket);
    this.valueTickets.push(valueTicket);
  }

  /** Bytes that were not encoded are the caller's until they are copied. */
  detach(): void {
    copyOthers(this.keys, this.keyTickets);
    copyOthers(this.values, this.valueTickets);
    for (const [at, list] of this.headers.entries()) this.headers[at] = list?.map(copied) ?? null;
  }
}

function copyOthers(fields: StagedField[], tickets: readonly number[]): void {
  for (const [at, field] of fields.entries()) if ((tickets[at] as number) < 0) fields[at] = copied(field);
}

export class EncodedSource implements RecordSource {
  readonly length: number;
  readonly #codec: EncodingCodec;
  readonly #reader: ItemReader;
  readonly #isStrict: boolean;
  /** Undefined before it is a number for the reason that ValueSource gives. */
  readonly #timestampMs: number | undefined = undefined;
  readonly #parts: RecordParts;
  #items: readonly unknown[];
  #window = new Window(0);
  /** Where the window ends. */
  #windowEnd = 0;
  #messagesAhead = WINDOW_MESSAGES_MAX;
  /** Everything still to come, once it has been read ahead. */
  #retained: Window[] | undefined;
  /** Where the values of the window are encoded, or the keys where values are not. */
  #memory: Buffer | undefined;

  constructor(items: readonly unknown[], payload: PayloadConfig, encoders: Encoders, timestampMs: number) {
    this.length = items.length;
    this.#items = items;
    this.#codec = new EncodingCodec(encoders, payload.keyType);
    this.#reader = new ItemReader({ payload, codec: this.#codec, noKey: null });
    this.#isStrict = payload.strict;
    this.#timestampMs = timestampMs;
    this.#parts = { key: null, value: null, headers: null, timestampMs: undefined, partition: -1 };
  }

  emit(index: number, target: RecordTarget): void {
    if (index < this.#window.from || index >= this.#windowEnd) this.#moveTo(index);
    this.#emit(index, target);
    if (index < this.length - 1 || this.#memory === undefined) return;
    giveGroupMemory(this.#memory);
    this.#memory = undefined;
  }

  #emit(index: number, target: RecordTarget): void {
    const window = this.#window;
    const at = index - window.from;
    let refusal = window.refusals.size === 0 ? undefined : window.refusals.get(index);
    const keyTicket = window.keyTickets[at] as number;
    const valueTicket = window.valueTickets[at] as number;
    const { keyFields, valueFields } = window;
    if (keyTicket >= 0 && keyFields !== undefined) {
      refusal ??= faultOf(keyFields, keyTicket, index);
      keyFields.point(this.#codec.keySlice, keyTicket);
    }
    if (valueTicket >= 0 && valueFields !== undefined) {
      refusal ??= faultOf(valueFields, valueTicket, index);
      valueFields.point(this.#codec.valueSlice, valueTicket);
    }
    if (refusal !== undefined) {
      target.refuse(refusal);
      return;
    }
    target.add(
      window.keys[at] as StagedField,
      window.values[at] as StagedField,
      window.headers[at] as HeaderList | null,
      (window.timestampsMs[at] ?? this.#timestampMs) as number,
      window.partitions[at] as number,
    );
  }

  retain(index: number): void {
    if (this.#retained !== undefined) return;
    const retained: Window[] = [];
    if (index < this.#windowEnd) retained.push(this.#window);
    for (let from = Math.max(index, this.#windowEnd); from < this.length; ) {
      const window = this.#read(from, undefined);
      retained.push(window);
      from = window.to;
    }
    for (const window of retained) window.detach();
    this.#retained = retained;
    this.#items = [];
  }

  #moveTo(index: number): void {
    const retained = this.#retained?.find(({ from, to }) => index >= from && index < to);
    // What was in the memory before has been copied into its records.
    this.#window = retained ?? this.#read(index, (this.#memory ??= takeGroupMemory()));
    this.#windowEnd = this.#window.to;
  }

  /**
   * Reads and encodes the messages from index `from` on, as many as go in one call.
   * @param memory for what is encoded; large messages go fewer at a time, so that mostly it has room there
   */
  #read(from: number, memory: Buffer | undefined): Window {
    const to = Math.min(this.length, from + this.#messagesAhead);
    const window = new Window(from);
    for (let index = from; index < to; index++) this.#take(index, window);
    const { keys, values } = this.#codec;
    window.keyFields = keys?.take(values === undefined ? memory : undefined);
    window.valueFields = values?.take(memory);
    const messagesMax = Math.floor((GROUP_MEMORY_BYTES * (to - from)) / Math.max(window.byteLength, 1));
    this.#messagesAhead = Math.min(WINDOW_MESSAGES_MAX, Math.max(1, messagesMax));
    return window;
  }

  #take(index: number, window: Window): void {
    const parts = this.#parts;
    const { keys, values } = this.#codec;
    try {
      const item = this.#items[index];
      if (!(item instanceof Prepared)) {
        this.#reader.read(item, parts);
        if (this.#isStrict) checkTexts(parts);
        window.add(
          parts,
          keys !== undefined && parts.key === keys.slice ? keys.ticket : -1,
          values !== undefined && parts.value === values.slice ? values.ticket : -1,
        );
        return;
      }
      window.refusals.set(index, item.refusal);
    } catch (error) {
      window.refusals.set(index, refusalOf(error, index));
    }
    window.add(parts, -1, -1);
  }
}

function faultOf(fields: EncodedFields, ticket: number, index: number): KafkaHotpathError | undefined {
  const error = fields.fault(ticket);
  return error === undefined ? undefined : refusalOf(error, index);
}
