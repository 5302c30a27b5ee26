/** Tells waiters that something changed, so that neither the broker nor a test ever polls or sleeps. */
import { KafkaHotpathError } from '../errors.ts';

export class Signal {
  readonly #listeners = new Set<() => void>();
  readonly #abandon = new Set<(error: Error) => void>();
  #closed = false;

  /** Calls the listener at each change; returns how to stop that. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  emit(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** Resolves as soon as the predicate holds; rejects with ERR_CLOSED when the broker closes first. */
  async until(predicate: () => boolean): Promise<void> {
    if (predicate()) return;
    if (this.#closed) throw closedError();
    await new Promise<void>((resolve, reject) => {
      const settle = (action: () => void): void => {
        stop();
        this.#abandon.delete(abandon);
        action();
      };
      const abandon = (error: Error): void => {
        settle(() => {
          reject(error);
        });
      };
      const stop = this.listen(() => {
        if (predicate()) settle(resolve);
      });
      this.#abandon.add(abandon);
    });
  }

  close(): void {
    this.#closed = true;
    for (const abandon of [...this.#abandon]) abandon(closedError());
  }
}

function closedError(): KafkaHotpathError {
  return new KafkaHotpathError('ERR_CLOSED', 'the embedded broker is closed');
}
