/** From properties and settings to a checked, frozen configuration, or to every reason why not. */
import type { ProducerConfig } from '../producer/api.ts';
import type { BrokerAddress } from './brokers.ts';
import { applyProvider, type Limits, limitsOf, type ProviderName } from './cloud-providers.ts';
import { cloudWarnings } from './cloud-warnings.ts';
import { checkTogether } from './config-rules.ts';
import { ConfigError } from './config-error.ts';
import { type ConfigOptions, optionProblems } from './config-options.ts';
import type { KeyType, PayloadConfig } from './payload.ts';
import { profileDefaults } from './profiles.ts';
import { readProperties, type PropertyReading } from './property-reading.ts';
import { PROPERTIES } from './properties.ts';
import { type PropertySpec, type PropertyValue } from './property-spec.ts';
import { readSchemas, type SchemasConfig } from './schema-config.ts';
import { REDACTED, Secret, withoutSecrets } from './secret.ts';
import { environmentSettings, openSettings, type Settings, type SettingsInput } from './settings.ts';
import { type OAuthBearerConfig, TokenLoginReader } from './token-login.ts';
import { TLS_PROPERTIES, type TlsMaterial, TlsReader } from './tls-material.ts';

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
  /** Undefined: the certificate authorities that come with Node, and no certificate of our own. */
  readonly tlsMaterial: TlsMaterial | undefined;
  /** True: whoever answers is taken for the broker. */
  readonly sslInsecureSkipVerify: boolean;
  /** Login with a password; at most one of these three is there. */
  readonly sasl: SaslConfig | undefined;
  readonly oauthBearer: OAuthBearerConfig | undefined;
  readonly kerberos: { readonly serviceName: string | undefined } | undefined;
  /** A cloud whose Kafka this is, by the host of a broker; its defaults and limits are in force. */
  readonly provider: ProviderName | undefined;
  readonly producer: Readonly<ProducerConfig>;
  /** A connection without a request for so long is closed. */
  readonly connectionsMaxIdleMs: number;
  readonly payload: PayloadConfig;
  /** Undefined: keys and values are sent as they are. */
  readonly schemas: SchemasConfig | undefined;
  /** Every property, in the order of the table. */
  readonly properties: readonly EffectiveProperty[];
  /** What was understood in a way worth knowing. */
  readonly notes: readonly string[];
  /** What is probably not meant. */
  readonly warnings: readonly string[];
}

const QUEUE_BYTES_MAX = 256 * 1024 * 1024;
/** Below the 240 s after which Azure drops idle connections. */
const METADATA_MAX_AGE_MS = 180_000;
const MEGABYTE = 1_000_000;

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
  const known = openSettings(settings);
  const reading = readProperties(properties, known, profileDefaults(options.profile));
  const provider = applyProvider(reading);
  const together = checkTogether(reading);
  const tls = together.tls ? readTls(reading, known, options) : undefined;
  const mode = together.authenticationMode;
  const tokens = mode === 'OAuthBearer' ? readTokens(reading, known, options) : undefined;
  const { folder, nowMs } = { folder: options.functionFolder, nowMs: (options.now ?? Date.now)() };
  const schemas = readSchemas(reading, { settings: known, folder, nowMs });
  const problems = [reading, together, tls, tokens, schemas].flatMap((part) => part?.problems ?? []);
  problems.push(...optionProblems(options));
  const secrets = secretsOf(reading);
  const clean = (text: string): string => withoutSecrets(text, secrets);
  if (problems.length > 0) {
    throw new ConfigError(problems.map((problem) => ({ ...problem, message: clean(problem.message) })));
  }
  const notes = [...reading.notes, ...together.notes];
  const maxMessageBytes = numberOf(reading, 'maxMessageBytes');
  const recordBytesWanted = maxMessageBytes < 1000 ? maxMessageBytes * MEGABYTE : maxMessageBytes;
  if (recordBytesWanted !== maxMessageBytes) {
    notes.push(`maxMessageBytes: ${maxMessageBytes} counts megabytes, so ${recordBytesWanted} bytes`);
  }
  const limits = limitsOf(provider, recordBytesWanted, options);
  const { recordBytesMax, connectionsMaxIdleMs } = limits;
  const producer = producerConfig(reading, limits, options);
  const warnings = [
    ...reading.warnings,
    ...together.warnings,
    ...(tls?.warnings ?? unusedTls(reading)),
    ...(tokens?.warnings ?? []),
    ...schemas.warnings,
    ...insecureWarnings(options),
    ...limits.warnings,
    ...(provider === undefined
      ? []
      : cloudWarnings({
          provider,
          reading,
          brokers: together.brokers,
          producer,
          connectionsMaxIdleMs,
        })),
  ];
  return Object.freeze({
    name: textOf(reading, 'name'),
    topic: textOf(reading, 'topic') ?? '',
    brokers: Object.freeze(together.brokers.map((broker) => Object.freeze(broker))),
    tls: together.tls,
    tlsMaterial: tls?.material,
    sslInsecureSkipVerify: options.sslInsecureSkipVerify === true,
    sasl: saslOf(reading, mode),
    oauthBearer: tokens?.config,
    kerberos: mode === 'Gssapi' ? Object.freeze({ serviceName: options.kerberosServiceName }) : undefined,
    provider: provider?.name,
    producer: Object.freeze(producer),
    connectionsMaxIdleMs,
    schemas: schemas.config,
    payload: payloadConfig(reading, recordBytesMax, options),
    properties: Object.freeze(
      PROPERTIES.map((spec) => effective(spec, reading, { maxMessageBytes: recordBytesMax, authenticationMode: mode })),
    ),
    notes: Object.freeze(notes.map(clean)),
    warnings: Object.freeze(warnings.map(clean)),
  });
}

