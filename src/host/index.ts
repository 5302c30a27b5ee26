/** A small host for Functions apps with Kafka outputs, for development and for running them yourself. */
export type { TriggerKind } from './bindings.ts';
export type { Clock } from './clock.ts';
export { type Host, type HostedFunction, type HostOptions, startHost } from './host.ts';
export type { LogEntry, LogHandler } from './worker.ts';
