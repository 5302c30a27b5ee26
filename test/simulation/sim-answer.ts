import type { ProducePartitionResponse } from '../../src/protocol/messages.ts';

/** What a broker says about one partition of a Produce request; the partition's number is added when it is sent. */
export type PartitionAnswer = Omit<ProducePartitionResponse, 'partition'>;

export function answer(errorCode: number, baseOffset = -1): PartitionAnswer {
  return { errorCode, baseOffset, logAppendTimeMs: -1, logStartOffset: 0, recordErrors: [], errorMessage: null };
}
