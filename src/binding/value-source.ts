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
  readonly #payload: PayloadConfig;
  readonly #isStrict: boolean;
  /** The key of messages that bring none: none, but for one quirk. */
  readonly #noKey: Field;
  readonly #timestampMs: number;
  readonly #parts: RecordParts;
  #items: readonly unknown[];

  constructor(items: readonly unknown[], payload: PayloadConfig, timestampMs: number) {
    this.length = items.length;
    this.#items = items;
    this.#isStrict = payload.strict;
    this.#noKey = noKeyOf(payload);
    this.#timestampMs = timestampMs;
    this.#payload = payload;
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
        } else plainReader(this.#payload).read(item, parts, this.#timestampMs);
      } else if (item instanceof Prepared) {
        refusal = item.refusal;
        parts = item.parts ?? parts;
      } else plainReader(this.#payload).read(item, parts, this.#timestampMs);
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
      plainReader(this.#payload).read(item, parts, this.#timestampMs);
      parts.key = copied(parts.key);
      parts.value = copied(parts.value);
      parts.headers = parts.headers?.map(copied) ?? null;
      return new Prepared(parts, undefined);
    } catch (error) {
      return new Prepared(undefined, refusalOf(error, index));
    }
  }
}

const plainReaders = new WeakMap<PayloadConfig, ItemReader>();

/** One for each configuration: a send of one message should not pay for it. */
function plainReader(payload: PayloadConfig): ItemReader {
  let reader = plainReaders.get(payload);
  if (reader === undefined) {
    const { keyType } = payload;
    reader = new ItemReader({ payload, codec: plainCodec(keyType), noKey: noKeyOf(payload) });
    plainReaders.set(payload, reader);
  }
  return reader;
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
