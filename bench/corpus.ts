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

/** From here on a text is the order of a shop, with as many lines as it has room for. */
const ORDER_BYTES_MIN = 512;
/** Longer than what an order has beside its lines, and than one line. */
const ORDER_HEAD_BYTES_MAX = 256;
const LINE_BYTES_MAX = 96;
const NAMES = [
  'Anna Berg',
  'Chidi Okafor',
  'Hana Sato',
  'Lena Vogel',
  'Omar Haddad',
  'Paulo Reis',
  'Tove Lund',
] as const;

/** ASCII text of exactly that many bytes: a JSON document where there is room for one. */
export function textOf(bytes: number, random: Random): string {
  return bytes < ORDER_BYTES_MIN ? shortText(bytes, random) : flat(orderOf(bytes, random));
}

function shortText(bytes: number, random: Random): string {
  const letters = Buffer.from(lettersOf(bytes, random));
  letters.write(TEXT_START.slice(0, Math.max(0, bytes - MINIMUM_LETTERS)));
  if (bytes >= TEXT_START.length + MINIMUM_LETTERS + TEXT_END.length) letters.write(TEXT_END, bytes - TEXT_END.length);
  return letters.toString('latin1');
}

function orderOf(bytes: number, random: Random): string {
  const order = {
    orderId: random.bits().toString(16),
    placedAt: new Date(1_700_000_000_000 + random.below(1e9)).toISOString(),
    customer: { id: random.below(1e6), name: random.pick(NAMES), tier: random.pick(['gold', 'none']) },
    lines: [] as object[],
    currency: 'EUR',
    isPaid: random.below(2) === 1,
    note: '',
  };
  for (let left = bytes - ORDER_HEAD_BYTES_MAX; left > LINE_BYTES_MAX; ) {
    const line = {
      sku: `sku-${random.below(1e5)}`,
      name: lettersOf(12, random).toLowerCase(),
      count: 1 + random.below(9),
      price: random.below(10_000) / 100,
    };
    order.lines.push(line);
    left -= JSON.stringify(line).length + 1;
  }
  order.note = lettersOf(bytes - JSON.stringify(order).length, random).toLowerCase();
  return JSON.stringify(order);
}

function lettersOf(count: number, random: Random): string {
  const letters = Buffer.alloc(count);
  for (let index = 0; index < count; index++) letters[index] = LETTERS.charCodeAt(random.below(LETTERS.length));
  return letters.toString('latin1');
}

/** The text decoded from bytes, so that it is flat in V8's memory like one that came from a socket. */
export function flat(text: string): string {
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
