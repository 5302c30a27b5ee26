/** The options beside the properties, and their checks: callers without types can write anything. */
import type { PartitionerName } from '../producer/api.ts';
import type { ValidateHook } from '../formats/json-format.ts';
import type { TokenProvider } from '../transport/auth/token-keeper.ts';
import type { ConfigProblem } from './config-error.ts';
import {
  AZURE_QUIRKS,
  type AzureQuirk,
  ENVELOPE_MODES,
  type EnvelopeMode,
  INVALID_MESSAGES,
  type InvalidMessages,
} from './payload.ts';
import { PROFILES, type ProfileName } from './profiles.ts';
import { describeGot } from './secret.ts';

/** What is not a property of the binding and yet part of the configuration. */
export interface ConfigOptions {
  /** How envelopes are recognised. Default azure. */
  envelope?: EnvelopeMode;
  /** What to do exactly as the Azure extension does, where this binding does better. Default nothing. */
  azureQuirks?: readonly AzureQuirk[];
  /** What becomes of a send when one of its messages cannot be sent. Default skip: the others go on. */
  invalidMessages?: InvalidMessages;
  /** Refuse what could only be sent changed: NaN inside an object, half a surrogate pair. Default false. */
  strict?: boolean;
  /** The folder of the functions: where ssl*Location looks for a file that is not where its path says. */
  functionFolder?: string;
  /**
   * Messages handed over and not yet reported. Default 100 000, or 160 for each partition of the topic and 400 000 at
   * most, as long as they are below 24 KiB for each.
   */
  queueMessagesMax?: number;
  /** And their bytes. Default 256 MiB. */
  queueBytesMax?: number;
  /** What a send does that finds the queue full: wait for room, or fail what does not fit. Default wait. */
  whenFull?: 'wait' | 'fail';
  /** The defaults of properties that are not written. Default documented. */
  profile?: ProfileName;
  /** Default consistent_random, as the Azure binding. */
  partitioner?: PartitionerName;
  /** Default 180 000. */
  metadataMaxAgeMs?: number;
  /** A connection without a request for so long is closed. Default 540 000; 180 000 where a cloud needs it. */
  connectionsMaxIdleMs?: number;
  /**
   * Bytes of a whole Produce request, where a broker closes the connection on a larger one; maxMessageBytes is lowered
   * to what fits. Default 1 046 528 in Event Hubs; elsewhere brokers answer, and only batching stops, at 1 000 000.
   */
  requestBytesMax?: number;
  /** True checks no certificate of a broker: for tests only; a warning says so each time. Default false. */
  sslInsecureSkipVerify?: boolean;
  /** Refuses values that jsonSchema is for: a function of ajv, or one that gives false, a reason, or throws. */
  validate?: ValidateHook;
  /** The same for keys and keyJsonSchema. */
  validateKey?: ValidateHook;
  /** With authenticationMode OAuthBearer: a token, or what fetches one. Not with oAuthBearerMethod Oidc. */
  oAuthBearerToken?: string | TokenProvider;
  /** With authenticationMode Gssapi: the first part of the brokers' principal, service/host. Default kafka. */
  kerberosServiceName?: string;
  /** The clock, for the dates of certificates and the timestamps of messages. Default Date.now. */
  now?: () => number;
}

const PARTITIONERS: readonly PartitionerName[] = ['consistent_random', 'murmur2_random'];

/** Whole numbers, and the least each may be. */
const INTEGERS = [
  ['queueMessagesMax', 1],
  ['queueBytesMax', 1],
  ['metadataMaxAgeMs', 1],
  ['connectionsMaxIdleMs', 1],
  ['requestBytesMax', 1024],
] as const;

export function optionProblems(options: ConfigOptions): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const [name, min] of INTEGERS) {
    const value: unknown = options[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && (value as number) >= min)) {
      const got = describeGot(value, { secret: false });
      problems.push({ property: name, code: 'range', message: `${name}: got ${got}; allowed: an integer from ${min}` });
    }
  }
  refuseOther(problems, 'partitioner', options.partitioner, PARTITIONERS);
  refuseOther(problems, 'whenFull', options.whenFull, ['wait', 'fail']);
  refuseOther(problems, 'profile', options.profile, PROFILES);
  refuseOther(problems, 'envelope', options.envelope, ENVELOPE_MODES);
  refuseOther(problems, 'invalidMessages', options.invalidMessages, INVALID_MESSAGES);
  refuseOther(problems, 'strict', options.strict, [true, false]);
  refuseOther(problems, 'sslInsecureSkipVerify', options.sslInsecureSkipVerify, [true, false]);
  for (const name of ['validate', 'validateKey'] as const) {
    const hook: unknown = options[name];
    if (hook === undefined || typeof hook === 'function') continue;
    const message = `${name}: got ${describeGot(hook, { secret: false })}; allowed: a function`;
    problems.push({ property: name, code: 'type', message });
  }
  return [...problems, ...quirkProblems(options)];
}

function refuseOther(problems: ConfigProblem[], property: string, value: unknown, allowed: readonly unknown[]): void {
  if (value === undefined || allowed.includes(value)) return;
  const message = `${property}: got ${describeGot(value, { secret: false })}; allowed: ${allowed.join(', ')}`;
  problems.push({ property, code: 'choice', message });
}

function quirkProblems({ azureQuirks, envelope }: ConfigOptions): ConfigProblem[] {
  const property = 'azureQuirks';
  if (azureQuirks === undefined) return [];
  if (!Array.isArray(azureQuirks)) {
    const got = describeGot(azureQuirks, { secret: false });
    const message = `${property}: got ${got}; allowed: an array of ${AZURE_QUIRKS.join(', ')}`;
    return [{ property, code: 'type', message }];
  }
  const problems: ConfigProblem[] = [];
  for (const quirk of azureQuirks as readonly unknown[]) refuseOther(problems, property, quirk, AZURE_QUIRKS);
  if (azureQuirks.length > 0 && envelope !== undefined && envelope !== 'azure') {
    const message = `${property}: only the envelope mode azure has quirks of Azure; got mode ${envelope}`;
    problems.push({ property, code: 'conflict', message });
  }
  return problems;
}
