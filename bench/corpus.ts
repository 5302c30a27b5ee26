/** What the benchmarks frame: seeded, so that every engine and every run sees the same records. */
import type { RecordInput } from 'kafka-hotpath/engine';
import { Random } from '../test/support/random.ts';

/** mixed: texts and bytes in turn, each with a 16-byte text key and two headers. */
export type ValueForm = 'string' | 'bytes' | 'mixed';

/** How an object in an event usually starts and ends; between is filled with letters up to the length wanted. */
const TEXT_START = '{"id":"","at":1700000000,"text":"';
const TEXT_END = '"}';
/** A short text is letters only, or all of them would be the same. */
const MINIMUM_LETTERS = 16;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789';

/** ASCII text of exactly that many bytes: a small JSON document where there is room for one. */
export function textOf(bytes: number, random: Random): string {
  const letters = Buffer.alloc(bytes);
  for (let index = 0; index < bytes; index++) letters[index] = LETTERS.charCodeAt(random.below(LETTERS.length));
  letters.write(TEXT_START.slice(0, Math.max(0, bytes - MINIMUM_LETTERS)));
  if (bytes >= TEXT_START.length + MINIMUM_LETTERS + TEXT_END.length) letters.write(TEXT_END, bytes - TEXT_END.length);
  return letters.toString('latin1');
}

/** The text decoded from bytes, so that it is flat in V8's memory like one that came from a socket. */
function flat(text: string): string {
  return Buffer.from(text).toString('latin1');
}

export interface GroupOptions {
  records: number;
  valueBytes: number;
  form: ValueForm;
}

/** A group of records, as a function would hand over at once. */
export function groupOf({ records, valueBytes, form }: GroupOptions): RecordInput[] {
  const random = new Random(records + valueBytes);
  return Array.from({ length: records }, (_, index): RecordInput => {
    const text = textOf(valueBytes, random);
    const isText = form === 'string' || (form === 'mixed' && index % 2 === 0);
    const value = isText ? text : Buffer.from(text);
    const timestamp = 1_700_000_000_000 + Math.floor(index / 100);
    if (form !== 'mixed') return { value, timestamp };
    const headers = [
      { key: 'source', value: flat(`sensor-${index % 50}`) },
      { key: 'trace', value: textOf(16, random) },
    ];
    // A literal, not a spread: V8 of Node 20 makes a slow object of the latter, and no framing can help that.
    return { key: flat(`order-${String(index).padStart(10, '0')}`), value, headers, timestamp };
  });
}
