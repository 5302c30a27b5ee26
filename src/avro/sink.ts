/**
 * Where the walk over a value puts what it finds, in the order in which it is written: straight into bytes
 * (byte-writer.ts), or onto a tape for the WebAssembly module. The walk has checked every argument.
 */
export interface AvroSink {
  boolean(value: boolean): void;
  /** An int, and what is written like one: the index of a branch or a symbol, a count below 2^31. */
  int(value: number): void;
  /** A safe integer. */
  long(value: number): void;
  /** A signed 64-bit integer. */
  bigLong(value: bigint): void;
  float(value: number): void;
  double(value: number): void;
  /** A string with its length. */
  text(value: string): void;
  /** Bytes with their length. */
  bytes(value: Uint8Array): void;
  /** Bytes without a length: fixed, and defaults that are encoded already. */
  raw(value: Uint8Array): void;
}
