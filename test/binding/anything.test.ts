/** Random JSON as configuration, as files and as payload: a configuration or a ConfigError, a message or a refusal. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { ConfigError } from '../../src/binding/config-error.ts';
import type { ConfigOptions } from '../../src/binding/config-options.ts';
import { resolveConfig } from '../../src/binding/config.ts';
import { readBindingFile, readSettingsFile } from '../../src/binding/json-files.ts';
import { AZURE_QUIRKS, ENVELOPE_MODES, INVALID_MESSAGES } from '../../src/binding/payload.ts';
import { PROPERTIES } from '../../src/binding/properties.ts';
import { openSource } from '../../src/binding/values.ts';
import { KafkaHotpathError } from '../../src/errors.ts';
import { drain } from './fake-producer.ts';
import { fc } from './random.ts';

const GOOD = { brokerList: 'one:9092', topic: 'orders' };
const folder = mkdtempSync(join(tmpdir(), 'kafka-hotpath-anything-'));
after(() => {
  rmSync(folder, { recursive: true });
});

/** What might stand in a property: words that mean something somewhere, numbers at edges, and anything else. */
const words = [
  ...PROPERTIES.flatMap(({ choices }) => (choices ?? []).map(({ name }) => name)),
  '%A%',
  '%A%%B%',
  '%',
  'A',
  '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
  '-----BEGIN ENCRYPTED PRIVATE KEY-----AAAA-----END ENCRYPTED PRIVATE KEY-----',
  'a:1,b:2,[::1]:3',
  'x.servicebus.windows.net:9093',
  '/',
  '\0',
];
const value = fc.oneof(
  fc.constantFrom(...words),
  fc.constantFrom(-1, 0, 1, 1000, 2 ** 31, 1e300, 0.5),
  fc.string({ unit: 'binary' }),
  fc.jsonValue(),
);
const name = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...PROPERTIES.map((spec) => spec.name)) },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', 'TOPIC', 'broker_list', '') },
);
const properties = fc.dictionary(name, value);
const settings = fc.dictionary(fc.constantFrom('A', 'B', 'a', 'ConnectionStrings', 'HOME'), value);

/** Undefined when it threw a ConfigError, as it may; everything else is a failure. */
function attempt<Result>(run: () => Result): Result | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof ConfigError && error.problems.length > 0) return undefined;
    throw error;
  }
}

describe('anything at all', () => {
  it('as configuration gives a configuration or a ConfigError', () => {
    fc.assert(
      fc.property(properties, settings, fc.boolean(), (written, known, isComplete) => {
        const config = attempt(() => resolveConfig(isComplete ? { ...GOOD, ...written } : written, known));
        if (config !== undefined) assert.ok(config.topic.length > 0 && config.brokers.length > 0);
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.jsonValue(), (whole) => {
        attempt(() => resolveConfig(whole, {}));
      }),
    );
  });

  it('as options beside it gives the same', () => {
    const names = ['envelope', 'azureQuirks', 'invalidMessages', 'strict', 'partitioner', 'queueMessagesMax'];
    const option = fc.oneof(fc.constantFrom(...ENVELOPE_MODES, ...INVALID_MESSAGES, true, 5), fc.jsonValue());
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), option), (options) => {
        // JSON has null where options have nothing.
        const given = Object.fromEntries(Object.entries(options).filter(([, inner]) => inner !== null));
        attempt(() => resolveConfig(GOOD, {}, given as ConfigOptions));
      }),
    );
  });

  it('as a file gives a binding or a ConfigError', () => {
    const path = join(folder, 'function.json');
    const binding = fc.dictionary(fc.constantFrom('type', 'direction', 'name', 'topic'), value);
    const file = fc.oneof(
      fc.record({ bindings: fc.array(binding) }),
      fc.record({ return: binding, extraOutputs: fc.array(binding) }),
      fc.jsonValue(),
    );
    const spoiled = fc.oneof(
      file.map((content) => JSON.stringify(content, null, '\u00a0')),
      fc.string({ unit: fc.constantFrom('{', '}', '"', ':', ',', '/', '*', '\\', 'a', '\n', '\u00a0', '[', ']') }),
    );
    fc.assert(
      fc.property(spoiled, fc.constantFrom('', '#out'), (text, suffix) => {
        writeFileSync(path, text);
        const found = attempt(() => readBindingFile(path + suffix));
        assert.ok(found === undefined || typeof found === 'object');
        attempt(() => readSettingsFile(path));
      }),
      { numRuns: 300 },
    );
  });

  it('as payload gives messages or refusals, one for each, whatever the choices', () => {
    const envelope = fc.record({
      Offset: fc.jsonValue(),
      Partition: fc.jsonValue(),
      Topic: fc.jsonValue(),
      Timestamp: fc.oneof(fc.constant('2022-04-09T03:20:06.591Z'), fc.jsonValue()),
      Key: fc.jsonValue(),
      Value: fc.jsonValue(),
      Headers: fc.oneof(fc.array(fc.record({ Key: fc.jsonValue(), Value: fc.jsonValue() })), fc.jsonValue()),
    });
    const payload = fc.oneof(fc.jsonValue(), envelope, fc.array(envelope), fc.string({ unit: 'binary' }));
    const choices = fc.record({
      envelope: fc.constantFrom(...ENVELOPE_MODES),
      azureQuirks: fc.subarray([...AZURE_QUIRKS]),
      keyType: fc.constantFrom('Int', 'Long', 'String', 'Binary'),
      invalidMessages: fc.constantFrom(...INVALID_MESSAGES),
      strict: fc.boolean(),
      recordBytesMax: fc.constantFrom(50, 1_000_000),
    });
    fc.assert(
      fc.property(payload, fc.boolean(), choices, (given, isText, options) => {
        const outcomes = drain(openSource(isText ? JSON.stringify(given) : given, { ...options, timestampMs: 0 }));
        const refused = outcomes.filter((outcome) => outcome instanceof KafkaHotpathError);
        if (options.invalidMessages === 'refuseAll' && refused.length > 0) {
          assert.equal(refused.length, outcomes.length);
        }
        for (const outcome of outcomes) {
          if (outcome instanceof KafkaHotpathError) continue;
          const { key, headers, partition, timestampMs } = outcome;
          assert.ok(Number.isInteger(partition) && Number.isSafeInteger(timestampMs), 'place and time are integers');
          for (const field of [key, outcome.value, ...(headers ?? [])]) {
            const isField = field === null || typeof field === 'string' || field instanceof Uint8Array;
            assert.ok(isField, 'a field is text, bytes or null');
          }
        }
      }),
      { numRuns: 1500 },
    );
  });
});
