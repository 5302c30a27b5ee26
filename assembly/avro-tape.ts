/**
 * Values that the host has walked and checked: a kind and a number for each primitive, in the order in which Avro
 * writes them, strings end to end in one area and bytes in another. What is left to do is to write them.
 */
import {
  AVRO_TAPE_BIG,
  AVRO_TAPE_BOOLEAN,
  AVRO_TAPE_BYTES,
  AVRO_TAPE_DOUBLE,
  AVRO_TAPE_FLOAT,
  AVRO_TAPE_LONG,
  AVRO_TAPE_RAW,
  AVRO_TAPE_TEXT,
} from './avro-layout';
import { putDouble, putFloat, putLong, putText } from './avro-primitives';
import { copyBytes } from './bytes';
import { putLength } from './varint';

/**
 * Returns the address behind the last value, and stores where each value ends, from `target`, at `ends`. The caller has
 * made sure that everything fits.
 */
export function avroWriteTape(
  kinds: usize,
  numbers: usize,
  count: u32,
  text: usize,
  bytes: usize,
  target: usize,
  ends: usize,
): usize {
  const start = target;
  for (let index: u32 = 0; index < count; index++) {
    const kind: u32 = load<u8>(kinds + index);
    const number = numbers + (index << 3);
    if (kind == AVRO_TAPE_LONG) target = putLong(target, <i64>load<f64>(number));
    else if (kind == AVRO_TAPE_TEXT) {
      const units = <u32>load<f64>(number);
      target = putText(target, text, units);
      text += units << 1;
    } else if (kind == AVRO_TAPE_DOUBLE) target = putDouble(target, load<f64>(number));
    else if (kind == AVRO_TAPE_BOOLEAN) store<u8>(target++, <u8>load<f64>(number));
    else if (kind == AVRO_TAPE_FLOAT) target = putFloat(target, load<f64>(number));
    else if (kind == AVRO_TAPE_BIG) target = putLong(target, load<i64>(number));
    else if (kind == AVRO_TAPE_BYTES || kind == AVRO_TAPE_RAW) {
      const length = <u32>load<f64>(number);
      if (kind == AVRO_TAPE_BYTES) target = putLength(target, length);
      target = copyBytes(target, bytes, length);
      bytes += length;
    } else {
      store<u32>(ends, <u32>(target - start));
      ends += 4;
    }
  }
  return target;
}
