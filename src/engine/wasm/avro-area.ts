/** Where the columns of one group put their cells, their text and their bytes, each from the start of its area. */
import { AVRO_BYTES_MAX, AVRO_CELL_BYTES_MAX, AVRO_TEXT_UNITS_MAX, type AvroMemory } from './avro-memory.ts';

const DOUBLE_BYTES = 8;

/** Thrown when a group has no room; nothing is wrong with it. */
export const NO_ROOM = new Error('the group has no room; this never leaves the engine');

export class AvroArea {
  readonly memory: AvroMemory;
  #cells = 0;
  #units = 0;
  #bytes = 0;

  constructor(memory: AvroMemory) {
    this.memory = memory;
  }

  clear(): void {
    this.#cells = 0;
    this.#units = 0;
    this.#bytes = 0;
  }

  /** What is here becomes no more than so many: a cell of four bytes five, the end of a list one, a unit three. */
  get outputBytesMax(): number {
    return this.#cells * 2 + this.#units * 3 + this.#bytes;
  }

  /** The address of room for so many cells. */
  cells(count: number, bytesEach: number): number {
    const start = this.#cells;
    const end = start + count * bytesEach;
    if (end > AVRO_CELL_BYTES_MAX) throw NO_ROOM;
    this.#cells = Math.ceil(end / DOUBLE_BYTES) * DOUBLE_BYTES;
    return this.memory.cells + start;
  }

  /** Where the next text will lie. */
  get textAddress(): number {
    return this.memory.text + this.#units * 2;
  }

  /**
   * Strings joined, behind those that are here: they cross in one native write, as UTF-16 so that the module can cut
   * them apart by their lengths; a native write each would cost several times as much.
   */
  put(joined: string): void {
    if (joined.length === 0) return;
    if (this.#units + joined.length > AVRO_TEXT_UNITS_MAX) throw NO_ROOM;
    this.memory.view.write(joined, this.textAddress, 'utf16le');
    this.#units += joined.length;
  }

  /** The address of a copy. */
  bytes(source: Uint8Array): number {
    const start = this.#bytes;
    if (start + source.length > AVRO_BYTES_MAX) throw NO_ROOM;
    this.#bytes = start + source.length;
    this.memory.view.set(source, this.memory.bytes + start);
    return this.memory.bytes + start;
  }
}
