/**
 * Which branch of a union a value means. Tagged values ({"type": value}, Avro's JSON form) say it themselves; for bare
 * ones the rule is:
 *
 *   - whole numbers: the first int or long that holds it, then double, float, decimal; other numbers: double, float,
 *     decimal; a bigint: the first int or long that holds it, then decimal
 *   - strings: the first branch that takes the text: string, enum with that symbol, uuid, decimal, date or time
 *   - bytes: the first of bytes, fixed of that size; Date: the first date or timestamp
 *   - objects: the only record or map; of several, the records whose required fields are all there, and of those the
 *     ones that have a field for every key; when that leaves more than one, the value must be tagged
 */
import { isDecimalText } from './decimal.ts';
import { type AvroFault, describe, fault, listed } from './fault.ts';
import { type AvroNode, OP } from './schema.ts';
import { isIntTemporal, isTemporal, isTemporalText, isTimeOfDay } from './temporal.ts';
import { isUuid } from './uuid.ts';

export interface Tagged {
  branch: number;
  value: unknown;
}

/** What a tagged value says, or undefined for a bare one. */
export function taggedValue(node: AvroNode, value: unknown): Tagged | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value))
    return undefined;
  let only: string | undefined;
  for (const key in value) {
    if (only !== undefined) return undefined;
    only = key;
  }
  const branch = only === undefined ? undefined : node.tags.get(only);
  if (branch === undefined || only === undefined) return undefined;
  return { branch, value: (value as Record<string, unknown>)[only] };
}

/** The branch for a bare value. */
export function branchOf(node: AvroNode, value: unknown): number {
  const branch = find(node, value);
  if (branch < 0) throw noBranch(node, describe(value));
  return branch;
}

export function noBranch(node: AvroNode, got: string): AvroFault {
  return fault(got, `one of ${listed(node.branches.map(({ name }) => name))}`);
}

function find(node: AvroNode, value: unknown): number {
  switch (typeof value) {
    case 'string':
      return branchOfText(node, value);
    case 'number':
      return branchOfNumber(node, value);
    case 'bigint':
      return branchOfBigint(node, value);
    case 'boolean':
      return first(node, ({ op }) => op === OP.boolean);
    case 'object':
      return value === null ? node.nullBranch : branchOfObject(node, value);
    default:
      return -1;
  }
}

function first(node: AvroNode, test: (branch: AvroNode) => boolean): number {
  return node.branches.findIndex(test);
}

/** The loops here are written out because this is the way of every nullable field. */
export function branchOfText(node: AvroNode, text: string): number {
  const { branches } = node;
  for (let index = 0; index < branches.length; index++) {
    const branch = branches[index] as AvroNode;
    if (branch.op === OP.string || (branch.op !== OP.null && takesText(branch, text))) return index;
  }
  return -1;
}

/** Types, beside string, that some text is a value of. */
export function mayTakeText(op: number): boolean {
  return op === OP.enum || isTemporal(op) || (op >= OP.decimalBytes && op <= OP.uuidFixed);
}

function takesText(branch: AvroNode, text: string): boolean {
  const { op } = branch;
  if (op === OP.enum) return branch.symbolIndex.has(text);
  if (op === OP.uuidString || op === OP.uuidFixed) return isUuid(text);
  if (op === OP.decimalBytes || op === OP.decimalFixed) return isDecimalText(text);
  return isTemporal(op) && isTemporalText(text, op);
}

function branchOfNumber(node: AvroNode, value: number): number {
  const { branches } = node;
  if (Number.isInteger(value)) {
    for (let index = 0; index < branches.length; index++) {
      if (holdsInteger((branches[index] as AvroNode).op, value)) return index;
    }
  }
  return branchOfFraction(node);
}

/** Where a number goes that no whole-number branch holds. */
export function branchOfFraction(node: AvroNode): number {
  const double = first(node, ({ op }) => op === OP.double);
  if (double >= 0) return double;
  const float = first(node, ({ op }) => op === OP.float);
  return float >= 0 ? float : first(node, isDecimal);
}

function branchOfBigint(node: AvroNode, value: bigint): number {
  const whole = branchOfWhole(node, value);
  return whole >= 0 ? whole : first(node, isDecimal);
}

/** The first int or long that holds it. */
export function branchOfWhole(node: AvroNode, value: bigint): number {
  return first(node, ({ op }) => {
    if (op === OP.int || isIntTemporal(op)) return BigInt.asIntN(32, value) === value;
    return (op === OP.long || isTemporal(op)) && BigInt.asIntN(64, value) === value;
  });
}

function holdsInteger(op: number, value: number): boolean {
  if (op === OP.int || isIntTemporal(op)) return (value | 0) === value;
  return (op === OP.long || isTemporal(op)) && Number.isSafeInteger(value);
}

export function isDecimal({ op }: AvroNode): boolean {
  return op === OP.decimalBytes || op === OP.decimalFixed;
}

function branchOfObject(node: AvroNode, value: object): number {
  if (Array.isArray(value)) return first(node, ({ op }) => op === OP.array);
  if (value instanceof Date) return first(node, ({ op }) => isTemporal(op) && !isTimeOfDay(op));
  if (value instanceof Map) return first(node, ({ op }) => op === OP.map);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return branchOfBytes(node, value);
  return branchOfKeys(
    node,
    (name) => name in value && !(name in Object.prototype && !Object.hasOwn(value, name)),
    () => Object.keys(value),
  );
}

function branchOfBytes(node: AvroNode, value: ArrayBufferView | ArrayBuffer): number {
  const isByteArray = value instanceof Uint8Array || value instanceof ArrayBuffer || value instanceof DataView;
  const asBytes = first(node, (branch) => branch.op === OP.bytes || isDecimal(branch) || isOfSize(branch, value));
  const asItems = first(node, ({ op }) => op === OP.array);
  if (isByteArray) return asBytes >= 0 ? asBytes : value instanceof Uint8Array ? asItems : -1;
  return asItems >= 0 ? asItems : asBytes;
}

function isOfSize({ op, size }: AvroNode, value: { byteLength: number }): boolean {
  return (op === OP.fixed || op === OP.uuidFixed || op === OP.duration) && size === value.byteLength;
}

/** The record, map, duration or decimal that an object with these keys means. */
export function branchOfKeys(node: AvroNode, has: (name: string) => boolean, keys: () => Iterable<string>): number {
  const decimal = first(node, isDecimal);
  if (decimal >= 0 && has('unscaled')) return decimal;
  const objects = node.branches.flatMap(({ op }, index) =>
    op === OP.record || op === OP.map || op === OP.duration ? [index] : [],
  );
  if (objects.length <= 1) return objects[0] ?? -1;
  const branchAt = (index: number): AvroNode => node.branches[index] as AvroNode;
  const complete = objects.filter(
    (index) =>
      branchAt(index).op === OP.record &&
      branchAt(index).fields.every((field) => field.defaultText !== undefined || has(field.name)),
  );
  if (complete.length === 1) return complete[0] as number;
  const all = [...keys()];
  const exact = complete.filter((index) => all.every((key) => branchAt(index).fieldIndex.has(key)));
  if (exact.length === 1) return exact[0] as number;
  const map = objects.find((index) => branchAt(index).op === OP.map);
  if (complete.length === 0 && map !== undefined) return map;
  const names = listed(objects.map((index) => branchAt(index).name));
  throw fault('an object that several branches could mean', `{"<branch>": value} with one of ${names}`);
}
