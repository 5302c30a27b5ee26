/** Outputs that a program defines: `kafkaOutput({…})`, with the property names of function.json. */
import { createHash } from 'node:crypto';
import { ConfigError } from '../binding/config-error.ts';

/** Goes wherever @azure/functions 4 takes an output: into extraOutputs, return, and context.extraOutputs.set. */
export interface KafkaOutputDefinition extends Record<string, unknown> {
  readonly type: 'kafka';
  readonly name: string;
}

/** The properties of the binding as function.json spells them, in any letter case. */
export interface KafkaOutputProperties extends Record<string, unknown> {
  /** What the value is stored under; one that depends on the properties only when left out. */
  name?: string;
  topic?: string;
  brokerList?: string;
}

/** Sixteen hexadecimal digits: two outputs of one program do not meet by chance. */
const NAME_DIGITS = 16;

const definitions = new Map<string, KafkaOutputDefinition>();

/**
 * The same properties give the same output. Nothing is looked up or connected before its first message.
 * @throws ConfigError when another output of this process has the name and other properties
 */
export function kafkaOutput(properties: KafkaOutputProperties): KafkaOutputDefinition {
  const { name: given, ...rest } = properties;
  const text = JSON.stringify(rest);
  const name = given ?? `kafkaOutput${createHash('sha256').update(text).digest('hex').slice(0, NAME_DIGITS)}`;
  const definition: KafkaOutputDefinition = Object.freeze({ ...rest, type: 'kafka', name });
  const known = definitions.get(name);
  if (known === undefined) {
    definitions.set(name, definition);
    return definition;
  }
  if (JSON.stringify(known) === JSON.stringify(definition)) return known;
  const message = `name: another output of this program is named "${name}" and has other properties; give one another`;
  throw new ConfigError([{ property: 'name', code: 'duplicate', message }]);
}

/** All that were defined, by name: what a function sets without having declared it is found here. */
export function definedOutputs(): ReadonlyMap<string, KafkaOutputDefinition> {
  return definitions;
}
