/**
 * The module's memory map as far as the host needs it; the twin of assembly/layout.ts, where each part is explained. A
 * test compares the two through the globals the module exports.
 */

/** Vector loads and stores may run past the end of what they handle by less than this many bytes. */
export const SLACK = 64;

/** Fields of the control block. */
export const CONTROL_NEXT = 1_024;
export const CONTROL_NEED_BYTES = 1_028;
export const CONTROL_BYTES = 1_044;
export const CONTROL_ARENA_START = 1_048;
export const CONTROL_CHUNK_BYTES = 1_056;

/** A group holds this many headers at most. */
export const GROUP_HEADERS_MAX = 4_096;
/** UTF-16 units of short strings in one group. */
export const TEXT_UNITS_MAX = 131_072;

/** One tape entry per record. */
export const TAPE = 85_120;
export const TAPE_STRIDE = 32;
export const TAPE_PARTITION = 0;
export const TAPE_VALUE = 4;
export const TAPE_KEY = 8;
export const TAPE_HEADER_COUNT = 12;
export const TAPE_VALUE_AT = 16;
export const TAPE_TEXT = 20;
export const TAPE_BYTES = 24;
export const TAPE_HEADERS = 28;

/** Columns. */
export const TIMESTAMPS = 216_192;
export const PARTITIONS = 248_960;
export const OUTCOMES = 265_344;

/** One entry per header. */
export const HEADERS = 281_728;
export const HEADER_STRIDE = 16;
export const HEADER_FIELD_STRIDE = 8;

export const TEXT = 347_264;

/** Texts of values that cross together. */
export const VALUES = 609_472;
export const VALUES_BYTES_MAX = 131_072;

/** One slot per partition buffer. */
export const SLOTS = 871_680;
export const SLOT_STRIDE = 40;
export const SLOTS_MAX = 16_384;
export const SLOT_BASE_TIMESTAMP = 0;
export const SLOT_RECORD_COUNT = 16;
export const SLOT_RECORDS_BYTES = 20;
export const SLOT_CHUNK = 24;

/** Behind it lie static data, byte staging and chunks. */
export const MAP_END = 1_527_040;

/** The smallest chunk and how many classes there are, each twice the one before. */
export const CHUNK_BYTES_MIN = 16_384;
export const CHUNK_CLASSES = 13;

/** Kinds of field; a descriptor is (length << 2) | kind. */
export const FIELD_NULL = 0;
export const FIELD_TEXT = 1;
export const FIELD_BYTES = 2;
export const FIELD_LATIN1 = 3;

/** Header counts that mean something else: see assembly/layout.ts. */
export const HEADER_COUNT_REFUSED = -1;
export const HEADER_COUNT_SERIALIZED = -2;

/** Results of append. */
export const STOP_DONE = 0;
export const STOP_FULL = 1;
export const STOP_MEMORY = 2;
export const STOP_PARTITION = 3;

/** Key hashes. */
export const HASH_CRC32 = 0;
export const HASH_MURMUR2 = 1;
