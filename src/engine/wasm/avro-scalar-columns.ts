/** Columns whose cells are the values themselves. */
import {
  type Cells,
  Column,
  type ColumnSink,
  flagReaders,
  numberReaders,
  symbolReaders,
  textReaders,
} from './avro-column.ts';
import type { FlagReader, NumberReader, Row, SymbolReader, TextReader } from './column-readers.generated.ts';

/** Strings are joined up to so many units before they cross; longer joins are slow to flatten. */
const JOINED_UNITS_MAX = 16_384;

/** Symbols that are compared one by one. */
const FEW_SYMBOLS = 3;

/** int, long, float, double, and what is written like them; the module checks the ranges. */
export class NumberColumn extends Column {
  #numbers: NumberReader | undefined;

  override fillFrom(rows: readonly Row[], name: string, sink: ColumnSink): void {
    this.#numbers ??= numberReaders.next();
    const cursor = sink.area.cells(rows.length, 8);
    if (this.#numbers(rows, name, sink.area.memory.doubleView, cursor >> 3)) sink.blocks[this.block + 1] = cursor;
    else super.fillFrom(rows, name, sink);
  }

  protected take(cells: Cells, { blocks, area }: ColumnSink): boolean {
    const cursor = area.cells(cells.length, 8);
    const { doubleView } = area.memory;
    const at = cursor >> 3;
    for (let index = 0; index < cells.length; index++) {
      const value = cells[index];
      if (typeof value !== 'number') return false;
      doubleView[at + index] = value;
    }
    blocks[this.block + 1] = cursor;
    return true;
  }
}

export class BooleanColumn extends Column {
  #flags: FlagReader | undefined;

  override fillFrom(rows: readonly Row[], name: string, sink: ColumnSink): void {
    this.#flags ??= flagReaders.next();
    const cursor = sink.area.cells(rows.length, 1);
    if (this.#flags(rows, name, sink.area.memory.view, cursor)) sink.blocks[this.block + 1] = cursor;
    else super.fillFrom(rows, name, sink);
  }

  protected take(cells: Cells, { blocks, area }: ColumnSink): boolean {
    const cursor = area.cells(cells.length, 1);
    const { view } = area.memory;
    for (let index = 0; index < cells.length; index++) {
      const value = cells[index];
      if (typeof value !== 'boolean') return false;
      view[cursor + index] = value ? 1 : 0;
    }
    blocks[this.block + 1] = cursor;
    return true;
  }
}

export class NullColumn extends Column {
  protected take(cells: Cells): boolean {
    return cells.every((value) => value === null);
  }
}

export class TextColumn extends Column {
  #texts: TextReader | undefined;

  override fillFrom(rows: readonly Row[], name: string, sink: ColumnSink): void {
    this.#texts ??= textReaders.next();
    const { area, blocks } = sink;
    const cursor = area.cells(rows.length, 4);
    const link = area.textAddress;
    if (!this.#texts(rows, name, area.memory.intView, cursor >> 2, area)) {
      super.fillFrom(rows, name, sink);
      return;
    }
    blocks[this.block + 1] = cursor;
    blocks[this.block + 2] = link;
  }

  protected take(cells: Cells, { blocks, area }: ColumnSink): boolean {
    const cursor = area.cells(cells.length, 4);
    const { intView } = area.memory;
    const at = cursor >> 2;
    blocks[this.block + 1] = cursor;
    blocks[this.block + 2] = area.textAddress;
    let joined = '';
    for (let index = 0; index < cells.length; index++) {
      const value = cells[index];
      if (typeof value !== 'string') return false;
      intView[at + index] = value.length;
      joined += value;
      if (joined.length < JOINED_UNITS_MAX) continue;
      area.put(joined);
      joined = '';
    }
    area.put(joined);
    return true;
  }
}

export class SymbolColumn extends Column {
  #indexes: SymbolReader | undefined;

  override fillFrom(rows: readonly Row[], name: string, sink: ColumnSink): void {
    this.#indexes ??= symbolReaders.next();
    const { area, blocks } = sink;
    const cursor = area.cells(rows.length, 4);
    const { symbolIndex, symbols } = this.node;
    // Where there are fewer than three, the first stands in: it is found in its own place before.
    const [first, second = first, third = first] = symbols;
    if (this.#indexes(rows, name, area.memory.intView, cursor >> 2, symbolIndex, first, second, third)) {
      blocks[this.block + 1] = cursor;
    } else super.fillFrom(rows, name, sink);
  }

  protected take(cells: Cells, { blocks, area }: ColumnSink): boolean {
    const cursor = area.cells(cells.length, 4);
    const { intView } = area.memory;
    const { symbolIndex, symbols } = this.node;
    const at = cursor >> 2;
    // Of a few symbols the comparison of pointers that strings begin with is faster than a look-up.
    const few = Math.min(symbols.length, FEW_SYMBOLS);
    for (let index = 0; index < cells.length; index++) {
      const value = cells[index];
      if (typeof value !== 'string') return false;
      let symbol: number | undefined = 0;
      while (symbol < few && symbols[symbol] !== value) symbol += 1;
      if (symbol === few) symbol = symbolIndex.get(value);
      if (symbol === undefined) return false;
      intView[at + index] = symbol;
    }
    blocks[this.block + 1] = cursor;
    return true;
  }
}
