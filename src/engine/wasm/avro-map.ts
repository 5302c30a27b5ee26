/** Numbers that the Avro parts of host and module share; the twin of assembly/avro-layout.ts. A test compares them. */

/** Kinds of column and the words of its block; see assembly/avro-layout.ts. */
export const AVRO_COLUMN_RAW = 0;
export const AVRO_COLUMN_INT = 1;
export const AVRO_COLUMN_LONG = 2;
export const AVRO_COLUMN_FLOAT = 3;
export const AVRO_COLUMN_DOUBLE = 4;
export const AVRO_COLUMN_BOOLEAN = 5;
export const AVRO_COLUMN_TEXT = 6;
export const AVRO_COLUMN_INDEX = 7;
export const AVRO_COLUMN_NULL = 8;
export const AVRO_COLUMN_RECORD = 9;
export const AVRO_COLUMN_LIST = 10;
export const AVRO_COLUMN_UNION = 11;
export const AVRO_COLUMN_STRIDE = 16;
