/** What a schema registry, or the way to it, can go wrong with. */
import { type ErrorCode, type ErrorOptionsWithCause, KafkaHotpathError } from '../errors.ts';

export interface RegistryErrorOptions extends ErrorOptionsWithCause {
  readonly code: ErrorCode;
  /** The HTTP status, when there was an answer. */
  readonly status?: number | undefined;
  /** The registry's own number: 40401 for an unknown subject. */
  readonly registryCode?: number | undefined;
  /** Whether the same call may succeed later. */
  readonly retriable?: boolean | undefined;
}

export class RegistryError extends KafkaHotpathError {
  readonly status: number | undefined;
  readonly registryCode: number | undefined;
  readonly retriable: boolean;

  constructor(message: string, options: RegistryErrorOptions) {
    super(options.code, message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RegistryError';
    this.status = options.status;
    this.registryCode = options.registryCode;
    this.retriable = options.retriable ?? false;
  }
}
