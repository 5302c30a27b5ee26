/** A checked schema: a graph of nodes, one for each type, recursive where the schema is. */

/**
 * What a node writes and what it takes. The numbers are part of the program that the WebAssembly module interprets
 * (program.ts); assembly/avro-layout.ts has the same.
 */
export const OP = {
  null: 0,
  boolean: 1,
  int: 2,
  long: 3,
  float: 4,
  double: 5,
  bytes: 6,
  string: 7,
  fixed: 8,
  enum: 9,
  array: 10,
  map: 11,
  union: 12,
  record: 13,
  date: 14,
  timeMillis: 15,
  timeMicros: 16,
  timestampMillis: 17,
  timestampMicros: 18,
  timestampNanos: 19,
  localTimestampMillis: 20,
  localTimestampMicros: 21,
  localTimestampNanos: 22,
  decimalBytes: 23,
  decimalFixed: 24,
  uuidString: 25,
  uuidFixed: 26,
  duration: 27,
} as const;

/** Types and fields of one schema: far beyond any real one, and soon counted. */
export const SCHEMA_PARTS_MAX = 50_000;
/** Characters of a schema. */
export const SCHEMA_CHARACTERS_MAX = 4_194_304;
/** Characters of a name, with its namespace: errors carry names. */
export const NAME_CHARACTERS_MAX = 1024;
/** Bytes of all defaults of a schema as they are written; those of defaults in defaults may double at every level. */
export const DEFAULT_BYTES_MAX = 16_777_216;
/** Levels of a schema inside each other. */
export const SCHEMA_DEPTH_MAX = 256;
/** Levels of a value inside each other; every interpreter is recursive, and this many always fit the stack. */
export const VALUE_DEPTH_MAX = 256;

/** What fieldOps say of a union of null and a type of the walk's own; the bits above those of any op. */
export const NULL_FIRST = 32;
export const NULL_LAST = 64;
/** The op without them. */
export const PLAIN_OP = 31;

const NO_OPS = new Uint8Array(0);

export class AvroNode {
  /** One of OP; a logical type turns the op of its base into its own. */
  op: number;
  /** Full name of a named type, else the name of the type: what tags a value of a union. */
  readonly name: string;
  /** Bytes of a fixed. */
  size = 0;
  symbols: readonly string[] = [];
  symbolIndex: ReadonlyMap<string, number> = new Map<string, number>();
  /** Items of an array, values of a map. */
  items: AvroNode | undefined;
  branches: readonly AvroNode[] = [];
  /** Tags of the branches; unqualified names too where no other branch has the same. */
  tags: ReadonlyMap<string, number> = new Map<string, number>();
  /** Of a union: the branch that is null, or −1. */
  nullBranch = -1;
  /** Of a union of null and one other: that one, and what typeof says of a value that can only mean it; else "". */
  soleBranch = -1;
  soleType = '';
  fields: readonly AvroField[] = [];
  fieldIndex: ReadonlyMap<string, number> = new Map<string, number>();
  /**
   * Of the fields, side by side, what the walk looks at first: names, none where every object inherits it; ops, with
   * NULL_FIRST or NULL_LAST where null may stand in place of what the op takes.
   */
  ownNames: readonly (string | undefined)[] = [];
  fieldOps: Uint8Array = NO_OPS;
  /** Of a record: a field that the schema does not have is refused, not ignored. */
  isStrict = false;
  precision = 0;
  scale = 0;

  constructor(op: number, name: string) {
    this.op = op;
    this.name = name;
  }
}

export class AvroField {
  readonly name: string;
  readonly node: AvroNode;
  /** The default as JSON. */
  readonly defaultText: string | undefined;
  /** The default as it is written; set when the whole schema is known. */
  defaultBytes: Uint8Array | undefined;
  /** Every object inherits something of this name, so only an own property counts. */
  readonly isInheritedName: boolean;

  constructor(name: string, node: AvroNode, defaultText: string | undefined) {
    this.name = name;
    this.node = node;
    this.defaultText = defaultText;
    this.isInheritedName = name in Object.prototype;
  }
}

export interface AvroSchema {
  readonly root: AvroNode;
  /** The schema as it was given. */
  readonly text: string;
  /** What the specification has us ignore although it is probably a mistake. */
  readonly warnings: readonly string[];
}

export interface AvroOptions {
  /** Refuse fields that the schema does not have; by default they are ignored. */
  readonly strict?: boolean;
}
