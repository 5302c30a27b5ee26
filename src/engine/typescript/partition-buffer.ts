/** One partition's batch while it is filled. */
import { copyBatch } from '../batch-memory.ts';
import { RECORD_BATCH_OVERHEAD } from '../layout.ts';
import type { ProducerFields } from '../producer-fields.ts';
import { RunCopier } from '../run-copier.ts';
import type { ChunkPool } from './chunk-pool.ts';
import { type BatchSummary, putHeader } from './record-batch.ts';

export class PartitionBuffer implements BatchSummary {
  usedBytes: number = RECORD_BATCH_OVERHEAD;
  recordCount = 0;
  baseTimestamp = 0;
  maxTimestamp = 0;
  /** For what is copied into the chunk. */
  readonly copier: RunCopier = new RunCopier();
  #chunk: Buffer | undefined;

  /** The memory behind the batch, with room for `bytes` in all. */
  chunkFor(bytes: number, pool: ChunkPool): Buffer {
    const chunk = this.#chunk;
    if (chunk !== undefined && bytes <= chunk.length) return chunk;
    const larger = pool.take(bytes);
    if (chunk !== undefined) {
      chunk.copy(larger, 0, 0, this.usedBytes);
      pool.give(chunk);
    }
    this.#chunk = larger;
    return larger;
  }

  /** The record is fully written: from here on it belongs to the batch. */
  commit(timestamp: number, usedBytes: number): void {
    if (this.recordCount === 0) {
      this.baseTimestamp = timestamp;
      this.maxTimestamp = timestamp;
    } else if (timestamp > this.maxTimestamp) this.maxTimestamp = timestamp;
    this.recordCount += 1;
    this.usedBytes = usedBytes;
  }

  /** Finishes the batch, which has records, and empties the buffer. */
  close(producer: ProducerFields, pool: ChunkPool): Buffer {
    const chunk = this.chunkFor(this.usedBytes, pool);
    putHeader(chunk, this, producer);
    const batch = copyBatch(chunk, 0, this.usedBytes);
    this.#chunk = undefined;
    this.recordCount = 0;
    this.usedBytes = RECORD_BATCH_OVERHEAD;
    this.copier.forget();
    pool.give(chunk);
    return batch;
  }
}
