/**
 * Values that are texts of middling length, on their way into memory. Each gets its place when it is staged, as if all
 * of them were kept with a byte for each unit; they cross together when the group is appended:
 *
 *     many            serialised in one native call (serialized-texts.ts)
 *     few, Node 24    a call for each that compiled code makes itself (one-byte-text.ts)
 *     else            concatenated, as UTF-16
 *
 * Whatever turns out to be UTF-16 lies elsewhere than was planned, so the tape is set right afterwards.
 */
import { hasOneByteTexts, isOneByteText, writeOneByteText } from '../one-byte-text.ts';
import {
  copyTexts,
  oneBytePrefix,
  SERIALIZED_TEXTS_MIN,
  SERIALIZED_UNITS_MIN,
  serializesAsExpected,
  TAG_ONE_BYTE,
  UTF16_PREFIX_BYTES,
} from '../serialized-texts.ts';
import type { EngineMemory } from './memory.ts';
import { FIELD_TEXT, TAPE, TAPE_STRIDE, TAPE_VALUE, TAPE_VALUE_AT, VALUES, VALUES_BYTES_MAX } from './memory-map.ts';

/** Longer ones, on the average, take less time in a call for each, where compiled code makes it. */
const SERIALIZED_BYTES_MAX: number = hasOneByteTexts ? 192 : Infinity;

/** To be cut to length: an array that grows by itself is copied, and an array with holes serialises otherwise. */
const BLANKS: string[] = [];
while (BLANKS.length * SERIALIZED_UNITS_MIN < VALUES_BYTES_MAX) BLANKS.push('');

export class ValueTexts {
  /** The first `count` are on their way; an entry behind them is blank. */
  texts: string[] = [];
  count = 0;
  /** Address behind the last one. */
  end: number = VALUES;
  /** Address of the first one that is on its way, and the first record that may have it. */
  #start: number = VALUES;
  #firstRecord = 0;

  /** Returns the address it will lie at if all of them are kept with a byte for each unit. */
  add(text: string): number {
    const at = this.end + oneBytePrefix(text.length);
    this.texts[this.count] = text;
    this.count += 1;
    this.end = at + text.length;
    return at;
  }

  /** Brings them in; `recordCount` are staged. False when they did not arrive; they are lost then. */
  flush(memory: EngineMemory, recordCount: number): boolean {
    const { texts, count } = this;
    if (count === 0) return true;
    if (texts.length > count) texts.length = count;
    const hasArrived = this.#cross(memory, recordCount);
    // As many as the last time, most likely.
    this.texts = BLANKS.slice(0, count);
    this.count = 0;
    this.#start = this.end;
    this.#firstRecord = recordCount;
    return hasArrived;
  }

  clear(): void {
    if (this.count > 0) this.texts = [];
    this.count = 0;
    this.end = VALUES;
    this.#start = VALUES;
    this.#firstRecord = 0;
  }

  #cross(memory: EngineMemory, recordCount: number): boolean {
    const { texts } = this;
    const planned = this.end - this.#start;
    if (
      texts.length >= SERIALIZED_TEXTS_MIN &&
      planned <= texts.length * SERIALIZED_BYTES_MAX &&
      serializesAsExpected()
    ) {
      const copied = copyTexts(texts, memory.bytes, this.#start);
      if (copied > planned) this.#setTape(memory, recordCount, true);
      if (copied >= 0) return copied >= planned;
    }
    if (hasOneByteTexts && haveOneByteAll(texts)) return this.#writeEach(memory.bytes);
    let joined = '';
    for (const text of texts) joined += text;
    // V8 ignores writes through a detached view on Node 20 and 22 (wasm.md §5): only the count tells.
    if (memory.bytes.write(joined, this.#start, 'utf16le') !== joined.length * 2) return false;
    this.#setTape(memory, recordCount, false);
    return true;
  }

  #writeEach(bytes: Buffer): boolean {
    let at = this.#start;
    for (const text of this.texts) {
      at += oneBytePrefix(text.length);
      if (!writeOneByteText(bytes, text, at)) return false;
      at += text.length;
    }
    return true;
  }

  /** Where they have come to lie instead, and as what. */
  #setTape({ int32, bytes }: EngineMemory, recordCount: number, isSerialized: boolean): void {
    let planned = this.#start;
    let at = this.#start;
    for (let record = this.#firstRecord; record < recordCount; record++) {
      const entry = TAPE + record * TAPE_STRIDE;
      const value = (entry + TAPE_VALUE) >> 2;
      const valueAt = (entry + TAPE_VALUE_AT) >> 2;
      const units = (int32[value] as number) >>> 2;
      // Other values have been there before.
      if (int32[valueAt] !== planned + oneBytePrefix(units)) continue;
      planned += oneBytePrefix(units) + units;
      if (isSerialized && bytes[at] === TAG_ONE_BYTE) {
        at += oneBytePrefix(units);
        int32[valueAt] = at;
        at += units;
      } else {
        if (isSerialized) at += UTF16_PREFIX_BYTES + (bytes[at] === 0 ? 1 : 0);
        int32[value] = (units << 2) | FIELD_TEXT;
        int32[valueAt] = at;
        at += units * 2;
      }
    }
    this.end = at;
  }
}

/** A loop, because a call by way of Array.prototype.every is none that compiled code makes itself. */
function haveOneByteAll(texts: readonly string[]): boolean {
  for (const text of texts) {
    if (!isOneByteText(text)) return false;
  }
  return true;
}
