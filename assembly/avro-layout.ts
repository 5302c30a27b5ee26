/**
 * Numbers that the Avro parts of host and module share; src/engine/wasm/avro-map.ts is the twin, and the operations are
 * those of src/avro/schema.ts. A test compares them through the exported globals.
 */

/** What a node of the program writes and takes. */
export const AVRO_NULL: u32 = 0;
export const AVRO_BOOLEAN: u32 = 1;
export const AVRO_INT: u32 = 2;
export const AVRO_LONG: u32 = 3;
export const AVRO_FLOAT: u32 = 4;
export const AVRO_DOUBLE: u32 = 5;
export const AVRO_BYTES: u32 = 6;
export const AVRO_STRING: u32 = 7;
export const AVRO_FIXED: u32 = 8;
export const AVRO_ENUM: u32 = 9;
export const AVRO_ARRAY: u32 = 10;
export const AVRO_MAP: u32 = 11;
export const AVRO_UNION: u32 = 12;
export const AVRO_RECORD: u32 = 13;
export const AVRO_DATE: u32 = 14;
export const AVRO_TIME_MILLIS: u32 = 15;
export const AVRO_TIME_MICROS: u32 = 16;
export const AVRO_TIMESTAMP_MILLIS: u32 = 17;
export const AVRO_TIMESTAMP_MICROS: u32 = 18;
export const AVRO_TIMESTAMP_NANOS: u32 = 19;
export const AVRO_LOCAL_TIMESTAMP_MILLIS: u32 = 20;
export const AVRO_LOCAL_TIMESTAMP_MICROS: u32 = 21;
export const AVRO_LOCAL_TIMESTAMP_NANOS: u32 = 22;
export const AVRO_UUID_STRING: u32 = 25;

/** Levels of a value inside each other. */
export const AVRO_DEPTH_MAX: u32 = 256;

/** Kinds of column, and the words of its block: the kind; the address of the next cell; a link; a count. */
/** Cells are lengths; so many bytes at the link are the value as it is written. */
export const AVRO_COLUMN_RAW: u32 = 0;
/** Cells are doubles, for these four. */
export const AVRO_COLUMN_INT: u32 = 1;
export const AVRO_COLUMN_LONG: u32 = 2;
export const AVRO_COLUMN_FLOAT: u32 = 3;
export const AVRO_COLUMN_DOUBLE: u32 = 4;
/** Cells are bytes, 0 or 1. */
export const AVRO_COLUMN_BOOLEAN: u32 = 5;
/** Cells are lengths; so many units at the link are the text. */
export const AVRO_COLUMN_TEXT: u32 = 6;
/** Cells are the index of a symbol. */
export const AVRO_COLUMN_INDEX: u32 = 7;
/** No cells. */
export const AVRO_COLUMN_NULL: u32 = 8;
/** No cells; so many columns at the link. */
export const AVRO_COLUMN_RECORD: u32 = 9;
/** Cells are counts of items; the column of the items is at the link, before it that of the keys if count is 2. */
export const AVRO_COLUMN_LIST: u32 = 10;
/** Cells are the index of the branch, whose column is in the list at the link. */
export const AVRO_COLUMN_UNION: u32 = 11;
export const AVRO_COLUMN_CURSOR: u32 = 4;
export const AVRO_COLUMN_LINK: u32 = 8;
export const AVRO_COLUMN_COUNT: u32 = 12;
export const AVRO_COLUMN_STRIDE: u32 = 16;

/** Words of a node behind its operation, by operation. */
/** array, map: the address of the item's node. */
export const AVRO_NODE_ITEMS: u32 = 4;
/** fixed: its size. */
export const AVRO_NODE_SIZE: u32 = 4;
/** enum, union, record: how many symbols, tags or fields. */
export const AVRO_NODE_COUNT: u32 = 4;
/** enum: address and units of each symbol. */
export const AVRO_SYMBOLS: u32 = 8;
export const AVRO_SYMBOL_STRIDE: u32 = 8;
/**
 * record: whether unknown fields are refused; then node, name, units, default (0: none), its bytes of each field. A
 * name stands between quotes, with a colon behind.
 */
export const AVRO_RECORD_STRICT: u32 = 8;
export const AVRO_FIELDS: u32 = 12;
export const AVRO_FIELD_STRIDE: u32 = 20;
/** union: branch for null, boolean, text, array, object (−1: none, −2: not decided here), double, float. */
export const AVRO_UNION_NULL: u32 = 8;
export const AVRO_UNION_BOOLEAN: u32 = 12;
export const AVRO_UNION_TEXT: u32 = 16;
export const AVRO_UNION_ARRAY: u32 = 20;
export const AVRO_UNION_OBJECT: u32 = 24;
/** The branch for numbers that are not whole. */
export const AVRO_UNION_FRACTION: u32 = 28;
/** Address of the branches' nodes, and how many. */
export const AVRO_UNION_BRANCHES: u32 = 32;
export const AVRO_UNION_BRANCH_COUNT: u32 = 36;
/** name, units, branch of each tag. */
export const AVRO_TAGS: u32 = 40;
export const AVRO_TAG_STRIDE: u32 = 12;
