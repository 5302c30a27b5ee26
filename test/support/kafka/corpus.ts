/**
 * Messages for the suites on a real Kafka: every kind of key, value and header, from nothing to 900 kB, mostly small.
 * Seeded; a message is made when it is sent and only its description is kept.
 */
import { crc32 } from 'node:zlib';
import { type MessageInit, message, type Message } from '../../../src/binding/message.ts';
import { Random } from '../random.ts';
import { describeField, describeHeaders } from './reader.ts';

const TEXTS = [
  'plain ASCII text ',
  'žluťoučký kůň ',
  '日本語のテキスト',
  'emoji 👩‍🚀🎉 ',
  'lone \ud800 surrogate ',
  '\u0000\u001f"\\ ',
] as const;
/** Lengths: a share of all messages in 10 000, and the largest length. */
const LENGTHS = [
  { share: 5000, max: 64 },
  { share: 4000, max: 512 },
  { share: 950, max: 4096 },
  { share: 46, max: 65_536 },
  { share: 4, max: 900_000 },
] as const;
const LENGTH_MAX = 900_000;
const POOL_BYTES = 4_000_000;
const DISTINCT_KEYS = 500;

/** What Kafka must hold for a message. */
export interface Expected {
  /** Key and value in the reader's notation. */
  key: string;
  value: string;
  headers: string;
  timestamp: number;
  /** The partition its key decides, or −1 when there is no key to decide by. */
  partition: number;
}

export class Corpus {
  readonly #random: Random;
  readonly #pool: Buffer;
  readonly #partitions: number;
  #made = 0;

  constructor({ seed, partitions }: { seed: number; partitions: number }) {
    this.#random = new Random(seed);
    this.#pool = this.#random.bytes(POOL_BYTES);
    this.#partitions = partitions;
  }

  /** The next message, numbered in its header `id`, and what must be read back. */
  next(): { message: Message; expected: Expected } {
    const key = this.#key();
    const value = this.#value();
    const id = this.#made++;
    const headers: [string, string | Buffer | null][] = [['id', String(id)], ...this.#headers()];
    const timestamp = 1_700_000_000_000 + Math.floor(id / 10);
    const init: MessageInit = { key, value, headers, timestamp };
    return {
      message: message(init),
      expected: {
        key: describeField(key),
        value: describeField(value),
        headers: describeHeaders(headers),
        timestamp,
        partition: this.#partitionOf(key),
      },
    };
  }

  /** librdkafka's consistent_random, by zlib's CRC-32: no key and an empty key go anywhere. */
  #partitionOf(key: string | Buffer | null): number {
    return key === null || key.length === 0 ? -1 : crc32(key) % this.#partitions;
  }

  #key(): string | Buffer | null {
    const kind = this.#random.below(20);
    if (kind < 3) return null;
    if (kind === 3) return this.#random.below(2) === 0 ? '' : Buffer.alloc(0);
    const number = this.#random.below(DISTINCT_KEYS);
    if (kind < 12) return `key-${number}`;
    if (kind < 16) return `ключ-${number}-🔑`;
    return Buffer.from([number & 255, number >> 8, 0, 255, 0x80]);
  }

  #value(): string | Buffer | null {
    const kind = this.#random.below(20);
    if (kind === 0) return null;
    if (kind === 1) return this.#random.below(2) === 0 ? '' : Buffer.alloc(0);
    const length = this.#length();
    return kind < 11 ? this.#text(length) : this.#bytes(length);
  }

  #length(): number {
    // The very largest must be in every corpus, however short.
    if (this.#made === 7) return LENGTH_MAX;
    let left = this.#random.below(10_000);
    for (const { share, max } of LENGTHS) {
      if (left < share) return this.#random.below(max + 1);
      left -= share;
    }
    return 0;
  }

  /** Text of at most that many bytes. */
  #text(bytes: number): string {
    const text = this.#random.pick(TEXTS);
    return text.repeat(Math.floor(bytes / Buffer.byteLength(text)));
  }

  #bytes(length: number): Buffer {
    const from = this.#random.below(POOL_BYTES - length);
    return this.#pool.subarray(from, from + length);
  }

  #headers(): [string, string | Buffer | null][] {
    const headers: [string, string | Buffer | null][] = [];
    while (this.#random.below(3) === 0) {
      const name = this.#random.pick(['', 'h', 'twice', 'twice', 'наме', 'x'.repeat(40)]);
      headers.push([name, this.#random.pick([null, '', 'text', 'ü', Buffer.from([0, 255])])]);
    }
    return headers;
  }
}
