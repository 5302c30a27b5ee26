/** What idempotence writes into a batch header, checked, the id in two halves so that no engine needs a BigInt. */
import { KafkaHotpathError } from '../errors.ts';
import type { ProducerState } from './engine.ts';

export interface ProducerFields {
  /** int32, the upper half. */
  readonly producerIdHigh: number;
  /** int32, the lower half. */
  readonly producerIdLow: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
}

/** Not idempotent. */
export const NO_PRODUCER: ProducerFields = {
  producerIdHigh: -1,
  producerIdLow: -1,
  producerEpoch: -1,
  baseSequence: -1,
};

const PRODUCER_ID_MAX = 0x7fff_ffff_ffff_ffffn;
const PRODUCER_EPOCH_MAX = 0x7fff;
const SEQUENCE_MAX = 0x7fff_ffff;

/** Throws ERR_RECORD_BATCH for a number the header cannot hold. */
export function toProducerFields(producer: ProducerState | undefined): ProducerFields {
  if (producer === undefined) return NO_PRODUCER;
  const { producerId = -1, producerEpoch = -1, baseSequence = -1 } = producer;
  if (typeof producerId === 'number' && !Number.isSafeInteger(producerId)) {
    throw outOfRange('producerId', producerId, PRODUCER_ID_MAX);
  }
  const id = BigInt(producerId);
  if (id < -1n || id > PRODUCER_ID_MAX) throw outOfRange('producerId', id, PRODUCER_ID_MAX);
  requireInteger('producerEpoch', producerEpoch, PRODUCER_EPOCH_MAX);
  requireInteger('baseSequence', baseSequence, SEQUENCE_MAX);
  return {
    producerIdHigh: Number(id >> 32n),
    producerIdLow: Number(id & 0xffff_ffffn) | 0,
    producerEpoch,
    baseSequence,
  };
}

function requireInteger(name: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < -1 || value > max) throw outOfRange(name, value, max);
}

function outOfRange(name: string, value: bigint | number, max: bigint | number): KafkaHotpathError {
  return new KafkaHotpathError('ERR_RECORD_BATCH', `${name} is ${value}; it must be an integer from -1 to ${max}`);
}
