/** The messages of one send, each read from its value when the producer asks for it. */
import { ByteSlice } from '../engine/byte-slice.ts';
import type { Field, StagedField } from '../engine/engine.ts';
import { KafkaHotpathError, ValueError } from '../errors.ts';
import type { RecordSource, RecordTarget } from '../producer/api.ts';
import { plainCodec } from './field-codec.ts';
import type { RecordParts } from './fields.ts';
import { ItemReader } from './item-reader.ts';
import { zeroKey } from './key-types.ts';
import type { PayloadConfig } from './payload.ts';
import { Refusal } from './refusal.ts';
import { checkTexts } from './strict.ts';

const SPACE = 0x20;
const BRACE = 0x7b;

/** In place of an element that was found to be unusable before its turn. */
export class Prepared {
  readonly refusal: KafkaHotpathError;

  constructor(refusal: KafkaHotpathError) {
    this.refusal = refusal;
  }
}

/** What was read of objects before their turn: two columns, and an entry where a message has more than defaults. */
class Retained {
  readonly keys: StagedField[];
  readonly values: StagedField[];
  readonly others = new Map<number, Omit<RecordParts, 'key' | 'value'>>();

  constructor(length: number) {
    this.keys = new Array<StagedField>(length);
    this.values = new Array<StagedField>(length);
  }
}

/** In the list of items: what was here is among the retained. */
const RETAINED = Symbol('retained');

export class ValueSource implements RecordSource {
  readonly length: number;
  readonly #reading: Reading;
  /**
   * Undefined before it is a number, or V8 would keep it as bare bits and make a new object of it, 16 bytes, each time
   * it is handed on.
   */
  readonly #timestampMs: number | undefined = undefined;
  #items: readonly unknown[];
  #retained: Retained | undefined;

  constructor(items: readonly unknown[], payload: PayloadConfig, timestampMs: number) {
    this.length = items.length;
    this.#items = items;
    this.#reading = readingOf(payload);
    this.#timestampMs = timestampMs;
  }

  /** A plain text costs one typeof and one look at its first character: only `{` or a space may open an envelope. */
  emit(index: number, target: RecordTarget): void {
    let item: unknown;
    try {
      item = this.#items[index];
    } catch (error) {
      target.refuse(refusalOf(error, index));
      return;
    }
    if (typeof item === 'string' && isPlainText(item) && !this.#reading.isStrict) {
      target.add(this.#reading.noKey, item, null, this.#timestampMs as number, -1);
    } else if (item === RETAINED) this.#emitRetained(index, target);
    else this.#emitRead(index, item, target);
  }

  #emitRetained(index: number, target: RecordTarget): void {
    const { keys, values, others } = this.#retained as Retained;
    const key = keys[index] as StagedField;
    const value = values[index] as StagedField;
    const other = others.size === 0 ? undefined : others.get(index);
    if (other === undefined) target.add(key, value, null, this.#timestampMs as number, -1);
    else this.#add(target, { key, value, ...other });
  }

  #emitRead(index: number, item: unknown, target: RecordTarget): void {
    let refusal: KafkaHotpathError | undefined;
    const reading = this.#reading;
    const parts = reading.takeParts();
    try {
      if (item instanceof Prepared) refusal = item.refusal;
      else {
        reading.reader.read(item, parts);
        if (reading.isStrict) checkTexts(parts);
      }
    } catch (error) {
      refusal = refusalOf(error, index);
    }
    if (refusal === undefined) this.#add(target, parts);
    else target.refuse(refusal);
    reading.giveBack(parts);
  }

  #add(target: RecordTarget, { key, value, headers, timestampMs, partition }: RecordParts): void {
    target.add(key, value, headers, (timestampMs ?? this.#timestampMs) as number, partition);
  }

  retain(index: number): void {
    const items = new Array<unknown>(this.length);
    for (let at = index; at < this.length; at++) items[at] = this.#prepare(at);
    this.#items = items;
  }

  /** Texts and numbers cannot change under us; everything else is read now, and its bytes are copied. */
  #prepare(index: number): unknown {
    const reading = this.#reading;
    const parts = reading.takeParts();
    try {
      const item = this.#items[index];
      if ((typeof item !== 'object' && typeof item !== 'function') || item === null || item instanceof Prepared) {
        return item;
      }
      reading.reader.read(item, parts);
      if (reading.isStrict) checkTexts(parts);
      this.#retainParts(index, parts);
      return RETAINED;
    } catch (error) {
      return new Prepared(refusalOf(error, index));
    } finally {
      reading.giveBack(parts);
    }
  }

  #retainParts(index: number, { key, value, headers, timestampMs, partition }: RecordParts): void {
    const retained = (this.#retained ??= new Retained(this.length));
    retained.keys[index] = copied(key);
    retained.values[index] = copied(value);
    if (headers === null && timestampMs === undefined && partition === -1) return;
    retained.others.set(index, { headers: headers?.map(copied) ?? null, timestampMs, partition });
  }
}

function isPlainText(text: string): boolean {
  const first = text.charCodeAt(0);
  return first > SPACE && first !== BRACE;
}

/** What the sends of one configuration share. */
class Reading {
  readonly reader: ItemReader;
  readonly isStrict: boolean;
  /** The key of messages that bring none: none, but for one quirk. */
  readonly noKey: Field;
  /** Undefined while a message is in it: a value may itself send when it is read. */
  #parts: RecordParts | undefined;

  constructor(payload: PayloadConfig) {
    const { keyType, strict } = payload;
    this.isStrict = strict;
    this.noKey = noKeyOf(payload);
    this.reader = new ItemReader({ payload, codec: plainCodec(keyType), noKey: this.noKey });
  }

  takeParts(): RecordParts {
    const parts = this.#parts ?? { key: null, value: null, headers: null, timestampMs: undefined, partition: -1 };
    this.#parts = undefined;
    return parts;
  }

  /** Keeps no value alive. */
  giveBack(parts: RecordParts): void {
    parts.key = null;
    parts.value = null;
    parts.headers = null;
    this.#parts = parts;
  }
}

const readings = new WeakMap<PayloadConfig, Reading>();
let lastPayload: PayloadConfig | undefined;
let lastReading: Reading | undefined;

/** One for each configuration: a send of one message should pay neither for it nor for finding it. */
function readingOf(payload: PayloadConfig): Reading {
  if (payload === lastPayload && lastReading !== undefined) return lastReading;
  let reading = readings.get(payload);
  if (reading === undefined) {
    reading = new Reading(payload);
    readings.set(payload, reading);
  }
  lastPayload = payload;
  lastReading = reading;
  return reading;
}

function noKeyOf({ azureQuirks, keyType }: PayloadConfig): Field {
  return azureQuirks.includes('zeroKeys') ? zeroKey(keyType) : null;
}

export function copied<T extends StagedField>(field: T): T | Uint8Array {
  if (typeof field !== 'object' || field === null) return field;
  return field instanceof ByteSlice ? field.toBuffer() : new Uint8Array(field);
}

export function refusalOf(error: unknown, index: number): KafkaHotpathError {
  const where = `message ${index}`;
  if (error instanceof ValueError) return new ValueError(error.code, error.path, error.reason, { where });
  if (error instanceof Refusal) {
    const { code, path, message, cause } = error;
    return new KafkaHotpathError(code, `${where} (${path}): ${message}`, cause === undefined ? {} : { cause });
  }
  return new KafkaHotpathError('ERR_SERIALIZE', `${where} ($): cannot be read`, { cause: error });
}
