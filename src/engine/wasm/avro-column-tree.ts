/** The columns of a schema, and the list of their blocks as it is before a group is filled in. */
import { type AvroField, AvroNode, OP } from '../../avro/schema.ts';
import { type Column, RawColumn } from './avro-column.ts';
import { ArrayColumn, MapColumn, RecordColumn, UnionColumn } from './avro-composite-columns.ts';
import {
  AVRO_COLUMN_BOOLEAN,
  AVRO_COLUMN_DOUBLE,
  AVRO_COLUMN_FLOAT,
  AVRO_COLUMN_INDEX,
  AVRO_COLUMN_INT,
  AVRO_COLUMN_LIST,
  AVRO_COLUMN_LONG,
  AVRO_COLUMN_NULL,
  AVRO_COLUMN_RAW,
  AVRO_COLUMN_RECORD,
  AVRO_COLUMN_STRIDE,
  AVRO_COLUMN_TEXT,
  AVRO_COLUMN_UNION,
} from './avro-map.ts';
import { AVRO_COLUMNS_MAX } from './avro-memory.ts';
import { BooleanColumn, NullColumn, NumberColumn, SymbolColumn, TextColumn } from './avro-scalar-columns.ts';

const BLOCK_WORDS = AVRO_COLUMN_STRIDE / 4;
/** Levels that are taken apart; what is deeper is written by the walk. */
const DEPTH_MAX = 32;
const TEXT_NODE = new AvroNode(OP.string, 'string');

const NUMBER_KINDS: Readonly<Record<number, number>> = {
  [OP.int]: AVRO_COLUMN_INT,
  [OP.date]: AVRO_COLUMN_INT,
  [OP.long]: AVRO_COLUMN_LONG,
  [OP.timestampMillis]: AVRO_COLUMN_LONG,
  [OP.timestampMicros]: AVRO_COLUMN_LONG,
  [OP.timestampNanos]: AVRO_COLUMN_LONG,
  [OP.localTimestampMillis]: AVRO_COLUMN_LONG,
  [OP.localTimestampMicros]: AVRO_COLUMN_LONG,
  [OP.localTimestampNanos]: AVRO_COLUMN_LONG,
  [OP.float]: AVRO_COLUMN_FLOAT,
  [OP.double]: AVRO_COLUMN_DOUBLE,
};

export interface ColumnTree {
  readonly root: Column;
  readonly blocks: Int32Array;
}

/** @param address where the list of blocks will lie */
export function columnTree(root: AvroNode, address: number): ColumnTree {
  const builder = new TreeBuilder(address);
  const block = builder.reserve(1);
  return { root: builder.column(root, block, 0, undefined), blocks: builder.blocks() };
}

class TreeBuilder {
  readonly #address: number;
  readonly #words: number[] = [];
  /** Types around the one that is being taken apart: recursion ends there. */
  readonly #open = new Set<AvroNode>();

  constructor(address: number) {
    this.#address = address;
  }

  blocks(): Int32Array {
    return Int32Array.from(this.#words);
  }

  /** Index of the first word of so many blocks next to each other. */
  reserve(blocks: number): number {
    const start = this.#words.length;
    for (let word = 0; word < blocks * BLOCK_WORDS; word++) this.#words.push(0);
    return start;
  }

  column(node: AvroNode, block: number, depth: number, field: AvroField | undefined): Column {
    const number = NUMBER_KINDS[node.op];
    if (number !== undefined) {
      this.#words[block] = number;
      return new NumberColumn(node, block, depth, field);
    }
    switch (node.op) {
      case OP.boolean:
        this.#words[block] = AVRO_COLUMN_BOOLEAN;
        return new BooleanColumn(node, block, depth, field);
      case OP.null:
        this.#words[block] = AVRO_COLUMN_NULL;
        return new NullColumn(node, block, depth, field);
      case OP.string:
        this.#words[block] = AVRO_COLUMN_TEXT;
        return new TextColumn(node, block, depth, field);
      case OP.enum:
        this.#words[block] = AVRO_COLUMN_INDEX;
        return new SymbolColumn(node, block, depth, field);
      default:
        return this.#composite(node, block, depth, field);
    }
  }

  #composite(node: AvroNode, block: number, depth: number, field: AvroField | undefined): Column {
    const count = childCount(node);
    const hasRoom = this.#words.length / BLOCK_WORDS + count <= AVRO_COLUMNS_MAX;
    if (count < 0 || !hasRoom || depth > DEPTH_MAX || this.#open.has(node)) {
      this.#words[block] = AVRO_COLUMN_RAW;
      return new RawColumn(node, block, depth, field);
    }
    this.#open.add(node);
    const first = this.reserve(count);
    this.#words[block + 2] = this.#address + first * 4;
    this.#words[block + 3] = count;
    const at = (index: number): number => first + index * BLOCK_WORDS;
    let column: Column;
    if (node.op === OP.record) {
      this.#words[block] = AVRO_COLUMN_RECORD;
      const children = node.fields.map((inner, index) => this.column(inner.node, at(index), depth + 1, inner));
      column = new RecordColumn(node, block, depth, field, children);
    } else if (node.op === OP.union) {
      this.#words[block] = AVRO_COLUMN_UNION;
      const children = node.branches.map((branch, index) => this.column(branch, at(index), depth, undefined));
      column = new UnionColumn(node, block, depth, field, children);
    } else {
      this.#words[block] = AVRO_COLUMN_LIST;
      const inner = node.items as AvroNode;
      if (node.op === OP.array) {
        column = new ArrayColumn(node, block, depth, field, this.column(inner, at(0), depth + 1, undefined));
      } else {
        const keys = this.column(TEXT_NODE, at(0), depth + 1, undefined);
        column = new MapColumn(node, block, depth, field, keys, this.column(inner, at(1), depth + 1, undefined));
      }
    }
    this.#open.delete(node);
    return column;
  }
}

/** Columns inside; negative for types that are written by the walk. */
function childCount({ op, fields, branches, isStrict }: AvroNode): number {
  if (op === OP.record) return isStrict || fields.some(({ isInheritedName }) => isInheritedName) ? -1 : fields.length;
  if (op === OP.union) return branches.length;
  if (op === OP.array) return 1;
  return op === OP.map ? 2 : -1;
}
