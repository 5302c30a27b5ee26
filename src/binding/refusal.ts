/** Why one value cannot become a message. Thrown inside the binding only; the producer gets it as a report. */
import type { ErrorCode } from '../errors.ts';

export class Refusal extends Error {
  readonly code: ErrorCode;
  /** Where in the value, from $ on. */
  readonly path: string;

  constructor(path: string, reason: string, options?: { cause?: unknown; code?: ErrorCode }) {
    super(reason, options);
    this.name = 'Refusal';
    this.path = path;
    this.code = options?.code ?? 'ERR_SERIALIZE';
  }
}

const PLAIN_NAME = /^[A-Za-z_$][\w$]{0,39}$/;

/** One step further down a path. Odd names are quoted and long ones cut: a name can be data too. */
export function step(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  if (PLAIN_NAME.test(key)) return `${path}.${key}`;
  return `${path}[${JSON.stringify(key.length > 40 ? `${key.slice(0, 40)}…` : key)}]`;
}
