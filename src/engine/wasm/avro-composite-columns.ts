/** Columns whose values hold others: their cells are counts and branches, what they hold goes to the columns inside. */
import { type AvroField, type AvroNode, OP } from '../../avro/schema.ts';
import { branchOf, taggedValue } from '../../avro/union-walk.ts';
import { NO_ROOM } from './avro-area.ts';
import { type Cells, Column, type ColumnSink, optionalNumberReaders, optionalTextReaders } from './avro-column.ts';
import { AVRO_CELL_BYTES_MAX } from './avro-memory.ts';
import type { OptionalNumberReader, OptionalTextReader, Row } from './column-readers.generated.ts';

export class RecordColumn extends Column {
  readonly #children: readonly Column[];

  constructor(node: AvroNode, block: number, depth: number, field: AvroField | undefined, children: readonly Column[]) {
    super(node, block, depth, field);
    this.#children = children;
  }

  protected take(cells: Cells, sink: ColumnSink): boolean {
    for (let index = 0; index < cells.length; index++) {
      const value = cells[index];
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    }
    const { fields } = this.node;
    for (let index = 0; index < fields.length; index++) {
      (this.#children[index] as Column).fillFrom(cells as readonly Row[], (fields[index] as AvroField).name, sink);
    }
    return true;
  }
}

export class ArrayColumn extends Column {
  readonly #items: Column;

  constructor(node: AvroNode, block: number, depth: number, field: AvroField | undefined, items: Column) {
    super(node, block, depth, field);
    this.#items = items;
  }

  protected take(cells: Cells, sink: ColumnSink): boolean {
    const cursor = sink.area.cells(cells.length, 4);
    const { intView } = sink.area.memory;
    const at = cursor >> 2;
    let total = 0;
    for (let index = 0; index < cells.length; index++) {
      const list = cells[index];
      if (!Array.isArray(list)) return false;
      const { length } = list;
      intView[at + index] = length;
      // A proxy may say anything.
      if (intView[at + index] !== length || length < 0) return false;
      total += length;
    }
    if (total > AVRO_CELL_BYTES_MAX) throw NO_ROOM;
    const items = new Array<unknown>(total);
    let next = 0;
    for (let index = 0; index < cells.length; index++) {
      const list = cells[index] as Cells;
      const count = intView[at + index] as number;
      for (let item = 0; item < count; item++) items[next++] = list[item];
    }
    sink.blocks[this.block + 1] = cursor;
    this.#items.fill(items, sink);
    return true;
  }
}

export class MapColumn extends Column {
  readonly #keys: Column;
  readonly #values: Column;

  constructor(
    node: AvroNode,
    block: number,
    depth: number,
    field: AvroField | undefined,
    keys: Column,
    values: Column,
  ) {
    super(node, block, depth, field);
    this.#keys = keys;
    this.#values = values;
  }

  protected take(cells: Cells, sink: ColumnSink): boolean {
    const cursor = sink.area.cells(cells.length, 4);
    const { intView } = sink.area.memory;
    const at = cursor >> 2;
    const keys: string[] = [];
    const values: unknown[] = [];
    for (let index = 0; index < cells.length; index++) {
      const map = cells[index];
      if (typeof map !== 'object' || map === null || Array.isArray(map) || ArrayBuffer.isView(map)) return false;
      if (map instanceof Map) return false;
      const own = Object.keys(map);
      intView[at + index] = own.length;
      for (const key of own) {
        keys.push(key);
        values.push((map as Row)[key]);
      }
    }
    sink.blocks[this.block + 1] = cursor;
    this.#keys.fill(keys, sink);
    this.#values.fill(values, sink);
    return true;
  }
}

/** What typeof says of the values of a type that a bare value can be taken for without looking at it any closer. */
const PLAIN_TYPES: Readonly<Record<number, string>> = {
  [OP.boolean]: 'boolean',
  [OP.int]: 'number',
  [OP.long]: 'number',
  [OP.float]: 'number',
  [OP.double]: 'number',
  [OP.string]: 'string',
  [OP.enum]: 'string',
};

export class UnionColumn extends Column {
  readonly #children: readonly Column[];
  /** Of null and one other type, the usual union: the branch of the other; else −1. */
  readonly #other: number;
  /** What typeof says of nearly every value of the other type. */
  readonly #plain: string | undefined;
  #numbers: OptionalNumberReader | undefined;
  #texts: OptionalTextReader | undefined;

