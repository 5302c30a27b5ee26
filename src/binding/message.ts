/** The explicit form of a message, for everything an envelope would have to guess: keys, headers, tombstones. */

/** Bytes in any of their forms; a view counts for the part of its buffer that it shows. */
export type Bytes = ArrayBufferView | ArrayBuffer | SharedArrayBuffer;

/** A key or a value: text and bytes as they are, everything else as its JSON text. */
export type MessageData = string | number | bigint | boolean | Bytes | object | null;

export type HeaderData = string | number | bigint | boolean | Bytes | null;

/** In order; the same name may come several times. */
export type MessageHeaders =
  | readonly (readonly [name: string, value: HeaderData])[]
  | readonly { readonly key: string; readonly value: HeaderData }[]
  | Readonly<Record<string, HeaderData>>;

export interface MessageInit {
  /** Absent or null: no key. An empty key is a key. */
  readonly key?: MessageData | undefined;
  /** Null is a tombstone. */
  readonly value: MessageData;
  readonly headers?: MessageHeaders | null | undefined;
  /** The partition to use instead of the partitioner's choice. */
  readonly partition?: number | undefined;
  /** Milliseconds since 1970, a Date, or a date as text; the time of sending when absent. */
  readonly timestamp?: number | Date | string | undefined;
}

/** Shared by all copies of this package in a process, so that a message made by one is known to the other. */
const BRAND: unique symbol = Symbol.for('kafka-hotpath.message') as never;

/** Made by message(). What it holds is checked when it is sent, so that a bad one is reported like any other. */
export interface Message extends MessageInit {
  readonly [BRAND]: true;
}

export function message(init: MessageInit): Message {
  const { key, value, headers, partition, timestamp } = init;
  return Object.freeze({ [BRAND]: true as const, key, value, headers, partition, timestamp });
}

export function isMessage(value: object): value is Message {
  return (value as Partial<Message>)[BRAND] === true;
}
