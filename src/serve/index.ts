/**
 * A sidecar: an output binding behind HTTP, for programs in any language. Every answer waits for its delivery reports;
 * what was answered 2xx is persisted.
 */
import type { KafkaOutput } from '../binding/output-api.ts';
import type { SidecarOptions } from './options.ts';
import { SidecarServer } from './server.ts';

export type { SidecarOptions } from './options.ts';

export interface Sidecar extends AsyncDisposable {
  /** "http://127.0.0.1:8082" */
  readonly address: string;
  /**
   * Takes nothing new, answers what has come within timeoutMs (default 10 000), gives up the rest with an answer that
   * says so, and closes the output. Resolves with what was given up.
   */
  close(options?: { timeoutMs?: number }): Promise<SidecarEnd>;
}

export interface SidecarEnd {
  /** Messages that closing gave up before they were sent. */
  readonly notPersisted: number;
  /** Messages that closing gave up while their answer was awaited. */
  readonly possiblyPersisted: number;
}

const CLOSE_TIMEOUT_MS = 10_000;
/** How long answers may take to get out when all that they waited for is settled. */
const ANSWER_TIMEOUT_MS = 1000;

/**
 * Serves the output; closing the sidecar closes it.
 * @throws KafkaHotpathError ERR_CONFIG for options that cannot be; what listening fails with, as EADDRINUSE
 */
export async function startSidecar(output: KafkaOutput, options: SidecarOptions = {}): Promise<Sidecar> {
  const server = new SidecarServer(output, options);
  const address = await server.listen();
  let closing: Promise<SidecarEnd> | undefined;
  const close = ({ timeoutMs = CLOSE_TIMEOUT_MS }: { timeoutMs?: number } = {}): Promise<SidecarEnd> => {
    closing ??= drain(server, timeoutMs);
    return closing;
  };
  return {
    address,
    close,
    [Symbol.asyncDispose]: async () => {
      await close();
    },
  };
}

async function drain(server: SidecarServer, timeoutMs: number): Promise<SidecarEnd> {
  const { output } = server.service;
  const deadlineMs = performance.now() + timeoutMs;
  server.stopTaking();
  // Nobody sends any more, so nothing need wait for company; the requests tell of failures, not this.
  output.flush({ timeoutMs }).catch(() => undefined);
  await server.idle(timeoutMs);
  const { notPersistedMessages, possiblyPersistedMessages } = output.stats;
  await output.close({ timeoutMs: Math.max(0, deadlineMs - performance.now()) });
  await server.idle(ANSWER_TIMEOUT_MS);
  server.destroy();
  return {
    notPersisted: output.stats.notPersistedMessages - notPersistedMessages,
    possiblyPersisted: output.stats.possiblyPersistedMessages - possiblyPersistedMessages,
  };
}
