/** What the properties mean together, and which of them do not go together. */
import { isIP } from 'node:net';
import { formatBroker, parseBrokerList, type BrokerAddress } from './brokers.ts';
import type { ConfigProblem, ConfigProblemCode } from './config-error.ts';
import type { PropertyReading } from './property-reading.ts';
import type { PropertyValue } from './property-spec.ts';
import { describeGot, isSecretSetting } from './secret.ts';

export interface TogetherResult {
  readonly brokers: BrokerAddress[];
  readonly tls: boolean;
  /** NotSet when the protocol is not SASL. */
  readonly authenticationMode: string;
  readonly problems: ConfigProblem[];
  readonly notes: string[];
  readonly warnings: string[];
}

/** Kafka's own limit (org.apache.kafka.common.internals.Topic). */
const TOPIC_LENGTH_MAX = 249;
const TOPIC_NAME = /^[a-zA-Z0-9._-]+$/;

class Rules {
  readonly problems: ConfigProblem[] = [];
  readonly notes: string[] = [];
  readonly warnings: string[] = [];
  readonly #reading: PropertyReading;

  constructor(reading: PropertyReading) {
    this.#reading = reading;
  }

  /** Undefined when absent or faulty in itself. */
  value(name: string): PropertyValue | undefined {
    return this.#reading.faulty.has(name) ? undefined : this.#reading.values.get(name)?.value;
  }

  isFaulty(name: string): boolean {
    return this.#reading.faulty.has(name);
  }

  /** Whether the value came out of a setting that must not be repeated. */
  isHidden(name: string): boolean {
    return this.#reading.values.get(name)?.settings.some(isSecretSetting) === true;
  }

  refuse(property: string, code: ConfigProblemCode, what: string): void {
    this.problems.push({ property, code, message: `${property}: ${what}` });
  }
}

export function checkTogether(reading: PropertyReading): TogetherResult {
  const rules = new Rules(reading);
  const brokers = checkBrokers(rules);
  checkTopic(rules);
  checkTimes(rules);
  checkDataType(reading, rules);
  const protocol = String(rules.value('protocol') ?? 'NotSet');
  const authenticationMode = checkAuthentication(rules, protocol);
  warnAboutPlaintext(rules, protocol, authenticationMode, brokers);
  return {
    brokers,
    tls: protocol === 'Ssl' || protocol === 'SaslSsl',
    authenticationMode,
    problems: rules.problems,
    notes: rules.notes,
    warnings: rules.warnings,
  };
}

function checkBrokers(rules: Rules): BrokerAddress[] {
  const text = rules.value('brokerList');
  if (text === undefined) return [];
  const { brokers, faults } = parseBrokerList(String(text));
  if (rules.isHidden('brokerList') && faults.length > 0) {
    rules.refuse('brokerList', 'format', 'got [redacted] from a setting; allowed: host:port, comma-separated');
    return brokers;
  }
  for (const fault of faults) rules.refuse('brokerList', 'format', fault);
  if (brokers.length === 0 && faults.length === 0) {
    rules.refuse('brokerList', 'missing', 'names no broker; allowed: host:port, several separated by commas');
  }
  return brokers;
}

function checkTopic(rules: Rules): void {
  const value = rules.value('topic');
  if (value === undefined) return;
  const topic = String(value);
  const got = `got ${describeGot(topic, { secret: rules.isHidden('topic') })}`;
  if (topic.length > TOPIC_LENGTH_MAX) {
    rules.refuse('topic', 'format', `has ${topic.length} characters; allowed: at most ${TOPIC_LENGTH_MAX}`);
  } else if (topic === '.' || topic === '..') {
    rules.refuse('topic', 'format', `${got}; allowed: any name but "." and ".."`);
  } else if (!TOPIC_NAME.test(topic)) {
    rules.refuse('topic', 'format', `${got}; allowed: letters of ASCII, digits, ".", "_" and "-"`);
  }
}

function checkTimes(rules: Rules): void {
  const messageTimeoutMs = rules.value('messageTimeoutMs');
  const lingerMs = rules.value('lingerMs');
  const requestTimeoutMs = rules.value('requestTimeoutMs');
  if (typeof messageTimeoutMs === 'number' && messageTimeoutMs > 0) {
    if (typeof lingerMs === 'number' && messageTimeoutMs <= lingerMs) {
      rules.refuse(
        'messageTimeoutMs',
        'conflict',
        `got ${messageTimeoutMs}, but lingerMs is ${lingerMs}; allowed: more than lingerMs, or 0 for no limit`,
      );
    }
    if (typeof requestTimeoutMs === 'number' && messageTimeoutMs < requestTimeoutMs) {
      rules.warnings.push(
        `messageTimeoutMs: ${messageTimeoutMs} is less than requestTimeoutMs (${requestTimeoutMs}), so a slow answer ` +
          'leaves messages possibly persisted',
      );
    }
  }
  if (rules.value('enableIdempotence') === true && rules.value('maxRetries') === 0) {
    rules.refuse('maxRetries', 'conflict', 'got 0; allowed: at least 1 with enableIdempotence');
  }
}

function checkDataType(reading: PropertyReading, rules: Rules): void {
  if (reading.values.get('avroSchema')?.set === true && rules.value('dataType') === 'binary') {
    rules.refuse('avroSchema', 'conflict', 'does not go with dataType binary: bytes are sent as they are; keep one');
  }
}

/** The mechanism in force; NotSet without SASL. */
function checkAuthentication(rules: Rules, protocol: string): string {
  const mode = String(rules.value('authenticationMode') ?? 'NotSet');
  const username = rules.value('username');
  if (!protocol.startsWith('Sasl')) {
    // A faulty protocol may well have been meant as SASL: no advice on top of that problem.
    if (!rules.isFaulty('protocol') && (username !== undefined || mode !== 'NotSet')) {
      const what = username === undefined ? 'authenticationMode' : 'username';
      rules.warnings.push(`${what}: is not used, because protocol is ${protocol}; SaslSsl and SaslPlaintext log in`);
    }
    return 'NotSet';
  }
  // It would be shown wherever the user is.
  if (/SharedAccess(?:Key|Signature)\w*=/i.test(String(username))) {
    const meant = 'username is the word $ConnectionString, and the connection string the password';
    rules.refuse('username', 'format', `got [redacted], which reads as a connection string of Azure; ${meant}`);
  }
  // Tickets and tokens say themselves who they are for.
  for (const name of mode === 'Gssapi' || mode === 'OAuthBearer' ? [] : ['username', 'password']) {
    if (rules.isFaulty('authenticationMode') || rules.isFaulty(name) || rules.value(name) !== undefined) continue;
    rules.refuse(name, 'missing', `is missing; protocol ${protocol} logs in with username and password`);
  }
  if (mode !== 'NotSet') return mode;
  if (!rules.isFaulty('authenticationMode')) {
    rules.notes.push(`authenticationMode: is not set and protocol is ${protocol}, so Plain is used`);
  }
  return 'Plain';
}

function warnAboutPlaintext(rules: Rules, protocol: string, mode: string, brokers: readonly BrokerAddress[]): void {
  if (protocol !== 'SaslPlaintext') return;
  const remote = brokers.find(({ host }) => !isLoopback(host));
  if (remote === undefined) return;
  const what =
    mode === 'Plain' ? 'the password travels' : mode === 'OAuthBearer' ? 'the token travels' : 'messages travel';
  rules.warnings.push(`protocol: SaslPlaintext, so ${what} unencrypted to ${formatBroker(remote)}; prefer SaslSsl`);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
