/** How much may be on its way at once: bytes of requests without an answer, and messages without a report. */
import type { SidecarSettings } from './options.ts';
import { overloaded } from './problem.ts';

export class Gate {
  readonly #bytesMax: number;
  readonly #messagesMax: number;
  bytes = 0;
  messages = 0;

  constructor({ pendingBytesMax, pendingMessagesMax }: SidecarSettings) {
    this.#bytesMax = pendingBytesMax;
    this.#messagesMax = pendingMessagesMax;
  }

  get isFull(): boolean {
    return this.bytes >= this.#bytesMax || this.messages >= this.#messagesMax;
  }

  open(): Lease {
    return new Lease(this);
  }

  /** @throws Problem 429. One request of any size gets in when nothing else is on its way. */
  enter(bytes: number, messages: number, own: { bytes: number; messages: number }): void {
    const isAlone = this.bytes === own.bytes && this.messages === own.messages;
    if (!isAlone && (this.bytes + bytes > this.#bytesMax || this.messages + messages > this.#messagesMax)) {
      throw overloaded(
        `${this.messages} messages and ${this.bytes} bytes are waiting for their reports; allowed: ` +
          `${this.#messagesMax} messages and ${this.#bytesMax} bytes`,
      );
    }
    this.note(bytes, messages);
  }

  note(bytes: number, messages: number): void {
    this.bytes += bytes;
    this.messages += messages;
  }
}

/** The share of one request, given back as a whole when it is answered. */
export class Lease {
  readonly #gate: Gate;
  #bytes = 0;
  #messages = 0;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  /** @throws Problem 429 */
  take(bytes: number, messages: number): void {
    this.#gate.enter(bytes, messages, { bytes: this.#bytes, messages: this.#messages });
    this.#bytes += bytes;
    this.#messages += messages;
  }

  /** For streams, which were let in before and are slowed down instead of refused; negative when reports have come. */
  note(bytes: number, messages: number): void {
    this.#gate.note(bytes, messages);
    this.#bytes += bytes;
    this.#messages += messages;
  }

  release(): void {
    this.note(-this.#bytes, -this.#messages);
  }
}
