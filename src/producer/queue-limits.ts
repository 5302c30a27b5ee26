/**
 * How much may be handed over and not yet reported. A full queue is all there is to make batches of: over a thousand
 * partitions the usual number of messages would be a hundred to each, and small batches cost both sides more
 * (docs/performance.md, "A thousand partitions"). Where the program sets no number, each partition therefore has a
 * share, and as long as the shares of all are not used up, there may be more messages.
 */
import type { ProducerConfig, ProducerStats } from './api.ts';

/** librdkafka's queue.buffering.max.messages. */
const MESSAGES_MAX = 100_000;

/** A partition's share; 125 to 175 messages made the same difference, more made none. */
const SHARE_MESSAGES = 160;

/** By the size rule 160 messages of 100 bytes with a key of 16; larger ones make large batches by themselves. */
const SHARE_BYTES = 24 * 1024;

/** Of all shares together, or ten thousand partitions would take a quarter of a gigabyte. */
const SHARES_BYTES_MAX = 64 * 1024 * 1024;

/** A send of a single message takes a kilobyte of heap that no limit in bytes counts. */
const SHARES_MESSAGES_MAX = 400_000;

export class QueueLimits {
  readonly #isSet: boolean;
  readonly #messagesMax: number;
  readonly #bytesMax: number;
  /** Up to so many messages, as long as all are below so many bytes. */
  #sharesMessages: number;
  #sharesBytes = 0;

  constructor({ queueMessagesMax, queueBytesMax }: ProducerConfig) {
    this.#isSet = queueMessagesMax !== undefined;
    this.#messagesMax = queueMessagesMax ?? MESSAGES_MAX;
    this.#bytesMax = queueBytesMax;
    this.#sharesMessages = this.#messagesMax;
  }

  /** The topics of the producer have that many partitions in all. */
  share(partitionCount: number): void {
    if (this.#isSet) return;
    this.#sharesMessages = Math.max(MESSAGES_MAX, Math.min(partitionCount * SHARE_MESSAGES, SHARES_MESSAGES_MAX));
    this.#sharesBytes = Math.min(partitionCount * SHARE_BYTES, SHARES_BYTES_MAX);
  }

  areReachedBy({ queuedMessages, queuedBytes }: Pick<ProducerStats, 'queuedMessages' | 'queuedBytes'>): boolean {
    if (queuedMessages >= this.#sharesMessages || queuedBytes >= this.#bytesMax) return true;
    return queuedMessages >= this.#messagesMax && queuedBytes >= this.#sharesBytes;
  }

  /** For people. */
  toString(): string {
    const more =
      this.#sharesMessages > this.#messagesMax && this.#sharesBytes < this.#bytesMax
        ? ` (${this.#sharesMessages} while they are below ${this.#sharesBytes} bytes)`
        : '';
    return `${this.#messagesMax} messages${more} and ${this.#bytesMax} bytes`;
  }
}
