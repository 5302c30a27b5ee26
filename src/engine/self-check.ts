/** Whether an engine computes what it should: one checksum and one batch whose bytes Kafka's own Java classes wrote. */
import type { Engine } from './engine.ts';

/** The check value every CRC-32C states (RFC 3720 appendix B.4 has others). */
const CRC_INPUT = '123456789';
const CRC_EXPECTED = 0xe306_9283;

/** Vector B of reliability §2.5: key, null and empty fields, headers, a timestamp that goes back, producer fields. */
const BATCH_EXPECTED =
  '000000000000000000000050ffffffff028fa3cd0b0000000000020000018bcfe568000000018bcfe568050000000000000fa0' +
  '00017ffffffe000000031a000000026b047631020268027812000a02000002026e010c000104010100';

/** Throws an Error that says what differs. */
export function selfCheck(engine: Engine): void {
  const crc = engine.crc32c(Buffer.from(CRC_INPUT));
  if (crc !== CRC_EXPECTED) {
    throw new Error(`its CRC-32C of ${CRC_INPUT} is ${crc.toString(16)}, not ${CRC_EXPECTED.toString(16)}`);
  }
  const batch = engine.encodeRecordBatch(
    [
      { key: 'k', value: 'v1', headers: [{ key: 'h', value: 'x' }], timestamp: 1_700_000_000_000 },
      { key: '', value: '', headers: [{ key: 'n', value: null }], timestamp: 1_700_000_000_005 },
      { key: null, value: null, timestamp: 1_699_999_999_999 },
    ],
    { producerId: 4000, producerEpoch: 1, baseSequence: 2_147_483_646 },
  );
  if (Buffer.from(batch).toString('hex') !== BATCH_EXPECTED) throw new Error('its record batch differs from Kafka’s');
  if (engine.fault !== undefined) throw new Error(engine.fault);
}
