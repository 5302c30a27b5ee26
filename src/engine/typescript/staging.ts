/** The open group: columns of numbers, and the tails of the records as bytes, end to end. */
import type { HeaderList, StagedField } from '../engine.ts';
import { GROUP_BYTES_SOFT_MAX, GROUP_RECORDS_MAX, RECORD_OVERHEAD_MAX } from '../layout.ts';
import { type OversizeRecord, ruleBytesMin, toOversizeRecord } from '../record-size.ts';
import { contentBytes, putField, putHeaders, tailBytesMax } from './record.ts';
import { sizeOfLength } from './varint.ts';

/** Room for a full group of small records; a single larger record makes it grow. */
const TAILS_BYTES_MIN: number = 2 * GROUP_BYTES_SOFT_MAX;

export class Staging {
  count = 0;
  /** −1: by the hash of the key. */
  readonly partitions: Int32Array = new Int32Array(GROUP_RECORDS_MAX);
  readonly timestamps: Float64Array = new Float64Array(GROUP_RECORDS_MAX);
  readonly ruleBytes: Int32Array = new Int32Array(GROUP_RECORDS_MAX);
  readonly tailEnds: Int32Array = new Int32Array(GROUP_RECORDS_MAX);
  /** The key's content ends here; where it starts follows from its length. */
  readonly keyEnds: Int32Array = new Int32Array(GROUP_RECORDS_MAX);
  readonly keyLengths: Int32Array = new Int32Array(GROUP_RECORDS_MAX);
  tails: Buffer = Buffer.allocUnsafeSlow(TAILS_BYTES_MIN);
  /** Records too large to be staged, by index. */
  readonly oversize: Map<number, OversizeRecord> = new Map();
  readonly #recordBytesMax: number;
  #end = 0;

  constructor(recordBytesMax: number) {
    this.#recordBytesMax = recordBytesMax;
  }

  /** False when the group has no room for the record. */
  stage(
    partition: number,
    timestampMs: number,
    key: StagedField,
    value: StagedField,
    headers: HeaderList | null,
  ): boolean {
    const index = this.count;
    if (index === GROUP_RECORDS_MAX) return false;
    const start = this.#end;
    if (ruleBytesMin(key, value, headers) > this.#recordBytesMax) {
      this.oversize.set(index, toOversizeRecord(partition, key, value, headers));
      this.ruleBytes[index] = 0;
      this.#add(partition, timestampMs, start);
      return true;
    }
    if (!this.#hasRoom(tailBytesMax(key, value, headers))) return false;
    const tails = this.tails;
    const keyEnd = putField(tails, start, key);
    const valueEnd = putField(tails, keyEnd, value);
    const end = putHeaders(tails, valueEnd, headers);
    const keyLength = contentBytes(keyEnd - start);
    const headersLength = headers === null ? 0 : end - valueEnd - sizeOfLength(headers.length >>> 1);
    this.keyLengths[index] = keyLength;
    this.keyEnds[index] = keyEnd;
    this.ruleBytes[index] = RECORD_OVERHEAD_MAX + keyLength + contentBytes(valueEnd - keyEnd) + headersLength;
    this.#add(partition, timestampMs, end);
    return true;
  }

  /** Where the tail of a record starts. */
  tailStart(index: number): number {
    return index === 0 ? 0 : (this.tailEnds[index - 1] as number);
  }

  clear(): void {
    this.count = 0;
    this.#end = 0;
    if (this.oversize.size > 0) this.oversize.clear();
    if (this.tails.length > TAILS_BYTES_MIN) this.tails = Buffer.allocUnsafeSlow(TAILS_BYTES_MIN);
  }

  #add(partition: number, timestampMs: number, end: number): void {
    const index = this.count;
    this.partitions[index] = partition;
    this.timestamps[index] = timestampMs;
    this.tailEnds[index] = end;
    this.#end = end;
    this.count = index + 1;
  }

  #hasRoom(bytesMax: number): boolean {
    if (this.#end + bytesMax <= this.tails.length) return this.#end < GROUP_BYTES_SOFT_MAX;
    if (this.count > 0) return false;
    this.tails = Buffer.allocUnsafeSlow(bytesMax);
    return true;
  }
}
