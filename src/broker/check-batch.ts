/**
 * The checks a Kafka broker makes on a batch before it looks at sequences, in its order (UnifiedLog, LogValidator):
 * base offset, size, CRC, one batch only, counts, control bit, producer fields, timestamp type, then every record. A
 * batch that is not understood is refused, never half taken.
 */
import { KafkaHotpathError } from '../errors.ts';
import { KafkaErrorCode } from '../protocol/error-codes.ts';
import type { RecordError } from '../protocol/messages.ts';
import {
  computeRecordBatchCrc,
  readRecordBatchHeader,
  type RecordBatchHeader,
  recordBatchBytes,
} from '../protocol/record-batch-header.ts';
import { type RecordBatch, readCheckedBatch } from '../protocol/record-batch-reader.ts';

export interface BatchLimits {
  maxMessageBytes: number;
  /** Earliest and latest timestamp accepted, milliseconds since 1970; infinite where there is no limit. */
  timestampMin: number;
  timestampMax: number;
  /** Records without a key are refused. */
  keyRequired: boolean;
}

export interface Refusal {
  errorCode: number;
  message: string;
  recordErrors: RecordError[];
}

export type BatchVerdict = { batch: RecordBatch } | { refusal: Refusal };

const MAGIC_AT = 16;

export function refusal(errorCode: number, message: string, recordErrors: RecordError[] = []): { refusal: Refusal } {
  return { refusal: { errorCode, message, recordErrors } };
}

export function checkBatch(bytes: Buffer, limits: BatchLimits): BatchVerdict {
  if (bytes.length > MAGIC_AT && bytes.readInt8(MAGIC_AT) !== 2) {
    return refusal(KafkaErrorCode.INVALID_RECORD, `magic is ${bytes.readInt8(MAGIC_AT)}, Produce v3 and later carry 2`);
  }
  const header = attempt(KafkaErrorCode.CORRUPT_MESSAGE, () => readRecordBatchHeader(bytes, 0));
  if ('refusal' in header) return header;
  const fault = checkHeader(bytes, header.value, limits);
  if (fault !== undefined) return fault;
  const batch = attempt(KafkaErrorCode.INVALID_RECORD, () => readCheckedBatch(bytes, 0, header.value));
  if ('refusal' in batch) return batch;
  return checkRecords(batch.value, limits) ?? { batch: batch.value };
}

function checkHeader(bytes: Buffer, header: RecordBatchHeader, limits: BatchLimits): { refusal: Refusal } | undefined {
  const byteLength = recordBatchBytes(header);
  if (header.baseOffset !== 0n)
    return refusal(KafkaErrorCode.INVALID_RECORD, `base offset is ${String(header.baseOffset)}, not 0`);
  if (byteLength > limits.maxMessageBytes) {
    return refusal(
      KafkaErrorCode.MESSAGE_TOO_LARGE,
      `the batch has ${byteLength} bytes, ${limits.maxMessageBytes} are allowed`,
    );
  }
  const computed = computeRecordBatchCrc(bytes, 0, header);
  if (computed !== header.crc) {
    return refusal(KafkaErrorCode.CORRUPT_MESSAGE, `stored crc is ${header.crc}, computed crc is ${computed}`);
  }
  if (byteLength !== bytes.length) {
    return refusal(
      KafkaErrorCode.INVALID_RECORD,
      `${bytes.length - byteLength} bytes follow the one batch that is allowed`,
    );
  }
  if (header.recordCount < 1) return refusal(KafkaErrorCode.INVALID_RECORD, `record count is ${header.recordCount}`);
  if (header.lastOffsetDelta + 1 !== header.recordCount) {
    const message = `last offset delta is ${header.lastOffsetDelta} with ${header.recordCount} records`;
    return refusal(KafkaErrorCode.INVALID_RECORD, message);
  }
  if (header.isControl) return refusal(KafkaErrorCode.INVALID_RECORD, 'clients must not write control records');
  if (header.producerId >= 0n && header.baseSequence < 0) {
    return refusal(
      KafkaErrorCode.INVALID_RECORD,
      `base sequence is ${header.baseSequence} with producer id ${String(header.producerId)}`,
    );
  }
  if (header.isTransactional)
    return refusal(KafkaErrorCode.INVALID_TXN_STATE, 'the embedded broker has no transactions');
  if (header.timestampType !== 'createTime') {
    return refusal(KafkaErrorCode.INVALID_TIMESTAMP, 'only the broker may set the append time bit');
  }
  if (header.compression !== 'none' && header.compression !== 'gzip') {
    return refusal(
      KafkaErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
      `the embedded broker cannot read ${header.compression}`,
    );
  }
  return undefined;
}

function checkRecords(batch: RecordBatch, limits: BatchLimits): { refusal: Refusal } | undefined {
  const keyless: RecordError[] = [];
  const untimely: RecordError[] = [];
  batch.records.forEach((record, batchIndex) => {
    if (limits.keyRequired && record.key === null) {
      keyless.push({ batchIndex, message: 'Compacted topic cannot accept message without key' });
    }
    const timestamp = Number(record.timestamp);
    // Kafka knows −1 as "no timestamp" and lets it pass.
    if (timestamp !== -1 && (timestamp < limits.timestampMin || timestamp > limits.timestampMax)) {
      untimely.push({ batchIndex, message: `Timestamp ${timestamp} is out of range` });
    }
  });
  if (keyless.length > 0)
    return refusal(KafkaErrorCode.INVALID_RECORD, 'One or more records have been rejected', keyless);
  if (untimely.length > 0)
    return refusal(KafkaErrorCode.INVALID_TIMESTAMP, 'One or more records have been rejected', untimely);
  return undefined;
}

function attempt<T>(errorCode: number, read: () => T): { value: T } | { refusal: Refusal } {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof KafkaHotpathError && error.code === 'ERR_RECORD_BATCH')
      return refusal(errorCode, error.message);
    throw error;
  }
}
