/**
 * Producer fields of a finished batch, put in when it is first sent and again whenever it is renumbered. The checksum
 * is mended instead of computed again: a CRC is linear, so XORing bytes into a message XORs into its CRC the bare
 * remainder of those bytes shifted past all that follow them. Costs the same whatever the size of the batch.
 */
import { BASE_SEQUENCE, CRC, PRODUCER_EPOCH, PRODUCER_ID, RECORD_BATCH_OVERHEAD, RECORD_COUNT } from './layout.ts';
import { KafkaHotpathError } from '../errors.ts';
import { toProducerFields } from './producer-fields.ts';
import { POLYNOMIAL, crc32cAdvance } from './typescript/crc32c.ts';

/** x^0 in the reflected order of bits, where the top bit is the lowest power. */
const ONE = 0x8000_0000;

/** x^(8 · 2^k) mod P for each bit k of a byte count. */
const BYTE_SHIFTS = buildByteShifts();

/** The producer fields lie side by side: 8 + 2 + 4 bytes. */
const STAMP_BYTES = RECORD_COUNT - PRODUCER_ID;

const delta = Buffer.alloc(STAMP_BYTES);

/** Writes the producer fields of one finished batch in place. Throws ERR_RECORD_BATCH for unusable numbers. */
export function stampProducerState(
  batch: Uint8Array,
  producerId: bigint,
  producerEpoch: number,
  baseSequence: number,
): void {
  if (batch.length <= RECORD_BATCH_OVERHEAD) {
    const length = batch.length;
    throw new KafkaHotpathError('ERR_RECORD_BATCH', `a batch of ${length} bytes holds no record; nothing to stamp`);
  }
  const fields = toProducerFields({ producerId, producerEpoch, baseSequence });
  delta.writeInt32BE(fields.producerIdHigh, 0);
  delta.writeInt32BE(fields.producerIdLow, 4);
  delta.writeInt16BE(fields.producerEpoch, PRODUCER_EPOCH - PRODUCER_ID);
  delta.writeInt32BE(fields.baseSequence, BASE_SEQUENCE - PRODUCER_ID);
  for (let index = 0; index < STAMP_BYTES; index++) {
    const stamped = delta[index] as number;
    delta[index] = stamped ^ (batch[PRODUCER_ID + index] as number);
    batch[PRODUCER_ID + index] = stamped;
  }
  const remainder = crc32cAdvance(0, delta, 0, STAMP_BYTES);
  const change = shiftBytes(remainder, batch.length - RECORD_COUNT);
  for (let index = 0; index < 4; index++) {
    batch[CRC + index] = (batch[CRC + index] as number) ^ (change >>> (24 - 8 * index));
  }
}

/** The remainder behind `count` more zero bytes: times x^(8 · count), one product for each bit set in the count. */
function shiftBytes(remainder: number, count: number): number {
  for (let bit = 0; count > 0; bit++, count >>>= 1) {
    if ((count & 1) !== 0) remainder = multiply(remainder, BYTE_SHIFTS[bit] as number);
  }
  return remainder;
}

function buildByteShifts(): Int32Array {
  const shifts = new Int32Array(32);
  // x^8, and each next one is the square of the one before.
  let shift = ONE >>> 8;
  for (let bit = 0; bit < shifts.length; bit++) {
    shifts[bit] = shift;
    shift = multiply(shift, shift);
  }
  return shifts;
}

/** Product of two polynomials modulo P, both reflected. */
function multiply(left: number, right: number): number {
  let product = 0;
  while (left !== 0) {
    // The top bit of `left` is its lowest power; `right` is multiplied by x after each.
    product ^= right & (left >> 31);
    left <<= 1;
    right = (right >>> 1) ^ (POLYNOMIAL & -(right & 1));
  }
  return product;
}
