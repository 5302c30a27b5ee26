/** From messages to their reports, and from reports to what HTTP says about them. */
import { type ErrorCode, KafkaHotpathError } from '../errors.ts';
import type { DeliveryReport, DeliveryReports } from '../producer/api.ts';
import type { Exchange, Service } from './exchange.ts';
import { draining, Problem, RETRY_AFTER } from './problem.ts';

/** The fault of the message itself: the same request would fail again. */
const BY_ERROR: Partial<Record<ErrorCode, number>> = {
  ERR_SERIALIZE: 400,
  ERR_PARTITION: 400,
  ERR_MSG_SIZE_TOO_LARGE: 413,
  ERR_QUEUE_FULL: 429,
  ERR_MESSAGE_TIMEOUT: 503,
  ERR_CLOSED: 503,
  ERR_PURGED_QUEUE: 503,
};

/** 504 says what possiblyPersisted means: it went out, and no answer came back. */
export function statusOf({ status, error }: Pick<DeliveryReport, 'status' | 'error'>): number {
  if (status === 'persisted') return 200;
  if (status === 'possiblyPersisted') return 504;
  return (error === undefined ? undefined : BY_ERROR[error.code]) ?? 502;
}

/** Whether sending it again may help. */
export function isRetriable(status: number): boolean {
  return status === 429 || status >= 500;
}

export function deliveryProblem(report: DeliveryReport): Problem {
  const status = statusOf(report);
  const headers = isRetriable(status) && status !== 504 ? RETRY_AFTER : {};
  const { code = 'ERR_DELIVERY', message = report.status } = report.error ?? {};
  return new Problem(status, code, message, { headers });
}

/** The first report that is not persisted. */
export function firstFailure(reports: DeliveryReports): DeliveryReport | undefined {
  if (reports.failedCount === 0) return undefined;
  for (const report of reports) if (report.status !== 'persisted') return report;
  return undefined;
}

/** Sends the messages of one request. @throws Problem 429 when they are too many, 503 when the output is closed */
export async function deliver({ service, lease }: Exchange, messages: readonly unknown[]): Promise<DeliveryReports> {
  lease.take(0, messages.length);
  return sendAll(service, messages);
}

/** @throws Problem 503 when the output is closed */
export async function sendAll(
  { output, metrics }: Pick<Service, 'output' | 'metrics'>,
  messages: readonly unknown[],
): Promise<DeliveryReports> {
  let reports: DeliveryReports;
  try {
    reports = await output.send(messages);
  } catch (error) {
    if (error instanceof KafkaHotpathError && error.code === 'ERR_CLOSED') throw draining();
    throw error;
  }
  metrics.countReports(reports);
  return reports;
}

/**
 * The fields of a report as `produce --json` writes them, but for the place of its message, as JSON without its braces.
 * Nearly every report is of a message that is persisted, and of numbers only: writing it is worth no object.
 * @param topicJson the topic as JSON text
 * @param place what the client knows the message by, where that is not its index
 */
export function reportFields(report: DeliveryReport, topicJson: string, place?: string): string {
  const { status, partition, offset, timestamp, possibleDuplicates, error } = report;
  let text = `"status":"${status}","topic":${topicJson},"partition":${partition},"offset":"${offset}"`;
  text += `,"timestamp":"${timestamp}"`;
  if (possibleDuplicates > 0) text += `,"possibleDuplicates":${possibleDuplicates}`;
  if (error === undefined) return text;
  const words = place === undefined ? error.message : error.message.replace(/^message \d+ \(/, `${place} (`);
  return `${text},"code":"${error.code}","message":${JSON.stringify(words)}`;
}