type TlsReading = Pick<TlsReader, 'problems' | 'warnings'> & { material: TlsMaterial | undefined };

function readTls(reading: PropertyReading, settings: Settings, options: ConfigOptions): TlsReading {
  const nowMs = (options.now ?? Date.now)();
  const reader = new TlsReader(reading, { settings, folder: options.functionFolder, nowMs });
  const material = reader.read();
  return { material, problems: reader.problems, warnings: reader.warnings };
}

type TokenReading = Pick<TokenLoginReader, 'problems' | 'warnings'> & { config: OAuthBearerConfig | undefined };

function readTokens(reading: PropertyReading, settings: Settings, options: ConfigOptions): TokenReading {
  const reader = new TokenLoginReader(reading, { settings, options });
  const config = reader.read();
  return { config, problems: reader.problems, warnings: reader.warnings };
}

function insecureWarnings({ sslInsecureSkipVerify }: ConfigOptions): string[] {
  if (sslInsecureSkipVerify !== true) return [];
  return [
    'sslInsecureSkipVerify: no certificate is checked, so anybody between here and the broker can read and change ' +
      'everything, passwords included; use it for a test, and sslCaLocation or sslCaPEM for work',
  ];
}

/** Files are not even looked for where nothing needs them. */
function unusedTls(reading: PropertyReading): string[] {
  return TLS_PROPERTIES.filter((name) => reading.values.get(name)?.set === true).map(
    (name) => `${name}: is not used, because the protocol has no TLS; Ssl and SaslSsl have it`,
  );
}

function payloadConfig(reading: PropertyReading, recordBytesMax: number, options: ConfigOptions): PayloadConfig {
  return Object.freeze({
    envelope: options.envelope ?? 'azure',
    azureQuirks: Object.freeze([...(options.azureQuirks ?? [])]),
    keyType: (textOf(reading, 'keyDataType') ?? 'String') as KeyType,
    invalidMessages: options.invalidMessages ?? 'skip',
    strict: options.strict ?? false,
    recordBytesMax,
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

function producerConfig(reading: PropertyReading, limits: Limits, options: ConfigOptions): ProducerConfig {
  return {
    recordBytesMax: limits.recordBytesMax,
    requestBytesMax: limits.requestBytesMax,
    batchRecordsMax: numberOf(reading, 'batchSize'),
    lingerMs: numberOf(reading, 'lingerMs'),
    enableIdempotence: reading.values.get('enableIdempotence')?.value === true,
    messageTimeoutMs: numberOf(reading, 'messageTimeoutMs'),
    requestTimeoutMs: numberOf(reading, 'requestTimeoutMs'),
    maxRetries: numberOf(reading, 'maxRetries'),
    partitioner: options.partitioner ?? 'consistent_random',
    queueMessagesMax: options.queueMessagesMax,
    queueBytesMax: options.queueBytesMax ?? QUEUE_BYTES_MAX,
    whenFull: options.whenFull ?? 'wait',
    metadataMaxAgeMs: options.metadataMaxAgeMs ?? METADATA_MAX_AGE_MS,
  };
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
