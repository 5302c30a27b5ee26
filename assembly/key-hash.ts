/** Partition of a record by the hash of its key: key bytes → 32 bits → partition. */
import { crc32 } from './crc32';
import { HASH_CRC32, KEY_SCRATCH } from './layout';
import { murmur2 } from './murmur2';
import { isText, lengthOf } from './record';
import { putUtf8 } from './utf8';

/** Hashes the UTF-8 bytes of the key; null counts as empty. */
export function hashKey(key: u32, source: usize, length: u32, hash: u32): u32 {
  if (isText(key)) {
    putUtf8(KEY_SCRATCH, source, lengthOf(key), length);
    source = KEY_SCRATCH;
  }
  return hash == HASH_CRC32 ? crc32(source, length) : murmur2(source, length);
}

/** librdkafka's consistent takes all 32 bits, Kafka's Java client masks the sign first. */
export function toPartition(keyHash: u32, partitionCount: u32, hash: u32): i32 {
  return <i32>((hash == HASH_CRC32 ? keyHash : keyHash & 0x7fffffff) % partitionCount);
}
