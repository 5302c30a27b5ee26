/** The error of a configuration: every fault at once, each with the property, what was got, what is allowed. */
import { KafkaHotpathError } from '../errors.ts';

export type ConfigProblemCode =
  /** The configuration as a whole is not an object, or its file cannot be read. */
  | 'source'
  /** A property that must be there is not. */
  | 'missing'
  /** A name that is no property. */
  | 'unknown'
  /** The same property under two spellings. */
  | 'duplicate'
  /** A value of the wrong type. */
  | 'type'
  /** A number outside its range. */
  | 'range'
  /** A word that is none of the allowed ones. */
  | 'choice'
  /** A text of the wrong form (an address, a topic name). */
  | 'format'
  /** %NAME% without such a setting. */
  | 'setting'
  /** A file that a property names is not there or cannot be read. */
  | 'file'
  /** A certificate that is not valid now. */
  | 'date'
  /** Two properties that do not go together. */
  | 'conflict'
  /** Understood, but not available yet. */
  | 'unsupported';

export interface ConfigProblem {
  /** The property as function.json spells it; for an unknown one, as it was written. */
  readonly property: string;
  readonly code: ConfigProblemCode;
  /** Starts with the property; never contains a secret. */
  readonly message: string;
}

/** The binding's properties, settings or files are not usable. */
export class ConfigError extends KafkaHotpathError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[], where = 'the configuration of the binding') {
    const lines = problems.map((problem) => `\n  - ${problem.message}`).join('');
    super('ERR_CONFIG', `${where} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:${lines}`);
    this.name = 'ConfigError';
    this.problems = Object.freeze(problems.map((problem) => Object.freeze({ ...problem })));
  }
}
