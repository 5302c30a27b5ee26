/** What the module exports, in types: assembly/index.ts. Only numbers cross; all are 32-bit integers. */

export interface Abi extends WebAssembly.Exports {
  readonly memory: WebAssembly.Memory;
  /** Sets the limits and lays out the memory; once, before all else. */
  configure(recordBytesMax: number, batchBytesMax: number, batchRecordsMax: number, bytesCapacity: number): void;
  /** Moves staged records into slots; returns a STOP_ code. */
  append(slotBase: number, partitionCount: number, hash: number, from: number, count: number): number;
  /** Finishes the batch of a slot; returns its address. */
  close(
    slot: number,
    producerIdHigh: number,
    producerIdLow: number,
    producerEpoch: number,
    baseSequence: number,
  ): number;
  /** Empties a slot. */
  discard(slot: number): void;
  /** Advances a CRC-32C state that is not inverted. */
  crc32cAdvance(state: number, address: number, length: number): number;
  /** First address behind everything of the module itself. */
  heapStart(): number;
  /**
   * Writes so many values of an Avro column, and where each ends, counted from base; returns the address behind, or 0
   * when a number does not fit its type.
   */
  avroWriteColumns(column: number, values: number, target: number, base: number, ends: number): number;
  /**
   * Encodes JSON texts as Avro, and where each value ends, counted from base; returns how many it has done: it stops at
   * the first that TypeScript has to do.
   */
  avroEncodeJson(
    program: number,
    text: number,
    lengths: number,
    count: number,
    target: number,
    targetEnd: number,
    base: number,
    ends: number,
    spans: number,
    spansEnd: number,
  ): number;
  /** The address behind the last value of avroEncodeJson. */
  avroJsonEnd(): number;
}
