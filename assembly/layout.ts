/**
 * The memory map. Everything of a fixed size lies below MAP_END at addresses known when compiling; behind it come the
 * compiler's own static data (asconfig's memoryBase is MAP_END), then the byte staging and the chunks, whose sizes
 * depend on the limits of the accumulator (see arena.ts).
 *
 *     0          unused, so that address 0 means "none"
 *     CONTROL    what host and module tell each other beside arguments, and the arena's own fields
 *     tables     CRC tables and the fold's working area
 *     tape       the staged records of one group, as columns
 *     text       their short strings, UTF-16, end to end
 *     values     their values that are texts of middling length and cross together
 *     slots      one header per partition buffer
 *
 * src/engine/wasm/memory-map.ts is the twin of this file; a test compares the two through the exported globals.
 */

/** Vector loads and stores may run past the end of what they handle by less than this many bytes. */
export const SLACK: u32 = 64;

export const CONTROL: u32 = 1024;
/** Record index at which append stopped. */
export const CONTROL_NEXT: u32 = CONTROL;
/** Bytes of memory that append needs to go on, when it stopped for want of memory. */
export const CONTROL_NEED_BYTES: u32 = CONTROL + 4;
export const CONTROL_RECORD_BYTES_MAX: u32 = CONTROL + 8;
export const CONTROL_BATCH_BYTES_MAX: u32 = CONTROL + 12;
export const CONTROL_BATCH_RECORDS_MAX: u32 = CONTROL + 16;
/** Address of the byte staging, which follows the static data. */
export const CONTROL_BYTES: u32 = CONTROL + 20;
/** First address of the chunks. */
export const CONTROL_ARENA_START: u32 = CONTROL + 24;
/** First address never handed out since the last reset. */
export const CONTROL_ARENA_NEXT: u32 = CONTROL + 28;
/** Bytes of all chunks in use. */
export const CONTROL_CHUNK_BYTES: u32 = CONTROL + 32;
/** One list head per size class. */
export const CONTROL_FREE_LISTS: u32 = CONTROL + 64;
const CONTROL_BYTES_TOTAL: u32 = 192;

/** 16 tables of 256 entries for each polynomial. */
export const CRC_TABLES_BYTES: u32 = 16 * 256 * 4;
export const CRC32C_TABLES: u32 = CONTROL + CONTROL_BYTES_TOTAL;
export const CRC32_TABLES: u32 = CRC32C_TABLES + CRC_TABLES_BYTES;

/** Working areas of the CRC's folds (crc32c-fold.ts): history, chunk and zeros behind it; then what a fold leaves. */
export const FOLD_CHUNK_BYTES: u32 = 16_384;
export const FOLD_FAR: u32 = CRC32_TABLES + CRC_TABLES_BYTES;
const FOLD_FAR_BYTES: u32 = 5_280 + FOLD_CHUNK_BYTES + 5_280 + SLACK;
export const FOLD_FAR_REST: u32 = FOLD_FAR + FOLD_FAR_BYTES;
const FOLD_FAR_REST_BYTES: u32 = 5_280 + SLACK;
/** The near fold works in one chunk. */
export const FOLD_NEAR_BYTES_MAX: u32 = 16_384;
export const FOLD_NEAR: u32 = FOLD_FAR_REST + FOLD_FAR_REST_BYTES;
const FOLD_NEAR_BYTES: u32 = 224 + FOLD_NEAR_BYTES_MAX + 224 + SLACK;
export const FOLD_NEAR_REST: u32 = FOLD_NEAR + FOLD_NEAR_BYTES;
const FOLD_NEAR_REST_BYTES: u32 = 224 + SLACK;

/** Where a key that is staged as text becomes UTF-8 before it is hashed: 3 bytes for each of 512 units. */
export const KEY_SCRATCH: u32 = FOLD_NEAR_REST + FOLD_NEAR_REST_BYTES;
const KEY_SCRATCH_BYTES: u32 = 3 * 512 + SLACK;

/** A group holds this many records at most. */
export const GROUP_RECORDS_MAX: u32 = 4096;
/** A group holds this many headers at most; a record with more is staged with its headers already serialised. */
export const GROUP_HEADERS_MAX: u32 = 4096;
/** UTF-16 units of short strings in one group. */
export const TEXT_UNITS_MAX: u32 = 131_072;

