/** The producer id of an idempotent producer (KIP-98): asked for once, renewed when its epochs or its trust end. */
import { BrokerError, KafkaHotpathError, TransportError } from '../errors.ts';
import type { ProducerIdentity } from '../protocol/messages.ts';
import type { ProducerContext } from './context.ts';
import { retryBackoffMs, retryRule } from './retry-rules.ts';

/** COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: not ready to give ids yet. */
const NOT_READY_CODES: ReadonlySet<number> = new Set([14, 15, 16]);

export class ProducerIdentityKeeper {
  readonly #context: ProducerContext;
  readonly #onChange: () => void;
  #identity: ProducerIdentity | undefined;
  #isAsking = false;
  #failures = 0;
  #retryAtMs = 0;

  constructor(context: ProducerContext, onChange: () => void) {
    this.#context = context;
    this.#onChange = onChange;
  }

  /** The identity in use; undefined while none is known, in which case one is being asked for. */
  get(): ProducerIdentity | undefined {
    if (this.#identity === undefined) this.#ask();
    return this.#identity;
  }

  /**
   * Gives up the identity with this producer id, unless another partition has done so already; each partition moves to
   * the next one when it is drained.
   */
  renew(producerId: bigint): void {
    if (this.#identity?.producerId === producerId) this.#identity = undefined;
  }

  #ask(): void {
    const { clock, transport } = this.#context;
    if (this.#isAsking || this.#context.fatalError !== undefined) return;
    if (clock.now() < this.#retryAtMs) {
      this.#context.wakeAt(this.#retryAtMs);
      return;
    }
    this.#isAsking = true;
    transport.initProducerId().then(
      (identity) => {
        this.#isAsking = false;
        this.#failures = 0;
        this.#identity = identity;
        this.#onChange();
      },
      (error: unknown) => {
        this.#isAsking = false;
        this.#failed(error);
        this.#onChange();
      },
    );
  }

  #failed(error: unknown): void {
    const { clock, random } = this.#context;
    this.#failures += 1;
    this.#retryAtMs = clock.now() + retryBackoffMs(this.#failures, random);
    this.#context.wakeAt(this.#retryAtMs);
    if (error instanceof TransportError && !error.fatal) return;
    if (error instanceof BrokerError) {
      const rule = retryRule(error.kafkaCode);
      if (NOT_READY_CODES.has(error.kafkaCode) || rule.action === 'retry') return;
    }
    // R18, F39: without a producer id an idempotent producer can send nothing.
    this.#context.fatalError =
      error instanceof KafkaHotpathError
        ? error
        : new KafkaHotpathError('ERR_PROTOCOL', 'no producer id could be had', { cause: error });
  }
}