  constructor(node: AvroNode, block: number, depth: number, field: AvroField | undefined, children: readonly Column[]) {
    super(node, block, depth, field);
    this.#children = children;
    const { branches, nullBranch } = node;
    this.#other = branches.length === 2 && nullBranch >= 0 ? 1 - nullBranch : -1;
    this.#plain = this.#other < 0 ? undefined : PLAIN_TYPES[(branches[this.#other] as AvroNode).op];
  }

  override fillFrom(rows: readonly Row[], name: string, sink: ColumnSink): void {
    const isFilled =
      this.#plain === 'number'
        ? this.#fillNumbers(rows, name, sink)
        : this.#isText() && this.#fillTexts(rows, name, sink);
    if (!isFilled) super.fillFrom(rows, name, sink);
  }

  #isText(): boolean {
    return this.#other >= 0 && this.node.branches[this.#other]?.op === OP.string;
  }

  #fillNumbers(rows: readonly Row[], name: string, { area, blocks }: ColumnSink): boolean {
    this.#numbers ??= optionalNumberReaders.next();
    const { intView, doubleView } = area.memory;
    const [branches, cells] = [area.cells(rows.length, 4), area.cells(rows.length, 8)];
    if (!this.#numbers(rows, name, intView, branches >> 2, this.node.nullBranch, doubleView, cells >> 3)) return false;
    blocks[this.block + 1] = branches;
    blocks[(this.#children[this.#other] as Column).block + 1] = cells;
    return true;
  }

  #fillTexts(rows: readonly Row[], name: string, { area, blocks }: ColumnSink): boolean {
    this.#texts ??= optionalTextReaders.next();
    const { intView } = area.memory;
    const [branches, cells] = [area.cells(rows.length, 4), area.cells(rows.length, 4)];
    const link = area.textAddress;
    if (!this.#texts(rows, name, intView, branches >> 2, this.node.nullBranch, cells >> 2, area)) return false;
    const { block } = this.#children[this.#other] as Column;
    blocks[this.block + 1] = branches;
    blocks[block + 1] = cells;
    blocks[block + 2] = link;
    return true;
  }

  protected take(cells: Cells, sink: ColumnSink): boolean {
    const { node } = this;
    const { branches, nullBranch } = node;
    const cursor = sink.area.cells(cells.length, 4);
    const { intView } = sink.area.memory;
    const at = cursor >> 2;
    const other = this.#other;
    const plain = this.#plain;
    const lists = branches.map((): unknown[] => []);
    const others = lists[other];
    for (let index = 0; index < cells.length; index++) {
      const value = cells[index];
      if (value === null && nullBranch >= 0) intView[at + index] = nullBranch;
      else if (others !== undefined && typeof value === plain) {
        intView[at + index] = other;
        others.push(value);
      } else {
        // A missing field may have a default.
        if (value === undefined) return false;
        const tagged = taggedValue(node, value);
        const branch = tagged === undefined ? branchOf(node, value) : tagged.branch;
        intView[at + index] = branch;
        // A null that is tagged is checked here, because nothing is written for it.
        if (branch === nullBranch && (tagged === undefined ? value : tagged.value) !== null) return false;
        if (branch !== nullBranch) (lists[branch] as unknown[]).push(tagged === undefined ? value : tagged.value);
      }
    }
    sink.blocks[this.block + 1] = cursor;
    for (let branch = 0; branch < lists.length; branch++) {
      (this.#children[branch] as Column).fill(lists[branch] as unknown[], sink);
    }
    return true;
  }
}
