/** From properties and settings to a checked, frozen configuration, or to every reason why not. */
import type { PartitionerName, ProducerConfig } from '../producer/api.ts';
import type { BrokerAddress } from './brokers.ts';
import { ENVELOPE_MODES, type EnvelopeMode } from './envelope.ts';
import { checkTogether } from './config-rules.ts';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { readProperties, type PropertyReading } from './property-reading.ts';
import { PROPERTIES } from './properties.ts';
import { type PropertySpec, type PropertyValue } from './property-spec.ts';
import { describeGot, REDACTED, Secret, withoutSecrets } from './secret.ts';
import { environmentSettings, openSettings, type SettingsInput } from './settings.ts';

export type SaslMechanism = 'plain' | 'scram-sha-256' | 'scram-sha-512';

export interface SaslConfig {
  readonly mechanism: SaslMechanism;
  readonly username: string;
  readonly password: Secret;
}

/** One property as it is in force, ready to be shown. */
export interface EffectiveProperty {
  readonly name: string;
  /** Null when there is no value; secrets read [redacted]. */
  readonly value: PropertyValue | null;
  readonly source: 'default' | 'set';
  /** The settings the value was taken from. */
  readonly settings: readonly string[];
  readonly unit: string | undefined;
  readonly librdkafka: string | undefined;
}

export interface BindingConfig {
  readonly name: string | undefined;
  readonly topic: string;
  readonly brokers: readonly BrokerAddress[];
  readonly tls: boolean;
  readonly sasl: SaslConfig | undefined;
  readonly producer: Readonly<ProducerConfig>;
  readonly envelope: EnvelopeMode;
  /** Every property, in the order of the table. */
  readonly properties: readonly EffectiveProperty[];
  /** What was understood in a way worth knowing. */
  readonly notes: readonly string[];
  /** What is probably not meant. */
  readonly warnings: readonly string[];
}

/** What is not a property of the binding and yet part of the configuration. */
export interface ConfigOptions {
  /** How envelopes are recognised. Default azure. */
  envelope?: EnvelopeMode;
  /** Messages handed over and not yet reported, and their bytes. Default 100 000, 256 MiB. */
  queueMessagesMax?: number;
  queueBytesMax?: number;
  /** Default consistent_random, as the Azure binding. */
  partitioner?: PartitionerName;
  /** Default 180 000. */
  metadataMaxAgeMs?: number;
}

/** librdkafka's queue.buffering.max.messages. */
const QUEUE_MESSAGES_MAX = 100_000;
const QUEUE_BYTES_MAX = 256 * 1024 * 1024;
/** Below the 240 s after which Azure drops idle connections. */
const METADATA_MAX_AGE_MS = 180_000;
const MEGABYTE = 1_000_000;
const PARTITIONERS: readonly PartitionerName[] = ['consistent_random', 'murmur2_random'];

/** The mechanism names of the transport. */
const MECHANISMS: ReadonlyMap<PropertyValue, SaslMechanism> = new Map([
  ['Plain', 'plain'],
  ['ScramSha256', 'scram-sha-256'],
  ['ScramSha512', 'scram-sha-512'],
]);

/**
 * @param settings what %NAME% stands for; the environment of the process when left out
 * @throws ConfigError with every problem found
 */
export function resolveConfig(
  properties: unknown,
  settings: SettingsInput = environmentSettings(),
  options: ConfigOptions = {},
): BindingConfig {
  const reading = readProperties(properties, openSettings(settings));
  const together = checkTogether(reading);
  const problems = [...reading.problems, ...together.problems, ...optionProblems(options)];
  const secrets = secretsOf(reading);
  const clean = (text: string): string => withoutSecrets(text, secrets);
  if (problems.length > 0) {
    throw new ConfigError(problems.map((problem) => ({ ...problem, message: clean(problem.message) })));
  }
  const notes = [...reading.notes, ...together.notes];
  const maxMessageBytes = numberOf(reading, 'maxMessageBytes');
  const recordBytesMax = maxMessageBytes < 1000 ? maxMessageBytes * MEGABYTE : maxMessageBytes;
  if (recordBytesMax !== maxMessageBytes) {
    notes.push(`maxMessageBytes: ${maxMessageBytes} counts megabytes, so ${recordBytesMax} bytes`);
  }
  const mode = together.authenticationMode;
  return Object.freeze({
    name: textOf(reading, 'name'),
    topic: textOf(reading, 'topic') ?? '',
    brokers: Object.freeze(together.brokers.map((broker) => Object.freeze(broker))),
    tls: together.tls,
    sasl: saslOf(reading, mode),
    producer: Object.freeze(producerConfig(reading, recordBytesMax, options)),
    envelope: options.envelope ?? 'azure',
    properties: Object.freeze(
      PROPERTIES.map((spec) => effective(spec, reading, { maxMessageBytes: recordBytesMax, authenticationMode: mode })),
    ),
    notes: Object.freeze(notes.map(clean)),
    warnings: Object.freeze([...reading.warnings, ...together.warnings].map(clean)),
  });
}

