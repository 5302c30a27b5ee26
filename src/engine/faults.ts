/** Errors both engines raise alike. */
import { KafkaHotpathError } from '../errors.ts';
import type { BufferRun } from './engine.ts';

export function partitionOutOfRange(partition: number, partitionCount: number): KafkaHotpathError {
  const range = `the topic has partitions 0 to ${partitionCount - 1}`;
  return new KafkaHotpathError('ERR_PARTITION', `a record was staged for partition ${partition}; ${range}`);
}

export function runNotReserved(run: BufferRun): KafkaHotpathError {
  const slots = `${run.partitionCount} buffers from ${run.base} on`;
  return new KafkaHotpathError('ERR_ENGINE', `the run of ${slots} is not reserved here; release it once only`);
}

export function slotIsEmpty(partition: number): KafkaHotpathError {
  return new KafkaHotpathError('ERR_ENGINE', `the buffer of partition ${partition} holds no record; nothing to close`);
}
