/** SIGINT and SIGTERM: the first asks to finish in an orderly way, the second ends the process at once. */
import { EXIT } from './exit.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export class StopSignal {
  /** Resolves at the first signal. */
  readonly requested: Promise<void>;
  #resolve: () => void = () => undefined;
  #isRequested = false;

  constructor() {
    this.requested = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  get isRequested(): boolean {
    return this.#isRequested;
  }

  dispose(): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
  }

  readonly #onSignal = (): void => {
    if (this.#isRequested) process.exit(EXIT.interrupted);
    this.#isRequested = true;
    this.#resolve();
  };
}
