/**
 * How much may be handed over and not yet reported. The batches of a full queue are all it is divided into, so with a
 * thousand partitions the usual number of messages would leave a hundred to each, and small batches cost both sides
 * more (docs/performance.md, "A thousand partitions"). Where the program sets no number of messages, each partition
 * therefore has a share in bytes, and messages are not counted until the shares of all are used up.
 */
import type { ProducerConfig, ProducerStats } from './api.ts';

/** librdkafka's queue.buffering.max.messages. */
const MESSAGES_MAX = 100_000;

/** By the size rule, 160 messages of 100 bytes with a key of 16; larger shares were not faster. */
const SHARE_BYTES = 24 * 1024;

/** Of all shares together, or ten thousand partitions would take a quarter of a gigabyte. */
const SHARES_BYTES_MAX = 64 * 1024 * 1024;

export class QueueLimits {
  readonly #messagesMax: number;
  readonly #bytesMax: number;
  readonly #isSet: boolean;
  #sharesBytes = 0;

  constructor({ queueMessagesMax, queueBytesMax }: ProducerConfig) {
    this.#messagesMax = queueMessagesMax ?? MESSAGES_MAX;
    this.#bytesMax = queueBytesMax;
    this.#isSet = queueMessagesMax !== undefined;
  }

  /** The topics of the producer have that many partitions in all. */
  share(partitionCount: number): void {
    if (!this.#isSet) this.#sharesBytes = Math.min(partitionCount * SHARE_BYTES, SHARES_BYTES_MAX);
  }

  areReachedBy({ queuedMessages, queuedBytes }: ProducerStats): boolean {
    if (queuedBytes >= this.#bytesMax) return true;
    return queuedMessages >= this.#messagesMax && queuedBytes >= this.#sharesBytes;
  }

  /** For people. */
  toString(): string {
    const more = this.#isSet ? '' : ` (more while they are below ${this.#sharesBytes} bytes)`;
    return `${this.#messagesMax} messages${more} and ${this.#bytesMax} bytes`;
  }
}