/**
 * One tape entry, eight 32-bit words: partition (−1: by hash), value, key (descriptors), header count, address of the
 * value, and of key and headers, which lie end to end: byte offset of their text, byte offset of their bytes, index of
 * the first header. Key and header count are one 64-bit word, which is 0 for the usual record: null and none. The
 * last three words say nothing then.
 */
export const TAPE: u32 = KEY_SCRATCH + KEY_SCRATCH_BYTES;
export const TAPE_STRIDE: u32 = 32;
export const TAPE_PARTITION: u32 = 0;
export const TAPE_VALUE: u32 = 4;
export const TAPE_KEY: u32 = 8;
export const TAPE_HEADER_COUNT: u32 = 12;
export const TAPE_VALUE_AT: u32 = 16;
export const TAPE_TEXT: u32 = 20;
export const TAPE_BYTES: u32 = 24;
export const TAPE_HEADERS: u32 = 28;

/** Milliseconds, float64. */
export const TIMESTAMPS: u32 = TAPE + GROUP_RECORDS_MAX * TAPE_STRIDE;
/** int32 columns that append fills. */
export const PARTITIONS: u32 = TIMESTAMPS + GROUP_RECORDS_MAX * 8;
export const OUTCOMES: u32 = PARTITIONS + GROUP_RECORDS_MAX * 4;

/** One header: name, then value; each a descriptor and its length in bytes, which append fills in. */
export const HEADERS: u32 = OUTCOMES + GROUP_RECORDS_MAX * 4;
export const HEADER_STRIDE: u32 = 16;
export const HEADER_FIELD_STRIDE: u32 = 8;
export const HEADER_FIELD_BYTES: u32 = 4;

export const TEXT: u32 = HEADERS + GROUP_HEADERS_MAX * HEADER_STRIDE;

/** As one-byte texts with their lengths in front; should they come as UTF-16 after all, they take twice that. */
export const VALUES: u32 = TEXT + TEXT_UNITS_MAX * 2 + SLACK;
export const VALUES_BYTES_MAX: u32 = 131_072;

/**
 * One slot: base timestamp and maximum timestamp (int64), record count, bytes of the records, address of the chunk (0:
 * none), its class (without a chunk: that of the batch before), bytes of records up to which one more needs no closer
 * look.
 */
export const SLOTS: u32 = VALUES + VALUES_BYTES_MAX * 2 + SLACK;
export const SLOT_STRIDE: u32 = 40;
export const SLOTS_MAX: u32 = 16_384;
export const SLOT_BASE_TIMESTAMP: u32 = 0;
export const SLOT_MAX_TIMESTAMP: u32 = 8;
export const SLOT_RECORD_COUNT: u32 = 16;
export const SLOT_RECORDS_BYTES: u32 = 20;
export const SLOT_CHUNK: u32 = 24;
export const SLOT_CLASS: u32 = 28;
export const SLOT_EASY_BYTES: u32 = 32;

export const MAP_END: u32 = SLOTS + SLOTS_MAX * SLOT_STRIDE;

/** The smallest chunk; class k has twice the bytes of class k − 1. */
export const CHUNK_BYTES_MIN: u32 = 16_384;
export const CHUNK_CLASSES: u32 = 13;
/** Up to this many bytes in use, a slot starts with a chunk of the class its batch before ended in. */
export const CHUNK_BYTES_GENEROUS_MAX: u32 = 67_108_864;

/**
 * Kinds of field; a descriptor is (length << 2) | kind, the length in UTF-16 units or in bytes. Text is UTF-16; a value
 * of at least sixteen units may also be text whose units are bytes (Latin-1).
 */
export const FIELD_NULL: u32 = 0;
export const FIELD_TEXT: u32 = 1;
export const FIELD_BYTES: u32 = 2;
export const FIELD_LATIN1: u32 = 3;

/** The header count of a record that is refused unread: its value word holds its size by the size rule. */
export const HEADER_COUNT_REFUSED: i32 = -1;
/** The header count of a record whose headers are staged as one run of bytes; one entry tells length and count. */
export const HEADER_COUNT_SERIALIZED: i32 = -2;

/** Results of append. */
export const STOP_DONE: i32 = 0;
export const STOP_FULL: i32 = 1;
export const STOP_MEMORY: i32 = 2;
export const STOP_PARTITION: i32 = 3;

/** Key hashes. */
export const HASH_CRC32: u32 = 0;
export const HASH_MURMUR2: u32 = 1;
