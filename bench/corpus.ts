/** What the benchmarks frame: seeded, so that every engine and every run sees the same records. */
import type { RecordInput } from 'kafka-hotpath/engine';
import { Random } from '../test/support/random.ts';

export type ValueForm = 'string' | 'bytes';

/** How an object in an event usually starts; the rest is filled with letters up to the length wanted. */
const TEXT_START = '{"id":"","at":1700000000,"text":"';
const LETTERS = 'abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789';

/** ASCII text of exactly that many bytes that looks like a small JSON document. */
export function textOf(bytes: number, random: Random): string {
  const letters = Buffer.alloc(bytes);
  for (let index = 0; index < bytes; index++) letters[index] = LETTERS.charCodeAt(random.below(LETTERS.length));
  letters.write(TEXT_START);
  // Decoded from bytes, so that the string is flat like one that came from a socket.
  return letters.toString('latin1');
}

export interface GroupOptions {
  records: number;
  valueBytes: number;
  form: ValueForm;
}

/** A group of records with 16-byte text keys, as a function would hand over at once. */
export function groupOf({ records, valueBytes, form }: GroupOptions): RecordInput[] {
  const random = new Random(records + valueBytes);
  return Array.from({ length: records }, (_, index) => {
    const text = textOf(valueBytes, random);
    const key = `order-${String(index).padStart(10, '0')}`;
    const timestamp = 1_700_000_000_000 + Math.floor(index / 100);
    return { key, value: form === 'string' ? text : Buffer.from(text), timestamp };
  });
}
