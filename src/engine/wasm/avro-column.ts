/**
 * Takes a group of values apart into columns, one for each type in the schema: all values of a field in one loop, which
 * V8 compiles to a few instructions a value, where a walk from value to value decides anew at every field. Composite
 * types pass what they hold on to the columns inside them, so nested values, lists and branches of unions become
 * columns too. The module then writes the cells value by value (assembly/avro-columns.ts).
 *
 * A column holds what its type usually gets: numbers, strings, plain objects. Where a cell is anything else (a bigint,
 * a Date, a missing field with a default), the whole column of this group is written by the walk, value by value, and
 * the module copies it. Types that are never hot, and recursive ones, are written like this always. A value that does
 * not fit makes the walk throw, or the module refuse.
 */
import type { ByteWriter } from '../../avro/byte-writer.ts';
import type { AvroField, AvroNode } from '../../avro/schema.ts';
import { walkField, walkValue } from '../../avro/value-walk.ts';
import type { AvroArea } from './avro-area.ts';
import { AVRO_COLUMN_RAW } from './avro-map.ts';
import {
  FLAG_READERS,
  NUMBER_READERS,
  OPTIONAL_NUMBER_READERS,
  OPTIONAL_TEXT_READERS,
  type Row,
  SYMBOL_READERS,
  TEXT_READERS,
  VALUE_READERS,
  type ValueReader,
} from './column-readers.generated.ts';

/** Each field takes a copy of its own; the last one serves all that come too late. */
class Readers<Reader> {
  readonly #copies: readonly Reader[];
  #taken = 0;

  constructor(copies: readonly Reader[]) {
    this.#copies = copies;
  }

  next(): Reader {
    const index = Math.min(this.#taken, this.#copies.length - 1);
    this.#taken = index + 1;
    return this.#copies[index] as Reader;
  }
}

export const numberReaders = new Readers(NUMBER_READERS);
export const textReaders = new Readers(TEXT_READERS);
export const flagReaders = new Readers(FLAG_READERS);
export const symbolReaders = new Readers(SYMBOL_READERS);
export const optionalNumberReaders = new Readers(OPTIONAL_NUMBER_READERS);
export const optionalTextReaders = new Readers(OPTIONAL_TEXT_READERS);
const valueReaders = new Readers(VALUE_READERS);

/** What a column fills: its block in the list, the area for its cells, the walk for what is unusual. */
export interface ColumnSink {
  readonly blocks: Int32Array;
  readonly area: AvroArea;
  readonly writer: ByteWriter;
}

export type Cells = readonly unknown[];

export abstract class Column {
  readonly node: AvroNode;
  /** Index of the first word of its block. */
  readonly block: number;
  /** Levels of a value around it. */
  readonly depth: number;
  /** Of a record's field. */
  readonly field: AvroField | undefined;
  #reader: ValueReader | undefined;

  constructor(node: AvroNode, block: number, depth: number, field: AvroField | undefined) {
    this.node = node;
    this.block = block;
    this.depth = depth;
    this.field = field;
  }

  fill(cells: Cells, sink: ColumnSink): void {
    if (!this.take(cells, sink)) this.#fillRaw(cells, sink);
  }

  /** Fills it with a field of each of these records. */
  fillFrom(rows: readonly Row[], name: string, sink: ColumnSink): void {
    this.#reader ??= valueReaders.next();
    const cells = new Array<unknown>(rows.length);
    this.#reader(rows, name, cells);
    this.fill(cells, sink);
  }

  /** False for cells that are not all of the usual kind. */
  protected abstract take(cells: Cells, sink: ColumnSink): boolean;

  #fillRaw(cells: Cells, { blocks, area, writer }: ColumnSink): void {
    const { node, field, depth } = this;
    const { intView } = area.memory;
    const cursor = area.cells(cells.length, 4);
    let at = cursor >> 2;
    writer.at = 0;
    for (const value of cells) {
      const start = writer.at;
      if (field === undefined) walkValue(node, value, writer, depth);
      else walkField(field, value, writer, depth);
      intView[at++] = writer.at - start;
    }
    blocks[this.block] = AVRO_COLUMN_RAW;
    blocks[this.block + 1] = cursor;
    blocks[this.block + 2] = area.bytes(writer.buffer.subarray(0, writer.at));
  }
}

/** Types that are never hot, and those inside themselves. */
export class RawColumn extends Column {
  protected take(): boolean {
    return false;
  }
}