function numberOf(reading: PropertyReading, name: string): number {
  return Number(reading.values.get(name)?.value);
}

function textOf(reading: PropertyReading, name: string): string | undefined {
  const value = reading.values.get(name)?.value;
  return value === undefined ? undefined : String(value);
}

function secretsOf(reading: PropertyReading): string[] {
  return [...reading.values.values()].filter(({ spec }) => spec.secret).map(({ value }) => String(value));
}

function saslOf(reading: PropertyReading, mode: PropertyValue): SaslConfig | undefined {
  const mechanism = MECHANISMS.get(mode);
  if (mechanism === undefined) return undefined;
  return Object.freeze({
    mechanism,
    username: textOf(reading, 'username') ?? '',
    password: new Secret(textOf(reading, 'password') ?? ''),
  });
}

function producerConfig(reading: PropertyReading, recordBytesMax: number, options: ConfigOptions): ProducerConfig {
  return {
    recordBytesMax,
    batchRecordsMax: numberOf(reading, 'batchSize'),
    lingerMs: numberOf(reading, 'lingerMs'),
    enableIdempotence: reading.values.get('enableIdempotence')?.value === true,
    messageTimeoutMs: numberOf(reading, 'messageTimeoutMs'),
    requestTimeoutMs: numberOf(reading, 'requestTimeoutMs'),
    maxRetries: numberOf(reading, 'maxRetries'),
    partitioner: options.partitioner ?? 'consistent_random',
    queueMessagesMax: options.queueMessagesMax ?? QUEUE_MESSAGES_MAX,
    queueBytesMax: options.queueBytesMax ?? QUEUE_BYTES_MAX,
    metadataMaxAgeMs: options.metadataMaxAgeMs ?? METADATA_MAX_AGE_MS,
  };
}

function optionProblems(options: ConfigOptions): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const name of ['queueMessagesMax', 'queueBytesMax', 'metadataMaxAgeMs'] as const) {
    const value = options[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1)) {
      problems.push({ property: name, code: 'range', message: `${name}: got ${value}; allowed: an integer from 1` });
    }
  }
  refuseOther(problems, 'partitioner', options.partitioner, PARTITIONERS);
  refuseOther(problems, 'envelope', options.envelope, ENVELOPE_MODES);
  return problems;
}

/** Callers without types can write anything. */
function refuseOther(problems: ConfigProblem[], property: string, value: unknown, allowed: readonly unknown[]): void {
  if (value === undefined || allowed.includes(value)) return;
  const message = `${property}: got ${describeGot(value, { secret: false })}; allowed: ${allowed.join(', ')}`;
  problems.push({ property, code: 'choice', message });
}

/** @param meant the values that are in force in another form than they were written */
function effective(
  spec: PropertySpec,
  reading: PropertyReading,
  meant: Readonly<Record<string, PropertyValue>>,
): EffectiveProperty {
  const entry = reading.values.get(spec.name);
  const value = Object.hasOwn(meant, spec.name) ? meant[spec.name] : entry?.value;
  return Object.freeze({
    name: spec.name,
    value: value === undefined ? null : spec.secret ? REDACTED : value,
    source: entry?.set === true ? 'set' : 'default',
    settings: Object.freeze(entry?.settings ?? []),
    unit: spec.unit,
    librdkafka: spec.librdkafka,
  });
}
