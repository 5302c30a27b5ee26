/** Numbers that the Avro parts of host and module share; the twin of assembly/avro-layout.ts. A test compares them. */

/** Kinds of entry on the tape; see assembly/avro-layout.ts. */
export const AVRO_TAPE_LONG = 0;
export const AVRO_TAPE_BIG = 1;
export const AVRO_TAPE_DOUBLE = 2;
export const AVRO_TAPE_FLOAT = 3;
export const AVRO_TAPE_BOOLEAN = 4;
export const AVRO_TAPE_TEXT = 5;
export const AVRO_TAPE_BYTES = 6;
export const AVRO_TAPE_RAW = 7;
export const AVRO_TAPE_END = 8;
