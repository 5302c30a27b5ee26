/** How a command ends: the documented exit codes and which error leads to which. */
import { CommanderError } from 'commander';
import { type ErrorCode, KafkaHotpathError } from '../errors.ts';

export const EXIT = {
  ok: 0,
  /** Some message failed, or the input of a command was not what it takes. */
  failed: 1,
  usage: 2,
  config: 3,
  connect: 4,
  possiblyPersisted: 5,
  interrupted: 130,
} as const;

/** A command hands its exit code back here. */
export type Finish = (exitCode: number) => void;

/** The command line cannot be used as it stands: a missing file, an option that does not fit. */
export class UsageError extends Error {}

/** A signal ended the command before it had anything to finish. */
export class InterruptedError extends Error {}

/** The input is not what the command reads; the message names the line. */
export class InputError extends Error {}

const BY_ERROR: Partial<Record<ErrorCode, number>> = {
  ERR_CONFIG: EXIT.config,
  ERR_ENGINE: EXIT.config,
  ERR_AVRO_SCHEMA: EXIT.config,
  ERR_PROTOBUF_PACKAGE: EXIT.config,
  ERR_PROTOBUF_SCHEMA: EXIT.config,
  ERR_REGISTRY_NOT_FOUND: EXIT.config,
  ERR_REGISTRY_INCOMPATIBLE: EXIT.config,
  ERR_REGISTRY_SCHEMA: EXIT.config,
  // The topic is a property: a name that the cluster does not know is a mistake there.
  ERR_UNKNOWN_TOPIC: EXIT.config,
  ERR_CONNECT: EXIT.connect,
  ERR_LISTENER: EXIT.connect,
  ERR_TRANSPORT: EXIT.connect,
  ERR_PROTOCOL: EXIT.connect,
  ERR_BROKER: EXIT.connect,
  ERR_SEAM: EXIT.connect,
  ERR_REGISTRY: EXIT.connect,
  ERR_REGISTRY_AUTH: EXIT.connect,
  ERR_REGISTRY_TLS: EXIT.connect,
};

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof InterruptedError) return EXIT.interrupted;
  if (error instanceof KafkaHotpathError) return BY_ERROR[error.code] ?? byFamily(error.code);
  return EXIT.failed;
}

/** Every ERR_AUTH_… and ERR_TLS… says why a connection could not be had. */
function byFamily(code: ErrorCode): number {
  return code.startsWith('ERR_AUTH') || code.startsWith('ERR_TLS') ? EXIT.connect : EXIT.failed;
}

/** What to print about it; undefined when the parser has printed it already, or there is nothing to say. */
export function describeError(error: unknown): string | undefined {
  if (error instanceof CommanderError || error instanceof InterruptedError) return undefined;
  if (error instanceof UsageError || error instanceof InputError) return error.message;
  if (error instanceof KafkaHotpathError) return `${error.message} (${error.code})`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
