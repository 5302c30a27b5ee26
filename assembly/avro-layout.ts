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
export const AVRO_LOCAL_TIMESTAMP_NANOS: u32 = 22;
export const AVRO_UUID_STRING: u32 = 25;

/** Levels of a value inside each other. */
export const AVRO_DEPTH_MAX: u32 = 256;

/** Kinds of entry on the tape. */
/** A whole number of up to 53 bits. */
export const AVRO_TAPE_LONG: u32 = 0;
/** The 64 bits themselves. */
export const AVRO_TAPE_BIG: u32 = 1;
export const AVRO_TAPE_DOUBLE: u32 = 2;
export const AVRO_TAPE_FLOAT: u32 = 3;
export const AVRO_TAPE_BOOLEAN: u32 = 4;
/** So many units of the text area follow. */
export const AVRO_TAPE_TEXT: u32 = 5;
/** So many bytes of the byte area follow, with their length. */
export const AVRO_TAPE_BYTES: u32 = 6;
/** The same without a length. */
export const AVRO_TAPE_RAW: u32 = 7;
/** A value ends here. */
export const AVRO_TAPE_END: u32 = 8;

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
/** record: whether unknown fields are refused; then node, name, units, default (0: none), its bytes of each field. */
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
