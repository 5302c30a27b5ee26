/** One step of `check`: what it tried, how long that took, and when it failed, why and what to do about it. */
import { type ErrorCode, KafkaHotpathError } from '../errors.ts';
import { type EndingName, ENDINGS } from './check-endings.ts';
import { endingOf } from './probe.ts';

export type StepName =
  | 'dns'
  | 'tcp'
  | 'tls'
  | 'apiVersions'
  | 'sasl'
  | 'topic'
  | 'partitions'
  | 'leaders'
  | 'registry'
  | 'schema';

export interface CheckStep {
  readonly step: StepName;
  readonly target: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly detail: string;
  readonly hint: string | undefined;
  /** Of the error that a send would fail with, where there is one. */
  readonly code?: ErrorCode | undefined;
}

export function sinceMs(startedMs: number): number {
  return Math.round(performance.now() - startedMs);
}

/** @param run resolves with what there is to say about it */
export async function timed(
  step: StepName,
  target: string,
  run: () => Promise<string>,
): Promise<{ result: CheckStep; ending: EndingName }> {
  const startedMs = performance.now();
  try {
    const detail = await run();
    return { result: { step, target, ok: true, ms: sinceMs(startedMs), detail, hint: undefined }, ending: 'ok' };
  } catch (error) {
    const ending = endingOf(error);
    const detail = error instanceof Error ? error.message : String(error);
    const code = error instanceof KafkaHotpathError ? error.code : undefined;
    const { hint } = ENDINGS[ending];
    return { result: { step, target, ok: false, ms: sinceMs(startedMs), detail, hint, code }, ending };
  }
}
