/** What the module exports, and nothing else. Numbers only; results are codes. src/engine/wasm/abi.ts types it. */
import { placeArena } from './arena';
import { initCrc32 } from './crc32';
import { initCrc32c } from './crc32c';
import { CONTROL_BATCH_BYTES_MAX, CONTROL_BATCH_RECORDS_MAX, CONTROL_RECORD_BYTES_MAX, MAP_END } from './layout';

export { append } from './accumulator';
export { avroWriteColumns } from './avro-columns';
export { avroEncodeJson, avroJsonEnd } from './avro-json';
export * from './avro-layout';
export { crc32, crc32Advance } from './crc32';
export { crc32c, crc32cAdvance } from './crc32c';
export * from './layout';
export {
  FAR_LAG_1,
  FAR_LAG_2,
  FAR_LAG_3,
  NEAR_LAG_1,
  NEAR_LAG_2,
  NEAR_LAG_3,
  NEAR_LAG_4,
  NEAR_LAG_5,
} from './crc32c-fold';
export { murmur2 } from './murmur2';
export { RECORD_BATCH_OVERHEAD } from './record-batch';
export { RECORD_OVERHEAD_MAX } from './record';
export { close, discard } from './slots';

/** First address behind everything of the module itself; for a memory that is not laid out by configure. */
export function heapStart(): u32 {
  assert(<u32>__heap_base >= MAP_END);
  return <u32>__heap_base;
}

/** Sets the limits of the accumulator and lays out the memory behind the fixed map; called once, before all else. */
export function configure(recordBytesMax: u32, batchBytesMax: u32, batchRecordsMax: u32, bytesCapacity: u32): void {
  assert(<u32>__heap_base >= MAP_END);
  initCrc32();
  initCrc32c();
  store<u32>(CONTROL_RECORD_BYTES_MAX, recordBytesMax);
  store<u32>(CONTROL_BATCH_BYTES_MAX, batchBytesMax);
  store<u32>(CONTROL_BATCH_RECORDS_MAX, batchRecordsMax);
  placeArena(bytesCapacity);
}
