/** The failures of many sends in one list, for the error that a flush rejects with. */
import type { DeliveryReport, DeliveryReports } from '../producer/api.ts';
import { DeliveryError } from '../producer/delivery.ts';

export class FailedReports implements DeliveryReports {
  readonly topic: string;
  readonly length: number;
  readonly failedCount: number;
  readonly persistedCount = 0;
  readonly possiblyPersistedCount: number;
  readonly #reports: readonly DeliveryReport[];

  constructor(topic: string, reports: readonly DeliveryReport[]) {
    this.topic = topic;
    this.length = reports.length;
    this.failedCount = reports.length;
    this.possiblyPersistedCount = reports.filter(({ status }) => status === 'possiblyPersisted').length;
    this.#reports = reports;
  }

  at(index: number): DeliveryReport | undefined {
    return Number.isInteger(index) && index >= 0 ? this.#reports[index] : undefined;
  }

  [Symbol.iterator](): Iterator<DeliveryReport> {
    return this.#reports[Symbol.iterator]();
  }

  orThrow(): DeliveryReports {
    if (this.failedCount > 0) throw new DeliveryError(this);
    return this;
  }

  toJSON(): readonly object[] {
    return this.#reports.map(({ error, ...report }) => ({ ...report, code: error?.code, message: error?.message }));
  }
}
